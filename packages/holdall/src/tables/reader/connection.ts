import { statSync } from 'node:fs'
import { constants, DatabaseSync, type StatementSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { quoted } from '../identifiers.ts'
import { mayReadOnly } from './authorizer.ts'
import { escapeFts } from './escape-fts.ts'
import { hasFolded } from './folded.ts'
import { BUSY_TIMEOUT_MS, MAX_CONNECTIONS, MAX_PREPARED, MAX_SQL_BYTES, MAX_VALUE_BYTES } from './limits.ts'
import { addMatchFunctions } from './match-functions.ts'

/** One served database, open for reading in this process. SQL from outside goes through `prepare` and nothing else. */
export interface Connection {
  /** A statement that gives rows as arrays with integers as bigints. Prepared ones are kept. */
  prepare(sql: string): StatementSync
  /** What SQLite would do: id, parent, unused, detail. @throws what SQLite throws */
  explain(sql: string): (readonly [bigint, bigint, bigint, string])[]
  /** Runs `work` within one snapshot of the database, whose schema version it is told. */
  snapshot<T>(work: (schemaVersion: number) => T): T
  close(): void
}

export function openConnection(path: string, immutable: boolean): Connection {
  const url = pathToFileURL(path)
  if (immutable) url.searchParams.set('immutable', '1')
  const database = new DatabaseSync(url, {
    readOnly: true,
    timeout: BUSY_TIMEOUT_MS,
    readBigInts: true,
    returnArrays: true,
    enableForeignKeyConstraints: false,
    defensive: true,
    limits: { length: MAX_VALUE_BYTES, sqlLength: MAX_SQL_BYTES, attach: 0 },
  })
  // A view or a trigger inside a stranger's file may not call functions with side effects.
  database.exec('PRAGMA trusted_schema = OFF; PRAGMA cache_size = -8000; PRAGMA query_only = ON')
  database.function('escape_fts', { deterministic: true }, (words) => escapeFts(String(words ?? '')))
  database.function('has_folded', { deterministic: true, directOnly: true }, (text, word) =>
    Number(hasFolded(text, word)),
  )
  addMatchFunctions(database)

  let own = false
  database.setAuthorizer((action, first, second) =>
    own || mayReadOnly(action, first, second) ? constants.SQLITE_OK : constants.SQLITE_DENY,
  )
  // Statements of our own may be prepared again when the schema has changed, so they always run as `own`.
  function asOwn<T>(work: () => T): T {
    own = true
    try {
      return work()
    } finally {
      own = false
    }
  }
  const [begin, end, version] = asOwn(() => [
    database.prepare('BEGIN'),
    database.prepare('COMMIT'),
    database.prepare('PRAGMA schema_version'),
  ])

  let connectedAt = -1
  /** R-trees prepare writes to their own tables when a connection first meets them, so it meets them as `own`. */
  function connectVirtualTables() {
    const names = database.prepare("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'").all()
    for (const [name] of names as unknown as [string][]) {
      try {
        database.prepare(`SELECT 1 FROM ${quoted(name)} LIMIT 0`)
      } catch {
        // Its module is not there: whoever reads it is told so.
      }
    }
  }

  const prepared = new Map<string, StatementSync>()
  return {
    prepare(sql) {
      const known = prepared.get(sql)
      if (known) {
        prepared.delete(sql)
        prepared.set(sql, known)
        return known
      }
      const statement = database.prepare(sql)
      prepared.set(sql, statement)
      if (prepared.size > MAX_PREPARED) prepared.delete(prepared.keys().next().value as string)
      return statement
    },
    explain: (sql) =>
      database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as unknown as [bigint, bigint, bigint, string][],
    snapshot(work) {
      asOwn(() => begin.run())
      try {
        const schemaVersion = asOwn(() => Number((version.get() as unknown as [bigint])[0]))
        if (schemaVersion !== connectedAt) asOwn(connectVirtualTables)
        connectedAt = schemaVersion
        return work(schemaVersion)
      } finally {
        asOwn(() => end.run())
      }
    },
    close: () => database.close(),
  }
}

/** The open databases of this process; a file that was replaced by another is opened again. */
export function createConnections(): { get(path: string, immutable: boolean): Connection } {
  const open = new Map<string, { connection: Connection; file: string }>()
  return {
    get(path, immutable) {
      const { dev, ino } = statSync(path)
      const file = `${dev}:${ino}`
      const known = open.get(path)
      if (known?.file === file) return known.connection
      known?.connection.close()
      open.delete(path)
      const connection = openConnection(path, immutable)
      open.set(path, { connection, file })
      if (open.size > MAX_CONNECTIONS) {
        const oldest = open.keys().next().value as string
        open.get(oldest)?.connection.close()
        open.delete(oldest)
      }
      return connection
    },
  }
}
