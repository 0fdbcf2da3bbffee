import { HoldallError } from '../web/error.ts'
import {
  afterSql,
  beforeSql,
  decodeCursor,
  encodeCursor,
  orderBack,
  orderBy,
  type Position,
  type Sort,
} from './cursor.ts'
import { type FileIds, type Filter, filterSql, filterText, readFilters } from './filters.ts'
import { identifier } from './identifiers.ts'
import { placeIn } from './place.ts'
import type { StatementResult } from './reader/protocol.ts'
import type { KeyColumn, Table } from './schema.ts'
import { readSearch, type Search } from './search.ts'
import type { SqliteValue } from './value.ts'

/** Rows of a page when nobody says how many, and the most that can be asked for. */
export interface PageSizes {
  readonly default: number
  readonly max: number
}

export const PAGE_SIZES: PageSizes = { default: 100, max: 1_000 }
/** Rows are counted to here; beyond, a count is `COUNT_LIMIT + 1` and truncated. */
export const COUNT_LIMIT = 10_000

export interface QueryContext {
  readonly table: Table
  readonly parameters: URLSearchParams
  /** `_where` is SQL from outside, which takes the permission `execute-sql`. */
  readonly mayExecuteSql: boolean
  /** What the filters of files among the parameters mean. */
  readonly fileIds?: FileIds
  readonly sizes?: PageSizes
  /** The rows before the place that `_next` says, the nearest first, instead of those after it. */
  readonly backwards?: boolean
}

/** What the parameters of a table page ask for, as SQL. */
export interface TableQuery {
  readonly table: Table
  /** The columns of the page, in order; a row id comes first, under the name `rowid`. */
  readonly columns: readonly string[]
  readonly filters: readonly Filter[]
  readonly search: Search | null
  /** Conditions in SQL that came with the request. */
  readonly where: readonly string[]
  readonly sort: Sort | null
  readonly size: number
  readonly sql: string
  readonly params: Readonly<Record<string, SqliteValue>>
  /** Columns at the end of the SQL that are there for the cursor only. */
  readonly hidden: number
  /** `from … where …` without the page's place, with its parameters: what there is to count. */
  readonly fromSql: string
  readonly fromParams: Readonly<Record<string, SqliteValue>>
  /** Where the values of the row's key are in a row of the result; empty for a view. */
  readonly keyIndexes: readonly number[]
  /** The conditions and the order in words. */
  readonly description: string
  /** The cursor of the next page, from this page's result; null on the last one. */
  next(result: Pick<StatementResult, 'more' | 'last'>): string | null
}

/** @throws HoldallError `bad_request`, `invalid_cursor`; `permission_denied` for `_where` without `execute-sql` */
export function buildTableQuery(context: QueryContext): TableQuery {
  const { table, parameters, mayExecuteSql, fileIds, sizes = PAGE_SIZES, backwards = false } = context
  const { params, bind } = createBinder()
  const columns = readColumns(table, parameters)
  const filters = readFilters(table, parameters)
  const conditions = filters.map((filter) => filterSql(table, filter, bind, fileIds))

  const where = parameters.getAll('_where').filter((condition) => condition.trim() !== '')
  if (where.length > 0 && !mayExecuteSql) {
    throw new HoldallError('permission_denied', {}, { errors: ['_where= is not allowed'] })
  }
  // In brackets of its own, so that an `or` or a comment in it stays within.
  conditions.push(...where.map((condition) => `(${condition}\n)`))

  const search = readSearch(table, parameters)
  if (search) {
    conditions.push(...search.conditions)
    Object.assign(params, search.params)
  }

  const sort = readSort(table, parameters)
  const size = readSize(table, parameters, sizes)
  const name = identifier(table.name)
  const fromSql = from(name, conditions)
  const fromParams = { ...params }

  const keys = pageKeys(table)
  // A view has nothing that tells its rows apart.
  const byOffset = keys.length === 0
  const shown = columns.map((column) => column.name)
  const extra = cursorColumns(columns, sort, keys)
  const all = [...columns, ...extra]
  const selected = all.map(({ sqlName, name: as }) =>
    sqlName === as ? identifier(sqlName) : `${identifier(sqlName)} as ${identifier(as)}`,
  )

  const given = placeIn(table, parameters, '_next')
  const offset = given && byOffset ? readOffset(given) : 0
  const stretches =
    given && !byOffset ? stretchesOf(readPosition(given, table, sort, keys)).map((stretch) => [stretch]) : [[]]
  const order = backwards ? orderBack(sort, keys) : orderBy(sort, keys)
  const [first = '', second] = stretches.map((after) =>
    [
      `select ${selected.join(', ') || 'null'} ${from(name, [...conditions, ...after])}`,
      order === '' ? '' : `order by ${order} `,
      `limit ${size + 1}`,
      offset > 0 ? ` offset ${offset}` : '',
    ].join(''),
  )
  const sql =
    second === undefined
      ? first
      : `select * from (${first}) union all select * from (${second}) order by ${orderByPlace(sort, keys, all, backwards)} limit ${size + 1}`

  function stretchesOf(position: Position) {
    if (backwards) return beforeSql(position, sort, keys, table.keyMayBeNull, bind)
    return afterSql(position, sort, keys, bind)
  }

  return {
    table,
    columns: shown,
    filters,
    search,
    where,
    sort,
    size,
    sql,
    params,
    hidden: extra.length,
    fromSql,
    fromParams,
    keyIndexes: table.keys.map((key) => all.findIndex((column) => column.sqlName === key.sqlName)),
    description: describe(filters, search, sort),
    next(result) {
      if (!result.more || size === 0 || result.last === null) return null
      if (byOffset) return String(offset + size)
      return encodeCursor(positionOf(result.last, all, sort, keys, table.keyMayBeNull), sort, keys)
    },
  }
}

/** The same order for rows that were selected already, whose columns go by their places. */
function orderByPlace(
  sort: Sort | null,
  keys: readonly KeyColumn[],
  selected: readonly Selected[],
  backwards: boolean,
): string {
  const place = ({ sqlName }: { readonly sqlName: string }) =>
    selected.findIndex((column) => column.sqlName === sqlName) + 1
  const first = sort ? [`${place(sort)}${sort.descending === backwards ? '' : ' desc'}`] : []
  const rest = keys
    .filter((key) => key.sqlName !== sort?.sqlName)
    .map((key) => `${place(key)}${backwards ? ' desc' : ''}`)
  return [...first, ...rest].join(', ')
}

export function countSql(query: TableQuery): string {
  return `select count(*) from (select * ${query.fromSql}limit ${COUNT_LIMIT + 1})`
}

function from(table: string, conditions: readonly string[]): string {
  return conditions.length === 0 ? `from ${table} ` : `from ${table} where ${conditions.join(' and ')} `
}

/** Parameters in the order in which they are met: `:p0`, `:p1`, … */
function createBinder(): { params: Record<string, SqliteValue>; bind: (value: SqliteValue) => string } {
  const params: Record<string, SqliteValue> = {}
  let count = 0
  return {
    params,
    bind(value) {
      const name = `p${count}`
      count += 1
      params[name] = value
      return `:${name}`
    },
  }
}

export interface Selected {
  readonly name: string
  readonly sqlName: string
}

/** The columns that `_col` and `_nocol` leave, in order. @throws HoldallError `bad_request` */
export function readColumns(table: Table, parameters: URLSearchParams): Selected[] {
  const wanted = parameters.getAll('_col')
  const unwanted = parameters.getAll('_nocol')
  reject('_col', wanted, (column) => !table.columnsByName.has(column))
  reject('_nocol', unwanted, (column) => !table.columnsByName.has(column) || table.primaryKeys.includes(column))
  const all = wanted.length > 0 ? new Set([...table.primaryKeys, ...wanted]) : table.columnsByName.keys()
  const columns = [...all]
    .filter((column) => !unwanted.includes(column))
    .map((column) => ({ name: column, sqlName: column }))
  const [key] = table.keys
  // A table without a primary key shows the row id, unless a column of its own has that name.
  if (key && table.primaryKeys.length === 0 && !table.columnsByName.has('rowid')) {
    columns.unshift({ name: 'rowid', sqlName: key.sqlName })
  }
  return columns
}

function reject(parameter: string, columns: readonly string[], isBad: (column: string) => boolean) {
  const bad = columns.filter(isBad)
  if (bad.length > 0)
    throw new HoldallError('bad_request', { reason: `${parameter}=${bad.join(', ')} - invalid columns` })
}

/** @throws HoldallError `bad_request` */
export function readSort(table: Table, parameters: URLSearchParams): Sort | null {
  let up = parameters.get('_sort') || null
  let down = parameters.get('_sort_desc') || null
  if (up === null && down === null) {
    up = table.config?.sort ?? null
    down = table.config?.sort_desc ?? null
  }
  if (up !== null && down !== null) {
    throw new HoldallError('bad_request', { reason: 'Cannot use _sort and _sort_desc at the same time' })
  }
  const column = up ?? down
  if (column === null) return null
  if (!isSortable(table, column)) throw new HoldallError('bad_request', { reason: `Cannot sort table by ${column}` })
  const declared = table.columnsByName.get(column)
  return {
    column,
    sqlName: declared ? column : (table.keys[0] as KeyColumn).sqlName,
    descending: down !== null,
    affinity: declared?.affinity ?? 'INTEGER',
    notNull: declared ? declared.notNull : true,
  }
}

export function isSortable(table: Table, column: string): boolean {
  if (column === 'rowid' && table.keys.length === 1 && table.primaryKeys.length === 0) return true
  const allowed = table.config?.sortable_columns
  return table.columnsByName.has(column) && (allowed === undefined || allowed.includes(column))
}

/** @throws HoldallError `bad_request` */
export function readSize(table: Table, parameters: URLSearchParams, sizes: PageSizes): number {
  const given = placeIn(table, parameters, '_size') || table.config?.size
  if (given === undefined) return sizes.default
  if (given === 'max') return sizes.max
  const size = Number(given)
  if (!/^\d{1,9}$/.test(String(given).trim())) {
    throw new HoldallError('bad_request', { reason: '_size must be a positive integer' })
  }
  if (size > sizes.max) throw new HoldallError('bad_request', { reason: `_size must be <= ${sizes.max}` })
  return size
}

function readPosition(cursor: string, table: Table, sort: Sort | null, keys: readonly KeyColumn[]): Position {
  const position = decodeCursor(cursor, sort, keys, table.keyMayBeNull)
  if (isRowidKey(table) && !position.keys.every((value) => typeof value === 'bigint' || Number.isInteger(value))) {
    throw new HoldallError('invalid_cursor')
  }
  return position
}

/** Every other key may hold a text, whatever its type says. */
function isRowidKey({ rowid, primaryKeys, columnsByName }: Table): boolean {
  if (rowid === null || primaryKeys.length > 1) return false
  const [key] = primaryKeys
  return key === undefined || columnsByName.get(key)?.type.toUpperCase() === 'INTEGER'
}

function readOffset(cursor: string): number {
  if (!/^\d{1,15}$/.test(cursor)) throw new HoldallError('invalid_cursor')
  return Number(cursor)
}

/** What rows are told apart by: the key, and the row id as well where keys may be NULL and so shared. */
function pageKeys(table: Table): KeyColumn[] {
  if (!table.keyMayBeNull || table.rowid === null) return [...table.keys]
  return [...table.keys, { name: table.rowid, sqlName: table.rowid, affinity: 'INTEGER' }]
}

/** What the cursor needs beside the columns that are shown. */
function cursorColumns(columns: readonly Selected[], sort: Sort | null, keys: readonly KeyColumn[]): Selected[] {
  const extra: Selected[] = []
  for (const { sqlName } of [...keys, ...(sort ? [sort] : [])]) {
    const isThere = (column: Selected) => column.sqlName === sqlName
    if (!columns.some(isThere) && !extra.some(isThere)) extra.push({ name: sqlName, sqlName })
  }
  return extra
}

function positionOf(
  row: readonly SqliteValue[],
  columns: readonly Selected[],
  sort: Sort | null,
  keys: readonly KeyColumn[],
  keyMayBeNull: boolean,
): Position {
  const cellOf = (sqlName: string) => row[columns.findIndex((column) => column.sqlName === sqlName)] ?? null
  const values = keys.map((key) => cellOf(key.sqlName))
  const key = keyMayBeNull ? values.slice(0, -1) : values
  return { sort: sort ? cellOf(sort.sqlName) : null, keys: key.some((value) => value === null) ? values : key }
}

/** The conditions and the order in words. */
export function describe(filters: readonly Filter[], search: Search | null, sort: Sort | null): string {
  const parts = [...(search?.descriptions ?? []), ...filters.map(filterText)]
  const last = parts.pop()
  const conditions = last === undefined ? '' : `where ${parts.length > 0 ? `${parts.join(', ')} and ` : ''}${last}`
  const order = sort ? `sorted by ${sort.column}${sort.descending ? ' descending' : ''}` : ''
  return [conditions, order].filter((part) => part !== '').join(' ')
}
