import { CompiledQuery, sql, type Transaction } from 'kysely'
import { monotonicFactory } from 'ulid'
import type { InternalDatabase } from '../../database/internal.ts'
import type { Schema } from '../../database/schema.ts'
import { PAGE_FILES } from './limits.ts'
import { type Listed, mayHoldText } from './listed.ts'
import { runOver } from './rows.ts'

/** A listed file, as the registry is asked about it. */
export interface Asked {
  readonly path: string
  readonly version: string
  /** Whether to tell of it in any case. */
  readonly always: boolean
}

/** A registered file that there is something to say of: what it is now, or where it was not, is not what was entered. */
export interface Known {
  /** Which of those that were asked about. */
  readonly at: number
  readonly seq: number
  readonly id: string
  readonly adopted: number
  readonly differs: number
  readonly missing: number
}

/** What is registered of some listed files. */
export interface Registered {
  /** Of the source's files, when they were looked up. */
  readonly revision: number
  /** Which of them are. */
  readonly at: readonly number[]
  /** The `seq` of each. */
  readonly seqs: readonly number[]
  readonly told: readonly Known[]
}

/** Arrays are JSON. */
type Answer = Record<Exclude<keyof Registered, 'revision'>, string> & Pick<Registered, 'revision'>

const ASKED_AT_ONCE = [10, 100, PAGE_FILES] as const
const NOBODY = [null, null, 0]

// One row of numbers for a page, and more only of what has changed: a row for each of a million files takes longer to
// make than to look up.
function askRegistered(length: number): string {
  const rows = Array.from({ length }, (_, at) => `(${at},?,?,?)`)
  return `WITH n (at, path, version, always) AS (VALUES ${rows.join()})
    SELECT coalesce((SELECT revision FROM datasette_files_revisions WHERE source_id = ?), 0) AS revision,
      json_group_array(n.at) AS at, json_group_array(f.seq) AS seqs,
      json_group_array(json_object('at', n.at, 'seq', f.seq, 'id', f.id, 'adopted', f.adopted,
        'differs', f.version IS NOT n.version, 'missing', f.missing_since IS NOT NULL))
        FILTER (WHERE n.always OR f.missing_since IS NOT NULL OR f.adopted = 1 AND f.version IS NOT n.version) AS told
    FROM n CROSS JOIN datasette_files AS f ON f.source_id = ? AND f.path = n.path`
}

const ASK_REGISTERED = new Map(ASKED_AT_ONCE.map((length) => [length as number, askRegistered(length)]))

/** What is registered of a page of listed files. */
export async function registeredAmong(
  database: InternalDatabase,
  sourceId: number,
  asked: readonly Asked[],
): Promise<Registered> {
  // Few lengths, so that each statement is prepared once.
  const length = ASKED_AT_ONCE.find((most) => asked.length <= most)
  if (length === undefined)
    throw new Error(`A storage was asked for ${PAGE_FILES} files at most and gave ${asked.length}`)
  const values = asked.flatMap(({ path, version, always }) => [path, version, always ? 1 : 0])
  const padding = Array.from({ length: length - asked.length }, () => NOBODY).flat()
  const statement = ASK_REGISTERED.get(length) as string
  const [row] = await database.readInBulk<Answer>(
    CompiledQuery.raw(statement, [...values, ...padding, sourceId, sourceId]),
  )
  if (row === undefined) throw new Error('An aggregate has a row')
  const { revision, at, seqs, told } = row
  return { revision, at: JSON.parse(at), seqs: JSON.parse(seqs), told: JSON.parse(told) }
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
 * @returns how many were entered, and the `seq` of the first if all were: the others follow it one by one
 */
export async function adopt(
  trx: Transaction<Schema>,
  sourceId: number,
  files: readonly Listed[],
  at: Date,
): Promise<{ readonly entered: number; readonly firstSeq: number | undefined }> {
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
  return { entered, firstSeq: there === undefined ? await firstSeqOf(trx, ids) : undefined }
}

/** Of rows that were just entered one after the other. */
async function firstSeqOf(trx: Transaction<Schema>, ids: readonly string[]): Promise<number | undefined> {
  const [first, last] = [ids.at(0), ids.at(-1)]
  if (first === undefined || last === undefined) return undefined
  const { rows } = await sql<{ first: number; last: number }>`SELECT
    (SELECT seq FROM datasette_files WHERE id = ${first}) AS first,
    (SELECT seq FROM datasette_files WHERE id = ${last}) AS last`.execute(trx)
  const [row] = rows
  return row !== undefined && row.last - row.first === ids.length - 1 ? row.first : undefined
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
export async function recordChanges(trx: Transaction<Schema>, told: readonly Changed[], at: Date): Promise<number> {
  if (told.length === 0) return 0
  // A listing may name a path twice when something is renamed under it.
  const files = [...new Map(told.map((change) => [change.id, change])).values()]
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
