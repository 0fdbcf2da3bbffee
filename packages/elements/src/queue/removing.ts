import { RequestError, requestJson } from '@holdall/client'
import { announce } from '../lib/announce.ts'
import type { Task } from '../lib/task.ts'
import { toast } from '../lib/toast.ts'
import type { Uploads } from '../lib/uploads.ts'

/** Files that are stored, and not wanted after all. */
export interface Removing {
  /** Moves it to the trash; for a moment that can be undone. */
  remove(task: Task): void
  /** Why it is still where it was. */
  problemOf(task: Task): string | null
}

export interface RemovingOptions {
  /** Of the server, from a path without a leading slash. */
  readonly address: (path: string) => string
  readonly changed: () => void
}

export function createRemoving(uploads: Pick<Uploads, 'setAside'>, { address, changed }: RemovingOptions): Removing {
  const problems = new WeakMap<Task, string>()
  const leaving = new WeakSet<Task>()

  /** @returns whether it is so now */
  async function ask(task: Task, what: 'delete' | 'restore', otherwise: string): Promise<boolean> {
    problems.delete(task)
    try {
      await requestJson(address(`-/files/${task.stored?.file_id}/-/${what}`), {})
      return true
    } catch (error) {
      const problem = `${otherwise} ${error instanceof RequestError ? error.message : ''}`
      problems.set(task, problem)
      announce(`${task.file.name}: ${problem}`)
      return false
    }
  }

  async function remove(task: Task): Promise<void> {
    if (leaving.has(task)) return
    leaving.add(task)
    const { name } = task.file
    const isRemoved = await ask(task, 'delete', 'It was not moved to the trash.')
    leaving.delete(task)
    if (!isRemoved) return changed()
    const aside = uploads.setAside(task)
    toast(`${name} moved to trash`, async () => {
      if (await ask(task, 'restore', 'It is still in the trash.')) announce(`${name} restored`)
      aside.bringBack()
      changed()
    })
  }

  return { remove, problemOf: (task) => problems.get(task) ?? null }
}
