import { announce } from './announce.ts'
import { formatCount } from './format.ts'
import type { Task, TaskState } from './task.ts'
import { percentOf } from './words.ts'

/** Failures that are announced by name; more are counted. */
const MOST_NAMED = 2
/** Milliseconds in which failures are announced together. */
const FAIL_TOGETHER = 500

/** Whether what was sent on another day could be used is worth a word, before and after. */
export function sayComparison({ state, file, note, kept, size }: Task<unknown>, before: TaskState): void {
  if (state === 'comparing') announce(`Checking what is already here of ${file.name}`)
  if (before === 'comparing' && state === 'sending')
    announce(note ?? `${file.name} goes on from ${percentOf(kept, size)}%`)
}

/** Tells at once, or soon and then for all that came meanwhile. */
export function createTelling(told: () => void, every: () => number): { now(): void; soon(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined
  function now(): void {
    clearTimeout(timer)
    timer = undefined
    told()
  }
  return {
    now,
    soon() {
      timer ??= setTimeout(now, every())
    },
  }
}

/** Failures that come together are announced together. */
export function createFailures(): { add(task: Task<unknown>): void; say(): void } {
  let failed: Task<unknown>[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  function say(): void {
    clearTimeout(timer)
    timer = undefined
    for (const { file, error } of failed.slice(0, MOST_NAMED)) announce(`${file.name} failed: ${error}`)
    if (failed.length > MOST_NAMED) announce(`${formatCount(failed.length - MOST_NAMED, 'more file')} failed`)
    failed = []
  }
  return {
    add(task) {
      failed.push(task)
      timer ??= setTimeout(say, FAIL_TOGETHER)
    },
    say,
  }
}

/** Progress is told at each quarter, not at every percent. */
export function createQuarters(): { reached(sent: number, total: number): 25 | 50 | 75 | null; reset(): void } {
  let told = 0
  return {
    reached(sent, total) {
      const quarter = total === 0 ? 0 : Math.min(3, Math.floor((sent / total) * 4))
      if (quarter <= told) return null
      told = quarter
      return (quarter * 25) as 25 | 50 | 75
    },
    reset() {
      told = 0
    },
  }
}
