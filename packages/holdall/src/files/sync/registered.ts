import { CompiledQuery, sql, type Transaction } from 'kysely'
import { monotonicFactory } from 'ulid'
import type { InternalDatabase } from '../../database/internal.ts'
import type { Schema } from '../../database/schema.ts'
import { type Listed, mayHoldText } from './listed.ts'
import { runOver } from './rows.ts'

/** What the registry holds at a listed path. */
export interface Known {
  readonly at: number
  readonly seq: number
  readonly id: string
  readonly adopted: number
  readonly version: string | null
  readonly missing_since: string | null
}

// Written out: it is asked a thousand times for a million files.
const KNOWN = `SELECT n.key AS at, f.seq, f.id, f.adopted, f.version, f.missing_since FROM json_each(?) AS n
  CROSS JOIN datasette_files AS f ON f.source_id = ? AND f.path = n.value`

/** Those of the paths that are registered; `at` says which of them. */
export async function knownAmong(
  database: InternalDatabase,
  sourceId: number,
  paths: readonly string[],
): Promise<readonly Known[]> {
  if (paths.length === 0) return []
  const query = CompiledQuery.raw(KNOWN, [JSON.stringify(paths), sourceId]) as CompiledQuery<Known>
  return (await database.read.executeQuery(query)).rows
}

/** Those of the paths that belong to something else: an upload, whatever became of it, or a file in the trash. */
export async function reservedAmong(
  database: InternalDatabase,
  sourceId: number,
  paths: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ path: string }>`SELECT n.value AS path FROM json_each(${JSON.stringify(paths)}) AS n
    WHERE EXISTS (SELECT 1 FROM upload_sessions AS u WHERE u.source_id = ${sourceId} AND u.path = n.value)
      OR EXISTS (SELECT 1 FROM datasette_files_trash AS t WHERE t.source_id = ${sourceId} AND t.path = n.value)`.execute(
    database.read,
  )
  return new Set(rows.map(({ path }) => path))
}

/** Whether anything of the source is in the trash, from where it may go for good at any moment. */
export async function hasTrash(database: InternalDatabase, sourceId: number): Promise<boolean> {
  const row = await database.read
    .selectFrom('datasette_files_trash')
    .select('id')
    .where('source_id', '=', sourceId)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

// Ids that grow enter each index at its end, which costs a third of entering it anywhere.
const nextUlid = monotonicFactory()

const ENTERED = ['id', 'path', 'filename', 'content_type', 'content_hash', 'size', 'version', 'modified_at'] as const
const ENTER = `INSERT INTO datasette_files (${ENTERED.join()}, source_id, adopted, created_at)
  SELECT ${ENTERED.join()}, ?, 1, ? FROM n
  WHERE NOT EXISTS (SELECT 1 FROM upload_sessions AS u WHERE u.source_id = ? AND u.path = n.path)
    AND NOT EXISTS (SELECT 1 FROM datasette_files_trash AS t WHERE t.source_id = ? AND t.path = n.path)
  ON CONFLICT (source_id, path) DO NOTHING`

/**
 * Enters files that nobody had registered. What has come to the path since it was looked at stays as it is, and so does
 * the path of an upload or of a file in the trash.
 *
 * @returns how many were entered
 */
export async function adopt(
  trx: Transaction<Schema>,
  sourceId: number,
  files: readonly Listed[],
  at: Date,
): Promise<number> {
  const rows = files.map((file) => [
    `df-${nextUlid(at.getTime()).toLowerCase()}`,
    file.path,
    file.filename,
    file.contentType,
    file.contentHash,
    file.size,
    file.version,
    file.modifiedAt,
  ])
  const time = at.toISOString()
  const entered = await runOver(trx, ENTERED, rows, ENTER, [sourceId, time, sourceId, sourceId])
  const ids = rows.map(([id]) => id as string)
  const there = entered === ids.length ? undefined : await idsAmong(trx, ids)
  await want(
    trx,
    ids.flatMap((id, index) => (there?.has(id) === false ? [] : wanted(id, (files[index] as Listed).contentType))),
    time,
  )
  return entered
}

async function idsAmong(trx: Transaction<Schema>, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ id: string }>`SELECT f.id FROM json_each(${JSON.stringify(ids)}) AS n
    CROSS JOIN datasette_files AS f ON f.id = n.value`.execute(trx)
  return new Set(rows.map(({ id }) => id))
}

/** A registered file whose bytes are others now. */
export interface Changed {
  readonly id: string
  readonly to: Listed
  /** The hash that its bytes were seen not to have any more; without it, another version says that they are others. */
  readonly disproved?: string
}

const HAS_CHANGED = sql`(f.version IS NOT n.value->>2 OR f.content_hash = n.value->>6)`

/**
 * Enters what a file is now and keeps what it was. The words inside and the facts of its picture were those of the old
 * bytes, so they are read again. Twice has the effect of once.
 *
 * @returns how many had changed
 */
export async function recordChanges(trx: Transaction<Schema>, files: readonly Changed[], at: Date): Promise<number> {
  if (files.length === 0) return 0
  const rows = JSON.stringify(
    files.map(({ id, to, disproved = null }) => [
      id,
      to.size,
      to.version,
      to.modifiedAt,
      to.contentType,
      to.contentHash,
      disproved,
    ]),
  )
  const time = at.toISOString()
  const { rows: really } = await sql<{ file_id: string }>`INSERT INTO datasette_files_history
      (file_id, replaced_at, size, content_hash, content_type, version, modified_at)
    SELECT f.id, ${time}, f.size, f.content_hash, f.content_type, f.version, f.modified_at
    FROM json_each(${rows}) AS n CROSS JOIN datasette_files AS f ON f.id = n.value->>0
    WHERE ${HAS_CHANGED} RETURNING file_id`.execute(trx)
  if (really.length === 0) return 0
  await sql`UPDATE datasette_files AS f SET size = n.value->>1, version = n.value->>2, modified_at = n.value->>3,
      content_type = coalesce(n.value->>4, f.content_type), content_hash = n.value->>5,
      declared_type = NULL, width = NULL, height = NULL, unreadable = NULL, changed_at = ${time}
    FROM json_each(${rows}) AS n WHERE f.id = n.value->>0 AND ${HAS_CHANGED}`.execute(trx)
  const ids = new Set(really.map(({ file_id }) => file_id))
  await sql`UPDATE datasette_files_text SET text = ''
    WHERE file_id IN (SELECT value FROM json_each(${JSON.stringify([...ids])}))`.execute(trx)
  const changed = files.filter(({ id }) => ids.has(id))
  await want(
    trx,
    changed.flatMap(({ id, to }) => wanted(id, to.contentType)),
    time,
  )
  return ids.size
}

/** Marks what the storage is without. @returns how many were not marked yet */
export async function markMissing(trx: Transaction<Schema>, seqs: readonly number[], at: Date): Promise<number> {
  return await setMissing(trx, seqs, at.toISOString())
}

/** Takes the mark from what is there again. @returns how many were marked */
export async function markReturned(trx: Transaction<Schema>, seqs: readonly number[]): Promise<number> {
  return await setMissing(trx, seqs, null)
}

async function setMissing(trx: Transaction<Schema>, seqs: readonly number[], since: string | null): Promise<number> {
  if (seqs.length === 0) return 0
  const { numAffectedRows = 0n } = await sql`UPDATE datasette_files SET missing_since = ${since}
    WHERE seq IN (SELECT value FROM json_each(${JSON.stringify(seqs)}))
      AND (missing_since IS NULL) = ${since === null ? 0 : 1}`.execute(trx)
  return Number(numAffectedRows)
}

function wanted(id: string, contentType: string | null): [string, 'facts' | 'text'][] {
  return mayHoldText(contentType)
    ? [
        [id, 'facts'],
        [id, 'text'],
      ]
    : [[id, 'facts']]
}

const WANT = `INSERT INTO datasette_files_work (file_id, kind, not_before) SELECT file_id, kind, ? FROM n WHERE true
  ON CONFLICT (file_id, kind) DO UPDATE SET attempts = 0, not_before = excluded.not_before`

async function want(trx: Transaction<Schema>, jobs: readonly [string, 'facts' | 'text'][], time: string) {
  await runOver(trx, ['file_id', 'kind'], jobs, WANT, [time])
}
