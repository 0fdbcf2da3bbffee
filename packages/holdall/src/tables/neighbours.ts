import { HoldallError } from '../web/error.ts'
import type { ServedDatabase } from './databases.ts'
import type { FileIds } from './filters.ts'
import { encodeKey, encodeRowKey } from './keys.ts'
import { pageNames, sizeNames } from './place.ts'
import { buildTableQuery, COUNT_LIMIT, readSize, readSort, type TableQuery } from './query.ts'
import type { Statement, StatementResult } from './reader/protocol.ts'
import type { RowPage } from './row.ts'
import type { DatabaseSchema } from './schema.ts'
import type { SqliteValue } from './value.ts'

/** The row right before or after another. */
export interface BesideRow {
  /** The last part of its address. */
  readonly rowKey: string
  /** By column name. */
  readonly values: ReadonlyMap<string, SqliteValue>
}

export interface BesideRows {
  /** As many as were asked for, the nearest first. */
  readonly before: readonly BesideRow[]
  readonly after: readonly BesideRow[]
  /** The cursor of the page that the row is on, or that begins with it where that is not known; null: the first. */
  readonly page: string | null
}

export interface NeighboursOptions {
  /** Filters, search and sort of the list that the row was opened from: its query string. */
  readonly parameters: URLSearchParams
  readonly mayExecuteSql: boolean
  /** What the filters of files among the parameters mean. */
  readonly fileIds?: () => Promise<FileIds>
  /** More than one row on either side, of which one column and the key are read. */
  readonly reach?: { readonly rows: number; readonly column: string }
  readonly signal?: AbortSignal
}

const NONE: BesideRows = { before: [], after: [], page: null }
/** What says that there is no such list: then there is nothing beside. */
const NO_LIST: readonly string[] = [
  ...['bad_request', 'invalid_cursor', 'permission_denied'],
  ...['file_filter_too_many', 'file_look_too_long'],
]

/**
 * The rows before and after one in the order of a list, one of each or as many as `reach` says, as the list's own pages
 * would go on from it. A list that takes too long to search gives none.
 */
export async function readNeighbours(
  database: ServedDatabase,
  row: RowPage,
  { parameters, mayExecuteSql, fileIds, reach, signal }: NeighboursOptions,
): Promise<BesideRows> {
  function queriesOf(schema: DatabaseSchema, ids: FileIds | undefined) {
    const table = schema.tables.get(row.table.name) ?? row.table
    const left = new URLSearchParams(parameters)
    for (const name of [...pageNames(table), ...sizeNames(table), '_col', '_nocol']) left.delete(name)
    const rows = reach?.rows ?? 1
    left.set('_size', String(rows))
    if (reach !== undefined) left.set('_col', reach.column)
    left.set('_next', cursorOf(row, parameters))
    const ofSides = { default: rows, max: rows }
    const asked = { table, parameters: left, mayExecuteSql, sizes: ofSides, ...(ids && { fileIds: ids }) }
    const before = buildTableQuery({ ...asked, backwards: true })
    const after = buildTableQuery({ ...asked, backwards: false })
    const places = new URLSearchParams(left)
    places.set('_size', String(COUNT_LIMIT))
    // Only what tells rows apart is read of so many.
    const [column = ''] = table.columnsByName.keys()
    places.set('_col', table.primaryKeys[0] ?? column)
    const sizes = { default: COUNT_LIMIT, max: COUNT_LIMIT }
    const all = buildTableQuery({ ...asked, parameters: places, backwards: true, sizes })
    return { before, after, all, size: readSize(table, parameters, database.pageSizes) }
  }

  try {
    const ids = await fileIds?.()
    const { plan, results } = await database.read((schema) => {
      const { before, after, all, size } = queriesOf(schema, ids)
      const statements = [before, after].map(
        ({ sql, params, hidden }): Statement => ({ sql, params, limit: reach?.rows ?? 1, hidden, optional: true }),
      )
      if (reach === undefined) {
        // The rows before it, as far back as its page may reach, each with how many there are.
        const sql = `select *, count(*) over () from (${all.sql}) limit ${size}`
        statements.push({ sql, params: all.params, limit: Math.max(1, size), hidden: 0, optional: true })
      }
      return { before, after, all, size, statements, options: { ...(signal && { signal }) } }
    })
    const { before, after, all, size } = plan
    const [previous, next, places] = results as [StatementResult, StatementResult, StatementResult?]
    const page = places && pageOf(places, all, size)
    return {
      before: besideOf(previous, before),
      after: besideOf(next, after),
      page: page === undefined ? before.next({ more: true, last: previous.last }) : page,
    }
  } catch (error) {
    if (error instanceof HoldallError && NO_LIST.includes(error.code)) return NONE
    throw error
  }
}

/** As the cursor of a page that ends with this row. */
function cursorOf({ table, columns, row, rowKey }: RowPage, parameters: URLSearchParams): string {
  const sort = readSort(table, parameters)
  if (sort === null) return rowKey
  const at = columns.indexOf(sort.column)
  return `${at < 0 ? rowKey : encodeKey(row[at] ?? null, sort.affinity)},${rowKey}`
}

/** Where the page begins that holds a row, by what comes before that; undefined where it is too much. */
function pageOf({ failure, rows }: StatementResult, query: TableQuery, size: number): string | null | undefined {
  const count = Number(rows[0]?.at(-1) ?? 0)
  if (failure || size === 0 || count > COUNT_LIMIT) return undefined
  if (count < size) return null
  const last = rows[count % size]
  return last && query.next({ more: true, last: last.slice(0, -1) })
}

function besideOf({ failure, rows, columns }: StatementResult, { table, keyIndexes }: TableQuery): BesideRow[] {
  return (failure ? [] : rows).map((row) => ({
    rowKey: encodeRowKey(
      keyIndexes.map((index) => row[index] ?? null),
      table.keys.map(({ affinity }) => affinity),
    ),
    values: new Map(columns.map((column, index) => [column, row[index] ?? null])),
  }))
}
