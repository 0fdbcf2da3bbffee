import type { InternalDatabase } from '../database/internal.ts'
import type { UploadSession } from './session.ts'

/** Says whether the file of a session is in the registry: then its bytes are not ours to remove. */
export function createIsRecorded(database: InternalDatabase) {
  return async (session: UploadSession): Promise<boolean> => {
    const row = await database.read
      .selectFrom('datasette_files')
      .select('id')
      .where((eb) =>
        eb.or([
          eb('id', '=', session.fileId),
          eb.and([eb('source_id', '=', session.sourceId), eb('path', '=', session.path)]),
        ]),
      )
      .executeTakeFirst()
    if (row !== undefined) return true
    // A file that was deleted since has its bytes still.
    const deleted = await database.read
      .selectFrom('datasette_files_trash')
      .select('id')
      .where('id', '=', session.fileId)
      .executeTakeFirst()
    return deleted !== undefined
  }
}
