/** Sent on `document` when uploads of this page began, stopped or ended. */
export const RUNNING_EVENT = 'holdall-uploads'

/** What an upload that has not ended does. `kept` is paused as well, and what was sent of it lies in the storage. */
export type Standing = 'running' | 'paused' | 'kept'

const counts: Record<Standing, number> = { running: 0, paused: 0, kept: 0 }
/** Milliseconds in which changes are told together: ten thousand files that end one by one are no ten thousand news. */
const TOGETHER = 250
let telling = false

/** An upload began (`from` is null), went over into something else, or ended (`to` is null). */
export function uploadMoved(from: Standing | null, to: Standing | null): void {
  if (from === to) return
  if (from !== null) counts[from] -= 1
  if (to !== null) counts[to] += 1
  // The first and the last are told at once.
  const now = counts.running + counts.paused + counts.kept < 2
  if (telling && !now) return
  telling = true
  const tell = () => {
    telling = false
    document.dispatchEvent(new CustomEvent(RUNNING_EVENT))
  }
  if (now) queueMicrotask(tell)
  else setTimeout(tell, TOGETHER)
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
