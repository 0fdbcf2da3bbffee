import type { InternalDatabase } from '../../database/internal.ts'
import type { BeforeIo } from '../../sources/filesystem/io.ts'
import type { Sources } from '../../sources/sources.ts'
import type { Log } from '../../web/log.ts'
import type { FileRecord } from '../record.ts'
import { createEmptying, type Emptying } from './emptying.ts'
import { keepsBytes } from './kept.ts'
import { CONDEMN_BATCH, PURGE_EVERY_MS, RETENTION_MS } from './limits.ts'
import { listTrash, ownInTrash, type Scope, type TrashList, type TrashPage } from './list.ts'
import { createPurge, type OnPurged, type PurgeReport } from './purge.ts'
import type { TrashedFile } from './record.ts'
import { createTrashStore } from './store.ts'

export interface TrashOptions {
  readonly database: InternalDatabase
  readonly sources: Sources
  readonly log: Log
  /** Removes the pictures of a file, unless another has the same bytes. */
  forgetPictures(file: FileRecord): Promise<void>
  /** Told each write before it is made; a test ends the process there. */
  readonly before?: BeforeIo | undefined
  readonly now?: (() => number) | undefined
  /** Files that one transaction marks while the trash is emptied. @default CONDEMN_BATCH */
  readonly condemnBatch?: number | undefined
}

/** Deleted files, until their time is over. Who may is asked by the routes. */
export interface Trash {
  /** Takes files out of the registry; what is not in it is left out. @returns what undoes exactly this */
  move(ids: readonly string[], by: string | null): Promise<{ batch: string; moved: readonly string[] }>
  /**
   * Puts files back exactly as they were; what is not in the trash is left out. @returns those that were put back
   * @throws HoldallError `restore_path_taken`; then none is
   */
  restore(ids: readonly string[]): Promise<readonly string[]>
  /** Those of the ids that are in the trash and can be restored. */
  byIds(ids: Iterable<string>): Promise<Map<string, TrashedFile>>
  byId(id: string): Promise<TrashedFile | undefined>
  /** At most `limit` ids that one request deleted. */
  inBatch(batch: string, limit: number): Promise<readonly string[]>
  /** @throws HoldallError `invalid_cursor` */
  list(scope: Scope, page: TrashPage): Promise<TrashList>
  /** For each source where the actor has files in the trash: one of them. */
  ownBySource(actorId: string): Promise<readonly { sourceId: number; slug: string; id: string }[]>
  /** Removes files for good. @throws HoldallError `source_keeps_files`, `source_unavailable`, `source_inactive` */
  purge(files: readonly TrashedFile[]): Promise<void>
  /** Removing for good all that is in the trash. */
  readonly emptying: Emptying
  /** How much is due. */
  due(): Promise<{ readonly files: number; readonly bytes: number }>
  /** Removes for good what is due. Emptyings that were interrupted are carried out first. */
  purgeDue(onPurged?: OnPurged, signal?: AbortSignal): Promise<PurgeReport>
  /** Looks for what is due, now and from time to time. */
  start(): void
  /** Looks for what is due, in the background. */
  sweep(): void
  /** Stops; resolves when no bytes are being removed any more. */
  close(): Promise<void>
}

export function createTrash(options: TrashOptions): Trash {
  const {
    database,
    sources,
    log,
    forgetPictures,
    before = () => {},
    now = Date.now,
    condemnBatch = CONDEMN_BATCH,
  } = options
  const store = createTrashStore({ database, before, now })
  const purge = createPurge({ store, sources, log, forgetPictures })
  const emptying = createEmptying({ database, store, before, batch: condemnBatch })
  const stopping = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let running: Promise<unknown> = Promise.resolve()

  async function purgeDue(onPurged?: OnPurged, signal?: AbortSignal): Promise<PurgeReport> {
    await emptying.resume(signal)
    return await purge.due(onPurged, signal)
  }

  function sweep(): void {
    running = running
      .then(() => purgeDue(undefined, stopping.signal))
      .catch((error) => log.error('trash not purged', { error }))
  }

  return {
    move: (ids, by) =>
      store.move(ids, by, ({ source_id: sourceId, adopted }) =>
        // They only go when somebody says so.
        keepsBytes(sources, { sourceId, adopted: adopted === 1 }) ? null : RETENTION_MS,
      ),
    restore: store.restore,
    byIds: store.byIds,
    byId: async (id) => (await store.byIds([id])).get(id),
    inBatch: store.inBatch,
    list: (scope, page) => listTrash(database, scope, page),
    ownBySource: (actorId) => ownInTrash(database, actorId),
    purge: purge.now,
    emptying,
    due: store.countDue,
    purgeDue,
    sweep,
    start() {
      sweep()
      timer = setInterval(sweep, PURGE_EVERY_MS).unref()
    },
    async close() {
      clearInterval(timer)
      stopping.abort()
      await running
    },
  }
}
