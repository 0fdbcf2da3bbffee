import type { Route } from '../../web/route.ts'
import { DEFAULT_PAGE, MAX_COUNT } from '../list.ts'
import { pageSize } from '../page-size.ts'
import { fileJson } from '../record.ts'
import { type FilesRoom, sendPage, sourcesFor } from '../room.ts'
import { readKind } from '../search/asked.ts'
import { TRASH_API } from './api.ts'
import { bulkRoutes } from './bulk-routes.ts'
import { emptyRoutes } from './empty-routes.ts'
import { trashedJson } from './record.ts'
import { deletableBy, mayDeleteAny } from './rights.ts'
import { singleRoutes } from './single-routes.ts'
import { trashPage } from './trash-page.ts'
import { listUnused, totalOf } from './unused.ts'
import { unusedPage } from './unused-page.ts'

const PAGE_OF_ROWS = 50

/** Deleting files, what is in the trash, and what could be deleted because no row uses it. */
export function trashRoutes(room: FilesRoom): Route[] {
  const { trash, urls } = room
  return [
    ...bulkRoutes(room),
    ...emptyRoutes(room),
    {
      method: 'GET',
      path: '/-/files/trash',
      json: true,
      need: mayDeleteAny(room),
      api: TRASH_API.list,
      async handler(c) {
        const cursor = c.req.query('_next') || c.req.query('cursor') || undefined
        const limit = pageSize(c, c.var.format === 'json' ? DEFAULT_PAGE : PAGE_OF_ROWS)
        const q = c.req.query('q')?.trim() ?? ''
        const scope = await deletableBy(room, c.var.actor)
        const list = await trash.list(scope, { cursor, limit, q })
        const going = await trash.emptying.countGoing(scope)
        if (c.var.format === 'html') return sendPage(c, trashPage(room, c, list, { q, cursor, going }))
        return c.json({
          ok: true,
          files: list.files.map((file) => trashedJson(file, urls)),
          total: Math.min(list.total, MAX_COUNT),
          total_truncated: list.total > MAX_COUNT,
          going,
          next: list.next,
        })
      },
    },
    {
      method: 'GET',
      path: '/-/files/unused',
      json: true,
      need: mayDeleteAny(room),
      api: TRASH_API.unused,
      async handler(c) {
        const cursor = c.req.query('_next') || c.req.query('cursor') || undefined
        const source = c.req.query('source') ?? ''
        const deletable = await sourcesFor(room, c.var.actor, 'files-delete')
        const asked = deletable.filter(({ slug }) => source === '' || slug === source).map(({ id }) => id)
        const kind = readKind(c)
        const question = { sources: asked, kind, cursor }
        const list = await listUnused(room, question)
        const total = await totalOf(room, list, question)
        if (c.var.format === 'html') {
          return sendPage(c, unusedPage(room, c, { ...list, total }, { deletable, source, kind, cursor }))
        }
        return c.json({
          ok: true,
          files: list.files.map((file) => fileJson(file, urls)),
          total: total?.files ?? null,
          total_bytes: total?.bytes ?? null,
          total_truncated: total?.truncated ?? true,
          looked_at: list.looked,
          truncated: list.truncated,
          next: list.next,
        })
      },
    },
    ...singleRoutes(room),
  ]
}
