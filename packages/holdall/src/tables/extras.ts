import { createHash } from 'node:crypto'
import { HoldallError } from '../web/error.ts'
import type { Urls } from '../web/url.ts'
import type { ServedDatabase } from './databases.ts'
import { referencesOf } from './labels.ts'
import type { TableJsonPage } from './page.ts'
import { countSql } from './query.ts'
import type { RowPage } from './row.ts'
import type { Column, DatabaseSchema, Table } from './schema.ts'

/** `{type, config}` by column, as the `column_types` of Datasette. */
export type ColumnTypes = Readonly<Record<string, { readonly type: string; readonly config: unknown }>>

interface Common {
  readonly database: ServedDatabase
  readonly schema: DatabaseSchema
  readonly table: Table
  readonly columns: readonly string[]
  readonly sql: { readonly sql: string; readonly params: Readonly<Record<string, unknown>> }
  readonly url: URL
  isPrivate(): Promise<boolean>
  columnTypes(): Promise<ColumnTypes>
}

export interface TableExtras extends Common {
  readonly page: TableJsonPage
  readonly parameters: URLSearchParams
}

export interface RowExtras extends Common {
  readonly row: RowPage
  readonly urls: Urls
}

type Extra<T> = (context: T) => unknown

const COMMON: Readonly<Record<string, Extra<Common>>> = {
  columns: ({ columns }) => columns,
  primary_keys: ({ table }) => table.primaryKeys,
  column_details: ({ table }) =>
    Object.fromEntries(table.columns.map((column) => [column.name, columnDetails(column)])),
  query: ({ sql }) => sql,
  column_types: (context) => context.columnTypes(),
  metadata: ({ table }) => tableMetadata(table),
  database: ({ database }) => database.name,
  table: ({ table }) => table.name,
  database_color: ({ database }) => databaseColor(database.name),
  private: (context) => context.isPrivate(),
  request: ({ url }) => ({
    url: url.href,
    path: url.pathname,
    full_path: url.pathname + url.search,
    host: url.host,
    args: Object.fromEntries([...url.searchParams.keys()].map((key) => [key, url.searchParams.getAll(key)])),
  }),
}

const TABLE: Readonly<Record<string, Extra<TableExtras>>> = {
  ...COMMON,
  count: ({ page }) => page.count,
  count_truncated: ({ page }) => page.countTruncated,
  count_sql: ({ page }) => countSql(page.query),
  all_columns: ({ table }) => table.columns.map((column) => column.name),
  is_view: ({ table }) => table.isView,
  human_description_en: ({ page }) => page.query.description,
  table_definition: ({ table }) => (table.isView ? null : table.sql),
  view_definition: ({ table }) => (table.isView ? table.sql : null),
  expandable_columns: ({ schema, table }) =>
    referencesOf(schema, table).map((reference) => [
      { column: reference.column, other_table: reference.table.name, other_column: reference.otherColumn },
      reference.labelColumn,
    ]),
  form_hidden_args: ({ parameters }) =>
    [...parameters].filter(
      ([key]) =>
        key.startsWith('_') && !key.includes('__') && !['_sort', '_sort_desc', '_search', '_next'].includes(key),
    ),
}

const ROW: Readonly<Record<string, Extra<RowExtras>>> = {
  ...COMMON,
  foreign_key_tables: ({ row, urls, database }) => linkedRows(row, urls, database.name),
}

/**
 * The names in `_extra`, repeated or with commas.
 * @throws HoldallError `bad_request` for one that is none
 */
export function readExtras(parameters: URLSearchParams, scope: 'table' | 'row'): Set<string> {
  const names = parameters.getAll('_extra').flatMap((value) => value.split(',').map((name) => name.trim()))
  const wanted = new Set(names.filter((name) => name !== ''))
  const known = scope === 'table' ? TABLE : ROW
  const unknown = [...wanted].filter((name) => !Object.hasOwn(known, name))
  if (unknown.length > 0) throw new HoldallError('bad_request', { reason: `Unknown _extra: ${unknown.join(', ')}` })
  if (wanted.has('count')) wanted.add('count_truncated')
  return wanted
}

export function tableExtras(wanted: ReadonlySet<string>, context: TableExtras): Promise<Record<string, unknown>> {
  return resolve(TABLE, wanted, context)
}

export function rowExtras(wanted: ReadonlySet<string>, context: RowExtras): Promise<Record<string, unknown>> {
  return resolve(ROW, wanted, context)
}

async function resolve<T>(
  extras: Readonly<Record<string, Extra<T>>>,
  wanted: ReadonlySet<string>,
  context: T,
): Promise<Record<string, unknown>> {
  const resolved: Record<string, unknown> = {}
  for (const name of wanted) resolved[name] = await extras[name]?.(context)
  return resolved
}

/** The rows that point to a row, each with an address where they are listed. */
export function linkedRows({ linked, keyValues }: RowPage, urls: Urls, database: string) {
  return linked.map((key) => {
    const parameter = key.otherColumn.startsWith('_') ? `${key.otherColumn}__exact` : key.otherColumn
    return {
      other_table: key.otherTable,
      column: key.column,
      other_column: key.otherColumn,
      count: key.count ?? 0,
      link: `${urls.table(database, key.otherTable)}?${new URLSearchParams([[parameter, keyValues.join(',')]])}`,
    }
  })
}

function columnDetails(column: Column) {
  return {
    type: column.type,
    sqlite_type: column.affinity === 'NONE' ? 'BLOB' : column.affinity,
    notnull: column.notNull,
    default: column.default,
    is_pk: column.keyPosition > 0,
    pk_position: column.keyPosition,
    hidden: column.hidden,
  }
}

function tableMetadata(table: Table) {
  const described = Object.entries(table.config?.columns ?? {}).filter(([, column]) => column.description !== undefined)
  return {
    ...table.config?.metadata,
    columns: Object.fromEntries(described.map(([name, column]) => [name, column.description])),
  }
}

/** Six hexadecimal digits that Datasette derives from a database's name. */
export function databaseColor(name: string): string {
  return createHash('md5').update(name).digest('hex').slice(0, 6)
}
