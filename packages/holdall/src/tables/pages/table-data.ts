import type { Source } from '../../sources/sources.ts'
import type { Actor, Resource, RouteContext } from '../../web/route.ts'
import type { ServedDatabase } from '../databases.ts'
import { type CellFiles, idsIn } from '../file-columns/items.ts'
import type { FileColumn } from '../file-columns/settings.ts'
import { cellFiles } from '../file-columns/visible.ts'
import { identifier } from '../identifiers.ts'
import { readTablePage, type TablePage } from '../page.ts'
import { placeIn } from '../place.ts'
import { buildTableQuery, COUNT_LIMIT, countSql, type QueryContext } from '../query.ts'
import type { Statement } from '../reader/protocol.ts'
import { databaseIn, tableIn } from '../routes.ts'
import type { Table } from '../schema.ts'
import { visibleNeighbours } from '../visible-tables.ts'
import { mayAskWhere } from '../where-right.ts'
import { conditionsOf } from './conditions.ts'
import { type Destinations, uploadableSources } from './destinations.ts'
import { readFilterLabels } from './filter-labels.ts'
import type { Dropped, Listing } from './listing.ts'
import type { PagesRoom } from './room.ts'
import { readOnlySource } from './without-upload.ts'

/** What an actor may do with the rows of a table. */
export interface Rights {
  readonly insert: boolean
  readonly update: boolean
  readonly remove: boolean
  /** Say which columns hold files. */
  readonly configure: boolean
}

/** Everything that a table page shows. */
export interface TableData extends CellFiles, Listing {
  readonly database: ServedDatabase
  readonly page: TablePage
  readonly rights: Rights
  /** Sources that new files can go to. */
  readonly sources: Destinations
  /** By column: the source that it names although nothing new can go there. */
  readonly readOnly: ReadonlyMap<string, Source>
}

export async function rightsOf(
  { permissions }: Pick<PagesRoom, 'permissions'>,
  actor: Actor | null,
  database: ServedDatabase,
  table: string,
): Promise<Rights> {
  const resource: Resource = { kind: 'table', parent: database.name, child: table }
  const [insert, update, remove, configure] = await Promise.all(
    (['insert-row', 'update-row', 'delete-row', 'set-column-type'] as const).map((action) =>
      permissions.allowed(actor, action, resource),
    ),
  )
  const writable = !database.immutable
  return {
    insert: writable && insert === true,
    update: writable && update === true,
    remove: writable && remove === true,
    configure: configure === true,
  }
}

/** The settings of those columns that a table has and that can hold files. */
export function fileColumnsOf(
  table: Table,
  settings: ReadonlyMap<string, FileColumn>,
): ReadonlyMap<string, FileColumn> {
  return new Map([...settings].filter(([column]) => table.columnsByName.get(column)?.affinity === 'TEXT'))
}

/** @throws HoldallError what reading a page throws */
export async function readTableData(c: RouteContext, room: PagesRoom, parameters: URLSearchParams): Promise<TableData> {
  const database = databaseIn(c, room)
  const name = tableIn(c)
  const { actor } = c.var
  const [neighbours, settings, rights, mayExecuteSql, fileIds] = await Promise.all([
    visibleNeighbours(room.permissions, actor, database, name),
    room.fileColumns.of(database.name, name),
    rightsOf(room, actor, database, name),
    mayAskWhere(room.permissions, actor, database.name, parameters),
    room.fileIds(actor, database, name, parameters),
  ])
  const page = await readTablePage(database, name, {
    parameters,
    mayExecuteSql,
    fileIds,
    mayView: (table) => neighbours.has(table),
    count: !parameters.has('_nocount'),
    labels: 'all',
    signal: c.req.raw.signal,
  })
  const fileColumns = fileColumnsOf(page.table, settings)
  const cells = page.columns.flatMap((column, index) => (fileColumns.has(column) ? [index] : []))
  const [known, sources, conditions, labels, fileOperators] = await Promise.all([
    cellFiles(room, actor, idsIn(page.rows, cells)),
    rights.update && cells.length > 0 ? uploadableSources(room, actor) : NO_SOURCES,
    countWithout(c, database, page, fileColumns, { parameters, mayExecuteSql, fileIds }),
    readFilterLabels(database, page.references, page.query.filters, page.rows.length === 0, c.req.raw.signal),
    fileColumns.size > 0 ? room.fileIds.askable(actor) : NO_OPERATORS,
  ])
  const readOnly = new Map(
    [...fileColumns].flatMap(([column, rule]) => {
      const source = readOnlySource(room.sources, rule)
      return source === undefined ? [] : [[column, source] as const]
    }),
  )
  const writable = page.table.isView ? { ...rights, insert: false, update: false, remove: false } : rights
  return {
    title: page.table.name,
    ...{
      database,
      page,
      rights: writable,
      fileColumns,
      fileOperators,
      ...known,
      sources,
      readOnly,
      labels,
      ...conditions,
    },
    countLimit: COUNT_LIMIT,
  }
}

const NO_SOURCES: Destinations = new Map()
const NO_OPERATORS: ReadonlySet<string> = new Set()

/** How many rows there are without the conditions, and, when none matches, without each one of them. */
async function countWithout(
  c: RouteContext,
  database: ServedDatabase,
  page: TablePage,
  fileColumns: ReadonlyMap<string, FileColumn>,
  asked: Pick<QueryContext, 'parameters' | 'mayExecuteSql' | 'fileIds'>,
): Promise<{ total: number | null; dropped: Dropped | null }> {
  const { parameters } = asked
  const conditions = conditionsOf(page, fileColumns, parameters)
  if (conditions.length === 0) return { total: page.count, dropped: null }
  const isFirst = placeIn(page.table, parameters, '_next') === undefined
  const alternatives = page.rows.length === 0 && isFirst && conditions.length > 1 ? conditions : []
  const { results } = await database.read(
    (schema) => {
      const table = schema.tables.get(page.table.name) ?? page.table
      const all: Statement = {
        sql: `select count(*) from (select 1 from ${identifier(table.name)} limit ${COUNT_LIMIT + 1})`,
        optional: true,
      }
      const without = alternatives.map(({ name, value }): Statement => {
        const left = new URLSearchParams(parameters)
        left.delete(name, value)
        const query = buildTableQuery({ ...asked, table, parameters: left })
        return { sql: countSql(query), params: query.fromParams, optional: true }
      })
      return { statements: [all, ...without] }
    },
    { signal: c.req.raw.signal },
  )
  const counts = results.map((result) => (result.failure ? null : Number(result.rows[0]?.[0] ?? 0)))
  const [total = null, ...others] = counts
  const best = Math.max(0, ...others.map((count) => count ?? 0))
  const found = best > 0 ? alternatives[others.lastIndexOf(best)] : undefined
  return { total, dropped: found ? { ...found, count: best } : null }
}

/** The column that names a row for people: never its key, which stands there anyway. */
export function titleColumn(table: Table): string | null {
  const { labelColumn, primaryKeys, columns, config } = table
  if (labelColumn !== null && (config?.label_column !== undefined || !primaryKeys.includes(labelColumn)))
    return labelColumn
  return (
    columns.find(({ name }) => TITLES.includes(name.toLowerCase()) && !primaryKeys.includes(name))?.name ?? labelColumn
  )
}

const TITLES = ['title', 'name', 'label']
