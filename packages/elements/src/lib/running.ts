/** Sent on `document` whenever the number of running uploads changes; `detail` is that number. */
export const RUNNING_EVENT = 'holdall-uploads'

let running = 0

export function uploadStarted(): void {
  change(1)
}

export function uploadEnded(): void {
  change(-1)
}

/** Uploads of this page that have not ended. */
export function runningUploads(): number {
  return running
}

function change(by: number): void {
  running += by
  document.dispatchEvent(new CustomEvent(RUNNING_EVENT, { detail: running }))
}
