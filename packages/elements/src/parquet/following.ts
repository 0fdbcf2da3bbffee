import {
  cancelParquet,
  type DatasetStatus,
  type DatasetTarget,
  followParquet,
  parquetUploads,
  type RegisteredDataset,
  readSheet,
  retryParquet,
  UploadError,
} from '@holdall/client'
import { announce } from '../lib/announce.ts'
import { sayAnswering } from './silence.ts'

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
  /** Since when the server does not answer, in milliseconds since 1970. */
  readonly silentSince: number | null
  /** It had failed when this page came: nobody watched. */
  readonly old: boolean
}

export interface Following {
  readonly list: readonly Followed[]
  /** Asks what runs and what failed lately; what cannot be asked is not told. */
  ask(): Promise<void>
  /** Goes on with one that was followed otherwise. */
  take(session: DatasetStatus, key: string): Followed
  /** @param sheet of an Excel file, to read instead */
  retry(one: Followed, sheet?: string): void
  /** Has another sheet read of what a dataset was made of. @throws {UploadError} */
  readSheet(session: DatasetStatus, sheet: string): Promise<void>
  /** Takes failed ones away for a moment, and back, or for good. */
  setAside(failed: readonly Followed[]): { readonly bringBack: () => void; readonly discard: () => void }
  /** Resolves when nothing is left of it; false when that could not be had. */
  cancel(one: Followed): Promise<boolean>
}

export interface FollowingOptions {
  readonly target: () => DatasetTarget
  readonly changed: () => void
  readonly registered: (dataset: RegisteredDataset) => void
  /** Somebody has to confirm what differs. */
  readonly waits: (status: DatasetStatus) => void
  /** The server has said why. */
  readonly failed: (status: DatasetStatus) => void
}

const DONE: Readonly<Record<string, string>> & { readonly create: string } = {
  create: 'is a dataset now',
  append: 'is part of the dataset now',
  replace: 'is the dataset now',
}

type Entry = { -readonly [Key in keyof Followed]: Followed[Key] }

/** Uploads that the server goes on with, whether this page stays or not. */
export function createFollowing({ target, changed, registered, waits, failed }: FollowingOptions): Following {
  let list: readonly Entry[] = []
  let asking: Promise<void> | undefined
  /** Those that were given up here may still be in an answer that is under way. */
  const gone = new Set<string>()

  function enter(session: DatasetStatus, key: string, old = false): Entry {
    const entry: Entry = { key, session, asked: null, trouble: null, silentSince: null, old }
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
    const onSilence = (since: number | null) => {
      entry.silentSince = since
      sayAnswering(since)
      changed()
    }
    begin(id, target(), { onStatus: heard, onConfirmation: waits, onSilence }).then(
      (dataset) => {
        entry.asked = null
        announce(`${filename} ${DONE[dataset.mode] ?? DONE.create}`)
        registered(dataset)
        changed()
      },
      (error: unknown) => {
        if (!list.includes(entry)) return
        // It has answered: with something that ends following it.
        if (entry.silentSince !== null) onSilence(null)
        if (error instanceof UploadError && error.code === 'upload_cancelled') return leave(entry)
        const hasAsked = entry.asked === 'retry'
        if (hasAsked) entry.asked = null
        // Somebody else was quicker: what has become of it is worth more than that.
        if (hasAsked && isConflict(error)) watch(entry, followParquet)
        else if (isFailure(error)) {
          announce(`${filename} failed: ${entry.session.failure_reason?.exc_str ?? error.message}`)
          failed(entry.session)
        } else entry.trouble = wordsOf(error)
        changed()
      },
    )
  }

  async function look(): Promise<void> {
    try {
      const [running, broken] = await Promise.all([
        parquetUploads(target(), 'completing'),
        parquetUploads(target(), 'failed'),
      ])
      const since = Date.now() - LATELY_MS
      const lately = broken.filter(({ updated_at }) => Date.parse(updated_at) > since)
      for (const session of [...running, ...lately]) {
        const { upload_id: id, status } = session
        const known = list.find((one) => one.session.upload_id === id)
        if (known === undefined) {
          if (!gone.has(id)) enter(session, id, status === 'failed')
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
    take: (session, key) => enter(session, key),
    async readSheet({ dataset_id: id }, sheet) {
      const session = await readSheet(id, sheet, target())
      enter(session, session.upload_id)
    },
    setAside(aside) {
      const ids = aside.map(({ session }) => session.upload_id)
      for (const id of ids) gone.add(id)
      list = list.filter(({ session }) => !ids.includes(session.upload_id))
      changed()
      return {
        bringBack() {
          for (const id of ids) gone.delete(id)
          for (const { session, key } of aside) enter(session, key, true)
        },
        discard() {
          // What cannot be removed now is found again by whoever comes back.
          for (const id of ids) cancelParquet(id, target()).catch(() => gone.delete(id))
        },
      }
    },
    retry(one, sheet) {
      const entry = list.find((other) => other === one)
      if (entry === undefined || entry.asked !== null) return
      entry.asked = 'retry'
      entry.trouble = null
      entry.old = false
      changed()
      const other = sheet === undefined ? {} : { sheet }
      watch(entry, (id, place, options) => retryParquet(id, place, { ...options, ...other }))
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
