import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import type { Thumbnails } from '../thumbnails/thumbnails.ts'

const BATCH = 10_000

/** The originals whose small pictures are still there, though no file has these bytes any more. */
export async function stalePictures(database: InternalDatabase, thumbnails: Thumbnails): Promise<string[]> {
  const stale = new Set<string>()
  for await (const keys of thumbnails.keys()) {
    const { rows } = await sql<{ key: string }>`SELECT n.value AS key FROM json_each(${JSON.stringify(keys)}) AS n
      WHERE NOT EXISTS (SELECT 1 FROM datasette_files WHERE content_hash = 'sha256:' || n.value)
        AND NOT EXISTS (SELECT 1 FROM datasette_files_trash WHERE content_hash = 'sha256:' || n.value)`.execute(
      database.read,
    )
    for (const { key } of rows) stale.add(key)
  }
  if (stale.size === 0) return []
  // Files without a hash have their pictures by their id.
  for (let after = ''; ; ) {
    const { rows } = await sql<{ id: string }>`SELECT id FROM (
        SELECT id FROM datasette_files WHERE content_hash IS NULL AND id > ${after}
        UNION ALL SELECT id FROM datasette_files_trash WHERE content_hash IS NULL AND id > ${after})
      ORDER BY id LIMIT ${BATCH}`.execute(database.read)
    for (const { id } of rows) stale.delete(createHash('sha256').update(id).digest('hex'))
    if (rows.length < BATCH) return [...stale]
    after = (rows.at(-1) as { id: string }).id
  }
}

const DEAD = sql`NOT EXISTS (SELECT 1 FROM datasette_files AS f WHERE f.id = file_id)
  AND NOT EXISTS (SELECT 1 FROM datasette_files_trash AS t WHERE t.id = file_id)`
const DERIVED = [
  'datasette_files_text',
  'datasette_files_history',
  'datasette_files_moves',
  'datasette_files_work',
] as const

/** How many rows there are about files that are no more. */
export async function countDeadRows(database: InternalDatabase): Promise<number> {
  let dead = 0
  for (const table of DERIVED) {
    const { rows } = await sql<{
      dead: number
    }>`SELECT count(*) AS dead FROM ${sql.table(table)} WHERE ${DEAD}`.execute(database.read)
    dead += rows[0]?.dead ?? 0
  }
  return dead
}

/** Removes rows about files that are no more. A file that comes back in the same moment is looked for by the same statement. */
export async function removeDeadRows(database: InternalDatabase): Promise<void> {
  for (const table of DERIVED) {
    await database.write((trx) => sql`DELETE FROM ${sql.table(table)} WHERE ${DEAD}`.execute(trx))
  }
}
