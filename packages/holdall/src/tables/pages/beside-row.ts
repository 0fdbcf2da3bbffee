import { type Html, NOTHING } from '../../web/html.ts'
import { neighbours } from '../../web/parts/neighbours.ts'
import type { RouteContext } from '../../web/route.ts'
import { type BesideRow, readNeighbours } from '../neighbours.ts'
import { pageNames } from '../place.ts'
import { mayAskWhere } from '../where-right.ts'
import type { PagesRoom } from './room.ts'
import type { RowData } from './row-data.ts'
import { titleColumn } from './table-data.ts'
import { plainText } from './value-cell.ts'

/** The part of a row's address that says from which list it was opened, for what leads back to it. */
export function listOf(c: RouteContext): string {
  return new URL(c.req.url).search
}

/** The rows before and after one: of the whole table, or of the list whose filters and sort its address has. */
export async function besideRow(c: RouteContext, room: PagesRoom, { database, page }: RowData): Promise<Html> {
  const { search, searchParams: parameters } = new URL(c.req.url)
  const {
    before: [previous],
    after: [next],
    page: place,
  } = await readNeighbours(database, page, {
    parameters,
    mayExecuteSql: await mayAskWhere(room.permissions, c.var.actor, database.name, parameters),
    fileIds: () => room.fileIds(c.var.actor, database, page.table.name, parameters),
    signal: c.req.raw.signal,
  })
  if (previous === undefined && next === undefined && search === '') return NOTHING
  const path = room.urls.table(database.name, page.table.name)
  const list = new URLSearchParams(parameters)
  for (const name of pageNames(page.table)) list.delete(name)
  if (place !== null) list.set('_next', place)
  const label = titleColumn(page.table)
  const to = (row: BesideRow | undefined) =>
    row === undefined
      ? null
      : {
          href: `${path}/${row.rowKey}${search}`,
          title: plainText((label === null ? null : row.values.get(label)) ?? row.rowKey),
        }
  return neighbours({
    label: search === '' ? 'Rows of the table' : 'Rows of the list',
    list: { href: list.size === 0 ? path : `${path}?${list}`, label: search === '' ? 'All rows' : 'Back to the list' },
    previous: to(previous),
    next: to(next),
  })
}
