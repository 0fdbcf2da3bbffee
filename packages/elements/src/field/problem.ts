import { endingOf } from '../lib/ending.ts'
import type { Task } from '../lib/task.ts'

/** Why a form cannot be saved, and what to do; null when nothing failed. */
export function problemOf(tasks: readonly Task[]): string | null {
  const task = tasks.find(({ state }) => state === 'failed')
  if (task === undefined) return null
  const end = endingOf(task).press.toLowerCase()
  return task.refused
    ? `${task.file.name} cannot be attached. ${task.error} Choose another file or ${end} it, then save.`
    : `${task.file.name} was not uploaded. Retry it or ${end} it, then save.`
}
