import { isSystemFile } from '@holdall/elements/shared'
import type { InternalDatabase } from '../../database/internal.ts'
import type { BeforeIo } from '../../sources/filesystem/io.ts'
import type { Source, Sources } from '../../sources/sources.ts'
import type { StoredFile } from '../../sources/storage.ts'
import { HoldallError } from '../../web/error.ts'
import type { Log } from '../../web/log.ts'
import type { FileRecord } from '../record.ts'
import { countInState } from '../search/states.ts'
import type { Forget } from './forget.ts'
import { type FormerState, formerStates, lastFormerStates } from './history.ts'
import { HEARTBEAT_MS, LOOK_MS, MAX_REASON_LENGTH, MAX_UNREADABLE_SAID, STOP_LIMIT_MS } from './limits.ts'
import { notice } from './notice.ts'
import { type Comparing, comparing } from './reading.ts'
import { createRunStore, type RunLease, RunLost, type SyncRun } from './runs.ts'
import { workOn } from './work.ts'

/** What the log calls a folder that may not be read. */
export const FOLDER_SKIPPED = 'sync skipped a folder that may not be read'
/** What is logged of a run that failed, with its error. */
export const SYNC_FAILED = 'sync failed'

export interface SyncOptions {
  readonly database: InternalDatabase
  readonly sources: Pick<Sources, 'list' | 'byId'>
  readonly log: Log
  /** Told each write before it is made; a test ends the process there. */
  readonly before?: BeforeIo
  readonly now?: () => number
  /** Takes back what earlier runs have entered and a source leaves out. Without it that stays. */
  readonly forget?: Forget | undefined
  /** Told the source of each run that is complete, before whoever waits for the run. */
  readonly onCompleted?: (sourceId: number) => Promise<unknown>
  /** Told the source of a file that a reader has found missing. */
  readonly onMissing?: (sourceId: number) => void
}

/** Makes the registry follow what lies in the sources. Nothing in a source is ever touched. */
export interface Sync {
  /**
   * Begins a run over the source, or goes on with the one that is under way; whoever asks need not wait for it.
   *
   * @throws HoldallError `source_inactive`, `source_unavailable`, `source_not_listable`
   */
  begin(source: Source, startedBy: string | null): Promise<Begun>
  /** The newest run of a source, how many files the last complete one had listed, how many are missing now and have changed. */
  state(source: Source): Promise<SyncState>
  run(id: number): Promise<SyncRun | undefined>
  /** What an adopted file was before its bytes changed, the newest first. */
  history(fileId: string): Promise<FormerState[]>
  /** The newest of that, for many files; one that never changed is absent. */
  lastFormer(fileIds: readonly string[]): Promise<ReadonlyMap<string, FormerState>>
  /** Enters what a reader has just found at a file's path; `undefined`: nothing is there. A failure is logged. */
  notice(file: FileRecord, stored: StoredFile | undefined): Promise<void>
  /** Goes on with runs that other processes left, begins those whose time has come, and keeps looking. */
  start(): void
  /** Stops at once, and gives the runs back as they are: they go on in the next process. */
  close(): Promise<void>
}

export interface Begun {
  readonly run: SyncRun
  /** Resolves with the run in its last state, or as it was left; absent when another process works on it. */
  readonly ended: Promise<SyncRun> | undefined
}

export interface SyncState {
  readonly run: SyncRun | undefined
  /** Files that the last complete run had listed: what a running one will find, more or less. */
  readonly expected: number | undefined
  /** Files that the storage is without now, whoever noticed it. Up to one more than `MAX_COUNT`. */
  readonly missingNow: number
  /** Files that have had other bytes since they were listed, likewise. */
  readonly changedSince: number
  /** Files are missing whose bytes are known, and new ones are still to be read: some of those may be them. */
  readonly comparing: false | Comparing
}

export function createSync(options: SyncOptions): Sync {
  const { database, sources, log, before = () => {}, now = Date.now, forget, onCompleted, onMissing } = options
  const store = createRunStore({ database, before, now })
  /** Where the runs of this process are; the database is told less often. */
  const live = new Map<number, SyncRun>()
  const working = new Set<Promise<unknown>>()
  const timers: NodeJS.Timeout[] = []
  /** Sources that are still to be synced because the server has started. */
  const waiting = new Set<number>()
  /** Sources that have been synced before, or cannot be. */
  const begun = new Set<number>()
  let closed = false

  /** What `close` waits for. */
  function tracked<Result>(work: Promise<Result>): Promise<Result> {
    const done = () => working.delete(work)
    working.add(work)
    work.then(done, done)
    return work
  }

  function follow(source: Source, lease: RunLease): Promise<SyncRun> {
    live.set(lease.run.id, lease.run)
    const ended = tracked(work(source, lease).finally(() => live.delete(lease.run.id)))
    ended.catch((error) => log.error('sync stopped', { source: source.slug, error }))
    return ended
  }

  async function work(source: Source, lease: RunLease): Promise<SyncRun> {
    const began = now()
    let unreadable = 0
    try {
      const storage = await source.storage()
      const run = await workOn(lease, {
        database,
        store,
        storage,
        log,
        now,
        forget,
        isLeftOut: source.keepSystemFiles ? () => false : isSystemFile,
        onProgress: (progress) => live.set(progress.id, progress),
        onUnreadable(path) {
          unreadable += 1
          if (unreadable <= MAX_UNREADABLE_SAID) log.warn(FOLDER_SKIPPED, { source: source.slug, path })
        },
      })
      const { listed, added, changed, missing, returned, left_out } = run
      const milliseconds = Math.round(now() - began)
      const found = {
        listed,
        added,
        changed,
        missing,
        returned,
        ...(left_out > 0 && { left_out }),
        ...(unreadable > 0 && { unreadable }),
      }
      log.info('sync completed', { source: source.slug, ...found, milliseconds })
      return await afterwards(source, run)
    } catch (error) {
      const { id } = lease.run
      if (lease.signal.aborted || error instanceof RunLost) {
        // Ours no more, or given back: it goes on from what was recorded last.
        await store
          .release(lease)
          .catch((cause) => log.warn('sync not given back', { source: source.slug, error: cause }))
        return (await store.get(id)) ?? lease.run
      }
      log.warn(SYNC_FAILED, { source: source.slug, error })
      return await store.record(lease, 'sync failed', {
        status: 'failed',
        failure_reason: reasonOf(error).slice(0, MAX_REASON_LENGTH).toWellFormed(),
      })
    }
  }

  /** The run is complete, whatever comes of what is done with it. */
  async function afterwards(source: Source, run: SyncRun): Promise<SyncRun> {
    if (onCompleted === undefined || closed) return run
    try {
      await onCompleted(source.id)
    } catch (error) {
      log.warn('it could not be looked for files that moved', { source: source.slug, error })
    }
    return (await store.get(run.id)) ?? run
  }

  async function begin(source: Source, startedBy: string | null): Promise<Begun> {
    const storage = await source.storage()
    if (closed) throw new HoldallError('unavailable', { reason: 'The server is stopping; ask again in a moment.' })
    if (storage.list === undefined) throw new HoldallError('source_not_listable', { source: source.slug })
    const { run, lease } = await store.begin(source.id, startedBy)
    return { run, ended: lease && follow(source, lease) }
  }

  async function look(): Promise<void> {
    for (const run of await store.unfinished()) {
      const source = sources.byId(run.source_id)
      // One whose source is away would fail at once, and has time until it is back.
      if (closed || !source?.active || !(await isThere(source)) || closed) continue
      const lease = await store.claim(run.id)
      if (lease === undefined) continue
      log.info('sync goes on', { source: source.slug, listed: run.listed })
      follow(source, lease)
    }
    for (const source of sources.list()) {
      if (closed || !(await isDue(source)) || closed || !(await isThere(source)) || closed) continue
      waiting.delete(source.id)
      begun.add(source.id)
      if (source.capabilities.can_list) await begin(source, null)
    }
  }

  async function isDue({ id, sync, active }: Source): Promise<boolean> {
    if (!active || sync.when === 'manual') return false
    if (sync.when === 'start' && (waiting.has(id) || begun.has(id))) return waiting.has(id)
    const { run } = await newestOf(id)
    if (run !== undefined) begun.add(id)
    // One that was made while the server runs has its first sync at once, whoever was to begin it.
    if (run === undefined) return true
    return sync.when === 'every' && Date.parse(run.started_at) + sync.seconds * 1_000 <= now()
  }

  async function newestOf(sourceId: number): Promise<Pick<SyncState, 'run' | 'expected'>> {
    const run = await store.newest(sourceId)
    const last = run?.status === 'completed' ? run : await store.newest(sourceId, 'completed')
    return { run: run?.status === 'running' ? (live.get(run.id) ?? run) : run, expected: last?.listed }
  }

  function complain(error: unknown): void {
    // What was under way when it was closed may end as it likes.
    if (!closed) log.error('sync upkeep failed', { error })
  }

  function every(milliseconds: number, work: () => Promise<void>): void {
    let busy = false
    async function once(): Promise<void> {
      if (busy || closed) return
      busy = true
      await tracked(work()).catch(complain)
      busy = false
    }
    timers.push(setInterval(once, milliseconds).unref())
  }

  every(HEARTBEAT_MS, store.heartbeat)

  return {
    begin: (source, startedBy) => tracked(begin(source, startedBy)),
    async state({ id }) {
      const missingNow = await countInState(database, id, 'missing')
      return {
        ...(await newestOf(id)),
        missingNow,
        changedSince: await countInState(database, id, 'changed'),
        comparing: missingNow > 0 && (await comparing(database, id)),
      }
    },
    run: async (id) => live.get(id) ?? (await store.get(id)),
    history: (fileId) => formerStates(database, fileId),
    lastFormer: (fileIds) => lastFormerStates(database, fileIds),
    async notice(file, stored) {
      // Whoever reads the file has what they came for, whether it can be written down now or not.
      await notice({ database, before, now }, file, stored).catch((error) =>
        log.warn('change not noticed', { file: file.id, error }),
      )
      if (stored === undefined) onMissing?.(file.sourceId)
    },

    start() {
      for (const { id, sync } of sources.list()) if (sync.when === 'start') waiting.add(id)
      every(LOOK_MS, look)
      // Not awaited: no source has to answer before the server does.
      tracked(look()).catch(complain)
    },

    async close() {
      closed = true
      for (const timer of timers) clearInterval(timer)
      store.interrupt()
      const late = AbortSignal.timeout(STOP_LIMIT_MS)
      const tooLate = new Promise((resolve) => late.addEventListener('abort', resolve, { once: true }))
      // What is under way may still begin to follow a run, and gives it back at once.
      while (working.size > 0 && !late.aborted) await Promise.race([Promise.allSettled(working), tooLate])
    },
  }
}

async function isThere(source: Source): Promise<boolean> {
  return await source.storage().then(
    () => source.availability.available,
    () => false,
  )
}

/** For people; the log has the whole of it. */
function reasonOf(error: unknown): string {
  if (error instanceof HoldallError) return error.message
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
  return code === undefined
    ? 'The storage failed; the server log has the reason.'
    : `The storage failed with ${code}; the server log has the reason.`
}
