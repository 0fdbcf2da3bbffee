import { sql } from 'kysely'
import { decodeTime } from 'ulid'
import type { InternalDatabase } from '../../database/internal.ts'

const OUR_PATH = /^([0-7][0-9a-hjkmnp-tv-z]{25})\/[^/]+$/

/** When the id was made that a path of our own form begins with, in epoch milliseconds; undefined for other paths. */
export function madeAt(path: string): number | undefined {
  const [, ulid] = OUR_PATH.exec(path) ?? []
  return ulid === undefined ? undefined : decodeTime(ulid.toUpperCase())
}

/** Those of the paths, all of our own form, that no file, no deleted file and no upload of the source names. */
export async function unnamed(
  database: InternalDatabase,
  sourceId: number,
  paths: readonly string[],
): Promise<Set<string>> {
  if (paths.length === 0) return new Set()
  const { rows } = await sql<{ path: string }>`SELECT n.value AS path FROM json_each(${JSON.stringify(paths)}) AS n
    WHERE NOT EXISTS (SELECT 1 FROM datasette_files AS f WHERE f.source_id = ${sourceId} AND f.path = n.value)
      AND NOT EXISTS (SELECT 1 FROM datasette_files_trash AS t WHERE t.source_id = ${sourceId} AND t.path = n.value)
      AND NOT EXISTS (SELECT 1 FROM upload_sessions AS u WHERE u.file_id = 'df-' || substr(n.value, 1, 26))`.execute(
    database.read,
  )
  return new Set(rows.map(({ path }) => path))
}
