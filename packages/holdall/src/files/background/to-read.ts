import { sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import { MAX_COUNT } from '../list.ts'
import type { WorkKind } from './queue.ts'

/** What gives a file its facts, its words and its hash. That all of a picture is decoded once shows in a list of its own. */
export const READINGS: readonly WorkKind[] = ['facts', 'text', 'hash']
/** Without these a file is not found by what is inside it. */
export const READINGS_FOR_SEARCH: readonly WorkKind[] = ['facts', 'text']

/** Where more jobs wait than are looked through, so many of the newest files are asked for theirs. */
const NEWEST = 2_000

/** How many files are still to be read. */
export interface ToRead {
  readonly files: number
  /** There may be more than `files`. */
  readonly truncated: boolean
}

/** Looks through `MAX_COUNT` jobs, whatever their number; those of other sources that come first are among them. */
export async function countToRead(
  database: InternalDatabase,
  sources: readonly number[],
  kinds: readonly WorkKind[],
): Promise<ToRead> {
  const wanted = JSON.stringify(sources)
  const { rows } = await sql<{ jobs: number; files: number }>`SELECT count(*) AS jobs,
      count(DISTINCT iif(w.kind IN (SELECT value FROM json_each(${JSON.stringify(kinds)}))
        AND f.source_id IN (SELECT value FROM json_each(${wanted})), w.file_id, NULL)) AS files
    FROM (SELECT file_id, kind FROM datasette_files_work WHERE kind <> 'whole'
      ORDER BY not_before LIMIT ${MAX_COUNT + 1}) AS w
    LEFT JOIN datasette_files AS f ON f.id = w.file_id`.execute(database.read)
  const { jobs, files } = rows[0] ?? { jobs: 0, files: 0 }
  if (jobs <= MAX_COUNT) return { files, truncated: false }
  const newest = await amongNewest(database, wanted, kinds)
  return { files: Math.min(MAX_COUNT, Math.max(files, newest)), truncated: files > 0 || newest > 0 }
}

/** What came last waits behind what others have to be read. */
async function amongNewest(database: InternalDatabase, sources: string, kinds: readonly WorkKind[]): Promise<number> {
  const { rows } = await sql<{ files: number }>`SELECT count(*) AS files FROM json_each(${sources}) AS s
    CROSS JOIN datasette_files AS f ON f.seq IN (SELECT seq FROM datasette_files
      WHERE source_id = s.value ORDER BY created_at DESC, id DESC LIMIT max(1, ${NEWEST} / json_array_length(${sources})))
    WHERE EXISTS (SELECT 1 FROM datasette_files_work AS w
      WHERE w.file_id = f.id AND w.kind IN (SELECT value FROM json_each(${JSON.stringify(kinds)})))`.execute(
    database.read,
  )
  return rows[0]?.files ?? 0
}
