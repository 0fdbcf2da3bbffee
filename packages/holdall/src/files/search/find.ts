import { sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import { HoldallError } from '../../web/error.ts'
import type { Position } from '../cursor.ts'
import {
  conditionOf,
  countHash,
  DEFAULT_PAGE,
  MAX_COUNT,
  ORDERS,
  type Order,
  type WalkOptions,
  walkFiles,
  walkOn,
} from '../list.ts'
import { FILE_COLUMNS, type FileRow } from '../rows.ts'
import { type FileList, type FileQuestion, orderOf, type Sort, usualSort } from './file-list.ts'
import { placesBelow, wordsOfFolder } from './folders.ts'
import {
  conditionsOf,
  foundBy,
  newestFirst,
  newestFound,
  ranked,
  rowsAt,
  STILL_SORTED,
  sourcesToName,
  typesOf,
} from './found.ts'
import { isOfKind } from './kinds.ts'
import type { Condition } from './matches.ts'
import { continueIn, counted, emptyList, fingerprint, type Mode, type Page, pageOf, positionOf } from './pages.ts'
import { type Plan, planWords } from './plan.ts'
import { readWords } from './question.ts'
import { placesInState } from './states.ts'
import type { Tokenizer } from './tokens.ts'

type Find = (question: FileQuestion) => Promise<FileList>

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
    const plan = await planWords(database, words, { type, types: await typesOf(database, type), within })
    if (plan === null) return emptyList(sort, position)
    return search(database, plan, sources, sort, page, { condition: conditionsOf(question) })
  }
}

const NO_WORDS: Plan = { anywhere: [], tiers: [] }

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
  const found =
    matched === undefined
      ? await foundBy(database, plan, named, limit + 1, condition)
      : { matches: new Set(await matched.matches(limit + 1)), outside: new Set<number>() }
  const { matches } = found
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
          newestFound(database, plan, sources, Math.min(before, 2 ** 32), next, condition))
    const rows = await rowsAt(database, places, sources)
    return counted(pageOf(page, rows, { total, sort: 'newest', mode, after: (row) => [row.seq] }))
  }
  if (mode === 'ranked') {
    const [tier = -1, seq = 0] = (page.position?.after ?? []).map(Number)
    const places = (await ranked(database, plan, named, found, condition))
      .filter(([at, place]) => at > tier || (at === tier && place < seq))
      .slice(0, next)
    const tierOf = new Map(places.map(([at, place]) => [place, at]))
    const rows = await rowsAt(database, [...tierOf.keys()], sources)
    const after = ({ seq }: FileRow) => [tierOf.get(seq) as number, seq]
    return counted(pageOf(page, rows, { total, sort: 'relevance', mode, after }))
  }
  const places = await sortedPlaces(database, matches, mode, page.position?.after, next)
  return counted(pageOf(page, await rowsAt(database, places, sources), { total, sort: mode }))
}

function modeFor(sort: Sort, plan: Plan, few: boolean): Mode['mode'] {
  if (!few || sort === 'newest') return 'matched'
  if (sort !== 'relevance') return sort
  return plan.tiers.length === 0 ? 'matched' : 'ranked'
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
