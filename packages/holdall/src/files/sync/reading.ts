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

/** Whether the missing files have bytes that were read, to hold others against. */
export type Comparing = 'all' | 'some'

/** Which of the files that are missing may be found again by reading what is new; false: none, or nothing is being read. */
export async function comparing(database: InternalDatabase, sourceId: number): Promise<false | Comparing> {
  const { rows } = await sql<{ read: number | null; unread: number | null }>`SELECT
      max(content_hash IS NOT NULL) AS read, max(content_hash IS NULL) AS unread
    FROM (SELECT content_hash FROM datasette_files INDEXED BY datasette_files_missing
      WHERE source_id = ${sourceId} AND missing_since IS NOT NULL
      ORDER BY missing_since DESC LIMIT ${LOOKED_THROUGH})`.execute(database.read)
  const [missing] = rows
  if (missing?.read !== 1 || !(await isReading(database, sourceId))) return false
  return missing.unread === 1 ? 'some' : 'all'
}
