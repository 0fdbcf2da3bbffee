import { type Html, NOTHING } from '../../web/html.ts'
import { neighbours } from '../../web/parts/neighbours.ts'
import type { RouteContext } from '../../web/route.ts'
import { type BesideRow, readNeighbours } from '../neighbours.ts'
import type { PagesRoom } from './room.ts'
import type { RowData } from './row-data.ts'
import { titleColumn } from './table-data.ts'
import { plainText } from './value-cell.ts'

/** The rows before and after one: of the whole table, or of the list whose filters and sort its address has. */
export async function besideRow(c: RouteContext, room: PagesRoom, { database, page }: RowData): Promise<Html> {
  const { search, searchParams: parameters } = new URL(c.req.url)
  const mayExecuteSql =
    parameters.has('_where') &&
    (await room.permissions.allowed(c.var.actor, 'execute-sql', { kind: 'database', parent: database.name }))
  const { previous, next } = await readNeighbours(database, page, {
    parameters,
    mayExecuteSql,
    fileIds: () => room.fileIds(c.var.actor, database, page.table.name, parameters),
    signal: c.req.raw.signal,
  })
  if (previous === null && next === null && search === '') return NOTHING
  const path = room.urls.table(database.name, page.table.name)
  const label = titleColumn(page.table)
  const to = (row: BesideRow | null) =>
    row === null
      ? null
      : {
          href: `${path}/${row.rowKey}${search}`,
          title: plainText((label === null ? null : row.values.get(label)) ?? row.rowKey),
        }
  return neighbours({
    label: search === '' ? 'Rows of the table' : 'Rows of the list',
    list: { href: `${path}${search}`, label: search === '' ? 'All rows' : 'Back to the list' },
    previous: to(previous),
    next: to(next),
  })
}
