import { isObject, type Json } from './body.ts'
import { MAX_ROWS } from './limits.ts'
import type { ColumnKind, Conflict, NewColumn, NewRow } from './protocol.ts'
import { isOn, refuse } from './rows-request.ts'
import { nameOf, rowOf, sqliteValue } from './values.ts'

export interface CreateRequest {
  readonly table: string
  readonly columns: readonly NewColumn[]
  readonly primaryKey: readonly string[]
  readonly rows: readonly NewRow[]
  readonly conflict: Conflict
  readonly alter: boolean
}

const KEYS = ['table', 'rows', 'row', 'columns', 'pk', 'pks', 'ignore', 'replace', 'alter']
const COLUMN_KINDS: readonly string[] = ['text', 'integer', 'float', 'blob'] satisfies ColumnKind[]
/** Any other expression would be a stranger's SQL in the schema. */
const DEFAULT_EXPRESSIONS = ['current_timestamp', 'current_date', 'current_time']
const TABLE_NAME = /^(?!sqlite_)[^\n]+$/i

/**
 * Reads what `/-/create` takes, in Datasette's words where it refuses.
 * @throws HoldallError `bad_request`
 */
export function readCreateRequest(body: { [key: string]: Json }): CreateRequest {
  const invalid = Object.keys(body).filter((key) => !KEYS.includes(key))
  if (invalid.length > 0) refuse(`Invalid keys: ${invalid.sort().join(', ')}`)
  const { table, columns, row, rows, pk, pks } = body
  const [ignore, replace] = [isOn(body.ignore), isOn(body.replace)]
  if (ignore && replace) refuse('ignore and replace are mutually exclusive')
  if ((ignore || replace) && !isOn(row) && !isOn(rows)) refuse('ignore and replace require row or rows')
  if ((ignore || replace) && !isOn(pk) && !isOn(pks)) refuse('ignore and replace require pk or pks')
  if (!isOn(table)) refuse('Table is required')
  if (typeof table !== 'string' || !TABLE_NAME.test(table)) refuse('Invalid table name')
  if (!isOn(columns) && !isOn(rows) && !isOn(row)) refuse('columns, rows or row is required')
  if (isOn(rows) && isOn(row)) refuse('Cannot specify both rows and row')
  if (isOn(columns) && (isOn(rows) || isOn(row))) refuse('Cannot specify columns with rows or row')
  return {
    table: nameOf(table, ''),
    columns: isOn(columns) ? readColumns(columns) : [],
    primaryKey: readPrimaryKey(pk, pks),
    rows: isOn(columns) ? [] : readRows(isOn(row) ? [row as Json] : rows),
    conflict: ignore ? 'ignore' : replace ? 'replace' : 'abort',
    alter: isOn(body.alter),
  }
}

function readRows(rows: Json | undefined): NewRow[] {
  if (!Array.isArray(rows)) refuse('rows must be a list')
  if (!rows.every(isObject)) refuse('rows must be a list of objects')
  if (rows.length > MAX_ROWS) refuse(`Too many rows, maximum allowed is ${MAX_ROWS}`)
  return rows.map((row, index) => rowOf(row, `Row ${index}`))
}

function readPrimaryKey(pk: Json | undefined, pks: Json | undefined): string[] {
  if (isOn(pk) && isOn(pks)) refuse('Cannot specify both pk and pks')
  if (isOn(pk)) {
    if (typeof pk !== 'string') refuse('pk must be a string')
    return [nameOf(pk, '')]
  }
  if (!isOn(pks)) return []
  if (!Array.isArray(pks)) refuse('pks must be a list')
  return pks.map((name) => {
    if (typeof name !== 'string') refuse('pks must be a list of strings')
    return nameOf(name, '')
  })
}

function readColumns(columns: Json | undefined): NewColumn[] {
  if (!Array.isArray(columns)) refuse('columns must be a list')
  const read = columns.map(readColumn)
  const seen = new Set<string>()
  for (const { name } of read) {
    if (seen.has(name.toLowerCase())) refuse(`Duplicate column name: ${name}`)
    seen.add(name.toLowerCase())
  }
  return read
}

function readColumn(column: Json): NewColumn {
  if (!isObject(column)) refuse('columns must be a list of objects')
  const { name, default_expr: expression, fk_table: table, fk_column: target } = column
  if (typeof name !== 'string' || name === '') refuse('Column name is required')
  const type = isOn(column.type) ? column.type : 'text'
  if (typeof type !== 'string' || !COLUMN_KINDS.includes(type)) refuse(`Unsupported column type: ${shown(type)}`)
  if (expression !== undefined && expression !== null) {
    const known = typeof expression === 'string' && DEFAULT_EXPRESSIONS.includes(expression.toLowerCase())
    if (!known) refuse(`Unsupported default_expr: ${shown(expression)}. It takes ${DEFAULT_EXPRESSIONS.join(', ')}`)
    if (column.default !== undefined) refuse('Cannot specify both default and default_expr')
  }
  if (table !== undefined && table !== null && typeof table !== 'string') refuse('fk_table must be a string')
  if (target !== undefined && target !== null && typeof target !== 'string') refuse('fk_column must be a string')
  if (typeof target === 'string' && typeof table !== 'string') refuse('fk_column requires fk_table')
  return {
    name: nameOf(name, ''),
    type: type as ColumnKind,
    notNull: isOn(column.not_null),
    default: column.default === undefined ? undefined : sqliteValue(column.default, `default of ${name}`),
    defaultExpression: typeof expression === 'string' ? expression : undefined,
    references:
      typeof table === 'string'
        ? { table: nameOf(table, ''), column: typeof target === 'string' ? nameOf(target, '') : undefined }
        : undefined,
  }
}

function shown(json: Json | undefined): string {
  return typeof json === 'string' ? json : typeof json === 'object' ? 'an object' : String(json)
}
