import { setImmediate as turn } from 'node:timers/promises'
import type { FileBrief } from '../../files/record.ts'
import { MAX_BATCH } from '../../files/registry.ts'
import type { FindDeleted } from '../../files/trash/notes.ts'
import type { Actor } from '../../web/route.ts'
import type { CellFiles } from './items.ts'

/** What this room needs of the registry. */
export interface VisibleFiles {
  /** Those of the files that the actor may browse. */
  briefs(actor: Actor | null, ids: Iterable<string>): Promise<Map<string, FileBrief>>
}

/** Any number of files: one batch query, or one for each `MAX_BATCH` of them, between which others have their turn. */
export async function visibleFiles(
  files: VisibleFiles,
  actor: Actor | null,
  ids: Iterable<string>,
): Promise<ReadonlyMap<string, FileBrief>> {
  const wanted = [...new Set(ids)]
  if (wanted.length === 0) return new Map()
  if (wanted.length <= MAX_BATCH) return files.briefs(actor, wanted)
  const found = new Map<string, FileBrief>()
  for (let at = 0; at < wanted.length; at += MAX_BATCH) {
    if (at > 0) await turn()
    for (const [id, file] of await files.briefs(actor, wanted.slice(at, at + MAX_BATCH))) found.set(id, file)
  }
  return found
}

/** The same for cells, which say of a deleted file that it is in the trash, to who could restore it, and of one that is nowhere that it is gone. */
export async function cellFiles(
  room: { readonly registry: VisibleFiles; readonly findDeleted: FindDeleted },
  actor: Actor | null,
  ids: Iterable<string>,
): Promise<CellFiles> {
  const wanted = [...new Set(ids)]
  const files = await visibleFiles(room.registry, actor, wanted)
  const missing = files.size === wanted.length ? [] : wanted.filter((id) => !files.has(id))
  return { files, deleted: await room.findDeleted(actor, missing) }
}
