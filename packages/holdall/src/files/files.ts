import { join } from 'node:path'
import type { Permissions } from '../access/permissions.ts'
import type { InternalDatabase } from '../database/internal.ts'
import type { BeforeIo } from '../sources/filesystem/io.ts'
import type { Sources } from '../sources/sources.ts'
import type { FileIntake } from '../uploads/inspection.ts'
import type { Log } from '../web/log.ts'
import type { Urls } from '../web/url.ts'
import { createBackground } from './background/background.ts'
import type { PoolOptions } from './children/pool.ts'
import { createImagePool } from './images/pool.ts'
import { createIntake } from './intake.ts'
import { createMoves, type Moves } from './moves/moves.ts'
import { createParsers } from './parsing/parsers.ts'
import { createPreviews, type Previews } from './previews/previews.ts'
import type { FindUsed } from './references.ts'
import { createRegistry, type Registry } from './registry.ts'
import { createForget } from './sync/forget.ts'
import { createSync, type Sync } from './sync/sync.ts'
import { sharpGenerator, type ThumbnailGenerator } from './thumbnails/generator.ts'
import { createThumbnails, type Thumbnails } from './thumbnails/thumbnails.ts'
import { createFindDeleted, type FindDeleted } from './trash/notes.ts'
import { createPictureRemoval } from './trash/pictures.ts'
import { createTrash, type Trash } from './trash/trash.ts'
import { createTroubles, type Troubles } from './troubles.ts'

export interface FilesOptions {
  readonly database: InternalDatabase
  readonly sources: Sources
  readonly permissions: Permissions
  readonly urls: Urls
  readonly log: Log
  /** Thumbnails are kept in a folder of it. */
  readonly dataDirectory: string
  /** Asked before the built-in one. */
  readonly generators?: readonly ThumbnailGenerator[]
  /** Which files rows hold. Without it nobody can say, and nothing is taken for moved. */
  readonly findUsed?: FindUsed
  /** Told each write before it is made; a test ends the process there. */
  readonly before?: BeforeIo | undefined
  readonly limits?: PoolOptions & { readonly maxPixels?: number; readonly maxSourceBytes?: number }
}

/** The files room: what the uploads below and the tables and pages above need of it. */
export interface Files {
  readonly registry: Registry
  readonly thumbnails: Thumbnails
  readonly previews: Previews
  readonly trash: Trash
  readonly findDeleted: FindDeleted
  readonly troubles: Troubles
  readonly sync: Sync
  readonly moves: Moves
  /** For the uploads. */
  readonly intake: FileIntake
  /** Goes on with what other processes left, and keeps looking. No child starts before there is a picture to make. */
  start(): void
  /** Stops what is read in the background, and ends the processes that read. */
  close(): Promise<void>
}

export function createFiles(options: FilesOptions): Files {
  const { database, sources, permissions, urls, log, dataDirectory, generators = [], limits = {} } = options
  const registry = createRegistry(database, permissions)
  const pool = createImagePool(limits)
  const parsers = createParsers()
  const readers = { pool, parsers }
  const findUsed: FindUsed = options.findUsed ?? (async () => ({ used: new Set(), truncated: true }))
  const moves = createMoves({
    database,
    sources,
    findUsed,
    log,
    before: options.before,
  })
  const background = createBackground({ database, registry, sources, readers, limits, log, onRead: moves.soon })
  const thumbnails = createThumbnails({
    sources,
    generators: [...generators, sharpGenerator(pool, limits.maxPixels)],
    directory: join(dataDirectory, 'thumbnails'),
    log,
    maxSourceBytes: limits.maxSourceBytes,
  })
  const trash = createTrash({
    database,
    sources,
    log,
    before: options.before,
    forgetPictures: createPictureRemoval(database, thumbnails),
  })
  const sync = createSync({
    database,
    sources,
    log,
    before: options.before,
    forget: createForget(database, findUsed, options.before),
    onCompleted(sourceId) {
      // What is new is read at once: what it is, and whether it is a file that was elsewhere before.
      background.wake()
      return moves.settle(sourceId)
    },
    onMissing: moves.soon,
  })
  return {
    registry,
    thumbnails,
    previews: createPreviews({ sources, parsers, log }),
    trash,
    findDeleted: createFindDeleted(trash, permissions, database),
    troubles: createTroubles(database, permissions),
    sync,
    moves,
    intake: createIntake({ database, registry, readers, background, urls }),
    start() {
      // A large cache takes a while to look through, and nobody has to wait for that.
      thumbnails.start().catch((error) => log.warn('thumbnails_not_swept', { error }))
      trash.start()
      sync.start()
      moves.start()
      background.start()
    },
    async close() {
      await background.close()
      await sync.close()
      await moves.close()
      await trash.close()
      await Promise.all([pool.close(), parsers.close()])
    },
  }
}
