import { HoldallError } from '../web/error.ts'
import type { JsonShape } from './cells.ts'
import type { ServedDatabase } from './databases.ts'
import type { FileIds } from './filters.ts'
import { encodeRowKey } from './keys.ts'
import { labelLookup, type Reference, referencesOf } from './labels.ts'
import { buildTableQuery, COUNT_LIMIT, countSql, type TableQuery } from './query.ts'
import type { ReadOptions } from './reader/pool.ts'
import type { Statement, StatementResult } from './reader/protocol.ts'
import type { DatabaseSchema, Table } from './schema.ts'
import type { SqliteValue } from './value.ts'

export interface TablePageOptions {
  /** Filters, sort, search, columns, size and place: the query string of the page. */
  readonly parameters: URLSearchParams
  readonly mayExecuteSql: boolean
  /** What the filters of files among the parameters mean. */
  readonly fileIds?: FileIds
  /** Whether the actor may see another table; labels come only from such. */
  readonly mayView: (table: string) => boolean
  readonly count: boolean
  /** For which columns with foreign keys labels are wanted. */
  readonly labels: 'all' | 'none' | readonly string[]
  readonly signal?: AbortSignal
}

/** Labels of one column's values. */
export type Labels = ReadonlyMap<SqliteValue, SqliteValue>

/** One page of a table or view, read with one request to a reader. */
export interface TablePage {
  readonly schema: DatabaseSchema
  readonly table: Table
  readonly query: TableQuery
  readonly columns: readonly string[]
  /** As many cells as there are columns. */
  readonly rows: readonly (readonly SqliteValue[])[]
  /** The last part of each row's address, in the order of the rows; empty for a view. */
  readonly rowKeys: readonly string[]
  /** By column name, where its values lead; only tables that the actor may see. */
  readonly references: ReadonlyMap<string, Reference>
  /** By column name. */
  readonly labels: ReadonlyMap<string, Labels>
  /** Matching rows, at most `COUNT_LIMIT + 1`; null when nobody asked or counting took too long. */
  readonly count: number | null
  readonly countTruncated: boolean
  /** Cursor of the next page. */
  readonly next: string | null
}

/** One page as the text of its rows' JSON. */
export interface TableJsonPage extends Omit<TablePage, 'rows' | 'rowKeys' | 'labels'> {
  readonly rowsJson: Buffer
}

/** @throws HoldallError `table_not_found`, `bad_request`, `invalid_cursor`, `sql_error`, `sql_time_limit` and what reading throws */
export async function readTablePage(
  database: ServedDatabase,
  name: string,
  options: TablePageOptions,
): Promise<TablePage> {
  const { rows: result, ...page } = await read(database, name, options, null)
  const width = page.columns.length
  const { table, query } = page
  const affinities = table.keys.map((key) => key.affinity)
  return {
    ...page,
    rows: query.hidden === 0 ? result.rows : result.rows.map((row) => row.slice(0, width)),
    rowKeys:
      query.keyIndexes.length === 0
        ? []
        : result.rows.map((row) =>
            encodeRowKey(
              query.keyIndexes.map((index) => row[index] ?? null),
              affinities,
            ),
          ),
    labels: new Map([...result.labels].map(([column, pairs]) => [page.columns[column] as string, new Map(pairs)])),
  }
}

/** As `readTablePage`, with the rows already in the shape that an answer wants. */
export async function readTableJson(
  database: ServedDatabase,
  name: string,
  options: TablePageOptions,
  json: (query: TableQuery) => JsonShape,
): Promise<TableJsonPage> {
  const { rows: result, ...page } = await read(database, name, options, json)
  return { ...page, rowsJson: result.json ?? Buffer.from('[]') }
}

async function read(
  database: ServedDatabase,
  name: string,
  options: TablePageOptions,
  json: ((query: TableQuery) => JsonShape) | null,
) {
  function plan(schema: DatabaseSchema) {
    const table = schema.tables.get(name)
    if (!table) throw new HoldallError('table_not_found', { name })
    const query = buildTableQuery({
      table,
      parameters: options.parameters,
      mayExecuteSql: options.mayExecuteSql,
      ...(options.fileIds && { fileIds: options.fileIds }),
      sizes: database.pageSizes,
    })
    const references = new Map(
      referencesOf(schema, table)
        .filter((reference) => options.mayView(reference.table.name))
        .map((reference) => [reference.column, reference]),
    )
    const rows: Statement = {
      sql: query.sql,
      params: query.params,
      limit: query.size,
      hidden: query.hidden,
      labels: labelled(query, references, options.labels),
      ...(json && { json: json(query) }),
    }
    const count: Statement = { sql: countSql(query), params: query.fromParams, optional: true }
    return {
      table,
      query,
      references,
      statements: options.count ? [rows, count] : [rows],
      options: readOptions(query, options),
    }
  }

  const { schema, plan: planned, results } = await database.read(plan)
  const [rows, count] = results as [StatementResult, StatementResult | undefined]
  const counted = count && count.failure === null ? Number(count.rows[0]?.[0] ?? 0) : null
  const { table, query, references } = planned
  return {
    schema,
    table,
    query,
    references,
    columns: rows.columns,
    rows,
    count: counted,
    countTruncated: counted !== null && counted > COUNT_LIMIT,
    next: query.next(rows),
  }
}

function labelled(query: TableQuery, references: ReadonlyMap<string, Reference>, wanted: TablePageOptions['labels']) {
  if (wanted === 'none') return []
  return query.columns.flatMap((column, index) => {
    const reference = references.get(column)
    return reference && (wanted === 'all' || wanted.includes(column)) ? [labelLookup(reference, index)] : []
  })
}

/** The first rows of a table, or the next ones, in the order of its key take as long in any table. */
function readOptions(query: TableQuery, { parameters, signal }: TablePageOptions): ReadOptions {
  const short =
    !query.table.isView &&
    !query.table.isVirtual &&
    query.sort === null &&
    query.filters.length === 0 &&
    query.search === null &&
    query.where.length === 0
  const limit = parameters.get('_timelimit')
  if (limit !== null && !/^\d{1,9}$/.test(limit)) {
    throw new HoldallError('bad_request', { reason: '_timelimit must be a number of milliseconds' })
  }
  return {
    short,
    suspect: query.where.length > 0,
    ...(limit !== null && { timeLimit: Number(limit) }),
    ...(signal && { signal }),
  }
}
