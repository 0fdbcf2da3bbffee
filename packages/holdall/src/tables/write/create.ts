import type { DatabaseSync } from 'node:sqlite'
import { quoted } from '../identifiers.ts'
import type { SqliteValue } from '../value.ts'
import { addColumns, DECLARED, kindsOf } from './add-columns.ts'
import { type NewColumn, refuse, type WriteRequest, type Written } from './protocol.ts'
import { insertInto } from './rows.ts'
import { findTable, tableFacts } from './table-facts.ts'

type Create = Extract<WriteRequest, { kind: 'create' }>

export function create(database: DatabaseSync, request: Create): Written {
  const existing = findTable(database, request.table)
  if (existing === undefined) {
    database.exec(createSql(request))
  } else {
    if (request.rows.length === 0) refuse(`table ${quoted(request.table)} already exists`)
    const key = existing.rowidIsKey ? [] : existing.key.map(({ name }) => name)
    const asked = new Set(request.primaryKey)
    if (asked.size > 0 && (asked.size !== key.length || key.some((name) => !asked.has(name)))) {
      refuse('pk cannot be changed for existing table')
    }
    if (request.alter) addColumns(database, existing, request.rows)
  }
  if (request.rows.length > 0) {
    const facts = tableFacts(database, request.table)
    const unknown = request.rows.flatMap((row, index) => {
      const columns = row.map(([column]) => column).filter((column) => !facts.columns.includes(column))
      return columns.length === 0 ? [] : [`Row ${index} has invalid columns: ${columns.sort().join(', ')}`]
    })
    if (unknown.length > 0) refuse(...unknown)
    insertInto(database, facts, request.rows, request.conflict, false)
  }
  const [sql] = database
    .prepare("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?")
    .get(request.table) as unknown as [string]
  return { schema: sql }
}

function createSql({ table, columns, primaryKey, rows }: Create): string {
  const declared = columns.length > 0 ? [...columns] : [...kindsOf(rows)].map(([name, type]) => plainColumn(name, type))
  const names = declared.map(({ name }) => name)
  for (const name of [...primaryKey].reverse()) {
    if (!names.includes(name)) declared.unshift(plainColumn(name, 'integer'))
  }
  if (declared.length === 0) refuse('columns, rows or row is required')
  const single = primaryKey.length === 1 ? primaryKey[0] : undefined
  const lines = declared.map((column) => columnLine(column, column.name === single))
  if (primaryKey.length > 1) lines.push(`PRIMARY KEY (${primaryKey.map(quoted).join(', ')})`)
  return `CREATE TABLE ${quoted(table)} (\n${lines.map((line) => `   ${line}`).join(',\n')}\n)`
}

function plainColumn(name: string, type: NewColumn['type']): NewColumn {
  return { name, type, notNull: false, default: undefined, defaultExpression: undefined, references: undefined }
}

function columnLine(column: NewColumn, isKey: boolean): string {
  const parts = [quoted(column.name), DECLARED[column.type]]
  if (isKey) parts.push('PRIMARY KEY')
  if (column.notNull) parts.push('NOT NULL')
  if (column.default !== undefined) parts.push(`DEFAULT ${literal(column.default)}`)
  if (column.defaultExpression !== undefined) parts.push(`DEFAULT (${column.defaultExpression})`)
  if (column.references) {
    const { table, column: target } = column.references
    parts.push(`REFERENCES ${quoted(table)}${target === undefined ? '' : `(${quoted(target)})`}`)
  }
  return parts.join(' ')
}

function literal(value: SqliteValue): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  if (value instanceof Uint8Array) return `X'${Buffer.from(value).toString('hex')}'`
  return typeof value === 'bigint' || !Number.isInteger(value) ? String(value) : value.toExponential()
}
