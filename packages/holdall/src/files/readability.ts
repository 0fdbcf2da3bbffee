import { sql } from 'kysely'
import type { InternalDatabase } from '../database/internal.ts'

/** What is known of some files together: those that cannot be read, and those of which nobody knows yet. */
export interface Readability {
  readonly unreadable: readonly string[]
  /** How many are still to be read in the background. */
  readonly reading: number
}

/** Whoever may see the files is asked by others. Some thousands of them are looked up by a thread of its own. */
export async function readabilityOf(database: InternalDatabase, ids: readonly string[]): Promise<Readability> {
  const query = sql<{ unreadable: string; reading: number }>`SELECT
      json_group_array(f.id) FILTER (WHERE f.unreadable IS NOT NULL) AS unreadable,
      count(*) FILTER (WHERE f.unreadable IS NULL AND EXISTS (
        SELECT 1 FROM datasette_files_work AS w WHERE w.file_id = f.id AND w.kind IN ('facts', 'whole'))) AS reading
    FROM json_each(${JSON.stringify(ids)}) AS wanted CROSS JOIN datasette_files AS f ON f.id = wanted.value`
  const [row] = await database.readInBulk<{ unreadable: string; reading: number }>(query.compile(database.read))
  return { unreadable: JSON.parse(row?.unreadable ?? '[]'), reading: row?.reading ?? 0 }
}
