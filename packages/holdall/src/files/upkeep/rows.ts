import { sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'

const BATCH = 1_000

/** What is recorded of a file, as far as its bytes can be held against it. */
export interface Row {
  /** 0 for one in the trash. */
  readonly seq: number
  readonly id: string
  readonly path: string
  /** Bytes. */
  readonly size: number | null
  readonly content_hash: string | null
  /** 1 where others write, so that other bytes are the file all the same. */
  readonly adopted: number
  readonly version: string | null
  readonly missing_since: string | null
}

const FILE = sql`f.seq, f.id, f.path, f.size, f.content_hash, f.adopted, f.version, f.missing_since`
const TRASHED = sql`0 AS seq, t.id, t.path, t.size, t.content_hash, t.record->>'adopted' AS adopted,
  t.record->>'version' AS version, t.record->>'missing_since' AS missing_since`

/** In batches, in the order of the tables themselves: one walk through them, however many batches. */
export async function* rowsOf(database: InternalDatabase, sourceId: number): AsyncGenerator<Row[]> {
  for (let after = 0; ; ) {
    const { rows } = await sql<Row>`SELECT ${FILE} FROM datasette_files AS f NOT INDEXED
      WHERE f.seq > ${after} AND f.source_id = ${sourceId} ORDER BY f.seq LIMIT ${BATCH}`.execute(database.read)
    yield rows
    if (rows.length < BATCH) break
    after = (rows.at(-1) as Row).seq
  }
  // What is in the trash is looked at too: it must be possible to restore it.
  for (let after = ''; ; ) {
    const { rows } = await sql<Row>`SELECT ${TRASHED} FROM datasette_files_trash AS t
      WHERE t.id > ${after} AND +t.source_id = ${sourceId} AND +t.purging = 0 ORDER BY t.id LIMIT ${BATCH}`.execute(
      database.read,
    )
    yield rows
    if (rows.length < BATCH) return
    after = (rows.at(-1) as Row).id
  }
}

/** What is recorded at some paths of a source; at one there may be a file and several deleted ones. */
export async function rowsAt(
  database: InternalDatabase,
  sourceId: number,
  paths: readonly string[],
): Promise<ReadonlyMap<string, readonly Row[]>> {
  const wanted = JSON.stringify(paths)
  const { rows } = await sql<Row>`SELECT ${FILE} FROM json_each(${wanted}) AS n
      CROSS JOIN datasette_files AS f ON f.source_id = ${sourceId} AND f.path = n.value
    UNION ALL SELECT ${TRASHED} FROM json_each(${wanted}) AS n
      CROSS JOIN datasette_files_trash AS t ON t.source_id = ${sourceId} AND t.path = n.value`.execute(database.read)
  const byPath = new Map<string, Row[]>()
  for (const row of rows) byPath.set(row.path, [...(byPath.get(row.path) ?? []), row])
  return byPath
}

/** Whether this is still what is recorded of the file: it may have been purged or have changed meanwhile. */
export async function isStill(database: InternalDatabase, row: Row): Promise<boolean> {
  const { seq, id, path, size, content_hash, version, missing_since } = row
  const { rows } = await sql`SELECT 1 FROM datasette_files WHERE id = ${id} AND path = ${path} AND size IS ${size}
      AND content_hash IS ${content_hash} AND version IS ${version} AND missing_since IS ${missing_since}
    UNION ALL SELECT 1 FROM datasette_files_trash WHERE ${seq} = 0 AND id = ${id} AND purging = 0`.execute(
    database.read,
  )
  return rows.length > 0
}

/** Files of a source, deleted ones too. */
export async function countRows(database: InternalDatabase, sourceId: number): Promise<number> {
  const { rows } = await sql<{ files: number }>`SELECT
    coalesce((SELECT files FROM datasette_files_totals WHERE source_id = ${sourceId}), 0)
    + (SELECT count(*) FROM datasette_files_trash WHERE source_id = ${sourceId} AND purging = 0) AS files`.execute(
    database.read,
  )
  return rows[0]?.files ?? 0
}
