import { PEOPLE_PATH } from '../../access/paths.ts'
import type { Source } from '../../sources/sources.ts'
import { sourceResource } from '../../sources/sources.ts'
import { INSTANCE, type RouteContext } from '../../web/route.ts'
import type { FilesRoom } from '../room.ts'

/** Who may see the files of a source, and where that is changed. */
export interface SeenBy {
  /** To be read before "may see". */
  readonly who: string
  readonly changeHref: string
}

/** To those who can change it; undefined to all others. */
export async function seenBy(
  room: Pick<FilesRoom, 'permissions' | 'urls' | 'whoMay'>,
  c: RouteContext,
  source: Source,
): Promise<SeenBy | undefined> {
  const { permissions, urls, whoMay } = room
  const { actor } = c.var
  if (whoMay === undefined || actor === null) return undefined
  const [people, sources] = await Promise.all([
    permissions.allowed(actor, 'manage-people', INSTANCE),
    permissions.allowed(actor, 'files-manage-sources', INSTANCE),
  ])
  // What was made on a page keeps who may with itself.
  const settings = sources && source.origin === 'runtime'
  if (!people && !settings) return undefined
  return {
    who: await whoMay('files-browse', sourceResource(source.slug)),
    changeHref: settings
      ? urls.path(`/-/files/sources/${encodeURIComponent(source.slug)}`)
      : `${urls.path(PEOPLE_PATH)}#everybody`,
  }
}
