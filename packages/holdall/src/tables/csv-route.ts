import { Readable } from 'node:stream'
import { disposition } from '../files/serving/disposition.ts'
import type { FindDeleted } from '../files/trash/notes.ts'
import { HoldallError } from '../web/error.ts'
import type { Route, RouteContext } from '../web/route.ts'
import { TABLES_API } from './api.ts'
import { type Beside, type CellText, csvHead, csvRows, type Separator } from './csv.ts'
import { readCell } from './file-columns/cell.ts'
import { type CellFiles, idsIn, troubleOf } from './file-columns/items.ts'
import { TROUBLE_WORDS } from './file-columns/trouble-words.ts'
import { cellFiles, type VisibleFiles, visibleFiles } from './file-columns/visible.ts'
import { readTablePage, type TablePage } from './page.ts'
import { placeIn } from './place.ts'
import type { TablesRoom } from './room.ts'
import { databaseIn, tableIn, viewNeeds, wantedLabels } from './routes.ts'
import type { SqliteValue } from './value.ts'
import { visibleNeighbours } from './visible-tables.ts'
import { mayAskWhere } from './where-right.ts'

interface TableCsvRoom extends TablesRoom {
  readonly registry: VisibleFiles
  readonly findDeleted: FindDeleted
}

/** Between the names of files that one cell holds. */
const BETWEEN_NAMES = '; '
/** Without it, Excel reads letters beyond ASCII as several others. */
const BYTE_ORDER_MARK = '\u{feff}'

/**
 * `/{db}/{table}.csv`: all rows that the address asks for, a page at a time as the client takes them; with `_size` one
 * page. `_files=names` writes the names of files where their ids stand, of those that the actor may see; `_files=states`
 * says in a column beside them what is not right with any, too; `_bom` and `_sep=semicolon` are for Excel; `_dl` has it saved.
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
  const files = parameters.get('_files')
  const forExcel = parameters.has('_bom')
  const separator = separatorIn(parameters)
  const [neighbours, fileColumns, mayExecuteSql, fileIds] = await Promise.all([
    visibleNeighbours(room.permissions, c.var.actor, served, name),
    files === 'names' || files === 'states' ? room.fileColumns.of(served.name, name) : new Map<string, never>(),
    mayAskWhere(room.permissions, c.var.actor, served.name, parameters),
    // Once: all of the file is about the same files.
    room.fileIds(c.var.actor, served, name, parameters),
  ])

  function read(): Promise<TablePage> {
    return readTablePage(served, name, {
      parameters,
      mayExecuteSql,
      fileIds,
      mayView: (other) => neighbours.has(other),
      count: false,
      labels: wanted,
      signal: c.req.raw.signal,
    })
  }

  const beside: Beside = { labelled, stated: new Set(files === 'states' ? fileColumns.keys() : []) }

  async function cellsOf({ columns, rows }: TablePage) {
    const held = columns.flatMap((column, at) => (fileColumns.has(column) ? [at] : []))
    const ids = idsIn(rows, held)
    const known: CellFiles =
      files === 'states'
        ? await cellFiles(room, c.var.actor, ids)
        : { files: await visibleFiles(room.registry, c.var.actor, ids), deleted: new Map() }
    const named = (value: SqliteValue) => {
      const { ids: inCell, other } = readCell(value)
      return other ?? inCell.flatMap((id) => nameOf(id, known) ?? []).join(BETWEEN_NAMES)
    }
    const state = (value: SqliteValue) => stateOf(readCell(value).ids, known)
    const each = (write: CellText) => new Map(held.map((at) => [columns[at] as string, write]))
    return { texts: each(named), states: each(state) }
  }

  // Before anything is answered: what cannot be asked is refused with words, not with half a file.
  const first = await read()
  async function* lines(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(`${forExcel ? BYTE_ORDER_MARK : ''}${csvHead(first, beside, separator)}`)
    for (let page = first; ; page = await read()) {
      if (page.rows.length > 0) yield Buffer.from(csvRows(page, beside, await cellsOf(page), separator))
      if (!all || page.next === null) return
      // It comes before its other name, which may be a column's.
      parameters.set('_next', page.next)
    }
  }
  return new Response(Readable.toWeb(Readable.from(lines(), { objectMode: false })) as ReadableStream<Uint8Array>, {
    headers: {
      'Content-Type': 'text/csv; charset=utf-8',
      'Cache-Control': 'private, no-store',
      ...(parameters.has('_dl') && {
        'Content-Disposition': disposition('attachment', `${name}${forExcel ? ' for Excel' : ''}.csv`),
      }),
    },
  })
}

/** @throws HoldallError `bad_request` */
function separatorIn(parameters: URLSearchParams): Separator {
  const asked = parameters.get('_sep') ?? 'comma'
  if (asked === 'comma') return ','
  if (asked === 'semicolon') return ';'
  throw new HoldallError('bad_request', { reason: '_sep must be comma or semicolon.' })
}

function nameOf(id: string, { files, deleted }: CellFiles): string | undefined {
  const gone = deleted.get(id)
  return files.get(id)?.filename ?? (gone?.state === 'trashed' ? gone.filename : undefined)
}

/** What is not right with the files of a cell, as far as the actor may know; where there are several, which of them. */
function stateOf(ids: readonly string[], known: CellFiles): string {
  const said = ids.flatMap((id) => {
    const trouble = troubleOf(id, known)
    if (trouble === undefined) return []
    const name = ids.length > 1 ? nameOf(id, known) : undefined
    return [name === undefined ? TROUBLE_WORDS[trouble] : `${name}: ${TROUBLE_WORDS[trouble]}`]
  })
  return said.join(BETWEEN_NAMES)
}
