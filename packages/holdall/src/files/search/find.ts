import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import { HoldallError } from '../../web/error.ts'
import { decodeOneOf, encodeCursor, type Position } from '../cursor.ts'
import {
  conditionOf,
  countHash,
  DEFAULT_PAGE,
  type FileState,
  MAX_COUNT,
  ORDERS,
  type Order,
  type WalkOptions,
  walkFiles,
  walkOn,
} from '../list.ts'
import type { FileRecord } from '../record.ts'
import { FILE_COLUMNS, type FileRow, toRecord } from '../rows.ts'
import { liesBelow, placesBelow, wordsOfFolder } from './folders.ts'
import { isOfKind, type Kind } from './kinds.ts'
import { type Condition, matchesOf, newestMatches } from './matches.ts'
import { type Plan, planSearch } from './plan.ts'
import { readWords } from './question.ts'
import { HAS_STATE, placesInState } from './states.ts'
import type { Tokenizer } from './tokens.ts'

export type Sort = 'relevance' | Order
export const SORTS: readonly Sort[] = ['relevance', 'newest', 'name', 'size', 'path', 'changed']

/** Of so many sources it is asked whether they are all there are, so that none need be named. */
const MANY_SOURCES = 64
/** A list that was begun in an order of few goes on in it while others add files, up to this. */
export const STILL_SORTED = 2 * MAX_COUNT

export interface FileQuestion {
  /** The sources to look in, by their row ids; the caller has checked that the actor may browse them. */
  readonly sources: readonly number[]
  /** Words, all of which must be found; or a file's id; or the SHA-256 of its bytes. */
  readonly q?: string
  /** `sha256:` and 64 hexadecimal digits. */
  readonly hash?: string
  readonly type?: Kind | undefined
  readonly state?: FileState | undefined
  /** Only files below this folder; all where it is empty. */
  readonly folder?: string
  /** @default what `usualSort` says */
  readonly sort?: Sort | undefined
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

/** The order of a list of which nobody has asked for another. */
export function usualSort({ q = '', state, folder = '' }: Pick<FileQuestion, 'q' | 'state' | 'folder'>): Sort {
  if (q.trim() !== '') return 'relevance'
  if (state === 'changed') return 'changed'
  return folder === '' ? 'newest' : 'path'
}

/** Lists and searches of files. A page costs the same at any depth. Each answer throws `invalid_cursor` (400). */
export function createFind(database: InternalDatabase, tokenize: Tokenizer): Find {
  return async (asked) => {
    const question = { ...asked, type: asked.type?.trim() || undefined, folder: asked.folder || undefined }
    const { sources, type, state, folder, limit = DEFAULT_PAGE } = question
    const words = readWords(question, tokenize)
    const about = fingerprint(question)
    const position = question.cursor === undefined ? undefined : positionOf(question.cursor, about)
    const page = { about, position, limit }
    const filtered = words.kind !== 'nothing' || type !== undefined || state !== undefined || folder !== undefined
    const wanted = question.sort ?? usualSort(question)
    const sort = wanted === 'changed' && state !== 'changed' ? 'newest' : wanted
    if (sources.length === 0) return emptyList(sort, position)

    switch (words.kind) {
      case 'id':
        return pageOf(page, await byId(database, words.id, question), { total: undefined, sort: 'newest' })
      case 'hash':
        return byHash(database, words.hash, question, page)
      default:
        if (!filtered) return everything(database, sources, orderOf(sort), page)
    }
    if (words.kind === 'nothing' && state !== undefined) {
      const among = { sources, types: await typesOf(database, type), state, folder }
      const find = (before: number, most: number) => placesInState(database, among, before, most)
      const matched = { matches: (most: number) => find(Number.MAX_SAFE_INTEGER, most), newest: find }
      if (state === 'changed') return byIndex(database, among, 'changed', sort, page, matched)
      return search(database, NO_WORDS, sources, sort, page, { matched })
    }
    if (words.kind === 'nothing' && folder !== undefined && type === undefined) {
      const among = { sources, folder }
      const matched = {
        matches: (most: number) => placesBelow(database, among, most),
        newest: (before: number, most: number) => placesBelow(database, among, most, before),
      }
      return byIndex(database, among, 'path', sort, page, matched)
    }
    const within = folder === undefined ? [] : wordsOfFolder(folder, tokenize)
    const plan = await planSearch(database, words.kind === 'terms' ? words.terms : [], type, within)
    if (plan === null || (words.kind === 'terms' && words.terms.length === 0)) return emptyList(sort, position)
    return search(database, plan, sources, sort, page, { condition: conditionsOf(question) })
  }
}

const NO_PLACES: ReadonlySet<number> = new Set()
const NO_WORDS: Plan = { anywhere: [], tiers: [] }

export function conditionsOf({ state, folder }: Pick<FileQuestion, 'state' | 'folder'>): Condition | undefined {
  const all: Condition[] = []
  if (state !== undefined) all.push(HAS_STATE[state])
  if (folder !== undefined) all.push(liesBelow(folder))
  if (all.length === 0) return undefined
  return (rowid) =>
    sql<boolean>`${sql.join(
      all.map((one) => one(rowid)),
      sql` AND `,
    )}`
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
  path: ORDERS.path.shape,
  changed: ORDERS.changed.shape,
} as const

function positionOf(cursor: string, about: string): Mode {
  const shapes = Object.fromEntries(Object.entries(SHAPES).map(([mode, shape]) => [`${mode} ${about}`, shape]))
  const position = decodeOneOf(cursor, shapes)
  return { ...position, mode: position.sort.split(' ')[0] as Mode['mode'] }
}

function fingerprint({ q = '', hash = '', type = '', state, folder = '', sort }: FileQuestion): string {
  return createHash('sha256')
    .update(JSON.stringify([q.trim(), hash, type, sort ?? null, state ?? null, folder]))
    .digest('base64url')
    .slice(0, 8)
}

export function orderOf(sort: Sort): Order {
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
  { sources, type, state, folder }: FileQuestion,
): Promise<FileRow[]> {
  const { rows } = await sql<FileRow>`SELECT ${FILE_COLUMNS} FROM datasette_files AS f
    JOIN datasette_files_sources AS s ON s.id = f.source_id
    WHERE f.id = ${id} AND ${conditionOf({ state, folder })} AND f.source_id IN (SELECT value FROM json_each(${JSON.stringify(sources)}))`.execute(
    database.read,
  )
  return rows.filter((row) => type === undefined || isOfKind(row.content_type ?? 'application/octet-stream', type))
}

async function byHash(
  database: InternalDatabase,
  hash: string,
  { sources, type, state, folder }: FileQuestion,
  page: Page,
): Promise<FileList> {
  const after = continueIn(page.position, 'newest')
  const among = { sources, hash, types: await typesOf(database, type), state, folder }
  const rows = await walkFiles(database, { ...among, order: 'newest', after, limit: page.limit + 1 })
  const total = await countHash(database, among)
  return counted(pageOf(page, rows, { total, sort: 'newest' }))
}

/** So many of the files of some sources that are of a kind, by their place in the registry, in no order. */
export async function placesOfKind(
  database: InternalDatabase,
  sources: readonly number[],
  kind: Kind,
  most: number,
): Promise<ReadonlySet<number>> {
  const plan = sources.length === 0 ? null : await planSearch(database, [], kind)
  if (plan === null) return NO_PLACES
  return matchesOf(database, plan.anywhere, await sourcesToName(database, sources), most)
}

/** The types of files there are that are of a kind; undefined: any. */
export async function typesOf(database: InternalDatabase, kind: Kind | undefined): Promise<string[] | undefined> {
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

/** What one index holds, in its order: however much it is, nothing is sorted. Another order is of few. */
async function byIndex(
  database: InternalDatabase,
  among: Pick<WalkOptions, 'sources' | 'types' | 'state' | 'folder'>,
  order: Order,
  sort: Sort,
  page: Page,
  matched: NonNullable<Among['matched']>,
): Promise<FileList> {
  const begun = page.position?.mode
  const total = (await matched.matches(MAX_COUNT + 1)).length
  if (begun === undefined ? sort !== order && total <= MAX_COUNT : begun !== order) {
    return search(database, NO_WORDS, among.sources, sort, page, { matched })
  }
  const after = continueIn(page.position, order)
  const rows = await walkFiles(database, { ...among, order, after, limit: page.limit + 1 })
  return counted(pageOf(page, rows, { total, sort: order }))
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
  readonly condition?: Condition | undefined
  /** Instead of the full-text tables: what matches, and the newest of it before a place. */
  readonly matched?: {
    matches(most: number): Promise<readonly number[]>
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
  const matches = new Set<number>(await matched?.matches(limit + 1))
  let outside: ReadonlySet<number> = NO_PLACES
  for (const expression of matched === undefined ? plan.anywhere : []) {
    const found = await matchesOf(database, [expression], named, limit + 1, condition)
    for (const place of found) matches.add(place)
    if (expression[0] === 'datasette_files_fts') outside = found
  }
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
    const tierOf = await rank(database, plan, named, { matches, outside }, condition)
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

export function newestFirst(matches: ReadonlySet<number>): number[] {
  return [...matches].sort((a, b) => b - a)
}

/** Which tier a match is in depends on the file alone, so that others that come or go move nothing. */
export async function rank(
  database: InternalDatabase,
  { tiers }: Plan,
  sources: readonly number[] | null,
  { matches, outside }: { readonly matches: ReadonlySet<number>; readonly outside: ReadonlySet<number> },
  condition: Condition | undefined,
): Promise<(place: number) => number> {
  const found: ReadonlySet<number>[] = []
  for (const tier of tiers) {
    found.push(await matchesOf(database, [['datasette_files_fts', tier]], sources, matches.size + 1, condition))
  }
  // By name, description and type together; what is left was found by the words inside.
  found.push(outside)
  return (place) => {
    const at = found.findIndex((tier) => tier.has(place))
    return at < 0 ? found.length : at
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
export async function rowsAt(
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
export async function sourcesToName(
  database: InternalDatabase,
  sources: readonly number[],
): Promise<readonly number[] | null> {
  if (sources.length <= MANY_SOURCES) return sources
  const { rows } = await sql<{ others: number }>`SELECT EXISTS (SELECT 1 FROM datasette_files_totals
    WHERE source_id NOT IN (SELECT value FROM json_each(${JSON.stringify(sources)}))) AS others`.execute(database.read)
  return rows[0]?.others === 0 ? null : sources
}
