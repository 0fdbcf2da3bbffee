import { Readable } from 'node:stream'
import { disposition } from '../files/serving/disposition.ts'
import type { Route, RouteContext } from '../web/route.ts'
import { TABLES_API } from './api.ts'
import { type CellText, csvHead, csvRows } from './csv.ts'
import { readCell } from './file-columns/cell.ts'
import { idsIn } from './file-columns/items.ts'
import { type VisibleFiles, visibleFiles } from './file-columns/visible.ts'
import { readTablePage, type TablePage } from './page.ts'
import { placeIn } from './place.ts'
import type { TablesRoom } from './room.ts'
import { databaseIn, mayExecuteSql, tableIn, viewNeeds, wantedLabels } from './routes.ts'
import type { SqliteValue } from './value.ts'
import { visibleNeighbours } from './visible-tables.ts'

interface TableCsvRoom extends TablesRoom {
  readonly registry: VisibleFiles
}

/** Between the names of files that one cell holds. */
const BETWEEN_NAMES = '; '

/**
 * `/{db}/{table}.csv`: all rows that the address asks for, a page at a time as the client takes them; with `_size` one
 * page. `_files=names` writes the names of files where their ids stand, of those that the actor may see; `_dl` has it
 * saved.
 */
export function tableCsvRoutes(room: TableCsvRoom): Route[] {
  const { table: need } = viewNeeds(room)
  return [
    {
      method: 'GET',
      path: '/:database/:table/.csv',
      need,
      api: TABLES_API.tableCsv,
      handler: (c) => tableCsv(c, room),
    },
  ]
}

async function tableCsv(c: RouteContext, room: TableCsvRoom): Promise<Response> {
  const served = databaseIn(c, room)
  const name = tableIn(c)
  const parameters = new URLSearchParams(new URL(c.req.url).search)
  const table = (await served.schema()).tables.get(name)
  const all = table === undefined || placeIn(table, parameters, '_size') === undefined
  if (all) parameters.set('_size', 'max')
  const wanted = wantedLabels(parameters)
  const labelled = (column: string) => wanted === 'all' || (wanted !== 'none' && wanted.includes(column))
  const [neighbours, fileColumns, mayAskSql, fileIds] = await Promise.all([
    visibleNeighbours(room.permissions, c.var.actor, served, name),
    parameters.get('_files') === 'names' ? room.fileColumns.of(served.name, name) : new Map<string, never>(),
    parameters.has('_where') && mayExecuteSql(c, room, served),
    // Once: all of the file is about the same files.
    room.fileIds(c.var.actor, served, name, parameters),
  ])

  function read(): Promise<TablePage> {
    return readTablePage(served, name, {
      parameters,
      mayExecuteSql: mayAskSql,
      fileIds,
      mayView: (other) => neighbours.has(other),
      count: false,
      labels: wanted,
      signal: c.req.raw.signal,
    })
  }

  async function textsOf({ columns, rows }: TablePage): Promise<ReadonlyMap<string, CellText>> {
    const held = columns.flatMap((column, at) => (fileColumns.has(column) ? [at] : []))
    const files = await visibleFiles(room.registry, c.var.actor, idsIn(rows, held))
    const named = (value: SqliteValue) => {
      const { ids, other } = readCell(value)
      return other ?? ids.flatMap((id) => files.get(id)?.filename ?? []).join(BETWEEN_NAMES)
    }
    return new Map(held.map((at) => [columns[at] as string, named]))
  }

  // Before anything is answered: what cannot be asked is refused with words, not with half a file.
  const first = await read()
  async function* lines(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(csvHead(first, labelled))
    for (let page = first; ; page = await read()) {
      if (page.rows.length > 0) yield Buffer.from(csvRows(page, labelled, await textsOf(page)))
      if (!all || page.next === null) return
      // It comes before its other name, which may be a column's.
      parameters.set('_next', page.next)
    }
  }
  return new Response(Readable.toWeb(Readable.from(lines(), { objectMode: false })) as ReadableStream<Uint8Array>, {
    headers: {
      'Content-Type': 'text/csv; charset=utf-8',
      'Cache-Control': 'private, no-store',
      ...(parameters.has('_dl') && { 'Content-Disposition': disposition('attachment', `${name}.csv`) }),
    },
  })
}
