import type { Route, RouteContext } from '../../web/route.ts'
import { DEFAULT_PAGE, MAX_COUNT } from '../list.ts'
import { pageSize } from '../page-size.ts'
import { fileJson } from '../record.ts'
import { type FilesRoom, mayBrowseAny, sendPage, sourcesFor } from '../room.ts'
import { DOUBLES_API } from './api.ts'
import { doublesPage } from './page.ts'

/** GET `/-/files/duplicates[.json]`: the files that are there more than once, as far as the actor may browse them. */
export function doublesRoutes(room: FilesRoom): Route[] {
  return [
    {
      method: 'GET',
      path: '/-/files/duplicates',
      json: true,
      need: mayBrowseAny(room),
      api: DOUBLES_API,
      handler: (c) => doubles(room, c),
    },
  ]
}

async function doubles(room: FilesRoom, c: RouteContext): Promise<Response> {
  const { registry, urls } = room
  const cursor = c.req.query('_next') || c.req.query('cursor') || undefined
  const source = c.req.query('source') ?? ''
  const browsable = await sourcesFor(room, c.var.actor, 'files-browse')
  const sources = browsable.filter(({ slug }) => source === '' || slug === source).map(({ id }) => id)
  const list = await registry.doubles.list(sources, { cursor, limit: pageSize(c, DEFAULT_PAGE) })
  const totals = await registry.doubles.totals(sources)
  const known = await registry.totals()
  const notCompared = sources.reduce((sum, id) => {
    const { files = 0, hashed = 0 } = known.get(id) ?? {}
    return sum + files - hashed
  }, 0)
  if (c.var.format === 'html') {
    return sendPage(c, doublesPage(room, c, { list, totals, notCompared, browsable, source, cursor }))
  }
  return c.json({
    ok: true,
    groups: list.groups.map(({ contentHash, size, count, files }) => ({
      content_hash: contentHash,
      size,
      count: Math.min(count, MAX_COUNT),
      count_truncated: count > MAX_COUNT,
      files: files.map((file) => fileJson(file, urls)),
    })),
    total_groups: totals.groups,
    total_files: totals.files,
    extra_bytes: totals.bytes,
    total_truncated: totals.truncated,
    not_compared: notCompared,
    next: list.next,
  })
}
