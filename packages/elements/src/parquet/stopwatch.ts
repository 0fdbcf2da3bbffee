import { isActive, type Task } from '../lib/task.ts'

/** How long each file was being sent, pauses left out. */
export interface Stopwatch {
  /** Milliseconds; read at every change, because it notices by itself when sending begins and stops. */
  read(task: Task<unknown>): number
}

export function createStopwatch(now: () => number = () => performance.now()): Stopwatch {
  const times = new WeakMap<Task<unknown>, { before: number; since: number | null }>()
  return {
    read(task) {
      const time = times.get(task) ?? { before: 0, since: null }
      times.set(task, time)
      if (isActive(task)) time.since ??= now()
      else if (time.since !== null) {
        time.before += now() - time.since
        time.since = null
      }
      return time.before + (time.since === null ? 0 : now() - time.since)
    },
  }
}
