import { type RawBuilder, sql, type Transaction } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import type { Schema } from '../../database/schema.ts'
import { FILE_COLUMNS, type FileRow } from '../rows.ts'
import { COMPARED, LOOKED_AT } from './limits.ts'

/** Where a walk over the missing files of a source is. */
export interface MissingPosition {
  readonly missing_since: string
  readonly seq: number
}

/** A missing file whose bytes were never read. */
export interface Unread {
  readonly missing_since: string
  readonly size: number | null
  readonly version: string | null
}

/** What reading a file enters of it; any other member was written by somebody. */
const READ = ['image', 'exif', 'iptc', 'position', 'position_removed', 'media', 'charset', 'pdf']

/**
 * Of a file `f`: it was found where it lies, and nobody has done anything with it that this database knows of. What rows
 * hold is for the tables to say.
 */
export const IS_AS_LISTED: RawBuilder<boolean> = sql<boolean>`f.adopted = 1 AND f.search_text = '' AND substr(f.path, -length(f.filename)) = f.filename
  AND json_valid(f.metadata) AND NOT EXISTS (SELECT 1 FROM json_each(f.metadata) WHERE key NOT IN (${sql.join(
    READ.map((key) => sql.lit(key)),
  )}))
  AND NOT EXISTS (SELECT 1 FROM dataset_files AS d WHERE d.file_id = f.id)
  AND NOT EXISTS (SELECT 1 FROM datasette_files_moves AS v WHERE v.file_id = f.id)
  AND NOT EXISTS (SELECT 1 FROM attach_runs AS r JOIN attach_lines AS l ON l.run_id = r.id
    WHERE r.status = 'applying' AND l.file_id = f.id)`

/** The same of one that is there, with the bytes that it has always had. */
export const IS_UNTOUCHED: RawBuilder<boolean> = sql<boolean>`f.missing_since IS NULL AND f.changed_at IS NULL
  AND ${IS_AS_LISTED}`

/**
 * The next missing files of a source: the hashes of those whose bytes lie there under another path as well, and of the
 * empty ones, whose bytes say nothing; and those whose bytes were never read.
 */
export async function lostAndFound(
  database: InternalDatabase,
  sourceId: number,
  after: MissingPosition,
): Promise<{ hashes: string[]; empty: string[]; unread: Unread[]; next: MissingPosition | undefined }> {
  const { rows } = await sql<Unread & { seq: number; hash: string | null; found: number }>`SELECT
      m.missing_since, m.seq, m.content_hash AS hash, m.size, m.version, m.size > 0 AND EXISTS (SELECT 1 FROM datasette_files AS n
        WHERE n.content_hash = m.content_hash AND n.source_id = m.source_id AND n.missing_since IS NULL) AS found
    FROM datasette_files AS m INDEXED BY datasette_files_missing
    WHERE m.source_id = ${sourceId} AND m.missing_since IS NOT NULL
      AND (m.missing_since, m.seq) > (${after.missing_since}, ${after.seq})
    ORDER BY m.missing_since, m.seq LIMIT ${LOOKED_AT}`.execute(database.read)
  return {
    hashes: hashesOf(rows.filter(({ found }) => found === 1)),
    empty: hashesOf(rows.filter(({ size }) => size === 0)),
    unread: rows.filter(({ hash }) => hash === null),
    next: rows.length < LOOKED_AT ? undefined : rows.at(-1),
  }
}

function hashesOf(rows: readonly { readonly hash: string | null }[]): string[] {
  return [...new Set(rows.flatMap(({ hash }) => hash ?? []))]
}

/**
 * How many files with these bytes are missing, and how many are there that one of them may be; undefined where it is none
 * of either, or more than are compared.
 */
export async function countSame(
  database: InternalDatabase,
  sourceId: number,
  hash: string,
): Promise<{ readonly missing: number; readonly untouched: number } | undefined> {
  const { rows } = await sql<{ missing: number; untouched: number }>`SELECT
      coalesce(sum(lost), 0) AS missing, count(*) - coalesce(sum(lost), 0) AS untouched
    FROM (SELECT f.missing_since IS NOT NULL AS lost FROM datasette_files AS f
      WHERE f.content_hash = ${hash} AND f.source_id = ${sourceId} AND (f.missing_since IS NOT NULL OR ${IS_UNTOUCHED})
      LIMIT ${COMPARED + 1})`.execute(database.read)
  const [counts] = rows
  if (!counts || counts.missing === 0 || counts.untouched === 0) return undefined
  return counts.missing + counts.untouched > COMPARED ? undefined : counts
}

/** Files with the same bytes. */
export interface Group {
  readonly missing: readonly FileRow[]
  readonly untouched: readonly FileRow[]
}

/**
 * The files of a source with these bytes, as many at a time as are compared. Of bytes that more files have than that
 * nobody says what has moved.
 */
export async function* sameBytes(
  database: InternalDatabase,
  sourceId: number,
  hashes: readonly string[],
): AsyncGenerator<Group[]> {
  for (let from = 0; from < hashes.length; ) {
    const { rows } = await sql<FileRow & { at: number; lost: number }>`SELECT wanted.key AS at, ${FILE_COLUMNS},
        f.missing_since IS NOT NULL AS lost
      FROM json_each(${JSON.stringify(hashes.slice(from))}) AS wanted
      CROSS JOIN datasette_files AS f ON f.content_hash = wanted.value AND f.source_id = ${sourceId}
      CROSS JOIN datasette_files_sources AS s ON s.id = f.source_id
      WHERE f.missing_since IS NOT NULL OR ${IS_UNTOUCHED}
      LIMIT ${COMPARED + 1}`.execute(database.read)
    // Of the last it is not known whether it is all there: the next look begins with it, unless this one did.
    const cut = rows.length > COMPARED ? rows.at(-1)?.at : undefined
    const whole = cut === undefined ? rows : rows.filter(({ at }) => at < cut)
    yield [...Map.groupBy(whole, ({ content_hash, size }) => `${content_hash} ${size}`).values()].map((files) => ({
      missing: files.filter(({ lost }) => lost === 1),
      untouched: files.filter(({ lost }) => lost === 0),
    }))
    from = cut === undefined ? hashes.length : from + Math.max(cut, 1)
  }
}

/** A file as it is in this moment, if it is untouched. */
export async function untouchedRow(db: Transaction<Schema>, id: string): Promise<FileRow | undefined> {
  const { rows } = await sql<FileRow>`SELECT ${FILE_COLUMNS} FROM datasette_files AS f
    CROSS JOIN datasette_files_sources AS s ON s.id = f.source_id WHERE f.id = ${id} AND ${IS_UNTOUCHED}`.execute(db)
  return rows[0]
}

/** When a source was gone over. */
export interface PastRun {
  readonly id: number
  readonly status: string
  readonly started_at: string
  readonly finished_at: string | null
}

/** The newest run of each source that was ever gone over. */
export async function newestRuns(
  db: InternalDatabase['read'],
): Promise<{ source_id: number; id: number; status: string }[]> {
  // Beside `max`, SQLite gives the rest of the row that has it.
  const { rows } = await sql<{ source_id: number; id: number; status: string }>`SELECT source_id, max(id) AS id, status
    FROM sync_runs GROUP BY source_id`.execute(db)
  return rows
}

/** As far as they are still known, the newest first. */
export async function pastRuns(db: InternalDatabase['read'], sourceId: number): Promise<PastRun[]> {
  return await db
    .selectFrom('sync_runs')
    .select(['id', 'status', 'started_at', 'finished_at'])
    .where('source_id', '=', sourceId)
    .orderBy('id', 'desc')
    .execute()
}

/**
 * Whether a file came when another went: no complete run has seen both, but for the one that found it. Who copies first and
 * deletes then has moved it too; a copy that lies there for long is only a copy.
 */
export function cameInstead(
  missing: Pick<FileRow, 'missing_since'>,
  found: Pick<FileRow, 'created_at'>,
  runs: readonly PastRun[],
): boolean {
  const since = missing.missing_since ?? ''
  if (found.created_at >= since) return true
  return (
    runs.some(({ started_at }) => started_at <= found.created_at) &&
    !runs.some(
      ({ status, started_at, finished_at }) =>
        status === 'completed' && started_at > found.created_at && (finished_at ?? '') < since,
    )
  )
}
