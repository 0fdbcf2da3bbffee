import type { RouteContext } from '../../web/route.ts'
import type { ServedDatabase } from '../databases.ts'
import { readCell } from '../file-columns/cell.ts'
import type { CellFiles } from '../file-columns/items.ts'
import type { FileColumn } from '../file-columns/settings.ts'
import { cellFiles } from '../file-columns/visible.ts'
import { databaseIn, tableIn } from '../routes.ts'
import { type RowPage, readRow } from '../row.ts'
import { findTable } from '../schema.ts'
import type { SqliteValue } from '../value.ts'
import { visibleNeighbours } from '../visible-tables.ts'
import { type Destinations, uploadableSources } from './destinations.ts'
import type { PagesRoom } from './room.ts'
import { fileColumnsOf, type Rights, rightsOf, titleColumn } from './table-data.ts'
import { plainText } from './value-cell.ts'

/** A row with everything that its page and its form show. */
export interface RowData extends CellFiles {
  readonly database: ServedDatabase
  readonly page: RowPage
  readonly rights: Rights
  readonly fileColumns: ReadonlyMap<string, FileColumn>
  readonly sources: Destinations
  readonly values: ReadonlyMap<string, SqliteValue>
  /** What names the row: its label, else its key. */
  readonly title: string
  readonly keyText: string
  readonly href: string
}

/** @throws HoldallError `table_not_found`, `row_not_found` and what reading throws */
export async function readRowData(c: RouteContext, room: PagesRoom): Promise<RowData> {
  const database = databaseIn(c, room)
  const name = tableIn(c)
  const { actor } = c.var
  const [neighbours, settings, rights] = await Promise.all([
    visibleNeighbours(room.permissions, actor, database, name),
    room.fileColumns.of(database.name, name),
    rightsOf(room, actor, database, name),
  ])
  const page = await readRow(database, name, c.req.param('pks') ?? '', {
    mayView: (table) => neighbours.has(table),
    labels: true,
    linked: true,
    signal: c.req.raw.signal,
  })
  const fileColumns = fileColumnsOf(page.table, settings)
  const values = new Map(page.columns.map((column, index) => [column, page.row[index] ?? null]))
  const ids = [...fileColumns.keys()].flatMap((column) => readCell(values.get(column) ?? null).ids)
  const [known, sources] = await Promise.all([
    cellFiles(room, actor, ids),
    rights.update && fileColumns.size > 0 ? uploadableSources(room, actor) : new Map(),
  ])
  const label = values.get(titleColumn(page.table) ?? '') ?? null
  const keyText = page.keyNames.map((key) => plainText(values.get(key) ?? null)).join(', ')
  return {
    database,
    page,
    rights,
    fileColumns,
    ...known,
    sources,
    values,
    keyText,
    title: label === null || label === '' ? keyText || '(empty)' : plainText(label),
    href: `${room.urls.table(database.name, name)}/${page.rowKey}`,
  }
}

/** The rows of other tables that refer to a row, with where they are listed. */
export function linkedOf({ page, values, database }: RowData, room: Pick<PagesRoom, 'urls'>) {
  return page.linked.map(({ otherTable, otherColumn, column, onDelete, count }) => {
    const value = values.get(column ?? page.keyNames[0] ?? '') ?? null
    const table = findTable(page.schema, otherTable)?.name ?? otherTable
    const query = new URLSearchParams({ [`${otherColumn}__exact`]: plainText(value) })
    return { table, column: otherColumn, onDelete, count, href: `${room.urls.table(database.name, table)}?${query}` }
  })
}
