import type { RouteContext } from '../../web/route.ts'
import type { FilesRoom } from '../room.ts'
import type { Asked } from '../search/asked.ts'
import { usualSort } from '../search/file-list.ts'

/** The address of a list: what says nothing is left out. */
export function parametersOf(asked: Asked, changes: Partial<Asked>): Record<string, string | undefined> {
  const { q, hash, source, type, state, folder, sort, view, cursor } = { ...asked, cursor: undefined, ...changes }
  return {
    q: q || undefined,
    hash,
    source: source || undefined,
    content_type: type || undefined,
    state,
    folder: folder || undefined,
    _sort: sort,
    view: view === 'grid' ? undefined : view,
    _next: cursor,
  }
}

/** The list that a file was opened from: of its source, or of all. */
export type Origin = 'library' | 'search'

/** The address of a file as a list leads to it, with the question of that list and the order that its answer is in. */
export function hrefFrom({ urls }: Pick<FilesRoom, 'urls'>, id: string, from: Origin, asked: Asked): string {
  const sort = asked.sort === usualSort(asked) ? undefined : asked.sort
  return urls.path(`/-/files/${id}`, { from, ...parametersOf({ ...asked, sort }, { cursor: asked.cursor }) })
}

/** Lists of files, and what of rows the tables know. */
const ORIGINS: readonly string[] = ['library', 'search', 'table', 'row']

/** The same part of the address of this page, for what leads back to it; empty where no list does. */
export function originOf(c: RouteContext): string {
  return ORIGINS.includes(c.req.query('from') ?? '') ? new URL(c.req.url).search : ''
}

export function readOrigin(c: RouteContext): Origin | undefined {
  const from = c.req.query('from')
  return from === 'library' || from === 'search' ? from : undefined
}
