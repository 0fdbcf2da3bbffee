import { isActive, isPending, type Task, type TaskState } from '../lib/task.ts'

/** Lines that are drawn; the others are counted, so that ten thousand files stay smooth. */
const MOST_LINES = 60
/** Failures among them, while others are still sent. */
const MOST_FAILED = 20

/** A queue at one moment, read in one pass. */
export interface Summary {
  readonly counts: Readonly<Record<TaskState, number>>
  /** Failures that can be tried again. */
  readonly again: number
  /** Whether a press on Pause would stop something. */
  readonly pausable: boolean
  /** The tasks that are drawn. */
  readonly lines: readonly Task[]
}

export function summarise(tasks: readonly Task[]): Summary {
  const counts: Record<TaskState, number> = {
    waiting: 0,
    comparing: 0,
    sending: 0,
    finishing: 0,
    making: 0,
    retrying: 0,
    paused: 0,
    done: 0,
    failed: 0,
    cancelled: 0,
  }
  let again = 0
  let pausable = false
  for (const task of tasks) {
    counts[task.state] += 1
    if (task.state === 'failed' && !task.refused) again += 1
    pausable ||= task.state === 'waiting' || task.pausable
  }
  return { counts, again, pausable, lines: tasks.length <= MOST_LINES ? tasks : choose(tasks) }
}

/** In their order: what failed, what is on its way, what comes next; then the last that were done. */
function choose(tasks: readonly Task[]): Task[] {
  const busy = tasks.some(isPending)
  const failed = first(tasks, busy ? MOST_FAILED : MOST_LINES, ({ state }) => state === 'failed')
  const next = [
    ...first(tasks, MOST_LINES, isActive),
    ...first(tasks, MOST_LINES, ({ state }) => state === 'waiting' || state === 'paused'),
  ]
  const chosen = [...failed, ...next].slice(0, MOST_LINES)
  const room = MOST_LINES - chosen.length
  return room === 0 ? chosen : [...chosen, ...tasks.filter(({ state }) => state === 'done').slice(-room)]
}

function first(tasks: readonly Task[], most: number, wanted: (task: Task) => boolean): Task[] {
  const found: Task[] = []
  for (const task of tasks) {
    if (found.length === most) break
    if (wanted(task)) found.push(task)
  }
  return found
}
