import { sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'

/** Jobs that are looked through for one of a source: as many as of others come before it. */
const LOOKED_THROUGH = 2_000

/** Whether files of a source are still to be read for the first time, and soon will be. */
export async function isReading(database: InternalDatabase, sourceId: number): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM (SELECT file_id FROM datasette_files_work
      WHERE kind <> 'whole' AND kind = 'facts' AND attempts <= 1 ORDER BY not_before LIMIT ${LOOKED_THROUGH}) AS w
    CROSS JOIN datasette_files AS f ON f.id = w.file_id
    WHERE f.source_id = ${sourceId} AND f.missing_since IS NULL AND f.content_hash IS NULL LIMIT 1`.execute(
    database.read,
  )
  return rows.length > 0
}
