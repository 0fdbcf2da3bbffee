import { closeSync, openSync, readSync, statSync, writeFileSync } from 'node:fs'
import type { DatabaseConfig } from '../config/config.ts'
import { HoldallError } from '../web/error.ts'
import { PAGE_SIZES, type PageSizes } from './query.ts'
import type { ReaderPool, ReadOptions } from './reader/pool.ts'
import type { Statement, StatementResult } from './reader/protocol.ts'
import { buildSchema, type DatabaseSchema } from './schema.ts'
import { databaseUnreadable } from './unreadable.ts'

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
  /** The schema as it was last seen; costs nothing. */
  schema(): Promise<DatabaseSchema>
  /** The schema as it is now: one short request to a reader. */
  currentSchema(): Promise<DatabaseSchema>
  /**
   * Runs the statements of a plan in one round trip, on one snapshot. When the schema has changed since, the plan is made
   * again for the new one.
   * @throws HoldallError `sql_time_limit`, `sql_error`, `database_busy`, `database_unreadable`, and what the plan throws
   */
  read<P extends Plan>(plan: (schema: DatabaseSchema) => P, options?: ReadOptions): Promise<ReadResult<P>>
  /** Bytes of the file. @throws HoldallError `database_unreadable` */
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
      if (!database) throw new HoldallError('database_not_found', { name })
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

/** What every SQLite database begins with, once something was written to it. */
const SQLITE_HEADER = Buffer.from('SQLite format 3\0')

/** Why a file cannot be a database, in words that follow "is"; null when it looks like one. */
export function reasonAgainstDatabase(path: string): string | null {
  if (!statSync(path).isFile()) return 'no file'
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return 'not readable'
  }
  try {
    const start = Buffer.alloc(SQLITE_HEADER.length)
    const length = readSync(file, start)
    return length === 0 || start.equals(SQLITE_HEADER) ? null : 'not a SQLite database'
  } finally {
    closeSync(file)
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

  const batch = (schema: DatabaseSchema, statements: readonly Statement[]) => ({
    path,
    immutable,
    schemaVersion: schema.version,
    statements,
  })

  async function currentSchema(): Promise<DatabaseSchema> {
    if (known === null) return refresh()
    const answer = await pool.read(batch(known, []), { short: true })
    return answer.stale ? refresh() : known
  }

  return {
    name: config.name,
    path,
    immutable,
    config,
    pageSizes: options.pageSizes ?? PAGE_SIZES,
    schema: async () => known ?? refresh(),
    currentSchema,
    async read(makePlan, readOptions) {
      let schema = known ?? (await refresh())
      for (let attempt = 0; attempt < MAX_SCHEMA_CHANGES; attempt += 1) {
        let plan: ReturnType<typeof makePlan>
        try {
          plan = makePlan(schema)
        } catch (error) {
          // What is not there may have come since the schema was read.
          const current = await currentSchema()
          if (current === schema) throw error
          schema = current
          continue
        }
        const answer = await pool.read(batch(schema, plan.statements), { ...plan.options, ...readOptions })
        if (!answer.stale) return { schema, plan, results: answer.results }
        schema = await refresh()
      }
      throw new HoldallError('database_busy')
    },
    size() {
      try {
        return statSync(path).size
      } catch (error) {
        throw databaseUnreadable(error)
      }
    },
  }
}
