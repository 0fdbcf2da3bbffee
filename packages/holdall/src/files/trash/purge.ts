import type { Source, Sources } from '../../sources/sources.ts'
import type { Storage, StoredFile } from '../../sources/storage.ts'
import { HoldallError } from '../../web/error.ts'
import type { Log } from '../../web/log.ts'
import type { FileRecord } from '../record.ts'
import { versionOf } from '../sync/listed.ts'
import { PURGE_BATCH } from './limits.ts'
import type { TrashedFile } from './record.ts'
import type { Claim, TrashStore } from './store.ts'

export interface PurgeOptions {
  readonly store: TrashStore
  readonly sources: Pick<Sources, 'byId'>
  readonly log: Log
  /** Removes the pictures of a file, unless another has the same bytes. */
  forgetPictures(file: FileRecord): Promise<void>
}

export interface PurgeReport {
  /** Files that are gone, with their bytes. */
  readonly purged: number
  /** Bytes of them. */
  readonly bytes: number
  /** Files whose storage could not be asked, or failed: they are tried again. */
  readonly postponed: number
}

/** A file that is gone is told of, with its size. */
export type OnPurged = (file: TrashedFile) => void

/**
 * Removes the bytes of files whose time in the trash is over: exactly their path, and only when no other file has it.
 * A file is marked first, so that nobody restores what may be gone; what was interrupted is taken up again.
 */
export function createPurge({ store, sources, log, forgetPictures }: PurgeOptions) {
  const underWay = new Map<string, Promise<boolean | undefined>>()

  /** @returns whether the file is gone; `undefined` when it was not ours to purge */
  async function purge(id: string, storage: Storage, onPurged?: OnPurged): Promise<boolean | undefined> {
    const others = underWay.get(id)
    if (others !== undefined) {
      await others
      return undefined
    }
    const purging = claimAndPurge(id, storage, onPurged).finally(() => underWay.delete(id))
    underWay.set(id, purging)
    return await purging
  }

  async function claimAndPurge(id: string, storage: Storage, onPurged?: OnPurged): Promise<boolean | undefined> {
    const claim = await store.claim(id)
    if (claim === undefined) return undefined
    const { file } = claim
    try {
      await removeBytes(claim, storage, log)
      await forgetPictures(file).catch((error) => log.warn('thumbnails_not_removed', { file: id, error }))
      await store.forget(id)
    } catch (error) {
      log.warn('file not purged, trying later', { file: id, source: file.sourceSlug, error })
      await store.release(id)
      return false
    }
    log.info('file purged', { file: id, source: file.sourceSlug, path: file.path, bytes: file.size })
    onPurged?.(file)
    return true
  }

  /** The storage, if it can be asked now. What cannot be asked is not marked: it may still be restored. */
  async function storageOf(source: Source | undefined): Promise<Storage | undefined> {
    return await source?.storage().catch(() => undefined)
  }

  return {
    /** Purges everything that is due. */
    async due(onPurged?: OnPurged, signal?: AbortSignal): Promise<PurgeReport> {
      const report = { purged: 0, bytes: 0, postponed: 0 }
      const storages = new Map<number, Storage | undefined>()
      for (let after = ''; signal?.aborted !== true; ) {
        const batch = await store.due(after, PURGE_BATCH)
        for (const { id, sourceId } of batch) {
          if (signal?.aborted) break
          if (!storages.has(sourceId)) storages.set(sourceId, await storageOf(sources.byId(sourceId)))
          const storage = storages.get(sourceId)
          if (storage?.delete === undefined) {
            if (storage !== undefined) await store.keep(id)
            else report.postponed += 1
            continue
          }
          const gone = await purge(id, storage, (file) => {
            report.purged += 1
            report.bytes += file.size ?? 0
            onPurged?.(file)
          })
          if (gone === false) report.postponed += 1
        }
        if (batch.length < PURGE_BATCH) break
        after = batch.at(-1)?.id ?? ''
      }
      return report
    },

    /**
     * Purges files now, whatever their time. They can no longer be restored once this has begun; bytes that cannot be
     * removed at once are tried again in the background.
     *
     * @throws HoldallError `source_keeps_files`, `source_unavailable`, `source_inactive`; then none is touched
     */
    async now(files: readonly TrashedFile[]): Promise<void> {
      const storages = new Map<number, Storage>()
      for (const { sourceId, sourceSlug } of files) {
        if (storages.has(sourceId)) continue
        const source = sources.byId(sourceId)
        if (source === undefined) throw new HoldallError('source_inactive', { source: sourceSlug })
        const storage = await source.storage()
        if (storage.delete === undefined) throw new HoldallError('source_keeps_files', { source: sourceSlug })
        storages.set(sourceId, storage)
      }
      const condemned = new Set(await store.condemn(files.map(({ id }) => id)))
      for (const { id, sourceId } of files) {
        // What is due in this very moment may be taken by who looks for that: it is gone when they are done.
        if (condemned.has(id) || underWay.has(id)) await purge(id, storages.get(sourceId) as Storage)
      }
    },
  }
}

/** Only what was deleted is removed: others may have put new bytes at the path of a file that was found there. */
async function removeBytes({ file, shared }: Claim, storage: Storage, log: Log): Promise<void> {
  if (shared) {
    log.info('bytes of a purged file left: another file has them', { file: file.id, path: file.path })
    return
  }
  if (file.adopted) {
    const stored = await storage.stat(file.path)
    if (stored !== undefined && !isStill(stored, file)) {
      log.info('bytes of a purged file left: they were replaced', { file: file.id, path: file.path })
      return
    }
  }
  await storage.delete?.(file.path)
}

function isStill(stored: StoredFile, file: FileRecord): boolean {
  return stored.size === (file.size ?? stored.size) && versionOf(stored) === (file.version ?? versionOf(stored))
}
