import { quoted } from '../identifiers.ts'
import type { Connection } from './connection.ts'
import type { Statement } from './protocol.ts'

/** So many rows are looked through in a few milliseconds. */
export const QUICK_ROWS = 30_000

/**
 * Whether statements are quick as far as SQLite's plan tells: they search by an index, or look through few rows. It is a
 * guess that costs microseconds; whoever guesses wrong is found out while the statement runs.
 */
export function areQuick(connection: Connection, statements: readonly Statement[]): boolean {
  let rows = 0
  for (const { sql } of statements) {
    rows += rowsLookedThrough(connection, sql)
    if (rows > QUICK_ROWS) return false
  }
  return true
}

function rowsLookedThrough(connection: Connection, sql: string): number {
  let plan: ReturnType<Connection['explain']>
  try {
    plan = connection.explain(sql)
  } catch {
    // What is wrong with it is said where it runs.
    return 0
  }
  let rows = 1
  for (const [, , , detail] of plan) {
    if (/^RECURSIVE|VIRTUAL TABLE/.test(detail)) return Number.POSITIVE_INFINITY
    const table = /^SCAN (.+?)(?: USING .*)?$/.exec(detail)?.[1]
    if (table !== undefined && table !== 'CONSTANT ROW') rows *= sizeOf(connection, table)
  }
  return rows
}

/** About the number of rows, since ids are seldom sparse; endless for what has none. */
function sizeOf(connection: Connection, table: string): number {
  try {
    const [row] = connection.prepare(`SELECT max(rowid) FROM ${quoted(table)}`).all() as unknown as [[bigint | null]]
    return Math.max(1, Number(row[0] ?? 1))
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
