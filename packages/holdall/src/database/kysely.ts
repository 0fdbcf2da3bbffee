import type { DatabaseSync } from 'node:sqlite'
import { Kysely, SqliteDialect } from 'kysely'
import type { Schema } from './schema.ts'
import { statementsOf } from './statements.ts'

/** Typed SQL over an open `node:sqlite` connection. */
export function kyselyOn(connection: DatabaseSync): Kysely<Schema> {
  const prepare = statementsOf(connection)
  return new Kysely<Schema>({ dialect: new SqliteDialect({ database: { prepare, close: () => connection.close() } }) })
}
