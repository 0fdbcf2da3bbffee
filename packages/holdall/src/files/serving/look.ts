import type { FileRecord } from '../record.ts'
import type { FilesRoom } from '../room.ts'

/** A storage that takes longer is asked when its bytes are wanted. */
const LOOK_LIMIT_MS = 500

/**
 * A file as its storage has it now, where that is known in a moment: whoever opens the page of one that is gone sees so at
 * once, and not a picture that does not come.
 */
export async function lookedAt(
  { sources, sync, registry }: Pick<FilesRoom, 'sources' | 'sync' | 'registry'>,
  file: FileRecord,
): Promise<FileRecord> {
  const source = sources.byId(file.sourceId)
  if (source?.availability.available !== true) return file
  try {
    const storage = await source.storage()
    const stored = await storage.stat(file.path, { signal: AbortSignal.timeout(LOOK_LIMIT_MS) })
    if ((stored === undefined) === (file.missingSince !== null)) return file
    await sync.notice(file, stored)
    return (await registry.byId(file.id)) ?? file
  } catch {
    // What cannot be asked has lost nothing.
    return file
  }
}
