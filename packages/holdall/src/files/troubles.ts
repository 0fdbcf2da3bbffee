import { sql } from 'kysely'
import type { Action, Permissions } from '../access/permissions.ts'
import type { InternalDatabase } from '../database/internal.ts'
import type { Actor } from '../web/route.ts'
import { idsInState } from './search/states.ts'
import { ownInTrash, trashedIds } from './trash/list.ts'
import { mayBrowseAll, nowhere } from './trash/notes.ts'

/**
 * What can be wrong with a file that a row holds: its storage is without it; it cannot be read; it is in the trash; no
 * file has its id.
 */
export const TROUBLES = ['missing', 'unreadable', 'trashed', 'gone'] as const
export type Trouble = (typeof TROUBLES)[number]

/** More files in one trouble are not told one by one: a list of ids that goes along with each question has an end. */
export const MAX_TROUBLED = 20_000

/** Which files are not right, as far as an actor may know. */
export interface Troubles {
  /** What the actor may ask about: who may delete nothing knows nothing of the trash, who may not browse every source not what is gone. */
  askable(actor: Actor | null): Promise<ReadonlySet<Trouble>>
  /** The ids of the files; null where there are more than `MAX_TROUBLED`. The number of statements is always the same. */
  ids(actor: Actor | null, state: Exclude<Trouble, 'gone'> | 'changed'): Promise<readonly string[] | null>
  /** Those of the ids that no file has, neither here nor in the trash. For who may ask about what is gone. */
  nowhere(ids: readonly string[]): Promise<string[]>
  /** Another number whenever some id has become one that no file has. */
  vanished(): Promise<number>
}

export function createTroubles(database: InternalDatabase, permissions: Permissions): Troubles {
  /** The sources that an actor may do something to, by their row ids, those that are switched off too. */
  async function sourcesFor(actor: Actor | null, action: Action): Promise<number[]> {
    const all = await database.read.selectFrom('datasette_files_sources').select(['id', 'slug']).execute()
    const resources = all.map(({ slug }) => ({ kind: 'source', parent: slug }) as const)
    const slugs = new Set((await permissions.among(actor, action, resources)).map(({ parent }) => parent))
    return all.filter(({ slug }) => slugs.has(slug)).map(({ id }) => id)
  }

  /** Those where the actor may delete what is its own, beside those where it may delete everything. */
  async function ownSources(actor: Actor | null, whole: readonly number[]): Promise<number[]> {
    if (actor === null) return []
    const own = (await ownInTrash(database, actor.id)).filter(({ sourceId }) => !whole.includes(sourceId))
    const allowed = await permissions.among(
      actor,
      'files-delete',
      own.map(({ slug, id }) => ({ kind: 'file', parent: slug, child: id })),
    )
    const ids = new Set(allowed.map(({ child }) => child))
    return own.filter(({ id }) => ids.has(id)).map(({ sourceId }) => sourceId)
  }

  async function trashScope(actor: Actor | null) {
    const sources = await sourcesFor(actor, 'files-delete')
    const own = await ownSources(actor, sources)
    return { sources, own: actor === null ? null : { actorId: actor.id, sources: own } }
  }

  return {
    async askable(actor) {
      const [{ sources, own }, all] = await Promise.all([trashScope(actor), mayBrowseAll(database, permissions, actor)])
      const sees = sources.length > 0 || (own?.sources.length ?? 0) > 0
      return new Set(TROUBLES.filter((one) => (one === 'trashed' ? sees : one === 'gone' ? all : true)))
    },
    async ids(actor, state) {
      const limit = MAX_TROUBLED + 1
      const found =
        state === 'trashed'
          ? await trashedIds(database, await trashScope(actor), limit)
          : await idsInState(database, await sourcesFor(actor, 'files-browse'), state, limit)
      return found.length > MAX_TROUBLED ? null : found
    },
    nowhere: (ids) => nowhere(database, ids),
    async vanished() {
      const { rows } = await sql<{ ids: number }>`SELECT ids FROM datasette_files_vanished`.execute(database.read)
      return rows[0]?.ids ?? 0
    },
  }
}
