/** Sent on `document` when uploads of this page began, stopped or ended. */
export const RUNNING_EVENT = 'holdall-uploads'

/** What an upload that has not ended does. `kept` is paused as well, and what was sent of it lies in the storage. */
export type Standing = 'running' | 'paused' | 'kept'

const counts: Record<Standing, number> = { running: 0, paused: 0, kept: 0 }
let telling = false

/** An upload began (`from` is null), went over into something else, or ended (`to` is null). */
export function uploadMoved(from: Standing | null, to: Standing | null): void {
  if (from === to) return
  if (from !== null) counts[from] -= 1
  if (to !== null) counts[to] += 1
  if (telling) return
  telling = true
  // Ten thousand that begin together are one piece of news.
  queueMicrotask(() => {
    telling = false
    document.dispatchEvent(new CustomEvent(RUNNING_EVENT))
  })
}

/** Uploads of this page that are on their way or wait for their turn. */
export function runningUploads(): number {
  return counts.running
}

export function pausedUploads(): number {
  return counts.paused + counts.kept
}

/** Whether leaving the page stops or loses an upload. What is paused and kept can be taken up again anywhere. */
export function leavingLoses(): boolean {
  return counts.running + counts.paused > 0
}
