import { type RawBuilder, sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import { conditionOf, type WalkOptions } from '../list.ts'
import type { Condition } from './matches.ts'
import type { HashPart } from './question.ts'

/** Files whose hash begins with what was typed, and is of these types. */
export interface Hashes extends HashPart, Pick<WalkOptions, 'types'> {}

interface Among {
  readonly hashes: Hashes
  /** `null`: all there are */
  readonly sources: readonly number[] | null
  readonly condition: Condition | undefined
}

/** By their place in the registry, in no order, at most `limit`. */
export function hashed(database: InternalDatabase, among: Among, limit: number): Promise<number[]> {
  return placesOf(database, among, sql`1`, sql``, limit)
}

/** The newest before a place. Those of one hash are few, or copies of one file: they are sorted. */
export function newestHashed(database: InternalDatabase, among: Among, before: number, limit: number) {
  return placesOf(database, among, sql`h.seq < ${before}`, sql`ORDER BY h.seq DESC`, limit)
}

/** The one that was registered next after a place. */
export function nextHashed(database: InternalDatabase, among: Among, after: number): Promise<number[]> {
  return placesOf(database, among, sql`h.seq > ${after}`, sql`ORDER BY h.seq`, 1)
}

async function placesOf(
  database: InternalDatabase,
  { hashes: { digits, end, types }, sources, condition }: Among,
  where: RawBuilder<boolean>,
  order: RawBuilder<unknown>,
  limit: number,
): Promise<number[]> {
  const among =
    sources === null ? sql`1` : sql`f.source_id IN (SELECT value FROM json_each(${JSON.stringify(sources)}))`
  // Up to the letter after the last digit that there is. Named otherwise outside, for conditions look at files as `f` themselves.
  const { rows } = await sql<{ places: string }>`SELECT json_group_array(seq) AS places FROM (
    SELECT h.seq FROM (
      SELECT f.seq FROM datasette_files AS f INDEXED BY datasette_files_by_hash
      WHERE f.content_hash >= ${`sha256:${digits}`} AND f.content_hash < ${`sha256:${digits}g`}
        AND substr(f.content_hash, -length(${end}), length(${end})) = ${end} AND ${among} AND ${conditionOf({ types })}
    ) AS h WHERE ${condition?.(sql<number>`h.seq`) ?? sql`1`} AND ${where} ${order} LIMIT ${limit})`.execute(
    database.read,
  )
  return JSON.parse(rows[0]?.places ?? '[]') as number[]
}
