import { statSync, writeFileSync } from 'node:fs'
import type { DatabaseConfig } from '../config/config.ts'
import { HoldallError } from '../web/error.ts'
import { PAGE_SIZES, type PageSizes } from './query.ts'
import type { ReaderPool, ReadOptions } from './reader/pool.ts'
import type { Statement, StatementResult } from './reader/protocol.ts'
import { buildSchema, type DatabaseSchema } from './schema.ts'

/** The SQL of one read, made for one schema. */
export interface Plan {
  readonly statements: readonly Statement[]
  readonly options?: ReadOptions
}

export interface ReadResult<P extends Plan> {
  readonly schema: DatabaseSchema
  readonly plan: P
  /** One for each statement of the plan. */
  readonly results: readonly StatementResult[]
}

/** One database that is served. */
export interface ServedDatabase {
  readonly name: string
  /** Absolute. */
  readonly path: string
  /** Nobody writes to the file: it is read without locks, and never written. */
  readonly immutable: boolean
  readonly config: DatabaseConfig
  readonly pageSizes: PageSizes
  /** The schema as it was last seen; whoever reads with it is told when it has changed. */
  schema(): Promise<DatabaseSchema>
  /** Reads the schema again, for whoever has just changed it. */
  refresh(): Promise<DatabaseSchema>
  /**
   * Runs the statements of a plan in one round trip, on one snapshot. When the schema has changed since, the plan is made
   * again for the new one.
   * @throws HoldallError `sql_time_limit`, `sql_error`, `database_busy`, `database_unreadable`, and what the plan throws
   */
  read<P extends Plan>(plan: (schema: DatabaseSchema) => P, options?: ReadOptions): Promise<ReadResult<P>>
  /** Bytes of the file. */
  size(): number
}

export interface Databases {
  readonly all: readonly ServedDatabase[]
  find(name: string): ServedDatabase | undefined
  /** @throws HoldallError `database_not_found` */
  get(name: string): ServedDatabase
}

export interface DatabasesOptions {
  readonly databases: readonly DatabaseConfig[]
  readonly pool: ReaderPool
  /** Names of databases that nobody writes to. */
  readonly immutable?: ReadonlySet<string>
  /** `settings.default_page_size` and `settings.max_returned_rows` */
  readonly pageSizes?: PageSizes
}

/** How often a plan is made again because the schema changed meanwhile. */
const MAX_SCHEMA_CHANGES = 5

/** The databases of the configuration that have a file. */
export function createDatabases(options: DatabasesOptions): Databases {
  const all = options.databases.flatMap((config) =>
    config.path === undefined ? [] : [serveDatabase(config, config.path, options)],
  )
  const byName = new Map(all.map((database) => [database.name, database]))
  return {
    all,
    find: (name) => byName.get(name),
    get(name) {
      const database = byName.get(name)
      if (!database) throw new HoldallError('database_not_found')
      return database
    },
  }
}

/**
 * Creates what `--create` allows to create: an empty file is an empty SQLite database.
 * @returns whether the file was made now
 */
export function createDatabaseFile(path: string): boolean {
  try {
    writeFileSync(path, '', { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function serveDatabase(config: DatabaseConfig, path: string, options: DatabasesOptions): ServedDatabase {
  const { pool } = options
  const immutable = options.immutable?.has(config.name) ?? false
  let known: DatabaseSchema | null = null
  let loading: Promise<DatabaseSchema> | null = null

  function refresh(): Promise<DatabaseSchema> {
    loading ??= pool
      .schema(path, immutable)
      .then((raw) => {
        known = buildSchema(raw, config)
        return known
      })
      .finally(() => {
        loading = null
      })
    return loading
  }

  return {
    name: config.name,
    path,
    immutable,
    config,
    pageSizes: options.pageSizes ?? PAGE_SIZES,
    schema: async () => known ?? refresh(),
    refresh,
    async read(makePlan, options) {
      let schema = known ?? (await refresh())
      for (let attempt = 0; attempt < MAX_SCHEMA_CHANGES; attempt += 1) {
        const plan = makePlan(schema)
        const batch = { path, immutable, schemaVersion: schema.version, statements: plan.statements }
        const answer = await pool.read(batch, { ...plan.options, ...options })
        if (!answer.stale) return { schema, plan, results: answer.results }
        schema = await refresh()
      }
      throw new HoldallError('database_busy')
    },
    size: () => statSync(path).size,
  }
}
