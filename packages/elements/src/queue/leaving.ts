import { endingOf } from '../lib/ending.ts'
import { formatCount } from '../lib/format.ts'
import { isPending, type Task } from '../lib/task.ts'
import { toast } from '../lib/toast.ts'
import { sentKey } from '../lib/unfinished.ts'
import type { Uploads } from '../lib/uploads.ts'

/** Uploads that leave a queue before they are done. What a press by mistake would cost can be had back for a moment. */
export interface Leaving {
  /** What was cancelled together, came in time and was not brought back. */
  readonly cancelled: readonly Task[]
  /** Whether it is being given up, by its `sentKey`: then it is nothing to go on with. */
  has(key: string): boolean
  /** @param done what is said of it; by default what its ending is called */
  leave(tasks: readonly Task[], done?: string): void
  cancelAll(): void
  /** What was cancelled together goes on. */
  sendAgain(): void
  /** It is spoken of no more. */
  forget(): void
}

/** @param settled told when nothing of what has left is kept any more */
export function createLeaving(uploads: Uploads, settled: () => void): Leaving {
  const keysLeaving = new Set<string>()
  let ended: { readonly tasks: readonly Task[]; readonly undo: () => void }[] = []

  /** @returns what brings it back */
  function leave(tasks: readonly Task[], done?: string): (() => void) | null {
    const [first] = tasks
    if (first === undefined) return null
    const what = tasks.length === 1 ? first.file.name : formatCount(tasks.length, 'upload')
    const said = `${what} ${done ?? endingOf(first).done}`
    const keys = tasks.map(({ file }) => sentKey(file))
    for (const key of keys) keysLeaving.add(key)
    const aside = uploads.setAside(...tasks)
    const settle = () => {
      for (const key of keys) keysLeaving.delete(key)
    }
    const discard = async () => {
      await aside.discard()
      settle()
      settled()
    }
    const undo = () => {
      settle()
      aside.bringBack()
    }
    if (tasks.some(({ kept }) => kept > 0)) toast(said, undo, discard)
    else discard()
    return undo
  }

  return {
    get cancelled() {
      return ended.flatMap(({ tasks }) => tasks.filter(({ state }) => state === 'cancelled'))
    },
    has: (key) => keysLeaving.has(key),
    leave(tasks, done) {
      leave(tasks, done)
    },
    cancelAll() {
      const { tasks } = uploads
      const pending = tasks.filter(isPending)
      const undo = leave(pending)
      // Whoever looks again sees how much of it there was.
      if (tasks.length > 1 && undo !== null) ended.push({ tasks: pending, undo })
    },
    sendAgain() {
      const again = ended
      ended = []
      for (const { undo } of again) undo()
    },
    forget() {
      ended = []
    },
  }
}
