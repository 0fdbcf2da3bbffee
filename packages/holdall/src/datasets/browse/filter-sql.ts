import { type Filter, listOf } from '../../tables/filters.ts'
import { quoted } from '../../tables/identifiers.ts'
import type { SqliteValue } from '../../tables/value.ts'
import { HoldallError } from '../../web/error.ts'
import type { ParquetColumn } from '../footer/parquet-file.ts'
import { holdsInteger, type ValueKind, valueKind } from './types.ts'

/** Binds a text and gives what stands for it in SQL. */
export type Bind = (text: string) => string

interface Compared {
  /** The column in SQL, as it is. */
  readonly own: string
  /** The same, as text where it is compared as text. */
  readonly column: string
  /** The column as text. */
  readonly text: string
  readonly type: string
  readonly kind: ValueKind
  readonly value: string
  readonly bind: Bind
}

/**
 * The operators of tables in DuckDB's SQL, with the same meaning: patterns know no case, NULL is in no comparison. Values
 * are bound as texts and become what the column holds; a text that is none of its values is an error of the query.
 */
const OPERATORS: Readonly<Record<string, (compared: Compared) => string>> = {
  exact: (c) => `${c.column} = ${valueSql(c, c.value)}`,
  not: (c) => `${c.column} <> ${valueSql(c, c.value)}`,
  contains: (c) => `${c.text} ILIKE ${c.bind(`%${c.value}%`)}`,
  notcontains: (c) => `${c.text} NOT ILIKE ${c.bind(`%${c.value}%`)}`,
  endswith: (c) => `${c.text} ILIKE ${c.bind(`%${c.value}`)}`,
  startswith: (c) => `${c.text} ILIKE ${c.bind(`${c.value}%`)}`,
  gt: (c) => `${c.column} > ${valueSql(c, c.value)}`,
  gte: (c) => `${c.column} >= ${valueSql(c, c.value)}`,
  lt: (c) => `${c.column} < ${valueSql(c, c.value)}`,
  lte: (c) => `${c.column} <= ${valueSql(c, c.value)}`,
  like: (c) => `${c.text} ILIKE ${c.bind(c.value)}`,
  notlike: (c) => `${c.text} NOT ILIKE ${c.bind(c.value)}`,
  glob: (c) => `${c.text} GLOB ${c.bind(c.value)}`,
  in: (c) => among(c, 'IN'),
  notin: (c) => among(c, 'NOT IN'),
  arraycontains: (c) => `list_contains(${itemsSql(c)}, ${c.bind(c.value)})`,
  arraynotcontains: (c) => `NOT list_contains(${itemsSql(c)}, ${c.bind(c.value)})`,
  date: onDay,
  isnull: (c) => `${c.column} IS NULL`,
  notnull: (c) => `${c.column} IS NOT NULL`,
  isblank: (c) => (c.type === 'VARCHAR' ? `(${c.column} IS NULL OR ${c.column} = '')` : `${c.column} IS NULL`),
  notblank: (c) => (c.type === 'VARCHAR' ? `${c.column} <> ''` : `${c.column} IS NOT NULL`),
}

/** A filter of a page as SQL of DuckDB. @throws HoldallError `bad_request` for a column that is not there */
export function filterSql(columns: ReadonlyMap<string, ParquetColumn>, filter: Filter, bind: Bind): string {
  const column = columns.get(filter.column)
  const operator = OPERATORS[filter.operator]
  if (column === undefined || operator === undefined)
    throw new HoldallError('bad_request', { reason: `There is no column ${filter.column}.` })
  const name = quoted(column.name)
  const isText = column.type === 'VARCHAR'
  const kind = valueKind(column.type)
  // What has no order of its own here is compared as it is written.
  const compared = kind === 'nested' || column.type === 'JSON' ? castSql(name, 'VARCHAR') : name
  return operator({
    own: name,
    column: compared,
    text: isText ? name : castSql(name, 'VARCHAR'),
    type: column.type,
    kind,
    value: filter.value,
    bind,
  })
}

function castSql(sql: string, type: string): string {
  return `CAST(${sql} AS ${type})`
}

function among(compared: Compared, operator: string): string {
  const values = listOf(compared.value).filter((value) => value !== null)
  if (values.length === 0) return operator === 'IN' ? 'false' : 'true'
  return `${compared.column} ${operator} (${values.map((value) => valueSql(compared, textOf(value))).join(', ')})`
}

function textOf(value: SqliteValue): string {
  return String(value)
}

/** What a text is to a column: numbers keep their digits, whatever the column can hold. */
function valueSql({ kind, type, bind }: Compared, text: string): string {
  switch (kind) {
    case 'integer':
    case 'decimal':
      return castSql(bind(text.trim()), numberType(type, kind, text.trim()))
    case 'float':
    case 'boolean':
      return castSql(bind(text.trim()), type)
    case 'date':
    case 'moment':
      return castSql(bind(wholeDay(text.trim())), type)
    case 'bytes':
      return castSql(bind(text), 'BLOB')
    case 'text':
      return type === 'VARCHAR' || type === 'JSON' ? bind(text) : castSql(bind(text.trim()), type)
    case 'nested':
      return bind(text)
  }
}

const MAX_DECIMAL_DIGITS = 38

/** The type in which a number is compared: the column's own where it fits, so that whole row groups can be left out. */
function numberType(type: string, kind: ValueKind, text: string): string {
  const [, whole = '', fraction = ''] = /^[+-]?(\d*)\.?(\d*)$/.exec(text) ?? []
  const digits = whole.length + fraction.length
  if (digits === 0) return /^[+-]?[\d.]+e[+-]?\d+$/i.test(text) ? 'DOUBLE' : type
  if (kind === 'integer' && Number(fraction) === 0 && whole !== '' && !text.includes('.')) {
    const value = BigInt(text.replace('+', ''))
    if (holdsInteger(type, value)) return type
    return holdsInteger('HUGEINT', value) ? 'HUGEINT' : 'DOUBLE'
  }
  return digits <= MAX_DECIMAL_DIGITS ? `DECIMAL(${digits},${fraction.length})` : 'DOUBLE'
}

/** `2020` and `2020-05` begin on their first day. */
function wholeDay(text: string): string {
  if (/^\d{4}$/.test(text)) return `${text}-01-01`
  return /^\d{4}-\d\d$/.test(text) ? `${text}-01` : text
}

function onDay({ column, text, kind, type, value, bind }: Compared): string {
  const day = castSql(bind(value.trim()), 'DATE')
  if (kind === 'date') return `${column} = ${day}`
  if (kind !== 'moment') return `TRY_CAST(${text} AS DATE) = ${day}`
  const from = castSql(day, type)
  return `(${column} >= ${from} AND ${column} < ${castSql(`(${day} + INTERVAL 1 DAY)`, type)})`
}

/** The items of a list, or of a text that is a JSON list, as texts. */
function itemsSql({ own, text, type, kind }: Compared): string {
  if (type === 'VARCHAR' || type === 'JSON')
    return `CASE WHEN json_valid(${text}) THEN json_extract_string(${text}, '$[*]') END`
  if (kind === 'nested' && /\[\d*\]$/.test(type)) return castSql(own, 'VARCHAR[]')
  return `[${text}]`
}
