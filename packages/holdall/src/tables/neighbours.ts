import { HoldallError } from '../web/error.ts'
import type { ServedDatabase } from './databases.ts'
import type { FileIds } from './filters.ts'
import { encodeKey, encodeRowKey } from './keys.ts'
import { pageNames, sizeNames } from './place.ts'
import { buildTableQuery, readSort, type TableQuery } from './query.ts'
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
  readonly previous: BesideRow | null
  readonly next: BesideRow | null
}

export interface NeighboursOptions {
  /** Filters, search and sort of the list that the row was opened from: its query string. */
  readonly parameters: URLSearchParams
  readonly mayExecuteSql: boolean
  /** What the filters of files among the parameters mean. */
  readonly fileIds?: () => Promise<FileIds>
  readonly signal?: AbortSignal
}

const NONE: BesideRows = { previous: null, next: null }
/** What says that there is no such list: then there is nothing beside. */
const NO_LIST: readonly string[] = [
  ...['bad_request', 'invalid_cursor', 'permission_denied'],
  ...['file_filter_too_many', 'file_look_too_long'],
]

/**
 * The rows before and after one in the order of a list, one of each, as the list's own pages would go on from it. A list that
 * takes too long to search gives none.
 */
export async function readNeighbours(
  database: ServedDatabase,
  row: RowPage,
  { parameters, mayExecuteSql, fileIds, signal }: NeighboursOptions,
): Promise<BesideRows> {
  function queriesOf(schema: DatabaseSchema, ids: FileIds | undefined): readonly [TableQuery, TableQuery] {
    const table = schema.tables.get(row.table.name) ?? row.table
    const left = new URLSearchParams(parameters)
    for (const name of [...pageNames(table), ...sizeNames(table), '_col', '_nocol']) left.delete(name)
    left.set('_size', '1')
    left.set('_next', cursorOf(row, parameters))
    const asked = { table, parameters: left, mayExecuteSql, ...(ids && { fileIds: ids }) }
    const query = (backwards: boolean) => buildTableQuery({ ...asked, backwards })
    return [query(true), query(false)]
  }

  try {
    const ids = await fileIds?.()
    const { plan, results } = await database.read((schema) => {
      const queries = queriesOf(schema, ids)
      const statements = queries.map(
        ({ sql, params, hidden }): Statement => ({ sql, params, limit: 1, hidden, optional: true }),
      )
      return { queries, statements, options: { ...(signal && { signal }) } }
    })
    const [before, after] = plan.queries
    const [previous, next] = results as [StatementResult, StatementResult]
    return { previous: besideOf(previous, before), next: besideOf(next, after) }
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

function besideOf({ failure, rows, columns }: StatementResult, { table, keyIndexes }: TableQuery): BesideRow | null {
  const [row] = failure ? [] : rows
  if (row === undefined) return null
  return {
    rowKey: encodeRowKey(
      keyIndexes.map((index) => row[index] ?? null),
      table.keys.map(({ affinity }) => affinity),
    ),
    values: new Map(columns.map((column, index) => [column, row[index] ?? null])),
  }
}
