import { sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import type { FileRecord } from '../record.ts'
import { pictureKey, type Thumbnails } from '../thumbnails/thumbnails.ts'

/** Removes the pictures of a file that goes, unless another has the same bytes and so the same pictures. */
export function createPictureRemoval(database: InternalDatabase, thumbnails: Thumbnails) {
  return async (file: FileRecord): Promise<void> => {
    const { contentHash: hash, id } = file
    const { rows } = await sql`SELECT 1 FROM datasette_files WHERE content_hash = ${hash}
      UNION ALL SELECT 1 FROM datasette_files_trash WHERE content_hash = ${hash} AND id <> ${id}
      LIMIT 1`.execute(database.read)
    if (rows.length === 0) await thumbnails.remove(pictureKey(file))
  }
}
