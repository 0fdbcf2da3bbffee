import { setTimeout as sleep } from 'node:timers/promises'
import type { InternalDatabase } from '../../database/internal.ts'
import type { BeforeIo } from '../../sources/filesystem/io.ts'
import type { Sources } from '../../sources/sources.ts'
import type { Storage } from '../../sources/storage.ts'
import { HoldallError } from '../../web/error.ts'
import type { Log } from '../../web/log.ts'
import { AT_ONCE, BATCH, SWEEP_EVERY_MS, WAIT_MS } from './limits.ts'
import { createRemovalStore, type Removal } from './store.ts'

export interface DatasetTrashOptions {
  readonly database: InternalDatabase
  readonly sources: Pick<Sources, 'byId'>
  readonly log: Log
  /** Told each write before it is made; a test ends the process there. */
  readonly before?: BeforeIo | undefined
  readonly now?: (() => number) | undefined
}

export interface SweepReport {
  /** Objects that are gone. */
  removed: number
  /** Bytes of them. */
  bytes: number
  /** Objects and datasets whose storage could not be asked, or failed: they are tried again. */
  postponed: number
}

/** The objects of datasets that were deleted for good or replaced. Who may is asked by the routes. */
export interface DatasetTrash {
  /**
   * Deletes datasets in the trash for good. They can no longer be restored once this has begun; objects that cannot be
   * removed at once are tried again in the background.
   *
   * @throws HoldallError `source_keeps_files`, `source_unavailable`, `source_inactive`; then none is touched
   */
  purge(datasetIds: readonly string[]): Promise<void>
  /** How much is due: datasets whose time in the trash is over, objects to remove and their bytes. */
  due(): Promise<{ readonly datasets: number; readonly objects: number; readonly bytes: number }>
  /** Removes for good what is due. */
  sweep(onRemoved?: (removal: Removal) => void, signal?: AbortSignal): Promise<SweepReport>
  /** Looks for what is due, now and from time to time. */
  start(): void
  /** Stops; resolves when no object is being removed any more. */
  close(): Promise<void>
}

/**
 * A dataset is condemned in one transaction, which lists its objects by their exact paths; then each of them is removed,
 * and its row goes. Whoever comes next goes on with what was interrupted. Nothing is removed by a prefix.
 */
export function createDatasetTrash(options: DatasetTrashOptions): DatasetTrash {
  const { database, sources, log, before = () => {}, now = Date.now } = options
  const store = createRemovalStore({ database, before, now })
  const stopping = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let running: Promise<unknown> = Promise.resolve()

  /** @throws HoldallError when it cannot be asked now, or deletes nothing */
  async function storageOf(sourceId: number): Promise<Storage> {
    const source = sources.byId(sourceId)
    if (source === undefined) throw new HoldallError('source_inactive', { source: String(sourceId) })
    const storage = await source.storage()
    if (storage.delete === undefined) throw new HoldallError('source_keeps_files', { source: source.slug })
    return storage
  }

  /** What cannot be asked is not condemned: it may still be restored. */
  async function condemnExpired(report: SweepReport, signal: AbortSignal | undefined): Promise<void> {
    for (let after = 0; signal?.aborted !== true; ) {
      const batch = await store.expired(after, BATCH)
      for (const { id } of batch) {
        try {
          await Promise.all((await store.sourcesOf([id])).map(storageOf))
        } catch (error) {
          if (!(error instanceof HoldallError)) throw error
          report.postponed += 1
          continue
        }
        await store.condemn([id])
      }
      if (batch.length < BATCH) return
      after = batch.at(-1)?.seq ?? 0
    }
  }

  async function remove(removal: Removal, storage: Storage, report: SweepReport): Promise<boolean> {
    const { path, datasetId, sizeBytes } = removal
    const claimed = await store.claim(removal)
    if (claimed === 'in use') log.warn('object of a dataset kept: it is in use', { dataset: datasetId, path })
    if (claimed !== 'taken') return false
    try {
      await storage.delete?.(path)
      await store.forget(removal)
    } catch (error) {
      log.warn('object of a dataset not removed, trying later', { dataset: datasetId, path, error })
      await store.postpone(removal)
      report.postponed += 1
      return false
    }
    log.info('object of a dataset removed', { dataset: datasetId, path, bytes: sizeBytes })
    report.removed += 1
    report.bytes += sizeBytes
    return true
  }

  async function sweep(onRemoved?: (removal: Removal) => void, signal?: AbortSignal): Promise<SweepReport> {
    const report: SweepReport = { removed: 0, bytes: 0, postponed: 0 }
    const stopped = () => signal?.aborted === true
    await condemnExpired(report, signal)
    const storages = new Map<number, Promise<Storage | undefined>>()
    for (let after: Removal | undefined; !stopped(); ) {
      const batch = await store.due(after, BATCH)
      for (let at = 0; at < batch.length && !stopped(); at += AT_ONCE) {
        await Promise.all(
          batch.slice(at, at + AT_ONCE).map(async (removal) => {
            const { sourceId } = removal
            if (!storages.has(sourceId)) {
              storages.set(
                sourceId,
                storageOf(sourceId).catch(() => undefined),
              )
            }
            const storage = await storages.get(sourceId)
            if (storage === undefined) report.postponed += 1
            else if (await remove(removal, storage, report)) onRemoved?.(removal)
          }),
        )
      }
      if (batch.length < BATCH) break
      after = batch.at(-1)
    }
    if (!stopped()) await store.forgetGone()
    return report
  }

  function sweepSoon(): void {
    running = running
      .then(() => (stopping.signal.aborted ? undefined : sweep(undefined, stopping.signal)))
      .catch((error) => log.error('deleted datasets not purged', { error }))
  }

  return {
    async purge(datasetIds) {
      await Promise.all((await store.sourcesOf(datasetIds)).map(storageOf))
      for (let at = 0; at < datasetIds.length; at += BATCH) await store.condemn(datasetIds.slice(at, at + BATCH))
      sweepSoon()
      await Promise.race([running, sleep(WAIT_MS, undefined, { ref: false })])
    },
    due: store.countDue,
    sweep,
    start() {
      sweepSoon()
      timer = setInterval(sweepSoon, SWEEP_EVERY_MS).unref()
    },
    async close() {
      clearInterval(timer)
      stopping.abort()
      await running
    },
  }
}
