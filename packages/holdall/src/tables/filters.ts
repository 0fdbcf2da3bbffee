import type { Trouble } from '../files/troubles.ts'
import { HoldallError } from '../web/error.ts'
import { quoted } from './identifiers.ts'
import { isPlace } from './place.ts'
import type { Table } from './schema.ts'
import { type Affinity, parseInteger, type SqliteValue } from './value.ts'

/** What is asked of the files of rows: one trouble, whichever it is, or that the bytes have changed, which is none. */
export type FileQuestion = Trouble | 'any' | 'changed'

export const FILE_OPERATORS = {
  any: 'filewrong',
  missing: 'filemissing',
  unreadable: 'fileunreadable',
  trashed: 'filetrashed',
  gone: 'filegone',
  changed: 'filechanged',
} as const satisfies Readonly<Record<FileQuestion, string>>

/** The files that filters of files mean, as lists of ids in JSON, by `filterName`. Only the registry knows them. */
export type FileIds = ReadonlyMap<string, string>

export function filterName(column: string, operator: string): string {
  return `${column}__${operator}`
}

export function isFileOperator(operator: string): boolean {
  return (Object.values(FILE_OPERATORS) as string[]).includes(operator)
}

/** One condition of a table page: `column__operator=value`. */
export interface Filter {
  readonly column: string
  readonly operator: string
  /** As written; the empty string for operators without argument. */
  readonly value: string
}

interface Operator {
  readonly noArgument?: true
  readonly sql: (column: string, context: FilterContext) => string
  readonly human: (column: string, value: string) => string
}

interface FilterContext {
  readonly value: string
  readonly table: string
  readonly affinity: Affinity
  /** Of a filter of files: a list of ids in JSON. */
  readonly fileIds: string | undefined
  /** Binds a value and gives what stands for it in SQL. */
  bind(value: SqliteValue): string
}

/** Every operator, in the order in which menus list them. */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  exact: { sql: (c, x) => equal(c, x, false), human: (c, v) => `${c} = ${plainOrQuoted(v)}` },
  not: { sql: (c, x) => equal(c, x, true), human: (c, v) => `${c} != ${plainOrQuoted(v)}` },
  contains: like('contains', (v) => `%${v}%`),
  notcontains: like('does not contain', (v) => `%${v}%`, 'not like'),
  endswith: like('ends with', (v) => `%${v}`),
  startswith: like('starts with', (v) => `${v}%`),
  gt: order('>', '>'),
  gte: order('≥', '>='),
  lt: order('<', '<'),
  lte: order('≤', '<='),
  like: like('like', (v) => v),
  notlike: like('not like', (v) => v, 'not like'),
  glob: like('glob', (v) => v, 'glob'),
  in: { sql: (c, x) => among(c, x, 'in'), human: (c, v) => `${c} in ${listText(v)}` },
  notin: { sql: (c, x) => among(c, x, 'not in'), human: (c, v) => `${c} not in ${listText(v)}` },
  arraycontains: {
    sql: (c, x) => `${x.bind(x.value)} in (select value from json_each(${quoted(x.table)}.${c}))`,
    human: (c, v) => `${c} contains "${v}"`,
  },
  arraynotcontains: {
    sql: (c, x) => `${x.bind(x.value)} not in (select value from json_each(${quoted(x.table)}.${c}))`,
    human: (c, v) => `${c} does not contain "${v}"`,
  },
  date: { sql: (c, x) => `date(${c}) = ${x.bind(x.value)}`, human: (c, v) => `"${c}" is on date ${v}` },
  isnull: bare('is null', (c) => `${c} is null`),
  notnull: bare('is not null', (c) => `${c} is not null`),
  isblank: bare('is blank', (c) => `(${c} is null or ${c} = '')`),
  notblank: bare('is not blank', (c) => `(${c} is not null and ${c} != '')`),
  filewrong: holding('holds a file that is not right'),
  filemissing: holding('holds a file that is missing'),
  fileunreadable: holding('holds a file that cannot be read'),
  filetrashed: holding('holds a file that is in the trash'),
  filegone: holding('holds a file that is gone for good'),
  filechanged: holding('holds a file that has changed'),
}

/**
 * A cell is one id, or a list of ids. What begins with a bracket, or with a space before it, stands before everything that
 * begins with a letter: an index of the column finds both kinds.
 */
function holding(label: string): Operator {
  return {
    noArgument: true,
    sql(c, x) {
      const ids = `(select value from json_each(${x.bind(x.fileIds ?? '[]')}))`
      const list = `json_each(case when json_valid(${c}) then ${c} else '[]' end)`
      return `(${c} in ${ids} or (${c} > '' and ${c} < '\\' and exists (select 1 from ${list} where value in ${ids})))`
    },
    human: (c) => `${c} ${label}`,
  }
}

function like(label: string, pattern: (value: string) => string, operator = 'like'): Operator {
  return {
    sql: (c, x) => `${c} ${operator} ${x.bind(pattern(x.value))}`,
    human: (c, v) => `${c} ${label} "${v}"`,
  }
}

function order(label: string, operator: string): Operator {
  return {
    sql: (c, x) => `${c} ${operator} ${x.bind(numberOr(x.value))}`,
    human: (c, v) => `${c} ${label} ${v}`,
  }
}

function bare(label: string, sql: (column: string) => string): Operator {
  return { noArgument: true, sql, human: (c) => `${c} ${label}` }
}

/** A column without affinity (of a view, say) holds numbers that no text equals, so that the number is tried as well. */
function variants({ affinity }: FilterContext, value: SqliteValue): SqliteValue[] {
  if (affinity !== 'NONE' || typeof value !== 'string') return [value]
  const number = numberOr(value)
  return number === value ? [value] : [value, number]
}

function equal(column: string, context: FilterContext, negated: boolean): string {
  const values = variants(context, context.value)
  if (values.length === 1) return `${column} ${negated ? '!=' : '='} ${context.bind(context.value)}`
  return `${column} ${negated ? 'not in' : 'in'} (${values.map((value) => context.bind(value)).join(', ')})`
}

function among(column: string, context: FilterContext, operator: string): string {
  const values = listOf(context.value).flatMap((value) => variants(context, value))
  return `${column} ${operator} (${values.map((value) => context.bind(value)).join(', ')})`
}

/**
 * A list as JSON (`["a", 1]`) or with commas between its values.
 * @throws HoldallError `bad_request`
 */
export function listOf(text: string): SqliteValue[] {
  if (!text.startsWith('[')) return text.split(',').map((value) => value.trim())
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch {
    list = null
  }
  if (!Array.isArray(list)) throw new HoldallError('bad_request', { reason: `${text} is not a JSON list.` })
  return list.map((value) => {
    if (typeof value === 'boolean') return value ? 1 : 0
    if (value === null || typeof value === 'string' || typeof value === 'number') return value
    throw new HoldallError('bad_request', { reason: `${text} may hold texts, numbers, true, false and null.` })
  })
}

function listText(text: string): string {
  return JSON.stringify(listOf(text)).replaceAll('","', '", "')
}

/** A text as the number it is, for comparing; else the text. */
function numberOr(text: string): SqliteValue {
  const trimmed = text.trim()
  const integer = parseInteger(trimmed)
  if (integer !== null) return integer
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(trimmed) && Number.isFinite(Number(trimmed))
    ? Number(trimmed)
    : text
}

function plainOrQuoted(value: string): string {
  return /^\d+$/.test(value) ? value : `"${value}"`
}

/**
 * The filters among a page's parameters, ordered by key and value. A parameter that begins with `_` and has no `__` is
 * for something else, and an operator that nobody knows is no filter.
 */
export function readFilters(table: Table, parameters: URLSearchParams): Filter[] {
  const pairs = [...parameters].filter(([key]) => (!key.startsWith('_') || key.includes('__')) && !isPlace(table, key))
  pairs.sort(([a, av], [b, bv]) => compare(a, b) || compare(av, bv))
  const filters: Filter[] = []
  for (const [key, value] of pairs) {
    const at = key.lastIndexOf('__')
    const [column, operator] = at < 0 ? [key, 'exact'] : [key.slice(0, at), key.slice(at + 2)]
    if (Object.hasOwn(OPERATORS, operator)) filters.push({ column, operator, value })
    else if (table.columnsByName.has(key)) filters.push({ column: key, operator: 'exact', value })
  }
  return filters
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/**
 * A filter as SQL.
 * @throws HoldallError `bad_request` for a column that the table does not have
 */
export function filterSql(
  table: Table,
  filter: Filter,
  bind: (value: SqliteValue) => string,
  fileIds: FileIds = NO_FILE_IDS,
): string {
  const column = table.columnsByName.get(filter.column)
  const isRowid = !column && table.rowid !== null && ['rowid', '_rowid_', 'oid'].includes(filter.column.toLowerCase())
  if (!column && !isRowid) throw new HoldallError('bad_request', { reason: `There is no column ${filter.column}.` })
  const operator = OPERATORS[filter.operator] as Operator
  const ids = fileIds.get(filterName(filter.column, filter.operator))
  if (isFileOperator(filter.operator) && ids === undefined) {
    throw new HoldallError('bad_request', { reason: `${filter.column} is no column of files.` })
  }
  const affinity = column?.affinity ?? 'INTEGER'
  const context = { value: filter.value, table: table.name, affinity, fileIds: ids, bind }
  return operator.sql(quoted(isRowid ? (table.rowid as string) : filter.column), context)
}

const NO_FILE_IDS: FileIds = new Map()

/** A filter in words: `price > 10`. */
export function filterText({ column, operator, value }: Filter): string {
  return (OPERATORS[operator] as Operator).human(column, value)
}
