import { type RawBuilder, sql } from 'kysely'
import type { InternalDatabase } from '../database/internal.ts'
import type { Position } from './cursor.ts'
import { FILE_COLUMNS, type FileRow } from './rows.ts'

export const DEFAULT_PAGE = 20
export const MAX_PAGE = 200
/** Above this a filtered list is not counted to its end. */
export const MAX_COUNT = 10_000

/** What sync saw become of files, and what they turned out to be when all of them was read. */
export const FILE_STATES = ['missing', 'changed', 'unreadable'] as const
export type FileState = (typeof FILE_STATES)[number]

/** An order that an index of the registry walks; `changed` only that of files which have changed. */
export type Order = 'newest' | 'name' | 'size' | 'path' | 'changed'

const UNKNOWN_SIZE = -1
/** Past every file's id. */
const LAST_ID = '~'

interface Walk {
  readonly shape: readonly ('string' | 'number')[]
  readonly by: RawBuilder<unknown>
  readonly after: (values: Position['after']) => RawBuilder<boolean>
  /** The same from its end, and what comes before a place, the nearest first. */
  readonly byBack: RawBuilder<unknown>
  readonly before: (values: Position['after']) => RawBuilder<boolean>
  readonly of: (row: FileRow) => (string | number)[]
}

export const ORDERS: Record<Order, Walk> = {
  newest: {
    shape: ['string', 'string'],
    by: sql`f.created_at DESC, f.id DESC`,
    after: ([time, id]) => sql`(f.created_at, f.id) < (${time}, ${id})`,
    byBack: sql`f.created_at, f.id`,
    before: ([time, id]) => sql`(f.created_at, f.id) > (${time}, ${id})`,
    of: (row) => [row.created_at, row.id],
  },
  name: {
    shape: ['string', 'string'],
    by: sql`f.filename COLLATE NOCASE, f.id`,
    // No index is entered by a pair with a collation in it, nor by what follows from it: that is said as well.
    after: ([name, id]) =>
      sql`f.filename COLLATE NOCASE >= ${name} AND (f.filename COLLATE NOCASE, f.id) > (${name}, ${id})`,
    byBack: sql`f.filename COLLATE NOCASE DESC, f.id DESC`,
    before: ([name, id]) =>
      sql`f.filename COLLATE NOCASE <= ${name} AND (f.filename COLLATE NOCASE, f.id) < (${name}, ${id})`,
    of: (row) => [row.filename, row.id],
  },
  size: {
    shape: ['number', 'string'],
    by: sql`f.size DESC, f.id DESC`,
    after: ([size, id]) =>
      Number(size) === UNKNOWN_SIZE ? sql`f.size IS NULL AND f.id < ${id}` : sql`(f.size, f.id) < (${size}, ${id})`,
    byBack: sql`f.size, f.id`,
    before: ([size, id]) =>
      Number(size) === UNKNOWN_SIZE ? sql`f.size IS NULL AND f.id > ${id}` : sql`(f.size, f.id) > (${size}, ${id})`,
    of: (row) => [row.size ?? UNKNOWN_SIZE, row.id],
  },
  path: {
    shape: ['string', 'string'],
    by: sql`f.path, f.id`,
    after: ([path, id]) => sql`(f.path, f.id) > (${path}, ${id})`,
    byBack: sql`f.path DESC, f.id DESC`,
    before: ([path, id]) => sql`(f.path, f.id) < (${path}, ${id})`,
    of: (row) => [row.path, row.id],
  },
  changed: {
    shape: ['string', 'string'],
    by: sql`f.changed_at DESC, f.id DESC`,
    after: ([time, id]) => sql`(f.changed_at, f.id) < (${time}, ${id})`,
    byBack: sql`f.changed_at, f.id`,
    before: ([time, id]) => sql`(f.changed_at, f.id) > (${time}, ${id})`,
    of: (row) => [row.changed_at ?? '', row.id],
  },
}

export interface WalkOptions {
  /** By their row ids; the caller has checked that the actor may browse them. */
  readonly sources: readonly number[]
  readonly order: Order
  /** The values of the file to continue after. */
  readonly after?: Position['after']
  readonly limit: number
  /** Only files with these bytes, which are walked newest first. */
  readonly hash?: string
  readonly types?: readonly string[] | undefined
  readonly state?: FileState | undefined
  /** Only files below this folder. */
  readonly folder?: string | undefined
}

/**
 * Runs a walk, and once more where files of unknown size follow those of a known one: no comparison finds both.
 *
 * @param walk gives files after a place in the order
 */
export async function walkOn<Row>(
  order: Order,
  after: Position['after'] | undefined,
  limit: number,
  walk: (after: RawBuilder<boolean>, limit: number) => Promise<Row[]>,
): Promise<Row[]> {
  const rows = await walk(after === undefined ? sql<boolean>`1` : ORDERS[order].after(after), limit)
  if (order !== 'size' || after === undefined || after[0] === UNKNOWN_SIZE || rows.length >= limit) return rows
  return [...rows, ...(await walk(ORDERS.size.after([UNKNOWN_SIZE, LAST_ID]), limit - rows.length))]
}

/**
 * The same for the one file before a place: those of a known size end before those of an unknown one.
 *
 * @param walk gives the file nearest before a place in the order
 */
export async function walkBack<Row>(
  order: Order,
  place: Position['after'],
  walk: (before: RawBuilder<boolean>) => Promise<Row[]>,
): Promise<Row[]> {
  const rows = await walk(ORDERS[order].before(place))
  if (order !== 'size' || place[0] !== UNKNOWN_SIZE || rows.length > 0) return rows
  return await walk(sql<boolean>`f.size IS NOT NULL`)
}

/** Files in an order, from a place in it. Each source walks its own index for at most one page; only those are sorted together. */
export async function walkFiles(database: InternalDatabase, options: WalkOptions): Promise<FileRow[]> {
  const { by } = ORDERS[options.order]
  const sources = JSON.stringify(options.sources)
  return walkOn(options.order, options.after, options.limit, async (after, limit) => {
    const { rows } = await sql<FileRow>`SELECT ${FILE_COLUMNS}
      FROM json_each(${sources}) AS wanted
      CROSS JOIN datasette_files AS f ON f.seq IN (
        SELECT f.seq FROM datasette_files AS f
        WHERE f.source_id = wanted.value AND ${after} AND ${conditionOf(options)} ORDER BY ${by} LIMIT ${limit})
      CROSS JOIN datasette_files_sources AS s ON s.id = f.source_id
      ORDER BY ${by} LIMIT ${limit}`.execute(database.read)
    return rows
  })
}

/** The file right before a place in an order. Each source is asked for one. */
export async function fileBefore(
  database: InternalDatabase,
  options: Omit<WalkOptions, 'after' | 'limit'> & { readonly before: Position['after'] },
): Promise<FileRow[]> {
  const { byBack } = ORDERS[options.order]
  const sources = JSON.stringify(options.sources)
  return walkBack(options.order, options.before, async (before) => {
    const { rows } = await sql<FileRow>`SELECT ${FILE_COLUMNS}
      FROM json_each(${sources}) AS wanted
      CROSS JOIN datasette_files AS f ON f.seq IN (
        SELECT f.seq FROM datasette_files AS f
        WHERE f.source_id = wanted.value AND ${before} AND ${conditionOf(options)} ORDER BY ${byBack} LIMIT 1)
      CROSS JOIN datasette_files_sources AS s ON s.id = f.source_id
      ORDER BY ${byBack} LIMIT 1`.execute(database.read)
    return rows
  })
}

/** How many files have the same bytes, up to one more than `MAX_COUNT`. */
export async function countHash(
  database: InternalDatabase,
  options: Conditions & Pick<WalkOptions, 'sources'>,
): Promise<number> {
  const { rows } = await sql<{ files: number }>`SELECT count(*) AS files FROM (
    SELECT 1 FROM json_each(${JSON.stringify(options.sources)}) AS wanted CROSS JOIN datasette_files AS f
    WHERE f.source_id = wanted.value AND ${conditionOf(options)} LIMIT ${MAX_COUNT + 1})`.execute(database.read)
  return rows[0]?.files ?? 0
}

type Conditions = Pick<WalkOptions, 'hash' | 'types' | 'state' | 'folder'>

const IN_STATE: Record<FileState, RawBuilder<boolean>> = {
  missing: sql`f.missing_since IS NOT NULL`,
  changed: sql`f.changed_at IS NOT NULL`,
  unreadable: sql`f.unreadable IS NOT NULL`,
}

/** Of a row `f` of the registry. */
export function conditionOf({ hash, types, state, folder }: Conditions): RawBuilder<boolean> {
  const all = [
    hash !== undefined && sql`f.content_hash = ${hash}`,
    state !== undefined && IN_STATE[state],
    folder !== undefined && isBelow(folder),
    types !== undefined &&
      sql`coalesce(f.content_type, 'application/octet-stream') IN (SELECT value FROM json_each(${JSON.stringify(types)}))`,
  ].filter((one) => one !== false)
  return all.length === 0 ? sql<boolean>`1` : sql<boolean>`${sql.join(all, sql` AND `)}`
}

/** A range of the index of paths: what begins with the folder and a `/`, up to the character after that. */
export function isBelow(folder: string): RawBuilder<boolean> {
  return sql<boolean>`f.path >= ${`${folder}/`} AND f.path < ${`${folder}0`}`
}
