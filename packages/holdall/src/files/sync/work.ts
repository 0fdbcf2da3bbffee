import { setImmediate as turn } from 'node:timers/promises'
import type { InternalDatabase } from '../../database/internal.ts'
import type { Storage, StoredFile } from '../../sources/storage.ts'
import { HoldallError } from '../../web/error.ts'
import type { Log } from '../../web/log.ts'
import { type Compared, createEntering } from './entering.ts'
import type { Forget, LeftFile } from './forget.ts'
import { countOf, digestOf, knownPage, rangesOf, revisionNow } from './known-pages.ts'
import { MAX_LEFT_OVER } from './limits.ts'
import { isNamed, type Listed, toListed, versionOf } from './listed.ts'
import { hasSeenAll, lookAt, missingBefore, unseenFiles } from './missing.ts'
import { type Page, pagesOf } from './pages.ts'
import { type Changed, hasTrash, markMissing, registeredAmong, reservedAmong } from './registered.ts'
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
  /** Whether a file of this path is none that people look for, and is not entered. */
  readonly isLeftOut: (path: string) => boolean
  /** Takes back what was entered of that before; absent where nobody can say what rows hold. */
  readonly forget: Forget | undefined
}

/** What an earlier run has entered and this one would not: it is there, or is not. */
interface LeftOver {
  readonly there: LeftFile[]
  readonly gone: LeftFile[]
}

/**
 * Goes on with a run from where it is to its end: through the listing, then past what the listing did not have.
 *
 * @throws RunLost, the signal's reason, or the error of the storage
 */
export async function workOn(lease: RunLease, options: WorkOptions): Promise<SyncRun> {
  const { database, store } = options
  const revision = await revisionNow(database, lease.run.source_id)
  const seen = await loadSeen(database, lease.run.id)
  let { run } = lease
  const leftOver: LeftOver = { there: [], gone: [] }
  if (run.phase === 'listing') run = await takeListing(lease, seen, leftOver, options)
  if (!(await hasSeenAll(database, run.source_id, seen, revision))) {
    run = await takeMissing(lease, run, seen, leftOver, options)
  }
  const left = await takeLeftOver(lease, run, leftOver, options)
  return await store.record(lease, 'sync completed', { status: 'completed', ...left })
}

async function takeListing(lease: RunLease, seen: Seen, leftOver: LeftOver, options: WorkOptions): Promise<SyncRun> {
  const { database, store, storage, now, onProgress, onUnreadable } = options
  const { list } = storage
  if (list === undefined) throw new HoldallError('source_not_listable')
  const entering = createEntering(lease, { store, seen, now, onProgress })
  const pages = pagesOf({
    list: (listing) => list.call(storage, listing),
    from: lease.run.cursor,
    signal: lease.signal,
    first: () => hasTrash(database, lease.run.source_id),
  })
  try {
    for await (const page of pages) {
      for (const path of page.unreadable ?? []) onUnreadable(path)
      await entering.take(await compare(lease, page, seen, leftOver, options), page.next)
      // A storage that has its answer ready would keep everybody else waiting.
      await turn(undefined, { signal: lease.signal })
    }
    return await entering.finish()
  } finally {
    // Nothing is entered any more once the run is given back.
    await entering.settled()
  }
}

async function compare(
  lease: RunLease,
  page: Page,
  seen: Seen,
  leftOver: LeftOver,
  options: WorkOptions,
): Promise<Compared> {
  const { database, isLeftOut } = options
  const files = page.files.filter(isNamed)
  const digest = digestOf(files, isLeftOut)
  const known = await knownPage(database, lease.run.source_id, digest)
  if (known !== undefined) {
    seen.addAll(known.seqs)
    const listed = countOf(known.seqs)
    return { listed, leftOut: files.length - listed, fresh: [], changed: [], returned: [], known }
  }
  const asked = files.map((file) => ({ path: file.path, version: versionOf(file), always: isLeftOut(file.path) }))
  const registered = await registeredAmong(database, lease.run.source_id, asked)
  for (const seq of registered.seqs) seen.add(seq)
  const changed: Changed[] = []
  const returned: number[] = []
  for (const { at, seq, id, adopted, differs, missing } of registered.told) {
    const stored = files[at] as StoredFile
    if (adopted === 1 && isLeftOut(stored.path)) leftOver.there.push({ id, seq })
    // What came in through here is known by its hash: other bytes in its place are not the file.
    if (adopted === 1 && differs === 1) changed.push({ id, to: toListed(stored) as Listed })
    if (missing === 1) returned.push(seq)
  }
  const strange = strangersAmong(files, registered.at)
  const unknown = strange.filter(({ path }) => !isLeftOut(path)).flatMap((stored) => toListed(stored) ?? [])
  const leftOut = strange.length - unknown.length
  const fresh = await adoptable(lease, unknown, page.said, options)
  const { revision, seqs, told } = registered
  const complete = told.length === 0 && fresh.length === unknown.length
  return {
    listed: files.length - leftOut,
    leftOut,
    fresh,
    changed,
    returned,
    known: complete ? { digest, revision, seqs: rangesOf(seqs) } : undefined,
  }
}

/** Those that nobody has registered. */
function strangersAmong(files: readonly StoredFile[], registered: readonly number[]): readonly StoredFile[] {
  if (registered.length === files.length) return []
  const known = new Set(registered)
  return files.filter((_, at) => !known.has(at))
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

async function takeMissing(
  lease: RunLease,
  begun: SyncRun,
  seen: Seen,
  leftOver: LeftOver,
  options: WorkOptions,
): Promise<SyncRun> {
  const { database, store, log, storage, now, onProgress, isLeftOut } = options
  let run = begun
  for await (const files of unseenFiles(database, run, seen)) {
    const { absent } = await lookAt(files, { storage, signal: lease.signal, log })
    const lost: typeof absent = []
    for (const file of absent) (file.adopted === 1 && isLeftOut(file.path) ? leftOver.gone : lost).push(file)
    if (lost.length === 0) continue
    const { missing } = run
    const seqs = lost.map(({ seq }) => seq)
    run = await store.record(lease, 'sync missing', {}, async (trx) => ({
      missing: missing + (await markMissing(trx, seqs, new Date(now()))),
    }))
    onProgress(run)
  }
  return run
}

/** What nobody needs goes; of what somebody has used, it is said like of any file that it is missing. */
async function takeLeftOver(
  lease: RunLease,
  run: SyncRun,
  { there, gone }: LeftOver,
  { database, store, now, isLeftOut, forget }: WorkOptions,
): Promise<Pick<SyncRun, 'left_out'>> {
  const { left_out, missing } = run
  if (forget === undefined) return { left_out }
  const before = (await missingBefore(database, run.source_id)).filter(({ path }) => isLeftOut(path))
  const all = [...there, ...gone, ...before].slice(0, MAX_LEFT_OVER)
  if (all.length === 0) return { left_out }
  const { forgotten, kept } = await forget(all.map(({ id }) => id))
  const lost = gone.filter(({ id }) => kept.has(id)).map(({ seq }) => seq)
  if (lost.length > 0) {
    await store.record(lease, 'sync missing', {}, async (trx) => ({
      missing: missing + (await markMissing(trx, lost, new Date(now()))),
    }))
  }
  return { left_out: left_out + there.filter(({ id }) => forgotten.has(id)).length }
}
