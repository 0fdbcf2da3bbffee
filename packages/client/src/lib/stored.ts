import { type Json, strange } from './call.ts'
import type { StoredFile } from './types.ts'

/** What an upload resolves with, of the file's record as sessions and `complete` carry it. */
export function storedFile(file: unknown): StoredFile {
  if (typeof file !== 'object' || file === null || typeof (file as Json).id !== 'string') {
    throw strange('The server says that the file is stored, but not as what. Reload to see it.')
  }
  const { id, filename, content_type, size, url } = file as unknown as Omit<StoredFile, 'file_id'> & { id: string }
  return { ok: true, file_id: id, filename, content_type, size, url, file: file as Json }
}
