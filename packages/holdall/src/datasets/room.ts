import { join } from 'node:path'
import type { Permissions } from '../access/permissions.ts'
import type { Config } from '../config/config.ts'
import type { InternalDatabase } from '../database/internal.ts'
import type { CountDatasets, FindDatasets } from '../files/references.ts'
import type { Registry } from '../files/registry.ts'
import type { Once } from '../files/room.ts'
import type { BeforeIo } from '../sources/filesystem/io.ts'
import type { Sources } from '../sources/sources.ts'
import type { FindCollections } from '../tables/pages/room.ts'
import type { Uploads } from '../uploads/engine.ts'
import type { PagesLook } from '../uploads/pages.ts'
import type { Log } from '../web/log.ts'
import type { FrameOf } from '../web/page.ts'
import type { Route, RouteContext } from '../web/route.ts'
import type { Urls } from '../web/url.ts'
import { rowsRoutes } from './browse/routes.ts'
import { createFindCollections } from './collections/find.ts'
import { collectionRoutes } from './collections/routes.ts'
import { recordCollections } from './collections/rows.ts'
import { createConverter } from './convert/converter.ts'
import { openObjectCache } from './engine/cache.ts'
import { createDuckDbEngine } from './engine/engine.ts'
import { joiningRoutes } from './joining/routes.ts'
import { renameRoutes } from './pages/rename.ts'
import { datasetRoutes } from './pages/routes.ts'
import { createKeptAnswers } from './query/answers.ts'
import { createAsks } from './query/ask.ts'
import { queryFolder } from './query/folder.ts'
import { createLocalFiles } from './query/local-files.ts'
import { createMadeExports } from './query/made.ts'
import { queryRoutes } from './query/routes.ts'
import { createCountDatasets } from './references/kept-in.ts'
import { referenceRoutes } from './references/routes.ts'
import { createFindDatasets } from './references/uses.ts'
import { createStatistics } from './statistics/worker.ts'
import { datasetTrashRoutes } from './trash/routes.ts'
import { createDatasetTrash } from './trash/trash.ts'
import { createObjectHashing } from './upkeep/hashing.ts'
import { type ConvertObject, createConvertObject } from './uploads/convert.ts'
import { createProbe, type Probe } from './uploads/probe.ts'
import { datasetUploadRoutes } from './uploads/routes.ts'
import { sheetRoutes } from './uploads/sheet-routes.ts'

export interface DatasetsOptions {
  readonly database: InternalDatabase
  readonly config: Config
  readonly sources: Sources
  readonly permissions: Permissions
  readonly urls: Urls
  readonly frame: FrameOf
  readonly once: Once
  /** Scheme, host and port as the client wrote them. */
  readonly origin: (c: RouteContext) => string
  readonly look: PagesLook
  readonly uploads: Uploads
  /** Of files that sources have. */
  readonly registry: Registry
  /** The server's. */
  readonly secret: string
  readonly log: Log
  readonly dataDirectory: string
  /** Told each write before it is made; a test ends the process there. */
  readonly before?: BeforeIo | undefined
}

/** The datasets room, assembled. */
export interface Datasets {
  /** For the uploads that become datasets. */
  readonly probe: Probe
  /** For the pages of files. */
  readonly findDatasets: FindDatasets
  readonly countDatasets: CountDatasets
  /** For the start page of those who see only a part. */
  readonly findCollections: FindCollections
  readonly convert: ConvertObject
  readonly routes: readonly Route[]
  /** Looks for what is to be removed, now and from time to time. */
  start(): void
  close(): Promise<void>
}

/** Enters the collections of the configuration. No query process is begun before somebody asks something. */
export async function createDatasets(options: DatasetsOptions): Promise<Datasets> {
  const { database, config, sources, permissions, urls, frame, once, origin, log, dataDirectory } = options
  const { uploads, secret, look } = options
  await recordCollections(database, config.collections)
  const engine = createDuckDbEngine({ folder: queryFolder(dataDirectory), log })
  const probe = createProbe({ engine, folder: join(dataDirectory, 'probes') })
  const converter = createConverter({ folder: join(dataDirectory, 'conversions'), log })
  const cache = openObjectCache({ folder: join(dataDirectory, 'objects') })
  const asks = createAsks(database, { engine, localFiles: createLocalFiles(sources, cache) })
  const trash = createDatasetTrash({ database, sources, log, before: options.before })
  const statistics = createStatistics({ database, sources, asks, log })
  const hashing = createObjectHashing({ database, sources, isAsked: asks.isAsked, log })
  const answers = createKeptAnswers()
  const made = createMadeExports()
  const shown = { database, config, sources, permissions, urls, frame, once, origin, uploads }
  const room = { ...shown, asks, answers, made, statistics, log }
  return {
    probe,
    findDatasets: createFindDatasets({ database, permissions, urls }),
    countDatasets: createCountDatasets({ database, permissions }),
    findCollections: createFindCollections({ database, permissions, urls }),
    convert: createConvertObject(converter, join(dataDirectory, 'conversions', 'copies')),
    routes: [
      ...collectionRoutes(room),
      ...queryRoutes(room),
      ...referenceRoutes({ ...room, registry: options.registry, probe }),
      ...rowsRoutes(room),
      ...datasetRoutes(room),
      ...renameRoutes(room),
      ...joiningRoutes(room),
      ...datasetTrashRoutes(room, trash),
      ...sheetRoutes(room),
      ...datasetUploadRoutes({ uploads, sources, database, urls, secret, origin, look }),
    ],
    start() {
      trash.start()
      statistics.start()
      hashing.start()
    },
    async close() {
      made.clear()
      await statistics.close()
      await hashing.close()
      await trash.close()
      await converter.close()
      await engine.close()
      await cache.close()
    },
  }
}
