import { setImmediate as turn } from 'node:timers/promises'
import { sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import { decodeCursor, encodeCursor } from '../cursor.ts'
import { MAX_COUNT } from '../list.ts'
import type { FileRecord } from '../record.ts'
import { FILE_COLUMNS, type FileRow, toRecord } from '../rows.ts'

/** Files with the same bytes. */
export interface DoubleGroup {
  readonly contentHash: string
  /** Bytes of each. */
  readonly size: number
  /** How many there are, up to one more than `MAX_COUNT`. */
  readonly count: number
  /** The oldest of them, up to `FILES_OF_A_GROUP`. */
  readonly files: readonly FileRecord[]
}

export interface DoubleTotals {
  readonly groups: number
  readonly files: number
  /** Bytes of all but one file of each group. */
  readonly bytes: number
  /** There are more than these. */
  readonly truncated: boolean
}

export interface DoublesList {
  /** The largest files first. */
  readonly groups: readonly DoubleGroup[]
  readonly next: string | null
  /** How many groups came before this page. */
  readonly seen: number
}

export interface Doubles {
  /**
   * A page of the groups of at least two files of some sources. It may have few of them and still not be the last, where
   * nearly everything that is there twice is there in other sources.
   *
   * @param sources by their row ids; the caller has checked that the actor may browse them
   * @throws HoldallError `invalid_cursor`
   */
  list(
    sources: readonly number[],
    page: { readonly cursor?: string | undefined; readonly limit: number },
  ): Promise<DoublesList>
  totals(sources: readonly number[]): Promise<DoubleTotals>
}

/** A group with more files names so many. */
export const FILES_OF_A_GROUP = 10
/** Hashes that are looked at before others get their turn: a few milliseconds. */
const CHUNK = 1_000
/** A page ends after so long, and so does counting. */
const ENOUGH_MS = 1_000
const SORT = 'doubles'

interface Counted {
  readonly content_hash: string
  readonly size: number
  readonly files: number
}

export function createDoubles(database: InternalDatabase): Doubles {
  return {
    async list(sources, { cursor, limit }) {
      const position = cursor === undefined ? undefined : decodeCursor(cursor, SORT, ['number', 'string'])
      const began = performance.now()
      const found: Counted[] = []
      let more = false
      for await (const looked of walk(database, sources, position?.after)) {
        for (const one of looked) {
          if (one.files < 2) continue
          more = found.length === limit
          if (more) break
          found.push(one)
        }
        // A cursor names what the actor may see and nothing else, so that a page without any looks on.
        more ||= found.length > 0 && looked.length === CHUNK && performance.now() - began > ENOUGH_MS
        if (more) break
      }
      const last = found.at(-1)
      const seen = position?.seen ?? 0
      return {
        groups: await withFiles(database, sources, found),
        next:
          more && last !== undefined
            ? encodeCursor({ sort: SORT, seen: seen + found.length, after: [last.size, last.content_hash] })
            : null,
        seen,
      }
    },
    async totals(sources) {
      const began = performance.now()
      const totals = { groups: 0, files: 0, bytes: 0 }
      for await (const looked of walk(database, sources, undefined)) {
        for (const { size, files } of looked) {
          if (files < 2) continue
          if (totals.groups === MAX_COUNT) return { ...totals, truncated: true }
          totals.groups += 1
          totals.files += files
          totals.bytes += size * (files - 1)
        }
        if (looked.length === CHUNK && performance.now() - began > ENOUGH_MS) return { ...totals, truncated: true }
      }
      return { ...totals, truncated: false }
    },
  }
}

/** Every hash of several files, the largest files first, each with how many of them are of the sources. */
async function* walk(
  database: InternalDatabase,
  sources: readonly number[],
  position: readonly (string | number)[] | undefined,
): AsyncGenerator<readonly Counted[]> {
  const among = JSON.stringify(sources)
  for (let after = position; ; await turn()) {
    const from = after === undefined ? sql`1` : sql`(d.size, d.content_hash) < (${after[0]}, ${after[1]})`
    const { rows } = await sql<Counted>`SELECT d.content_hash, d.size, (SELECT count(*) FROM (
        SELECT 1 FROM datasette_files AS f WHERE f.content_hash = d.content_hash
          AND f.source_id IN (SELECT value FROM json_each(${among})) LIMIT ${MAX_COUNT + 1})) AS files
      FROM datasette_files_doubles AS d INDEXED BY datasette_files_doubles_by_size
      WHERE ${from} ORDER BY d.size DESC, d.content_hash DESC LIMIT ${CHUNK}`.execute(database.read)
    yield rows
    const last = rows.at(-1)
    if (last === undefined || rows.length < CHUNK) return
    after = [last.size, last.content_hash]
  }
}

async function withFiles(
  database: InternalDatabase,
  sources: readonly number[],
  found: readonly Counted[],
): Promise<DoubleGroup[]> {
  const hashes = JSON.stringify(found.map(({ content_hash }) => content_hash))
  const { rows } = await sql<FileRow>`SELECT ${FILE_COLUMNS} FROM json_each(${hashes}) AS wanted
    CROSS JOIN datasette_files AS f ON f.seq IN (SELECT f.seq FROM datasette_files AS f
      WHERE f.content_hash = wanted.value AND f.source_id IN (SELECT value FROM json_each(${JSON.stringify(sources)}))
      ORDER BY f.created_at, f.id LIMIT ${FILES_OF_A_GROUP})
    CROSS JOIN datasette_files_sources AS s ON s.id = f.source_id
    ORDER BY wanted.key, f.created_at, f.id`.execute(database.read)
  const files = Map.groupBy(rows.map(toRecord), ({ contentHash }) => contentHash)
  return found.map(({ content_hash, size, files: count }) => ({
    contentHash: content_hash,
    size,
    count,
    files: files.get(content_hash) ?? [],
  }))
}
