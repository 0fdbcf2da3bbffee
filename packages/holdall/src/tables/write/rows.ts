import type { DatabaseSync } from 'node:sqlite'
import { rowsJson } from '../cells.ts'
import { quoted } from '../identifiers.ts'
import type { SqliteValue } from '../value.ts'
import { addColumns } from './add-columns.ts'
import { type Conflict, type NewRow, refuse, WriteRefused, type WriteRequest, type Written } from './protocol.ts'
import { addressOf, columnSql, keyCondition, resolveKey, type TableFacts, tableFacts } from './table-facts.ts'

type Asked<Kind extends WriteRequest['kind']> = Extract<WriteRequest, { kind: Kind }>

const INSERT: Record<Conflict, string> = {
  abort: 'INSERT',
  ignore: 'INSERT OR IGNORE',
  replace: 'INSERT OR REPLACE',
}

export function insert(database: DatabaseSync, request: Asked<'insert'>): Written {
  const facts = ready(database, request.table, request.rows, request.alter)
  return insertInto(database, facts, request.rows, request.conflict, request.returning)
}

export function insertInto(
  database: DatabaseSync,
  facts: TableFacts,
  rows: readonly NewRow[],
  conflict: Conflict,
  returning: boolean,
): Written {
  const keys = facts.key.map(({ name }) => columnSql(facts, name)).join(', ')
  const written: SqliteValue[][] = []
  for (const row of rows) {
    const statement = database.prepare(`${insertSql(facts, row, INSERT[conflict])} RETURNING ${keys}`)
    const key = statement.get(...row.map(([, value]) => value)) as unknown as SqliteValue[] | undefined
    const known = key ?? keyInRow(facts, row)
    if (known) written.push(known)
  }
  return answer(database, facts, written, returning)
}

export function upsert(database: DatabaseSync, request: Asked<'upsert'>): Written {
  const facts = tableFacts(database, request.table)
  const keyNames = facts.key.map(({ name }) => name)
  const missing = request.rows.flatMap((row, index) => {
    const absent = keyNames.filter((name) => (row.find(([column]) => column === name)?.[1] ?? null) === null)
    return absent.length === 0
      ? []
      : [`Row ${index} is missing primary key column(s): ${absent.map((name) => `"${name}"`).join(', ')}`]
  })
  const invalid = request.alter ? [] : invalidColumns(facts, request.rows)
  if (missing.length + invalid.length > 0) refuse(...missing, ...invalid)
  const current = ready(database, request.table, request.rows, request.alter)
  const written: SqliteValue[][] = []
  for (const row of request.rows) {
    const key = keyInRow(current, row) as SqliteValue[]
    const changes = row.filter(([column]) => !keyNames.includes(column))
    const exists = database.prepare(`SELECT 1 FROM ${quoted(current.name)} WHERE ${keyCondition(current)}`).get(...key)
    if (exists === undefined) {
      database.prepare(insertSql(current, row, 'INSERT')).run(...row.map(([, value]) => value))
    } else if (changes.length > 0) {
      database.prepare(updateSql(current, changes)).run(...changes.map(([, value]) => value), ...key)
    }
    written.push(key)
  }
  return answer(database, current, written, request.returning)
}

export function update(database: DatabaseSync, request: Asked<'update'>): Written {
  const before = tableFacts(database, request.table)
  const key = resolveKey(database, before, request.key)
  if (key === undefined) throw new WriteRefused({ kind: 'no-row' })
  if (request.alter) addColumns(database, before, [request.changes])
  const facts = request.alter ? tableFacts(database, request.table) : before
  const unknown = request.changes.find(([column]) => !writable(facts, column))
  // In double quotes, SQLite would take the name of no column for a string.
  if (unknown) refuse(`no such column: ${unknown[0]}`)
  if (request.changes.length > 0) {
    database.prepare(updateSql(facts, request.changes)).run(...request.changes.map(([, value]) => value), ...key)
  }
  const moved = facts.key.map(({ name }, index) => {
    const change = request.changes.find(([column]) => column === name)
    return change ? change[1] : (key[index] as SqliteValue)
  })
  return answer(database, facts, [moved], request.returning)
}

export function remove(database: DatabaseSync, request: Asked<'delete'>): Written {
  const facts = tableFacts(database, request.table)
  const key = resolveKey(database, facts, request.key)
  if (key === undefined) throw new WriteRefused({ kind: 'no-row' })
  database.prepare(`DELETE FROM ${quoted(facts.name)} WHERE ${keyCondition(facts)}`).run(...key)
  return {}
}

export function stored(database: DatabaseSync, request: Asked<'stored'>): Written {
  const facts = tableFacts(database, request.table)
  const columns = request.columns.filter((column) => facts.columns.includes(column))
  if (columns.length === 0) return { stored: request.rows.map(() => null) }
  const select = database.prepare(
    `SELECT ${columns.map(quoted).join(', ')} FROM ${quoted(facts.name)} WHERE ${keyCondition(facts)}`,
  )
  return {
    stored: request.rows.map((row) => {
      const key = typeof row === 'string' ? resolveKey(database, facts, row) : keyInRow(facts, row)
      if (key === undefined) return null
      const values = select.get(...key) as unknown as SqliteValue[] | undefined
      if (values === undefined) return null
      return request.columns.map((column) => values[columns.indexOf(column)] ?? null)
    }),
  }
}

/** The table, with every column that the rows need. */
function ready(database: DatabaseSync, table: string, rows: readonly NewRow[], alter: boolean): TableFacts {
  const facts = tableFacts(database, table)
  if (alter) {
    addColumns(database, facts, rows)
    return tableFacts(database, table)
  }
  const invalid = invalidColumns(facts, rows)
  if (invalid.length > 0) refuse(...invalid)
  return facts
}

function invalidColumns(facts: TableFacts, rows: readonly NewRow[]): string[] {
  return rows.flatMap((row, index) => {
    const unknown = row.map(([column]) => column).filter((column) => !writable(facts, column))
    return unknown.length === 0 ? [] : [`Row ${index} has invalid columns: ${unknown.sort().join(', ')}`]
  })
}

function writable(facts: TableFacts, column: string): boolean {
  return facts.columns.includes(column) || facts.key.some(({ name }) => name === column)
}

function insertSql(facts: TableFacts, row: NewRow, verb: string): string {
  const table = quoted(facts.name)
  if (row.length === 0) return `${verb} INTO ${table} DEFAULT VALUES`
  const columns = row.map(([column]) => columnSql(facts, column)).join(', ')
  return `${verb} INTO ${table} (${columns}) VALUES (${row.map(() => '?').join(', ')})`
}

function updateSql(facts: TableFacts, changes: NewRow): string {
  const assignments = changes.map(([column]) => `${columnSql(facts, column)} = ?`).join(', ')
  return `UPDATE ${quoted(facts.name)} SET ${assignments} WHERE ${keyCondition(facts)}`
}

function keyInRow(facts: TableFacts, row: NewRow): SqliteValue[] | undefined {
  const key = facts.key.map(({ name }) => row.find(([column]) => column === name)?.[1] ?? null)
  return key.includes(null) ? undefined : key
}

function answer(
  database: DatabaseSync,
  facts: TableFacts,
  keys: readonly (readonly SqliteValue[])[],
  returning: boolean,
): Written {
  const key = keys.length === 1 ? { key: addressOf(facts, keys[0] as readonly SqliteValue[]) } : {}
  if (!returning) return key
  const columns = facts.rowidIsKey ? [(facts.key[0] as { name: string }).name, ...facts.columns] : facts.columns
  const names = columns.map((column) => columnSql(facts, column)).join(', ')
  const select = database.prepare(`SELECT ${names} FROM ${quoted(facts.name)} WHERE ${keyCondition(facts)}`)
  const rows = keys.flatMap((values) => {
    const row = select.get(...values) as unknown as SqliteValue[] | undefined
    return row === undefined ? [] : [row]
  })
  return { ...key, rowsJson: rowsJson(rows, columns, { shape: 'objects' }) }
}
