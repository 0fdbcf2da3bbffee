import { setImmediate as turn } from 'node:timers/promises'
import type { InternalDatabase } from '../../database/internal.ts'
import type { Storage, StoredFile } from '../../sources/storage.ts'
import { HoldallError } from '../../web/error.ts'
import type { Log } from '../../web/log.ts'
import { CHECKPOINT_MS } from './limits.ts'
import { isNamed, type Listed, toListed, versionOf } from './listed.ts'
import { lookAt, unseenFiles } from './missing.ts'
import { type Page, pagesOf } from './pages.ts'
import {
  adopt,
  type Changed,
  hasTrash,
  knownAmong,
  markMissing,
  markReturned,
  recordChanges,
  reservedAmong,
} from './registered.ts'
import type { RunLease, RunStore, SyncRun } from './runs.ts'
import { loadSeen, type Seen } from './seen.ts'

export interface WorkOptions {
  readonly database: InternalDatabase
  readonly store: RunStore
  readonly storage: Storage
  readonly log: Log
  readonly now: () => number
  /** Told where the run is, after each page. */
  readonly onProgress: (run: SyncRun) => void
  /** Told each folder that may not be read, once. */
  readonly onUnreadable: (path: string) => void
}

/**
 * Goes on with a run from where it is to its end: through the listing, then past what the listing did not have.
 *
 * @throws RunLost, the signal's reason, or the error of the storage
 */
export async function workOn(lease: RunLease, options: WorkOptions): Promise<SyncRun> {
  const { database, store, storage } = options
  const seen = await loadSeen(database, lease.run.id)
  let { run } = lease
  if (run.phase === 'listing') run = await takeListing(lease, seen, options)
  await takeMissing(lease, run, seen, { ...options, storage })
  return await store.record(lease, 'sync completed', { status: 'completed' })
}

async function takeListing(lease: RunLease, seen: Seen, options: WorkOptions): Promise<SyncRun> {
  const { database, store, storage, now, onProgress, onUnreadable } = options
  const { list } = storage
  if (list === undefined) throw new HoldallError('source_not_listable')
  let { run } = lease
  let recorded = now()
  const pages = pagesOf({
    list: (listing) => list.call(storage, listing),
    from: run.cursor,
    signal: lease.signal,
    first: () => hasTrash(database, run.source_id),
  })
  for await (const page of pages) {
    for (const path of page.unreadable ?? []) onUnreadable(path)
    const found = await compare(lease, page, seen, options)
    const listed = run.listed + found.listed
    const isLast = page.next === null
    if (!isLast && found.writes === 0 && now() - recorded < CHECKPOINT_MS) {
      run = { ...run, listed, cursor: page.next }
    } else {
      const at = new Date(now())
      const change = { listed, cursor: page.next, ...(isLast && { phase: 'missing' as const }) }
      const { added, changed, returned } = run
      run = await store.record(lease, 'sync page', change, async (trx) => {
        await seen.save(trx)
        return {
          added: added + (await adopt(trx, run.source_id, found.fresh, at)),
          changed: changed + (await recordChanges(trx, found.changed, at)),
          returned: returned + (await markReturned(trx, found.returned)),
        }
      })
      recorded = now()
    }
    onProgress(run)
    // A storage that has its answer ready would keep everybody else waiting.
    await turn(undefined, { signal: lease.signal })
  }
  return run
}

interface Found {
  readonly listed: number
  readonly fresh: readonly Listed[]
  readonly changed: readonly Changed[]
  /** The `seq` of files that were missing. */
  readonly returned: readonly number[]
  readonly writes: number
}

async function compare(lease: RunLease, page: Page, seen: Seen, options: WorkOptions): Promise<Found> {
  const { source_id } = lease.run
  const files = page.files.filter(isNamed)
  const known = await knownAmong(
    options.database,
    source_id,
    files.map(({ path }) => path),
  )
  const isKnown = new Set<number>()
  const changed: Changed[] = []
  const returned: number[] = []
  for (const { at, seq, id, adopted, version, missing_since } of known) {
    isKnown.add(at)
    seen.add(seq)
    const stored = files[at] as StoredFile
    // What came in through here is known by its hash: other bytes in its place are not the file.
    if (adopted === 1 && version !== versionOf(stored)) changed.push({ id, to: toListed(stored) as Listed })
    if (missing_since !== null) returned.push(seq)
  }
  const unknown =
    isKnown.size === files.length
      ? []
      : files.flatMap((stored, at) => (isKnown.has(at) ? [] : (toListed(stored) ?? [])))
  const fresh = await adoptable(lease, unknown, page.said, options)
  return {
    listed: files.length,
    fresh,
    changed,
    returned,
    writes: fresh.length + changed.length + returned.length,
  }
}

/**
 * What was listed may have been deleted for good since, and its row in the trash with it: then nothing says any more
 * that it was ours. The bytes go before the row does, so whoever finds no row and still finds the bytes may keep them.
 */
async function adoptable(lease: RunLease, files: Listed[], cautious: boolean, options: WorkOptions): Promise<Listed[]> {
  if (!cautious || files.length === 0) return files
  const reserved = await reservedAmong(
    options.database,
    lease.run.source_id,
    files.map(({ path }) => path),
  )
  const free = files.filter(({ path }) => !reserved.has(path))
  const { there } = await lookAt(free, { ...options, signal: lease.signal })
  return there.map(([file]) => file)
}

async function takeMissing(lease: RunLease, begun: SyncRun, seen: Seen, options: WorkOptions): Promise<void> {
  const { database, store, log, storage, now, onProgress } = options
  let run = begun
  for await (const files of unseenFiles(database, run, seen)) {
    const { absent } = await lookAt(files, { storage, signal: lease.signal, log })
    if (absent.length === 0) continue
    const { missing } = run
    const seqs = absent.map(({ seq }) => seq)
    run = await store.record(lease, 'sync missing', {}, async (trx) => ({
      missing: missing + (await markMissing(trx, seqs, new Date(now()))),
    }))
    onProgress(run)
  }
}
