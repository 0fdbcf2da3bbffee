import { type RawBuilder, sql } from 'kysely'
import type { InternalDatabase } from '../database/internal.ts'
import { decodeCursor, encodeCursor, type Position } from './cursor.ts'
import { type Kind, matchExpression } from './match.ts'
import type { FileRecord } from './record.ts'
import { FILE_COLUMNS, type FileRow, toRecord } from './rows.ts'

export const DEFAULT_PAGE = 20
export const MAX_PAGE = 200
/** Above this a filtered list is not counted to its end. */
export const MAX_COUNT = 10_000

export type Sort = 'newest' | 'name' | 'size'
export const SORTS: readonly Sort[] = ['newest', 'name', 'size']

export interface ListQuestion {
  /** The sources to list, by their row ids; the caller has checked that the actor may browse them. */
  readonly sources: readonly number[]
  /** Words that the name begins with, in any order. */
  readonly name?: string
  /** An exact type, `image/*`, or one of the groups that the library offers. */
  readonly type?: Kind
  readonly sort?: Sort
  readonly cursor?: string
  /** 1 to `MAX_PAGE`. */
  readonly limit?: number
}

export interface FileList {
  readonly files: readonly FileRecord[]
  readonly next: string | null
  /** How many files of this list came before this page. */
  readonly seen: number
}

interface Order {
  readonly shape: readonly ('string' | 'number')[]
  readonly by: RawBuilder<unknown>
  readonly after: (values: Position['after']) => RawBuilder<boolean>
  readonly of: (row: FileRow) => (string | number)[]
}

const ORDERS: Record<Sort | 'matched', Order> = {
  newest: {
    shape: ['string', 'string'],
    by: sql`f.created_at DESC, f.id DESC`,
    after: ([time, id]) => sql`(f.created_at, f.id) < (${time}, ${id})`,
    of: (row) => [row.created_at, row.id],
  },
  name: {
    shape: ['string', 'string'],
    by: sql`f.filename COLLATE NOCASE, f.id`,
    after: ([name, id]) => sql`(f.filename COLLATE NOCASE, f.id) > (${name}, ${id})`,
    of: (row) => [row.filename, row.id],
  },
  size: {
    shape: ['number', 'string'],
    by: sql`f.size DESC, f.id DESC`,
    after: ([size, id]) => sql`(f.size, f.id) < (${size}, ${id})`,
    of: (row) => [row.size ?? 0, row.id],
  },
  // Matches come in the order of registration, which the full-text table can walk without sorting them all.
  matched: {
    shape: ['number'],
    by: sql`datasette_files_fts.rowid DESC`,
    after: ([seq]) => sql`datasette_files_fts.rowid < ${seq}`,
    of: (row) => [row.seq],
  },
}

/**
 * One page of files, newest first unless told otherwise. A page costs the same at any depth.
 *
 * @throws HoldallError `invalid_cursor`
 */
export async function listFiles(database: InternalDatabase, question: ListQuestion): Promise<FileList> {
  const { sources, sort = 'newest', cursor, limit = DEFAULT_PAGE } = question
  const match = matchExpression(question)
  const name = match !== undefined && sort === 'newest' ? 'matched' : sort
  const order = ORDERS[name]
  const position = cursor === undefined ? undefined : decodeCursor(cursor, name, order.shape)
  const seen = position?.seen ?? 0
  if (sources.length === 0 || match === null) return { files: [], next: null, seen }
  const after = position === undefined ? sql<boolean>`1` : order.after(position.after)
  const query =
    match === undefined
      ? inSources(sources, order, after, limit + 1)
      : name === 'matched'
        ? matched(match, order, after, limit + 1)
        : matchedInOrder(match, order, after, limit + 1)
  const { rows } = await query.execute(database.read)
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    files: page.map(toRecord),
    next:
      rows.length <= limit || last === undefined
        ? null
        : encodeCursor({ sort: name, seen: seen + limit, after: order.of(last) }),
    seen,
  }
}

/** How many files match, up to `MAX_COUNT` and one more, which means "more than that". */
export async function countMatches(database: InternalDatabase, question: ListQuestion): Promise<number> {
  const match = matchExpression(question)
  if (match === null || match === undefined || question.sources.length === 0) return 0
  const { rows } = await sql<{ matches: number }>`SELECT count(*) AS matches FROM (
    SELECT 1 FROM datasette_files_fts WHERE datasette_files_fts MATCH ${match} LIMIT ${MAX_COUNT + 1})`.execute(
    database.read,
  )
  return rows[0]?.matches ?? 0
}

// Each source walks its own index for at most one page; only those pages are sorted together.
function inSources(sources: readonly number[], order: Order, after: RawBuilder<boolean>, limit: number) {
  return sql<FileRow>`SELECT ${FILE_COLUMNS}
    FROM json_each(${JSON.stringify(sources)}) AS wanted
    CROSS JOIN datasette_files AS f ON f.seq IN (
      SELECT f.seq FROM datasette_files AS f
      WHERE f.source_id = wanted.value AND ${after} ORDER BY ${order.by} LIMIT ${limit})
    CROSS JOIN datasette_files_sources AS s ON s.id = f.source_id
    ORDER BY ${order.by} LIMIT ${limit}`
}

function matched(match: string, order: Order, after: RawBuilder<boolean>, limit: number) {
  return sql<FileRow>`SELECT ${FILE_COLUMNS} FROM datasette_files_fts
    CROSS JOIN datasette_files AS f ON f.seq = datasette_files_fts.rowid
    CROSS JOIN datasette_files_sources AS s ON s.id = f.source_id
    WHERE datasette_files_fts MATCH ${match} AND ${after}
    ORDER BY ${order.by} LIMIT ${limit}`
}

function matchedInOrder(match: string, order: Order, after: RawBuilder<boolean>, limit: number) {
  return sql<FileRow>`SELECT ${FILE_COLUMNS} FROM datasette_files AS f
    JOIN datasette_files_sources AS s ON s.id = f.source_id
    WHERE f.seq IN (SELECT rowid FROM datasette_files_fts WHERE datasette_files_fts MATCH ${match}) AND ${after}
    ORDER BY ${order.by} LIMIT ${limit}`
}
