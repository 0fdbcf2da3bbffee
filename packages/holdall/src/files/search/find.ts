import { createHash } from 'node:crypto'
import { type RawBuilder, sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import { HoldallError } from '../../web/error.ts'
import { decodeOneOf, encodeCursor, type Position } from '../cursor.ts'
import { countHash, DEFAULT_PAGE, MAX_COUNT, ORDERS, type Order, walkFiles, walkOn } from '../list.ts'
import type { FileRecord } from '../record.ts'
import { FILE_COLUMNS, type FileRow, toRecord } from '../rows.ts'
import { isOfKind, type Kind } from './kinds.ts'
import { matchesOf, newestMatches } from './matches.ts'
import { IS_MISSING, missingPlaces } from './missing.ts'
import { type Plan, planSearch } from './plan.ts'
import { readWords } from './question.ts'
import type { Tokenizer } from './tokens.ts'

export type Sort = 'relevance' | Order
export const SORTS: readonly Sort[] = ['relevance', 'newest', 'name', 'size']

/** Of so many sources it is asked whether they are all there are, so that none need be named. */
const MANY_SOURCES = 64
/** A list that was begun in an order of few goes on in it while others add files, up to this. */
const STILL_SORTED = 2 * MAX_COUNT

export interface FileQuestion {
  /** The sources to look in, by their row ids; the caller has checked that the actor may browse them. */
  readonly sources: readonly number[]
  /** Words, all of which must be found; or a file's id; or the SHA-256 of its bytes. */
  readonly q?: string
  /** `sha256:` and 64 hexadecimal digits. */
  readonly hash?: string
  readonly type?: Kind | undefined
  /** Only files that their storages are without. */
  readonly missing?: boolean
  /** @default relevance where there are words, else newest */
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
  /** How many files the list has; exact up to `MAX_COUNT`, and where nothing is filtered. */
  readonly total: number
  /** There are more than `total`. */
  readonly truncated: boolean
  /** The order that it is in: more than `MAX_COUNT` matches are not sorted by anything but their age. */
  readonly sort: Sort
}

type Find = (question: FileQuestion) => Promise<FileList>

/** Lists and searches of files. A page costs the same at any depth. Each answer throws `invalid_cursor` (400). */
export function createFind(database: InternalDatabase, tokenize: Tokenizer): Find {
  return async (asked) => {
    const question = { ...asked, type: asked.type?.trim() || undefined }
    const { sources, type, missing = false, limit = DEFAULT_PAGE } = question
    const words = readWords(question, tokenize)
    const about = fingerprint(question)
    const position = question.cursor === undefined ? undefined : positionOf(question.cursor, about)
    const page = { about, position, limit }
    const filtered = words.kind !== 'nothing' || type !== undefined || missing
    const sort = question.sort ?? (words.kind === 'terms' ? 'relevance' : 'newest')
    if (sources.length === 0) return emptyList(sort, position)

    switch (words.kind) {
      case 'id':
        return pageOf(page, await byId(database, words.id, question), { total: undefined, sort: 'newest' })
      case 'hash':
        return byHash(database, words.hash, question, page)
      default:
        if (!filtered) return everything(database, sources, orderOf(sort), page)
    }
    if (missing && words.kind === 'nothing') {
      const types = await typesOf(database, type)
      const find = (before: number, most: number) => missingPlaces(database, sources, types, before, most)
      const matched = {
        matches: async (most: number) => new Set(await find(Number.MAX_SAFE_INTEGER, most)),
        newest: find,
      }
      return search(database, { anywhere: [], tiers: [] }, sources, sort, page, { matched })
    }
    const plan = await planSearch(database, words.kind === 'terms' ? words.terms : [], type)
    if (plan === null || (words.kind === 'terms' && words.terms.length === 0)) return emptyList(sort, position)
    return search(database, plan, sources, sort, page, missing ? { condition: IS_MISSING } : {})
  }
}

interface Page {
  /** What the list is of: a cursor of one list means nothing in another. */
  readonly about: string
  readonly position: Mode | undefined
  readonly limit: number
}

/** How a list is walked, and where from. */
interface Mode extends Position {
  readonly mode: 'ranked' | 'matched' | Order
}

const SHAPES = {
  ranked: ['number', 'number'],
  matched: ['number'],
  newest: ORDERS.newest.shape,
  name: ORDERS.name.shape,
  size: ORDERS.size.shape,
} as const

function positionOf(cursor: string, about: string): Mode {
  const shapes = Object.fromEntries(Object.entries(SHAPES).map(([mode, shape]) => [`${mode} ${about}`, shape]))
  const position = decodeOneOf(cursor, shapes)
  return { ...position, mode: position.sort.split(' ')[0] as Mode['mode'] }
}

function fingerprint({ q = '', hash = '', type = '', missing = false, sort }: FileQuestion): string {
  return createHash('sha256')
    .update(JSON.stringify([q.trim(), hash, type, sort, ...(missing ? ['missing'] : [])]))
    .digest('base64url')
    .slice(0, 8)
}

function orderOf(sort: Sort): Order {
  return sort === 'relevance' ? 'newest' : sort
}

function emptyList(sort: Sort, position: Position | undefined): FileList {
  return { files: [], next: null, seen: position?.seen ?? 0, total: 0, truncated: false, sort }
}

/** @param rows one more than fits on the page, where there are more */
function pageOf(
  { about, position, limit }: Page,
  rows: readonly FileRow[],
  {
    total,
    sort,
    mode = orderOf(sort),
    after = (row) => ORDERS[orderOf(sort)].of(row),
  }: {
    total: number | undefined
    sort: Sort
    mode?: Mode['mode']
    after?: (row: FileRow) => (string | number)[]
  },
): FileList {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const seen = position?.seen ?? 0
  const more = rows.length > limit && last !== undefined
  const all = total ?? rows.length
  return {
    files: shown.map(toRecord),
    next: more ? encodeCursor({ sort: `${mode} ${about}`, seen: seen + limit, after: after(last) }) : null,
    seen,
    total: all,
    truncated: false,
    sort,
  }
}

async function byId(
  database: InternalDatabase,
  id: string,
  { sources, type, missing }: FileQuestion,
): Promise<FileRow[]> {
  const { rows } = await sql<FileRow>`SELECT ${FILE_COLUMNS} FROM datasette_files AS f
    JOIN datasette_files_sources AS s ON s.id = f.source_id
    WHERE f.id = ${id} AND ${missing ? sql`f.missing_since IS NOT NULL` : sql`1`} AND f.source_id IN (SELECT value FROM json_each(${JSON.stringify(sources)}))`.execute(
    database.read,
  )
  return rows.filter((row) => type === undefined || isOfKind(row.content_type ?? 'application/octet-stream', type))
}

async function byHash(
  database: InternalDatabase,
  hash: string,
  { sources, type, missing }: FileQuestion,
  page: Page,
): Promise<FileList> {
  const after = continueIn(page.position, 'newest')
  const types = await typesOf(database, type)
  const rows = await walkFiles(database, {
    sources,
    order: 'newest',
    after,
    limit: page.limit + 1,
    hash,
    types,
    missing,
  })
  const total = await countHash(database, { sources, hash, types, missing })
  return counted(pageOf(page, rows, { total, sort: 'newest' }))
}

/** The types of files there are that are of a kind; undefined: any. */
async function typesOf(database: InternalDatabase, kind: Kind | undefined): Promise<string[] | undefined> {
  if (kind === undefined) return undefined
  const known = await database.read.selectFrom('datasette_files_types').select('type').execute()
  return known.map(({ type }) => type).filter((type) => isOfKind(type, kind))
}

async function everything(
  database: InternalDatabase,
  sources: readonly number[],
  order: Order,
  page: Page,
): Promise<FileList> {
  const rows = await walkFiles(database, {
    sources,
    order,
    after: continueIn(page.position, order),
    limit: page.limit + 1,
  })
  const { rows: totals } = await sql<{ files: number | null }>`SELECT sum(files) AS files FROM datasette_files_totals
    WHERE source_id IN (SELECT value FROM json_each(${JSON.stringify(sources)}))`.execute(database.read)
  return pageOf(page, rows, { total: totals[0]?.files ?? 0, sort: order })
}

function continueIn(position: Mode | undefined, mode: Mode['mode']): Position['after'] | undefined {
  if (position !== undefined && position.mode !== mode) throw new HoldallError('invalid_cursor')
  return position?.after
}

function counted(list: FileList): FileList {
  return list.total > MAX_COUNT ? { ...list, total: MAX_COUNT, truncated: true } : list
}

interface Among {
  /** What else must be true of a match. */
  readonly condition?: RawBuilder<boolean>
  /** Instead of the full-text tables: what matches, and the newest of it before a place. */
  readonly matched?: {
    matches(most: number): Promise<Set<number>>
    newest(before: number, most: number): Promise<number[]>
  }
}

async function search(
  database: InternalDatabase,
  plan: Plan,
  sources: readonly number[],
  sort: Sort,
  page: Page,
  { condition, matched }: Among,
): Promise<FileList> {
  const named = await sourcesToName(database, sources)
  const begun = page.position?.mode
  const limit = begun === undefined || begun === 'matched' ? MAX_COUNT : STILL_SORTED
  const matches = await (matched?.matches(limit + 1) ?? matchesOf(database, plan.anywhere, named, limit + 1, condition))
  const few = matches.size <= limit
  const mode = begun ?? modeFor(sort, plan, few)
  if (!few && mode !== 'matched') throw new HoldallError('invalid_cursor')
  const next = page.limit + 1
  const total = matches.size

  if (mode === 'matched') {
    const before = Number(page.position?.after[0] ?? Number.MAX_SAFE_INTEGER)
    const places = few
      ? newestFirst(matches)
          .filter((seq) => seq < before)
          .slice(0, next)
      : await (matched?.newest(before, next) ??
          newestMatches(database, plan.anywhere, sources, Math.min(before, 2 ** 32), next, condition))
    const rows = await rowsAt(database, places, sources)
    return counted(pageOf(page, rows, { total, sort: 'newest', mode, after: (row) => [row.seq] }))
  }
  if (mode === 'ranked') {
    const tierOf = await rank(database, plan, named, matches, condition)
    const [tier = -1, seq = 0] = (page.position?.after ?? []).map(Number)
    const places = newestFirst(matches)
      .map((place) => [tierOf(place), place] as const)
      .filter(([at, place]) => at > tier || (at === tier && place < seq))
      .sort(([a], [b]) => a - b)
      .slice(0, next)
      .map(([, place]) => place)
    const rows = await rowsAt(database, places, sources)
    return counted(pageOf(page, rows, { total, sort: 'relevance', mode, after: (row) => [tierOf(row.seq), row.seq] }))
  }
  const places = await sortedPlaces(database, matches, mode, page.position?.after, next)
  return counted(pageOf(page, await rowsAt(database, places, sources), { total, sort: mode }))
}

function modeFor(sort: Sort, plan: Plan, few: boolean): Mode['mode'] {
  if (!few || sort === 'newest') return 'matched'
  if (sort !== 'relevance') return sort
  return plan.tiers.length === 0 ? 'matched' : 'ranked'
}

function newestFirst(matches: ReadonlySet<number>): number[] {
  return [...matches].sort((a, b) => b - a)
}

/** Which tier a match is in depends on the file alone, so that others that come or go move nothing. */
async function rank(
  database: InternalDatabase,
  { tiers }: Plan,
  sources: readonly number[] | null,
  matches: ReadonlySet<number>,
  condition: RawBuilder<boolean> | undefined,
): Promise<(place: number) => number> {
  const found: ReadonlySet<number>[] = []
  for (const tier of tiers) {
    found.push(await matchesOf(database, [['datasette_files_fts', tier]], sources, matches.size + 1, condition))
  }
  return (place) => {
    const at = found.findIndex((tier) => tier.has(place))
    return at < 0 ? tiers.length : at
  }
}

async function sortedPlaces(
  database: InternalDatabase,
  matches: ReadonlySet<number>,
  order: Order,
  position: Position['after'] | undefined,
  most: number,
): Promise<number[]> {
  const wanted = JSON.stringify([...matches])
  const rows = await walkOn(order, position, most, async (after, limit) => {
    const { rows } = await sql<{ seq: number }>`SELECT f.seq FROM json_each(${wanted}) AS wanted
      CROSS JOIN datasette_files AS f ON f.seq = wanted.value
      WHERE ${after} ORDER BY ${ORDERS[order].by} LIMIT ${limit}`.execute(database.read)
    return rows
  })
  return rows.map(({ seq }) => seq)
}

/** The files at these places, in their order, and once more only of these sources. */
async function rowsAt(
  database: InternalDatabase,
  places: readonly number[],
  sources: readonly number[],
): Promise<FileRow[]> {
  if (places.length === 0) return []
  const { rows } = await sql<FileRow>`SELECT ${FILE_COLUMNS} FROM json_each(${JSON.stringify(places)}) AS wanted
    CROSS JOIN datasette_files AS f ON f.seq = wanted.value
    CROSS JOIN datasette_files_sources AS s ON s.id = f.source_id
    WHERE f.source_id IN (SELECT value FROM json_each(${JSON.stringify(sources)}))
    ORDER BY wanted.key`.execute(database.read)
  return rows
}

/** Null where the sources are all there are: naming a thousand of them would cost more than the search. */
async function sourcesToName(
  database: InternalDatabase,
  sources: readonly number[],
): Promise<readonly number[] | null> {
  if (sources.length <= MANY_SOURCES) return sources
  const { rows } = await sql<{ others: number }>`SELECT EXISTS (SELECT 1 FROM datasette_files_totals
    WHERE source_id NOT IN (SELECT value FROM json_each(${JSON.stringify(sources)}))) AS others`.execute(database.read)
  return rows[0]?.others === 0 ? null : sources
}
