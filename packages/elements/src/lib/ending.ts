import { isPending, type Task } from './task.ts'

/** What is pressed, and what is said once it is done. */
export interface Ending {
  readonly press: string
  readonly done: string
}

/**
 * One word for each way in which an upload ends, wherever it stands. Beside them, "Detach" takes a file off a cell or a
 * field, and "Dismiss" closes a message: neither is about an upload.
 */
export const ENDING = {
  /** It is under way, or waits: it stops, and nothing of it stays. */
  cancel: { press: 'Cancel', done: 'cancelled' },
  /** It is not under way, and something was kept: that goes. */
  discard: { press: 'Discard', done: 'discarded' },
  /** Nothing was kept: its line goes. */
  clear: { press: 'Clear', done: 'cleared from the list' },
} satisfies Record<string, Ending>

export function endingOf(task: Pick<Task<unknown>, 'state' | 'kept'>): Ending {
  if (isPending(task)) return ENDING.cancel
  return task.kept > 0 ? ENDING.discard : ENDING.clear
}
