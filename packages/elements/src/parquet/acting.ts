import type { RegisteredDataset } from '@holdall/client'
import { announce } from '../lib/announce.ts'
import { ENDING, endingOf } from '../lib/ending.ts'
import { formatCount } from '../lib/format.ts'
import type { Task } from '../lib/task.ts'
import { toast } from '../lib/toast.ts'
import { sentKey } from '../lib/unfinished.ts'
import type { Uploads } from '../lib/uploads.ts'
import { percentOf } from '../lib/words.ts'
import { keyOf } from './cards.ts'
import type { Followed, Following } from './following.ts'
import type { CardActions } from './foot.ts'
import type { ParquetTransfers } from './transfers.ts'
import type { Card } from './view.ts'

/** What is done with an upload when a button of its card is pressed: by this page while it sends, by the server afterwards. */
export interface Acting extends Pick<CardActions, 'pause' | 'resume' | 'retry' | 'leave' | 'sheet'> {
  removeAll(failed: readonly Card[]): void
  /** From now on it is followed like one that another page has sent. */
  handOver(task: Task<RegisteredDataset>): Followed | null
  /** Whether it is being given up, by its `sentKey`: then it is nothing to go on with. */
  leaves(key: string): boolean
  /** The card with what went wrong when something was asked of it. */
  withTrouble(card: Card): Card
}

export interface ActingOptions {
  readonly uploads: Uploads<RegisteredDataset>
  readonly following: Following
  readonly transfers: Pick<ParquetTransfers, 'status' | 'letGo'>
  readonly changed: () => void
  /** Something has left: what is there to go on with may be another. */
  readonly left: () => void
}

export function createActing({ uploads, following, transfers, changed, left }: ActingOptions): Acting {
  const leaving = new Set<string>()
  let trouble: { readonly key: string; readonly text: string } | null = null

  function taskOf({ key }: Card): Task<RegisteredDataset> | undefined {
    return uploads.tasks.find((task) => keyOf(task) === key)
  }

  function followedOf({ key }: Card): Followed | undefined {
    return following.list.find((one) => one.key === key)
  }

  function handOver(task: Task<RegisteredDataset>): Followed | null {
    const session = transfers.status(task.file)
    if (session === null) return null
    uploads.setAside(task)
    transfers.letGo(task.file)
    return following.take(session, keyOf(task))
  }

  /** What a press by mistake would cost can be had back for a moment. */
  function leaveTask(task: Task<RegisteredDataset>): void {
    const key = sentKey(task.file)
    const { kept } = task
    const { done } = endingOf(task)
    leaving.add(key)
    const aside = uploads.setAside(task)
    const discard = async () => {
      await aside.discard()
      leaving.delete(key)
      left()
    }
    const undo = () => {
      leaving.delete(key)
      aside.bringBack()
    }
    if (kept > 0) toast(`${task.file.name} ${done}`, undo, discard)
    else discard()
  }

  return {
    pause(card) {
      const task = taskOf(card)
      task?.pause()
      if (task?.state === 'paused') announce(`${card.name} paused at ${percentOf(task.kept, task.size)}%`)
    },
    resume(card) {
      announce(`${card.name} goes on`)
      taskOf(card)?.resume()
    },
    retry(card) {
      taskOf(card)?.retry()
      const followed = followedOf(card)
      if (followed) following.retry(followed)
    },
    async leave(card) {
      const task = taskOf(card)
      if (task !== undefined && task.state !== 'making') return leaveTask(task)
      const followed = task === undefined ? followedOf(card) : handOver(task)
      const ran = followed?.session.status !== 'failed'
      const kept = followed?.session.retryable ?? false
      if (followed && (await following.cancel(followed))) {
        toast(`${card.name} ${(ran ? ENDING.cancel : kept ? ENDING.discard : ENDING.clear).done}`)
        left()
      }
    },
    async sheet(card, sheet) {
      trouble = null
      changed()
      const followed = followedOf(card)
      if (followed?.session.status === 'failed') return following.retry(followed, sheet)
      if (card.session === null) return
      try {
        await following.readSheet(card.session, sheet)
        announce(`Reading the sheet ${sheet}`)
      } catch (error) {
        const text = error instanceof Error ? error.message : 'The server does not answer. Try again in a moment.'
        trouble = { key: card.key, text }
        changed()
      }
    },
    removeAll(failed) {
      const ones = failed.flatMap((card) => followedOf(card) ?? [])
      const aside = following.setAside(ones)
      toast(`${formatCount(ones.length, 'failed upload')} ${ENDING.discard.done}`, aside.bringBack, aside.discard)
    },
    handOver,
    leaves: (key) => leaving.has(key),
    withTrouble: (card) => (trouble?.key === card.key ? { ...card, trouble: trouble.text } : card),
  }
}
