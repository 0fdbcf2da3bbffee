import type { Permissions } from '../../access/permissions.ts'
import type { Actor } from '../../web/route.ts'
import { trashNote } from './record.ts'
import type { Trash } from './trash.ts'

/** What a cell says of a file in the trash. */
export interface DeletedFile {
  readonly filename: string
  /** "In the trash until 13 April" */
  readonly note: string
}

/** Those of the ids that are in the trash, as far as the actor may restore them; to all others they are unavailable. */
export type FindDeleted = (actor: Actor | null, ids: readonly string[]) => Promise<ReadonlyMap<string, DeletedFile>>

export function createFindDeleted(trash: Pick<Trash, 'byIds'>, permissions: Permissions): FindDeleted {
  return async (actor, ids) => {
    if (ids.length === 0) return NONE
    const files = await trash.byIds(ids)
    if (files.size === 0) return NONE
    const allowed = await permissions.among(
      actor,
      'files-delete',
      [...files.values()].map(({ sourceSlug, id }) => ({ kind: 'file', parent: sourceSlug, child: id })),
    )
    return new Map(
      allowed.flatMap(({ child }) => {
        const file = files.get(child ?? '')
        return file === undefined
          ? []
          : [[file.id, { filename: file.filename, note: trashNote(file.trash.purgeAfter) }] as const]
      }),
    )
  }
}

const NONE: ReadonlyMap<string, DeletedFile> = new Map()
