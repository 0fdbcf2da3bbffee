import type { DeletedFile } from '@holdall/elements/shared'
import { sql } from 'kysely'
import type { Permissions } from '../../access/permissions.ts'
import type { InternalDatabase } from '../../database/internal.ts'
import type { Actor } from '../../web/route.ts'
import { trashNote } from './record.ts'
import type { Trash } from './trash.ts'

/**
 * Those of the ids that are in the trash, as far as the actor may restore them, and those that are nowhere, for who may
 * browse every source; to all others they are unavailable.
 */
export type FindDeleted = (actor: Actor | null, ids: readonly string[]) => Promise<ReadonlyMap<string, DeletedFile>>

export function createFindDeleted(
  trash: Pick<Trash, 'byIds'>,
  permissions: Permissions,
  database: InternalDatabase,
): FindDeleted {
  return async (actor, ids) => {
    if (ids.length === 0) return NONE
    const found = await restorable(actor, ids)
    if (found.size === ids.length || !(await mayBrowseAll(database, permissions, actor))) return found
    return new Map([...found, ...(await nowhere(database, ids)).map((id) => [id, GONE] as const)])
  }

  async function restorable(actor: Actor | null, ids: readonly string[]): Promise<ReadonlyMap<string, DeletedFile>> {
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
          : [[file.id, { state: 'trashed', filename: file.filename, note: trashNote(file.trash.purgeAfter) }] as const]
      }),
    )
  }
}

/** Who may browse every source, and so may know that an id is nowhere. */
export async function mayBrowseAll(
  database: InternalDatabase,
  permissions: Permissions,
  actor: Actor | null,
): Promise<boolean> {
  const sources = await database.read.selectFrom('datasette_files_sources').select('slug').execute()
  const resources = sources.map(({ slug }) => ({ kind: 'source', parent: slug }) as const)
  return (await permissions.among(actor, 'files-browse', resources)).length === sources.length
}

/** Those of the ids that no file has, neither here nor in the trash. */
export async function nowhere(database: InternalDatabase, ids: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`SELECT value AS id FROM json_each(${JSON.stringify(ids)})
    WHERE value NOT IN (SELECT id FROM datasette_files WHERE id = value)
      AND value NOT IN (SELECT id FROM datasette_files_trash WHERE id = value)`.execute(database.read)
  return rows.map(({ id }) => id)
}

const NONE: ReadonlyMap<string, DeletedFile> = new Map()
const GONE: DeletedFile = { state: 'gone' }
