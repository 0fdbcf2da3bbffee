import { type Filter, readFilters } from '../../tables/filters.ts'
import { quoted } from '../../tables/identifiers.ts'
import { placeIn } from '../../tables/place.ts'
import { describe, PAGE_SIZES, readColumns, readSize, readSort } from '../../tables/query.ts'
import type { Table } from '../../tables/schema.ts'
import { type Search, searchWords, textColumns, withinPattern } from '../../tables/search.ts'
import { HoldallError } from '../../web/error.ts'
import type { ParquetColumn } from '../footer/parquet-file.ts'
import type { Dataset } from '../records.ts'
import { decodeCursor, END, endOf, type Place } from './cursor.ts'
import { filterSql } from './filter-sql.ts'
import { tableOf } from './table.ts'
import { valueKind } from './types.ts'

/** Conditions of one page: each has a chip, whose address holds all others. */
const MAX_CONDITIONS = 100
/** Facets of one page. */
const MAX_FACETS = 10
const DEFAULT_FACET_SIZE = 30
const MAX_FACET_SIZE = 1_000

/** A condition in SQL, in brackets of its own where it needs them, with what it binds. */
interface Conditions {
  readonly sql: readonly string[]
  readonly parameters: Readonly<Record<string, string>>
}

/** What the parameters of a page ask of a dataset. */
export interface Question {
  readonly table: Table
  /** In the order of the page. */
  readonly columns: readonly string[]
  readonly filters: readonly Filter[]
  readonly search: Search | null
  /** Conditions in SQL that came with the request. */
  readonly where: readonly string[]
  readonly sort: { readonly column: string; readonly descending: boolean } | null
  readonly size: number
  readonly facets: readonly string[]
  readonly facetSize: number
  readonly conditions: Conditions
  /** The last row of the page before. */
  readonly after: Place | null
  /** The first row of the page behind: what is asked for are the rows before it. */
  readonly before: Place | null
  /** Asked for are the last rows: nothing stands behind them. */
  readonly isLast: boolean
  /** The conditions and the order in words. */
  readonly description: string
}

/** @throws HoldallError `bad_request`, `invalid_cursor` */
export function readQuestion(dataset: Dataset, parameters: URLSearchParams): Question {
  const table = tableOf(dataset)
  const byName = new Map(dataset.columns.map((column) => [column.name, column]))
  const filters = readFilters(table, parameters)
  const search = searchOf(table, parameters.get('_search') ?? '')
  const where = parameters.getAll('_where').filter((condition) => condition.trim() !== '')
  if (filters.length + where.length > MAX_CONDITIONS)
    throw new HoldallError('bad_request', { reason: `A page takes up to ${MAX_CONDITIONS} filters.` })
  const sort = readSort(table, parameters)
  const cursor = placeIn(table, parameters, '_next')
  const before = parameters.get('_before') || undefined
  if (cursor !== undefined && before !== undefined)
    throw new HoldallError('bad_request', { reason: '_before and _next are two pages. Send one of them.' })
  return {
    table,
    columns: readColumns(table, parameters).map(({ name }) => name),
    filters,
    search,
    where,
    sort: sort && { column: sort.column, descending: sort.descending },
    size: readSize(table, parameters, PAGE_SIZES),
    facets: readFacets(byName, parameters),
    facetSize: readFacetSize(parameters),
    conditions: conditionsOf(byName, { table, filters, search, where }),
    after: cursor === undefined ? null : decodeCursor(cursor, dataset),
    before: before === undefined ? null : before === END ? endOf(dataset) : decodeCursor(before, dataset),
    isLast: before === END,
    description: describe(filters, search, sort),
  }
}

function conditionsOf(
  byName: ReadonlyMap<string, ParquetColumn>,
  { table, filters, search, where }: Pick<Question, 'table' | 'filters' | 'search' | 'where'>,
): Conditions {
  const parameters: Record<string, string> = {}
  let count = 0
  function bind(text: string): string {
    const name = `p${count++}`
    parameters[name] = text
    return `$${name}`
  }
  const sql = filters.map((filter) => `(${filterSql(byName, filter, bind)})`)
  const texts = textColumns(table)
  for (const word of search === null ? [] : searchWords(search.text ?? '')) {
    const pattern = bind(withinPattern(word))
    const found = texts.map((name) => `CAST(${quoted(name)} AS VARCHAR) ILIKE ${pattern} ESCAPE '\\'`)
    sql.push(`(${found.join(' OR ')})`)
  }
  // In brackets of its own, so that an `or` or a comment in it stays within.
  sql.push(...where.map((condition) => `(${condition}\n)`))
  return { sql, parameters }
}

/** Each word, or phrase in quotes, stands somewhere in one of the text columns. */
function searchOf(table: Table, text: string): Search | null {
  if (textColumns(table).length === 0 || searchWords(text).length === 0) return null
  return { text, conditions: [], params: {}, descriptions: [`search matches "${text}"`] }
}

function readFacets(byName: ReadonlyMap<string, ParquetColumn>, parameters: URLSearchParams): string[] {
  const facets = [...new Set(parameters.getAll('_facet').filter((name) => name !== ''))]
  if (facets.length > MAX_FACETS)
    throw new HoldallError('bad_request', { reason: `_facet takes up to ${MAX_FACETS} columns.` })
  const bad = facets.filter((name) => !isFacetable(byName.get(name)))
  if (bad.length > 0) throw new HoldallError('bad_request', { reason: `_facet=${bad.join(', ')} - invalid columns` })
  return facets
}

/** A value of it can be asked for with a filter. */
export function isFacetable(column: ParquetColumn | undefined): boolean {
  return column !== undefined && !['nested', 'bytes'].includes(valueKind(column.type))
}

function readFacetSize(parameters: URLSearchParams): number {
  const given = parameters.get('_facet_size') ?? ''
  if (given === '') return DEFAULT_FACET_SIZE
  if (given === 'max') return MAX_FACET_SIZE
  const size = /^\d{1,9}$/.test(given) ? Number(given) : 0
  if (size < 1 || size > MAX_FACET_SIZE)
    throw new HoldallError('bad_request', { reason: `_facet_size must be a whole number from 1 to ${MAX_FACET_SIZE}.` })
  return size
}
