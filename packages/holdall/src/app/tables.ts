import { existsSync } from 'node:fs'
import type { Access } from '../access/access.ts'
import type { Config, DatabaseConfig } from '../config/config.ts'
import type { InternalDatabase } from '../database/internal.ts'
import type { BesideFile } from '../files/beside.ts'
import type { FindRows } from '../files/found-rows.ts'
import type { FindPlaces } from '../files/places.ts'
import type { FindManyUses, FindUsed } from '../files/references.ts'
import type { Registry } from '../files/registry.ts'
import type { FindDeleted } from '../files/trash/notes.ts'
import type { Troubles } from '../files/troubles.ts'
import type { Sources } from '../sources/sources.ts'
import { createCarryOut } from '../tables/attach/carry-out.ts'
import { createJournal } from '../tables/attach/journal.ts'
import { createPlans } from '../tables/attach/plans.ts'
import { attachRoutes } from '../tables/attach/routes.ts'
import { tableCsvRoutes } from '../tables/csv-route.ts'
import { createDatabaseFile, createDatabases, type Databases, reasonAgainstDatabase } from '../tables/databases.ts'
import { createColumnTypes } from '../tables/file-columns/column-types.ts'
import { createFindFileIds } from '../tables/file-columns/file-ids.ts'
import { createManyUses } from '../tables/file-columns/many-uses.ts'
import { createReferences, type FindReferences, referenceRoutes } from '../tables/file-columns/references.ts'
import { createFileColumns, type FileColumns } from '../tables/file-columns/settings.ts'
import { createUsed } from '../tables/file-columns/used.ts'
import { createFindRows } from '../tables/finding/find-rows.ts'
import { SHARE_OF_TIME_LIMIT } from '../tables/finding/limits.ts'
import { findingRoutes } from '../tables/finding/routes.ts'
import { createFindPlaces } from '../tables/named-places.ts'
import { besideFile } from '../tables/pages/beside-file.ts'
import { createDatasetSources } from '../tables/pages/destinations.ts'
import type { FindCollections } from '../tables/pages/room.ts'
import { tablePageRoutes } from '../tables/pages/routes.ts'
import { createReaderPool } from '../tables/reader/pool.ts'
import { tableJsonRoutes } from '../tables/routes.ts'
import { createWriters } from '../tables/write/writers.ts'
import type { Uploads } from '../uploads/engine.ts'
import { HoldallError } from '../web/error.ts'
import type { Log } from '../web/log.ts'
import type { FrameOf } from '../web/page.ts'
import type { Route } from '../web/route.ts'
import type { Urls } from '../web/url.ts'

export interface TablesOptions {
  readonly config: Config
  /** Whether database files that are not there are made. */
  readonly createMissing: boolean
  readonly database: InternalDatabase
  readonly access: Access
  readonly registry: Registry
  readonly findDeleted: FindDeleted
  readonly troubles: Troubles
  readonly sources: Sources
  readonly uploads: Uploads
  readonly urls: Urls
  readonly frame: FrameOf
  readonly findCollections: FindCollections
  readonly log: Log
  /** Called before each step of attaching many files, for tests that end the process there. */
  readonly before?: (call: string) => void
}

/** The tables room, assembled. */
export interface Tables {
  readonly databases: Databases
  readonly routes: readonly Route[]
  readonly fileColumns: FileColumns
  readonly findUses: FindReferences
  readonly findUsed: FindUsed
  readonly findManyUses: FindManyUses
  readonly findPlaces: FindPlaces
  readonly findRows: FindRows
  readonly besideFile: BesideFile
  /** Finds out what became of runs of attached files that another process left. */
  start(): Promise<void>
  close(): Promise<void>
}

/** @throws HoldallError `database_missing`, `database_not_sqlite` */
export function createTables(options: TablesOptions): Tables {
  const { config, access, registry, urls } = options
  const served = Object.values(config.databases)
  for (const database of served) ensureFile(database, options.createMissing)

  const pool = createReaderPool({
    timeLimit: config.settings.sql_time_limit_ms,
    // Without a database there is nothing to keep processes ready for.
    ...(served.length === 0 && { freshReaders: 0 }),
  })
  const writers = createWriters()
  const { default_page_size, max_returned_rows } = config.settings
  const pageSizes = { default: default_page_size, max: max_returned_rows }
  const databases = createDatabases({ databases: served, pool, pageSizes })
  const fileColumns = createFileColumns(config, options.database)
  const { permissions } = access
  const findUses = createReferences({ databases, fileColumns, permissions, urls })
  const before = options.before && { before: options.before }
  const journal = createJournal({ database: options.database, ...before })
  const plans = createPlans({ database: options.database, ...before })
  const carryOut = createCarryOut({ journal, databases, writers, files: registry, log: options.log, ...before })
  const room = {
    columnTypes: createColumnTypes(config, fileColumns),
    config,
    databases,
    fileColumns,
    frame: options.frame,
    findCollections: options.findCollections,
    metadata: config.metadata,
    proxy: access.proxy,
    cacheTtl: config.settings.default_cache_ttl,
    once: access.flash,
    permissions,
    whoMay: access.whoMay,
    registry,
    findDeleted: options.findDeleted,
    fileIds: createFindFileIds({ troubles: options.troubles, fileColumns }),
    sources: options.sources,
    datasetSources: createDatasetSources(options.database),
    uploads: options.uploads,
    urls,
    writers,
  }
  const findRows = createFindRows(room, Math.ceil(config.settings.sql_time_limit_ms * SHARE_OF_TIME_LIMIT))
  return {
    databases,
    fileColumns,
    findUses,
    findUsed: createUsed(databases, fileColumns),
    findManyUses: createManyUses({ databases, fileColumns, permissions, urls }),
    findPlaces: createFindPlaces(room),
    findRows,
    besideFile: (c, fileId) => besideFile(c, room, fileId),
    routes: [
      ...tableJsonRoutes(room),
      ...tableCsvRoutes(room),
      ...tablePageRoutes(room),
      ...findingRoutes(findRows),
      ...attachRoutes({ ...room, journal, plans, carryOut }),
      ...referenceRoutes(findUses, registry),
    ],
    start: () => carryOut.settleAll(),
    async close() {
      await Promise.all([pool.close(), writers.close()])
    },
  }
}

function ensureFile({ name, path }: DatabaseConfig, create: boolean): void {
  if (path === undefined) return
  if (existsSync(path)) {
    const reason = reasonAgainstDatabase(path)
    if (reason !== null) throw new HoldallError('database_not_sqlite', { name, path, reason })
    return
  }
  if (!create) throw new HoldallError('database_missing', { name, path })
  createDatabaseFile(path)
}
