import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { SqliteStatement } from 'kysely'

const MAX_PREPARED_STATEMENTS = 500

/** Prepares each text once, and keeps as many as an application has; the oldest goes first. */
export function statementsOf(connection: DatabaseSync): (sql: string) => SqliteStatement {
  const prepared = new Map<string, SqliteStatement>()
  return (sql) => {
    const known = prepared.get(sql)
    if (known !== undefined) return known
    const statement = adaptStatement(connection.prepare(sql))
    if (prepared.size >= MAX_PREPARED_STATEMENTS) prepared.delete(prepared.keys().next().value as string)
    prepared.set(sql, statement)
    return statement
  }
}

function adaptStatement(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...primitives(parameters)),
    run: (parameters) => statement.run(...primitives(parameters)),
    iterate: (parameters) => statement.iterate(...primitives(parameters)),
  }
}

// An object as the first parameter would be taken for named parameters, and every `?` silently become NULL.
function primitives(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters.map((value) => {
    if (value === null || ['string', 'number', 'bigint'].includes(typeof value)) return value as SQLInputValue
    if (value instanceof Uint8Array) return value
    throw new TypeError(`SQLite takes null, text, numbers and bytes as parameters, not ${typeof value}`)
  })
}
