import type { FileRecord } from '../../files/record.ts'
import { MAX_BATCH } from '../../files/registry.ts'
import type { Actor } from '../../web/route.ts'

/** What this room needs of the registry. */
export interface VisibleFiles {
  /** Those of the files that the actor may browse. */
  visible(actor: Actor | null, ids: Iterable<string>): Promise<Map<string, FileRecord>>
}

/** Any number of files: one batch query, or one for each `MAX_BATCH` of them. */
export async function visibleFiles(
  files: VisibleFiles,
  actor: Actor | null,
  ids: Iterable<string>,
): Promise<ReadonlyMap<string, FileRecord>> {
  const wanted = [...new Set(ids)]
  if (wanted.length === 0) return new Map()
  if (wanted.length <= MAX_BATCH) return files.visible(actor, wanted)
  const found = new Map<string, FileRecord>()
  for (let at = 0; at < wanted.length; at += MAX_BATCH) {
    for (const [id, file] of await files.visible(actor, wanted.slice(at, at + MAX_BATCH))) found.set(id, file)
  }
  return found
}
