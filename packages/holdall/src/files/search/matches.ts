import { type RawBuilder, sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import { aroundSource, type Index, sourceTerms } from './expression.ts'

/** Sources whose walks are asked for at once; those that nothing newer can come from are not asked at all. */
const SOURCES_AT_ONCE = 32

/** What else must be true of a row of a full-text table, by its rowid. */
export type Condition = (rowid: RawBuilder<number>) => RawBuilder<boolean>

const ANY: Condition = () => sql<boolean>`1`

const TABLES: Record<Index, RawBuilder<unknown>> = {
  datasette_files_fts: sql`datasette_files_fts`,
  datasette_files_text_fts: sql`datasette_files_text_fts`,
}

/** The files that match one of the expressions, by their place in the registry, in no order. At most `limit` of each. */
export async function matchesOf(
  database: InternalDatabase,
  expressions: readonly (readonly [Index, string])[],
  sources: readonly number[] | null,
  limit: number,
  condition: Condition = ANY,
): Promise<Set<number>> {
  const found = new Set<number>()
  for (const [index, expression] of expressions) {
    const table = TABLES[index]
    // As one value: ten thousand rows cost more to hand over than to find.
    const { rows } = await sql<{ places: string }>`SELECT json_group_array(seq) AS places FROM (
      SELECT rowid & 0xFFFFFFFF AS seq FROM ${table}
      WHERE ${table} MATCH ${sourceTerms(index, sources) + expression} AND ${condition(sql`${table}.rowid`)} LIMIT ${limit})`.execute(
      database.read,
    )
    for (const seq of JSON.parse(rows[0]?.places ?? '[]') as number[]) found.add(seq)
  }
  return found
}

/** The newest files that match, by their place in the registry, newest first, however many more there are. */
export async function newestMatches(
  database: InternalDatabase,
  expressions: readonly (readonly [Index, string])[],
  sources: readonly number[],
  before: number,
  limit: number,
  condition: Condition = ANY,
): Promise<number[]> {
  const waiting = await byNewest(database, sources)
  let kept: number[] = []
  while (waiting.length > 0) {
    const some = waiting.splice(0, SOURCES_AT_ONCE)
    const last = kept.length < limit ? -1 : (kept.at(-1) as number)
    if ((some[0]?.newest ?? 0) <= last) break
    const found = new Set(kept)
    const ids = JSON.stringify(some.map(({ id }) => id))
    for (const [index, expression] of expressions) {
      const table = TABLES[index]
      const [head, tail] = aroundSource(index)
      const { rows } = await sql<{ places: string }>`SELECT (
          SELECT json_group_array(seq) FROM (
            SELECT rowid & 0xFFFFFFFF AS seq FROM ${table}
            WHERE ${table} MATCH ${head} || wanted.value || ${tail + expression}
              AND rowid >= (wanted.value << 32) AND rowid < (wanted.value << 32) + CAST(${before} AS INTEGER)
              AND ${condition(sql`${table}.rowid`)}
            ORDER BY rowid DESC LIMIT ${limit})
        ) AS places FROM json_each(${ids}) AS wanted`.execute(database.read)
      for (const { places } of rows) for (const seq of JSON.parse(places) as number[]) found.add(seq)
    }
    kept = [...found].sort((a, b) => b - a).slice(0, limit)
  }
  return kept
}

/** The file that matches and was registered next after a place, however many more there are. */
export async function nextMatch(
  database: InternalDatabase,
  expressions: readonly (readonly [Index, string])[],
  sources: readonly number[],
  after: number,
  condition: Condition = ANY,
): Promise<number[]> {
  const found: number[] = []
  for (const [index, expression] of expressions) {
    const table = TABLES[index]
    const [head, tail] = aroundSource(index)
    const { rows } = await sql<{ seq: number | null }>`SELECT min(seq) AS seq FROM (SELECT (
        SELECT rowid & 0xFFFFFFFF FROM ${table}
        WHERE ${table} MATCH ${head} || wanted.value || ${tail + expression}
          AND rowid > (wanted.value << 32) + CAST(${after} AS INTEGER) AND rowid < (wanted.value + 1 << 32)
          AND ${condition(sql`${table}.rowid`)}
        ORDER BY rowid LIMIT 1) AS seq FROM json_each(${JSON.stringify(sources)}) AS wanted)`.execute(database.read)
    for (const { seq } of rows) if (seq !== null) found.push(seq)
  }
  return found.length === 0 ? [] : [Math.min(...found)]
}

interface Newest {
  readonly id: number
  /** The place of its newest file, as far as the order of registration tells. */
  readonly newest: number
}

async function byNewest(database: InternalDatabase, sources: readonly number[]): Promise<Newest[]> {
  if (sources.length <= SOURCES_AT_ONCE) return sources.map((id) => ({ id, newest: Number.MAX_SAFE_INTEGER }))
  const { rows } = await sql<Newest>`SELECT wanted.value AS id, (
      SELECT (rowid & 0xFFFFFFFF) FROM datasette_files_fts
      WHERE datasette_files_fts MATCH ${aroundSource('datasette_files_fts')[0]} || wanted.value || '"'
        AND rowid >= (wanted.value << 32)
      ORDER BY rowid DESC LIMIT 1
    ) AS newest FROM json_each(${JSON.stringify(sources)}) AS wanted
    WHERE newest IS NOT NULL ORDER BY newest DESC`.execute(database.read)
  return rows
}
