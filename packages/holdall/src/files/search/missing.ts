import { type RawBuilder, sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import { MAX_COUNT } from '../list.ts'

/** Of a row of a full-text table: the storage is without the file. */
export const IS_MISSING: RawBuilder<boolean> = sql<boolean>`(rowid & 0xFFFFFFFF) IN (
  SELECT seq FROM datasette_files INDEXED BY datasette_files_missing WHERE missing_since IS NOT NULL)`

/**
 * The files that the storages are without, by their place in the registry, newest first. Only the index of what is missing
 * is walked, however many files there are.
 *
 * @param types undefined: whatever they are
 */
export async function missingPlaces(
  database: InternalDatabase,
  sources: readonly number[],
  types: readonly string[] | undefined,
  before: number,
  limit: number,
): Promise<number[]> {
  const ofType =
    types === undefined
      ? sql`1`
      : sql`coalesce(f.content_type, 'application/octet-stream') IN (SELECT value FROM json_each(${JSON.stringify(types)}))`
  const { rows } = await sql<{ seq: number }>`SELECT f.seq FROM json_each(${JSON.stringify(sources)}) AS wanted
    CROSS JOIN datasette_files AS f INDEXED BY datasette_files_missing
    WHERE f.source_id = wanted.value AND f.missing_since IS NOT NULL AND f.seq < ${before} AND ${ofType}
    ORDER BY f.seq DESC LIMIT ${limit}`.execute(database.read)
  return rows.map(({ seq }) => seq)
}

/** How many files a storage is without now, whoever noticed it. Up to one more than `MAX_COUNT`. */
export async function countMissing(database: InternalDatabase, sourceId: number): Promise<number> {
  const { rows } = await sql<{ files: number }>`SELECT count(*) AS files FROM (
    SELECT 1 FROM datasette_files INDEXED BY datasette_files_missing
    WHERE source_id = ${sourceId} AND missing_since IS NOT NULL LIMIT ${MAX_COUNT + 1})`.execute(database.read)
  return rows[0]?.files ?? 0
}
