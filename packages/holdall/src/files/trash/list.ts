import { type RawBuilder, sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import { decodeCursor, encodeCursor } from '../cursor.ts'
import { MAX_COUNT } from '../list.ts'
import { type TrashedFile, type TrashRow, toTrashed } from './record.ts'

/** The files that an actor may delete, and so see in the trash. */
export interface Scope {
  /** Sources whose files all are; by their row ids. */
  readonly sources: readonly number[]
  /** Sources of which only the actor's own are. */
  readonly own: { readonly actorId: string; readonly sources: readonly number[] } | null
}

export interface TrashPage {
  readonly cursor?: string | undefined
  readonly limit: number
  readonly q?: string
}

export interface TrashList {
  readonly files: readonly TrashedFile[]
  readonly next: string | null
  /** How many of this list came before this page. */
  readonly seen: number
  /** Exact up to `MAX_COUNT`; one more means more than that. */
  readonly total: number
}

const ORDER = 'trash'
/** What a name is searched for; more words say no more. */
const MAX_WORDS = 8

/**
 * One page of the trash, what was deleted last first. A page costs the same at any depth; words that few names have are
 * looked for in the whole of it.
 *
 * @param page `q`: words that the name has, upper or lower case where they are plain letters
 *
 * @throws HoldallError `invalid_cursor`
 */
export async function listTrash(
  database: InternalDatabase,
  { sources, own }: Scope,
  { cursor, limit, q = '' }: TrashPage,
): Promise<TrashList> {
  const position = cursor === undefined ? undefined : decodeCursor(cursor, ORDER, ['string', 'string'])
  const [time, id] = position?.after ?? []
  const after = position === undefined ? sql`1` : sql`(t.trashed_at, t.id) < (${time}, ${id})`
  const newest = sql`ORDER BY t.trashed_at DESC, t.id DESC LIMIT ${limit + 1}`
  const named = nameHas(q)
  const all = JSON.stringify(sources)
  const mine = JSON.stringify(own?.sources ?? [])
  // Each source walks its own index for at most one page; only those pages are sorted together.
  const { rows } = await sql<TrashRow>`SELECT t.*, s.slug AS source_slug FROM datasette_files_trash AS t
    JOIN datasette_files_sources AS s ON s.id = t.source_id
    WHERE t.id IN (
      SELECT picked.id FROM json_each(${all}) AS wanted CROSS JOIN datasette_files_trash AS picked ON picked.id IN (
        SELECT t.id FROM datasette_files_trash AS t
        WHERE t.source_id = wanted.value AND t.purging = 0 AND ${after} AND ${named} ${newest})
      UNION ALL SELECT id FROM (
        SELECT t.id FROM datasette_files_trash AS t WHERE t.uploaded_by = ${own?.actorId ?? null} AND t.purging = 0
          AND t.source_id IN (SELECT value FROM json_each(${mine})) AND ${after} AND ${named} ${newest}))
    ${newest}`.execute(database.read)
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const seen = position?.seen ?? 0
  return {
    files: page.map(toTrashed),
    next:
      rows.length <= limit || last === undefined
        ? null
        : encodeCursor({ sort: ORDER, seen: seen + limit, after: [last.trashed_at, last.id] }),
    seen,
    total: await count(database, named, { all, actorId: own?.actorId ?? null, mine }),
  }
}

/** A condition on `t`: its name has all the words. */
export function nameHas(q: string): RawBuilder<unknown> {
  const words = q.split(/\s+/).filter(Boolean).slice(0, MAX_WORDS)
  return words.reduce((all, word) => sql`${all} AND instr(lower(t.filename), lower(${word})) > 0`, sql`1`)
}

async function count(
  database: InternalDatabase,
  named: RawBuilder<unknown>,
  { all, actorId, mine }: { readonly all: string; readonly actorId: string | null; readonly mine: string },
): Promise<number> {
  const { rows } = await sql<{ files: number }>`SELECT count(*) AS files FROM (
    SELECT 1 FROM datasette_files_trash AS t
      WHERE source_id IN (SELECT value FROM json_each(${all})) AND purging = 0 AND ${named}
    UNION ALL SELECT 1 FROM datasette_files_trash AS t WHERE uploaded_by = ${actorId} AND purging = 0
      AND source_id IN (SELECT value FROM json_each(${mine})) AND ${named}
    LIMIT ${MAX_COUNT + 1})`.execute(database.read)
  return rows[0]?.files ?? 0
}

/** The ids of the files that an actor may restore, in no order. */
export async function trashedIds(
  database: InternalDatabase,
  { sources, own }: Scope,
  limit: number,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`SELECT id FROM datasette_files_trash
      WHERE source_id IN (SELECT value FROM json_each(${JSON.stringify(sources)})) AND purging = 0
    UNION ALL SELECT id FROM datasette_files_trash WHERE uploaded_by = ${own?.actorId ?? null} AND purging = 0
      AND source_id IN (SELECT value FROM json_each(${JSON.stringify(own?.sources ?? [])}))
    LIMIT ${limit}`.execute(database.read)
  return rows.map(({ id }) => id)
}

/** For each source where the actor has files in the trash: the source's row id, its slug, and one of them. */
export async function ownInTrash(
  database: InternalDatabase,
  actorId: string,
): Promise<{ sourceId: number; slug: string; id: string }[]> {
  const { rows } = await sql<{ sourceId: number; slug: string; id: string }>`
    SELECT t.source_id AS sourceId, s.slug AS slug, min(t.id) AS id FROM datasette_files_trash AS t
    JOIN datasette_files_sources AS s ON s.id = t.source_id
    WHERE t.uploaded_by = ${actorId} AND t.purging = 0 GROUP BY t.source_id`.execute(database.read)
  return rows
}
