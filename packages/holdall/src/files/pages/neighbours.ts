import { neighbours } from '../../web/parts/neighbours.ts'
import type { RouteContext } from '../../web/route.ts'
import type { Beside } from '../beside.ts'
import type { FileRecord } from '../record.ts'
import { type FilesRoom, sourcesFor } from '../room.ts'
import { readList } from '../search/asked.ts'
import { hrefFrom, parametersOf, readOrigin } from './list-address.ts'
import { placesOf } from './list-places.ts'
import { SEARCH_PATH } from './tiles.ts'

/** The files before and after this one in the list that it was opened from, of files or of rows; undefined where it was not. */
export async function neighboursOf(room: FilesRoom, c: RouteContext, file: FileRecord): Promise<Beside | undefined> {
  const from = readOrigin(c)
  if (from === undefined) return await room.besideFile?.(c, file.id)
  const { urls, registry } = room
  const asked = readList(c, 1)
  const browsable = await sourcesFor(room, c.var.actor, 'files-browse')
  const sources = browsable.filter(({ slug, id }) =>
    from === 'library' ? id === file.sourceId : asked.source === '' || slug === asked.source,
  )
  const ids = sources.map(({ id }) => id)
  const [found, places] = await Promise.all([
    registry.neighbours({ ...asked, sources: ids }, file.id),
    placesOf(registry, asked, ids, file.id),
  ])
  const to = (one: FileRecord | undefined, cursor: string | undefined) =>
    one === undefined ? null : { href: hrefFrom(room, one.id, from, { ...asked, cursor }), title: one.filename }
  const path = from === 'library' ? `/-/files/browse/${encodeURIComponent(file.sourceSlug)}` : SEARCH_PATH
  const listAt = (cursor: string | undefined) => urls.path(path, parametersOf(asked, { cursor }))
  const ways = neighbours({
    label: 'Files of the list',
    list: { href: listAt(places.own), label: 'Back to the list' },
    previous: to(found.previous, places.previous),
    next: to(found.next, places.next),
  })
  return { ways, back: listAt(places.without) }
}
