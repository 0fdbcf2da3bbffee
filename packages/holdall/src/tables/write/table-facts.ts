import type { DatabaseSync } from 'node:sqlite'
import { quoted } from '../identifiers.ts'
import { encodeRowKey } from '../keys.ts'
import { rowCondition } from '../row.ts'
import { type Affinity, affinityOf, type SqliteValue } from '../value.ts'
import { WriteRefused } from './protocol.ts'

export interface TableFacts {
  readonly name: string
  readonly columns: readonly string[]
  /** What a row is addressed by: the primary key in its order, else the rowid. */
  readonly key: readonly KeyColumn[]
  readonly rowidIsKey: boolean
}

export interface KeyColumn {
  readonly name: string
  readonly affinity: Affinity
}

const ROWID_NAMES = ['rowid', '_rowid_', 'oid']

/** @throws WriteRefused `no-table` for what is no table, a view included */
export function tableFacts(database: DatabaseSync, table: string): TableFacts {
  const facts = findTable(database, table)
  if (facts === undefined) throw new WriteRefused({ kind: 'no-table' })
  return facts
}

export function findTable(database: DatabaseSync, table: string): TableFacts | undefined {
  const [row] = database
    .prepare("SELECT type, wr, strict FROM pragma_table_list WHERE schema = 'main' AND name = ?")
    .all(table) as unknown as [string, bigint, bigint][]
  if (row === undefined || row[0] === 'view') return undefined
  const strict = row[2] === 1n
  const columns = database
    .prepare('SELECT name, type, pk, hidden FROM pragma_table_xinfo(?)')
    .all(table) as unknown as [string, string, bigint, bigint][]
  const key = columns
    .filter((column) => column[2] > 0n)
    .sort((a, b) => Number(a[2] - b[2]))
    .map(([name, type]): KeyColumn => ({ name, affinity: affinityOf(type, strict) }))
  const names = columns.filter((column) => column[3] !== 1n).map(([name]) => name)
  const rowidIsKey = key.length === 0
  if (rowidIsKey) key.push({ name: rowidName(names), affinity: 'INTEGER' })
  return { name: table, columns: names, key, rowidIsKey }
}

function rowidName(columns: readonly string[]): string {
  const taken = new Set(columns.map((column) => column.toLowerCase()))
  return ROWID_NAMES.find((name) => !taken.has(name)) ?? 'rowid'
}

/** What names a column in SQL; the rowid stands bare, since in quotes an unknown name would be a string. */
export function columnSql(facts: TableFacts, column: string): string {
  return facts.rowidIsKey && facts.key[0]?.name === column ? column : quoted(column)
}

export function keyCondition(facts: TableFacts): string {
  // `IS`, because a key that is not INTEGER may be null.
  return facts.key.map(({ name }) => `${columnSql(facts, name)} IS ?`).join(' AND ')
}

/** The stored key of the row at an address; undefined when there is none. */
export function resolveKey(database: DatabaseSync, facts: TableFacts, address: string): SqliteValue[] | undefined {
  const components = address.split(',')
  if (components.length !== facts.key.length) return undefined
  const keys = facts.key.map(({ name, affinity }) => ({ name, sqlName: name, affinity }))
  const { condition, params } = rowCondition({ keys }, components)
  const names = facts.key.map(({ name }) => columnSql(facts, name)).join(', ')
  const row = database.prepare(`SELECT ${names} FROM ${quoted(facts.name)} WHERE ${condition}`).get(params)
  return row as unknown as SqliteValue[] | undefined
}

export function addressOf(facts: TableFacts, key: readonly SqliteValue[]): string {
  return encodeRowKey(
    key,
    facts.key.map(({ affinity }) => affinity),
  )
}
