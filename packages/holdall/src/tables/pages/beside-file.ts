import type { Beside } from '../../files/beside.ts'
import { MAX_BATCH } from '../../files/registry.ts'
import { HoldallError } from '../../web/error.ts'
import { neighbours, type Ways } from '../../web/parts/neighbours.ts'
import type { RouteContext } from '../../web/route.ts'
import type { ServedDatabase } from '../databases.ts'
import { readCell } from '../file-columns/cell.ts'
import { visibleFiles } from '../file-columns/visible.ts'
import { filterName } from '../filters.ts'
import { type BesideRow, type NeighboursOptions, readNeighbours } from '../neighbours.ts'
import { pageNames } from '../place.ts'
import { type RowPage, readRow } from '../row.ts'
import { mayAskWhere } from '../where-right.ts'
import { type FilePlace, placesIn, readPlace } from './file-place.ts'
import type { PagesRoom } from './room.ts'
import { fileColumnsOf } from './table-data.ts'

/** Rows on either side that are looked through for one with a file that can be opened. */
const REACH_ROWS = 100

/** A file in a row. */
interface Held {
  readonly id: string
  readonly column: string
  readonly rowKey: string
}

/**
 * Above a file that was opened from a cell or a row: the way back, and the files before and after it, of the column down the
 * list, or of the row. Nothing where it was not, or where one may not see the table.
 */
export async function besideFile(c: RouteContext, room: PagesRoom, id: string): Promise<Beside | undefined> {
  const place = readPlace(new URL(c.req.url).searchParams)
  if (place === undefined) return undefined
  const { actor } = c.var
  const resource = { kind: 'table', parent: place.database, child: place.table } as const
  if ((await room.permissions.allowed(actor, 'view-table', resource)) !== true) return undefined
  try {
    const database = room.databases.get(place.database)
    const { signal } = c.req.raw
    const row = await readRow(database, place.table, place.rowKey, {
      mayView: () => false,
      labels: false,
      linked: false,
      signal,
    })
    return place.from === 'row' ? await inRow(c, room, place, row, id) : await inList(c, room, place, database, row, id)
  } catch (error) {
    // The row, or its table, is no more.
    if (error instanceof HoldallError) return undefined
    throw error
  }
}

async function inRow(c: RouteContext, room: PagesRoom, place: FilePlace, row: RowPage, id: string): Promise<Beside> {
  const settings = await room.fileColumns.of(place.database, place.table)
  const held = [...fileColumnsOf(row.table, settings).keys()].flatMap((column) => {
    const value = row.row[row.columns.indexOf(column)] ?? null
    return readCell(value).ids.map((one): Held => ({ id: one, column, rowKey: row.rowKey }))
  })
  const at = held.findIndex((one) => one.id === id && one.column === place.column)
  const before = at < 0 ? [] : held.slice(0, at).reverse()
  const after = at < 0 ? [] : held.slice(at + 1)
  const path = `${room.urls.table(place.database, place.table)}/${row.rowKey}`
  return beside({
    label: 'Files of the row',
    list: { href: place.list === '' ? path : `${path}?${place.list}`, label: 'Back to the row' },
    ...(held.length > 1 && (await openable(c, room, place, before, after))),
  })
}

async function inList(
  c: RouteContext,
  room: PagesRoom,
  place: FilePlace,
  database: ServedDatabase,
  row: RowPage,
  id: string,
): Promise<Beside> {
  const { actor } = c.var
  const parameters = new URLSearchParams(place.list)
  const asked: NeighboursOptions = {
    parameters,
    mayExecuteSql: await mayAskWhere(room.permissions, actor, database.name, parameters),
    fileIds: () => room.fileIds(actor, database, place.table, parameters),
    signal: c.req.raw.signal,
  }
  const holding = new URLSearchParams(parameters)
  holding.append(filterName(place.column, 'notblank'), '1')
  const [{ page }, { before, after }] = await Promise.all([
    readNeighbours(database, row, asked),
    readNeighbours(database, row, { ...asked, parameters: holding, reach: { rows: REACH_ROWS, column: place.column } }),
  ])
  const filesOf = ({ rowKey, values }: BesideRow) => heldIn(rowKey, place.column, values.get(place.column) ?? null)
  const own = heldIn(row.rowKey, place.column, row.row[row.columns.indexOf(place.column)] ?? null)
  const at = own.findIndex((one) => one.id === id)
  const earlier = [...own.slice(0, Math.max(0, at)).reverse(), ...before.flatMap((one) => filesOf(one).reverse())]
  const later = [...(at < 0 ? [] : own.slice(at + 1)), ...after.flatMap(filesOf)]

  const back = new URLSearchParams(parameters)
  for (const name of pageNames(row.table)) back.delete(name)
  if (page !== null) back.set('_next', page)
  const path = room.urls.table(place.database, place.table)
  return beside({
    label: 'Files of the list',
    list: { href: back.size === 0 ? path : `${path}?${back}`, label: 'Back to the list' },
    ...(await openable(c, room, place, earlier, later)),
  })
}

function beside(options: Ways): Beside {
  return { ways: neighbours(options), back: options.list.href }
}

function heldIn(rowKey: string, column: string, value: RowPage['row'][number]): Held[] {
  return readCell(value).ids.map((id) => ({ id, column, rowKey }))
}

/** The nearest on either side that have a page for the actor: an id that is hidden, in the trash or gone has none. */
async function openable(
  c: RouteContext,
  room: PagesRoom,
  place: FilePlace,
  before: readonly Held[],
  after: readonly Held[],
) {
  const near = [before, after].map((all) => all.slice(0, MAX_BATCH / 2))
  const files = await visibleFiles(
    room.registry,
    c.var.actor,
    near.flatMap((all) => all.map(({ id }) => id)),
  )
  const [previous, next] = near.map((all) => {
    const found = all.find(({ id }) => files.has(id))
    const file = found && files.get(found.id)
    if (found === undefined || file === undefined) return null
    const { column, rowKey } = found
    return { href: `${room.urls.file(file.id)}${placesIn({ ...place, column })(rowKey)}`, title: file.filename }
  })
  return { previous: previous ?? null, next: next ?? null }
}
