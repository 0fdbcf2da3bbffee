import type { DatabaseSync } from 'node:sqlite'
import { quoted } from '../identifiers.ts'
import type { SqliteValue } from '../value.ts'
import { type ColumnKind, type NewRow, refuse, type WriteRequest, type Written } from './protocol.ts'
import { type TableFacts, tableFacts } from './table-facts.ts'

/** How the kinds of the API are declared in SQL. */
export const DECLARED: Record<ColumnKind, string> = { text: 'TEXT', integer: 'INTEGER', float: 'FLOAT', blob: 'BLOB' }

/** Adds the columns that rows have and the table has not, with the kind that holds all their values. */
export function addColumns(database: DatabaseSync, facts: TableFacts, rows: readonly NewRow[]): void {
  for (const [name, kind] of kindsOf(rows)) {
    if (facts.columns.includes(name) || facts.key.some((key) => key.name === name)) continue
    database.exec(`ALTER TABLE ${quoted(facts.name)} ADD COLUMN ${quoted(name)} ${DECLARED[kind]}`)
  }
}

/** Adds one column, which is empty in every row. */
export function addColumn(
  database: DatabaseSync,
  { table, column, type }: Extract<WriteRequest, { kind: 'add-column' }>,
): Written {
  const { name, columns } = tableFacts(database, table)
  const taken = columns.find((one) => one.toLowerCase() === column.toLowerCase())
  if (taken !== undefined) refuse(`${name} has a column ${taken} already. Choose another name.`)
  database.exec(`ALTER TABLE ${quoted(name)} ADD COLUMN ${quoted(column)} ${DECLARED[type]}`)
  return {}
}

/** The columns of rows in the order in which they appear, each with the kind that holds all its values. */
export function kindsOf(rows: readonly NewRow[]): Map<string, ColumnKind> {
  const values = new Map<string, SqliteValue[]>()
  for (const row of rows) {
    for (const [column, value] of row) {
      const seen = values.get(column)
      if (seen) seen.push(value)
      else values.set(column, [value])
    }
  }
  return new Map([...values].map(([column, seen]) => [column, kindOf(seen)]))
}

function kindOf(values: readonly SqliteValue[]): ColumnKind {
  const kinds = new Set(values.filter((value) => value !== null).map(kindOfValue))
  if (kinds.size === 1) return [...kinds][0] as ColumnKind
  return kinds.size === 2 && kinds.has('integer') && kinds.has('float') ? 'float' : 'text'
}

function kindOfValue(value: SqliteValue): ColumnKind {
  if (typeof value === 'bigint') return 'integer'
  if (typeof value === 'number') return 'float'
  return typeof value === 'string' ? 'text' : 'blob'
}
