import { sendInTwo } from '../../web/later.ts'
import type { Route, RouteContext } from '../../web/route.ts'
import { FILES_API } from '../api.ts'
import { DEFAULT_PAGE } from '../list.ts'
import { foundRows } from '../pages/found-rows.ts'
import { searchPage } from '../pages/search.ts'
import { PAGE_OF_TILES } from '../pages/tiles.ts'
import { fileJson } from '../record.ts'
import { type FilesRoom, sendPage, sourcesFor } from '../room.ts'
import { type Asked, readList } from './asked.ts'

/** GET `/-/files/search[.json]`: the files of all sources that the actor may browse. */
export function searchRoutes(room: FilesRoom): Route[] {
  return [
    {
      method: 'GET',
      path: '/-/files/search',
      json: true,
      need: { kind: 'filtered', because: 'only files of sources that the actor may browse are searched' },
      api: FILES_API.search,
      handler: (c) => search(room, c),
    },
  ]
}

async function search(room: FilesRoom, c: RouteContext): Promise<Response> {
  const asked = readList(c, c.var.format === 'json' ? DEFAULT_PAGE : PAGE_OF_TILES)
  const browsable = await sourcesFor(room, c.var.actor, 'files-browse')
  // A source that one may not see is one that never was: nothing is found there.
  const sources = browsable.filter(({ slug }) => asked.source === '' || slug === asked.source)
  const list = await room.registry.list({ ...asked, sources: sources.map(({ id }) => id) })
  if (c.var.format === 'html') {
    const searchRows = isOfRows(asked) ? await room.findRows?.(c.var.actor, asked.q) : null
    const page = searchPage(room, c, { asked, browsable, list, withRows: Boolean(searchRows) })
    if (!searchRows) return sendPage(c, page)
    return sendInTwo(c, page, async (signal) => foundRows(await searchRows(signal), asked.q))
  }
  return c.json({
    ok: true,
    q: asked.q,
    source: asked.source,
    content_type: asked.type,
    sort: list.sort,
    files: list.files.map((file) => fileJson(file, room.urls)),
    sources: browsable.map(({ slug }) => slug),
    total: list.total,
    total_truncated: list.truncated,
    next: list.next,
  })
}

/** Rows are found by words alone, and stand on the first page: whatever filters files is not about them. */
function isOfRows({ q, source, type, state, folder, cursor }: Asked): boolean {
  return q !== '' && source === '' && type === '' && state === undefined && folder === '' && cursor === undefined
}
