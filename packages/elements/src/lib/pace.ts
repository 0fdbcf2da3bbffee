import { createRate } from './rate.ts'
import { createHeld, createSmoothing } from './remaining.ts'
import { isActive, type Task, type TaskState } from './task.ts'
import { type Amount, createFileCost, secondsLeft } from './time-left.ts'

/** How fast several uploads go together, and how long they still take. */
export interface Pace {
  /** Bytes left this computer. */
  moved(bytes: number): void
  /** A task has become something else. @param together how many were on their way */
  changed(task: Task<unknown>, before: TaskState, together: number): void
  /** @returns bytes a second and seconds that are left; null while there is nothing to say */
  next(left: Amount, goesOn: boolean): { readonly speed: number; readonly left: number | null } | null
  reset(): void
}

export function createPace(now: () => number = () => performance.now()): Pace {
  const bytes = createRate(now)
  const files = createRate(now)
  const believedBytes = createSmoothing(now)
  const believedFiles = createSmoothing(now)
  const held = createHeld()
  const cost = createFileCost()
  /** Since when a file is sent without a break. */
  const began = new WeakMap<Task<unknown>, number>()
  let moved = 0
  let ended = 0
  return {
    moved(more) {
      moved += more
      if (more > 0) bytes.add(moved)
    },
    changed(task, before, together) {
      if (before === 'waiting' && task.state === 'sending') began.set(task, now())
      const since = began.get(task)
      if (isActive(task) && task.state !== 'retrying') return
      began.delete(task)
      if (task.state !== 'done') return
      ended += 1
      files.add(ended)
      if (since !== undefined && task.resumed === 0) cost.ended(task.size, (now() - since) / 1000, together)
    },
    next(left, goesOn) {
      if (!goesOn) {
        bytes.reset()
        files.reset()
        return null
      }
      bytes.add(moved)
      files.add(ended)
      const speed = bytes.perSecond()
      if (speed === null) return null
      const ending = files.perSecond()
      const believed = believedBytes.next(speed)
      const lately = { bytes: believed ?? speed, files: ending === null ? 0 : (believedFiles.next(ending) ?? ending) }
      const seconds = secondsLeft(left, lately, cost.each)
      return { speed, left: seconds === null || believed === null ? null : held.next(seconds) }
    },
    reset() {
      bytes.reset()
      files.reset()
      believedBytes.reset()
      believedFiles.reset()
      held.reset()
      cost.reset()
    },
  }
}
