import type { Source } from '../sources/sources.ts'
import { HoldallError } from '../web/error.ts'
import type { Route, RouteContext } from '../web/route.ts'
import { FILES_API } from './api.ts'
import { DEFAULT_PAGE, MAX_COUNT, SORTS, type Sort } from './list.ts'
import { isGroup } from './match.ts'
import { pageSize } from './page-size.ts'
import { type LibraryQuery, libraryPage } from './pages/library.ts'
import { fileJson } from './record.ts'
import { type FilesRoom, maySource, sendPage } from './room.ts'

/** A page of tiles: rows of five, four, three or two come out even. */
const PAGE_OF_TILES = 60

/** GET `/-/files/browse/{source}[.json]` and its alias: the files of a source. */
export function browseRoutes(room: FilesRoom): Route[] {
  return ['/-/files/browse/:source', '/-/files/source/:source'].map((path) => ({
    method: 'GET',
    path,
    json: true,
    need: maySource('files-browse'),
    api: FILES_API.browse,
    handler: (c) => browse(room, c),
  }))
}

async function browse(room: FilesRoom, c: RouteContext): Promise<Response> {
  const { registry, sources, urls } = room
  const source = sources.get(c.req.param('source') ?? '')
  const query = readQuery(c, c.var.format === 'json' ? DEFAULT_PAGE : PAGE_OF_TILES)
  const totals = (await registry.totals()).get(source.id) ?? { files: 0, bytes: 0 }
  const filtered = query.name !== '' || query.type !== ''
  const question = { sources: [source.id], ...query }
  const matching = filtered ? await registry.count(question) : totals.files
  // More than that are not sorted by anything but the order that they are kept in.
  const sort: Sort = filtered && matching > MAX_COUNT ? 'newest' : query.sort
  const list = await registry.list({ ...question, sort })
  if (c.var.format === 'html') {
    return sendPage(c, libraryPage(room, c, { source, query: { ...query, sort }, list, totals, matching }))
  }
  return c.json({
    ok: true,
    source: sourceJson(source),
    files: list.files.map((file) => fileJson(file, urls)),
    total: Math.min(matching, filtered ? MAX_COUNT : matching),
    total_truncated: filtered && matching > MAX_COUNT,
    next: list.next,
  })
}

function sourceJson({ slug, label, storageType, availability }: Source) {
  return { slug, label, storage_type: storageType, available: availability.available }
}

function readQuery(c: RouteContext, size: number): LibraryQuery {
  const sort = c.req.query('_sort') ?? c.req.query('sort') ?? ''
  const type = c.req.query('content_type') ?? c.req.query('type') ?? ''
  const view = c.req.query('view') ?? ''
  if (sort !== '' && !(SORTS as readonly string[]).includes(sort)) refuse(`_sort must be one of ${SORTS.join(', ')}.`)
  if (type !== '' && !isGroup(type) && !/^[\w.+-]{1,100}\/(?:\*|[\w.+-]{1,100})$/.test(type)) {
    refuse('content_type must be a type such as image/png or image/*.')
  }
  return {
    name: c.req.query('q')?.trim() ?? '',
    type,
    sort: (sort === '' ? 'newest' : sort) as Sort,
    view: view === 'list' ? 'list' : 'grid',
    cursor: c.req.query('_next') || c.req.query('cursor') || undefined,
    limit: pageSize(c, size),
  }
}

function refuse(reason: string): never {
  throw new HoldallError('bad_request', { reason })
}
