import type { Permissions } from '../../access/permissions.ts'
import type { InternalDatabase } from '../../database/internal.ts'
import type { FindCollections } from '../../tables/pages/room.ts'
import type { Urls } from '../../web/url.ts'
import { collectionHref } from '../place.ts'
import { listCollections } from './list.ts'
import { totalsLine } from './list-page.ts'

const MAX_FOUND = 100

/** For pages of other rooms: the first collections that an actor may look at, and how many there are. */
export function createFindCollections(room: {
  readonly database: InternalDatabase
  readonly permissions: Permissions
  readonly urls: Urls
}): FindCollections {
  return async (actor) => {
    const { collections, total } = await listCollections(room, { actor, limit: MAX_FOUND })
    return {
      shown: collections.map((collection) => ({
        title: collection.label,
        note: totalsLine(collection),
        href: collectionHref(room.urls, collection),
      })),
      total,
    }
  }
}
