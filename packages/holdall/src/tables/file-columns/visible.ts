import type { FileBrief } from '../../files/record.ts'
import { MAX_BATCH } from '../../files/registry.ts'
import type { Actor } from '../../web/route.ts'

/** What this room needs of the registry. */
export interface VisibleFiles {
  /** Those of the files that the actor may browse. */
  briefs(actor: Actor | null, ids: Iterable<string>): Promise<Map<string, FileBrief>>
}

/** Any number of files: one batch query, or one for each `MAX_BATCH` of them. */
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
    for (const [id, file] of await files.briefs(actor, wanted.slice(at, at + MAX_BATCH))) found.set(id, file)
  }
  return found
}
