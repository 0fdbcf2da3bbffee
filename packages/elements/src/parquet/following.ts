import {
  cancelParquet,
  type DatasetStatus,
  type DatasetTarget,
  followParquet,
  parquetUploads,
  type RegisteredDataset,
  retryParquet,
  UploadError,
} from '@holdall/client'
import { announce } from '../lib/announce.ts'

/** What failed longer ago is no news; it can still be listed. */
const LATELY_MS = 7 * 86_400_000

/** An upload that was sent to its end, by this page or another; the server is at it, or has failed. */
export interface Followed {
  readonly key: string
  readonly session: DatasetStatus
  /** What was asked of the server and is not answered. */
  readonly asked: 'cancel' | 'retry' | null
  /** Why that, or following, did not work. */
  readonly trouble: string | null
}

export interface Following {
  readonly list: readonly Followed[]
  /** Asks what runs and what failed lately; what cannot be asked is not told. */
  ask(): Promise<void>
  /** Goes on with one that was followed otherwise. */
  take(session: DatasetStatus, key: string): Followed
  retry(one: Followed): void
  /** Resolves when nothing is left of it; false when that could not be had. */
  cancel(one: Followed): Promise<boolean>
}

export interface FollowingOptions {
  readonly target: () => DatasetTarget
  readonly changed: () => void
  readonly registered: (dataset: RegisteredDataset) => void
  /** Somebody has to confirm what differs. */
  readonly waits: (status: DatasetStatus) => void
}

const DONE: Readonly<Record<string, string>> & { readonly create: string } = {
  create: 'is a dataset now',
  append: 'is part of the dataset now',
  replace: 'is the dataset now',
}

type Entry = { -readonly [Key in keyof Followed]: Followed[Key] }

/** Uploads that the server goes on with, whether this page stays or not. */
export function createFollowing({ target, changed, registered, waits }: FollowingOptions): Following {
  let list: readonly Entry[] = []
  let asking: Promise<void> | undefined
  /** Those that were given up here may still be in an answer that is under way. */
  const gone = new Set<string>()

  function enter(session: DatasetStatus, key: string): Entry {
    const entry: Entry = { key, session, asked: null, trouble: null }
    list = [...list, entry]
    if (session.status === 'completing') watch(entry, followParquet)
    changed()
    return entry
  }

  function leave(entry: Entry): void {
    list = list.filter((one) => one !== entry)
    changed()
  }

  function watch(entry: Entry, begin: typeof followParquet): void {
    const { upload_id: id, filename } = entry.session
    const heard = (status: DatasetStatus) => {
      entry.session = status
      if (entry.asked === 'retry') entry.asked = null
      changed()
    }
    begin(id, target(), { onStatus: heard, onConfirmation: waits }).then(
      (dataset) => {
        entry.asked = null
        announce(`${filename} ${DONE[dataset.mode] ?? DONE.create}`)
        registered(dataset)
        changed()
      },
      (error: unknown) => {
        if (!list.includes(entry)) return
        if (error instanceof UploadError && error.code === 'upload_cancelled') return leave(entry)
        const hasAsked = entry.asked === 'retry'
        if (hasAsked) entry.asked = null
        // Somebody else was quicker: what has become of it is worth more than that.
        if (hasAsked && isConflict(error)) watch(entry, followParquet)
        else if (isFailure(error))
          announce(`${filename} failed: ${entry.session.failure_reason?.exc_str ?? error.message}`)
        else entry.trouble = wordsOf(error)
        changed()
      },
    )
  }

  async function look(): Promise<void> {
    try {
      const [running, failed] = await Promise.all([
        parquetUploads(target(), 'completing'),
        parquetUploads(target(), 'failed'),
      ])
      const since = Date.now() - LATELY_MS
      const lately = failed.filter(({ updated_at }) => Date.parse(updated_at) > since)
      for (const session of [...running, ...lately]) {
        const { upload_id: id, status } = session
        const known = list.find((one) => one.session.upload_id === id)
        if (known === undefined) {
          if (!gone.has(id)) enter(session, id)
        } else if (known.session.status === 'failed' && status === 'completing' && known.asked === null) {
          known.session = session
          watch(known, followParquet)
        }
      }
    } catch {
      // What runs goes on, and can be found later as well.
    } finally {
      asking = undefined
    }
  }

  return {
    get list() {
      return list
    },
    ask() {
      asking ??= look()
      return asking
    },
    take: enter,
    retry(one) {
      const entry = list.find((other) => other === one)
      if (entry === undefined || entry.asked !== null) return
      entry.asked = 'retry'
      entry.trouble = null
      changed()
      watch(entry, retryParquet)
    },
    async cancel(one) {
      const entry = list.find((other) => other === one)
      if (entry === undefined || entry.asked !== null) return false
      entry.asked = 'cancel'
      entry.trouble = null
      changed()
      try {
        await cancelParquet(entry.session.upload_id, target())
        gone.add(entry.session.upload_id)
        leave(entry)
        return true
      } catch (error) {
        entry.asked = null
        // It has become a dataset: whoever follows it hears of that.
        if (!isConflict(error)) entry.trouble = wordsOf(error)
        else if (entry.session.status === 'failed') watch(entry, followParquet)
        changed()
        return false
      }
    },
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof UploadError && error.status === 409
}

/** The server has said that it failed, and why; else nobody knows. */
function isFailure(error: unknown): error is UploadError {
  return error instanceof UploadError && (error.code === 'upload_failed' || error.code === 'upload_parts_missing')
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : 'The server does not answer. Try again in a moment.'
}
