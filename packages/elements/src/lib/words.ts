import { formatBytes, formatDuration, formatPortion } from './format.ts'
import type { IconName } from './icons.ts'
import type { Task } from './task.ts'

/** Of what was cancelled and had arrived whole. */
export function tooLateWords({ name }: Pick<File, 'name'>): string {
  return `${name} was stored before it could be cancelled`
}

/** How far a task is, in whole percent of what `part` is of. */
export function percentOf(part: number, whole: number): number {
  return whole === 0 ? 100 : Math.floor((part / whole) * 100)
}

/** Whether all has left this computer and not all of it is known to have arrived. */
export function isUnconfirmed({ state, sent, size }: Pick<Task<unknown>, 'state' | 'sent' | 'size'>): boolean {
  return state === 'sending' && size > 0 && sent >= size
}

/** The line of facts of an upload that has not ended, and its sign. */
export function taskWords(task: Task<unknown>): {
  readonly icon: IconName | null
  readonly words: string
  /** Where there is room. */
  readonly more?: string
} {
  const { size, sent, kept, pace, still } = task
  const percent = percentOf(sent, size)
  switch (task.state) {
    case 'comparing':
      return { icon: 'search', words: `Checking what is already here · ${comparison(task)}` }
    case 'sending':
      if (isUnconfirmed(task)) {
        const since = still === null ? '' : ` · ${formatDuration(still.seconds)}`
        return {
          icon: 'clock',
          words: `Sent. Waiting until the last ${formatBytes(size - kept)} are confirmed${since}`,
        }
      }
      if (still !== null) {
        const stands = `Nothing has moved for ${formatDuration(still.seconds)}: waiting for the ${still.to}`
        return { icon: 'clock', words: `${percent}% · ${stands}` }
      }
      if (pace === '') return { icon: null, words: `${percent}% · ${formatPortion(sent, size)}` }
      return { icon: null, words: `${percent}% · ${pace}`, more: formatPortion(sent, size) }
    case 'retrying':
      return {
        icon: 'clock',
        words: `Trying again in ${formatDuration(task.retryIn)}${kept > 0 ? ` · ${formatPortion(kept, size)} kept` : ''}`,
      }
    case 'finishing':
      return { icon: null, words: 'Sent. The server is checking it.' }
    case 'paused':
      return {
        icon: 'pause',
        words: kept > 0 ? `Paused at ${percent}% · ${formatPortion(kept, size)}` : `Paused · ${formatBytes(size)}`,
      }
    default:
      return { icon: 'clock', words: `Waiting · ${formatBytes(size)}` }
  }
}

/** `40%`, or `312 MB` where it is not known of how much. */
function comparison({ compared, comparable }: Task<unknown>): string {
  return comparable ? `${Math.min(100, percentOf(compared, comparable))}%` : formatBytes(compared)
}
