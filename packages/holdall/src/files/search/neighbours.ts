import { sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import { fileBefore, ORDERS, type Order, type WalkOptions, walkBack, walkFiles, walkOn } from '../list.ts'
import type { FileRecord } from '../record.ts'
import { FILE_COLUMNS, type FileRow, toRecord } from '../rows.ts'
import { type FileQuestion, orderOf, usualSort } from './file-list.ts'
import { placesBelow, wordsOfFolder } from './folders.ts'
import {
  conditionsOf,
  foundBy,
  newestFirst,
  newestFound,
  nextFound,
  ranked,
  rowsAt,
  STILL_SORTED,
  sourcesToName,
  typesOf,
} from './found.ts'
import type { Condition } from './matches.ts'
import { type Plan, planWords } from './plan.ts'
import { readWords } from './question.ts'
import { nextInState, placesInState } from './states.ts'
import type { Tokenizer } from './tokens.ts'

export interface Neighbours {
  readonly previous?: FileRecord | undefined
  readonly next?: FileRecord | undefined
}

/**
 * @param question the list as `list` is asked for it, with the order that its answer was in; only files of its sources,
 * which the caller has checked, are among the neighbours
 */
export type FindNeighbours = (question: FileQuestion, id: string) => Promise<Neighbours>

/** A walk along an index looks at one file of each source on either side; what was sorted is few, and is sorted again. */
export function createNeighbours(database: InternalDatabase, tokenize: Tokenizer): FindNeighbours {
  return async (asked, id) => {
    const question = { ...asked, type: asked.type?.trim() || undefined, folder: asked.folder || undefined }
    const { sources, type, state, folder } = question
    const words = readWords(question, tokenize)
    const file = words.kind === 'id' ? undefined : await fileAmong(database, id, sources)
    if (file === undefined || (folder !== undefined && !file.path.startsWith(`${folder}/`))) return {}
    const sort = question.sort ?? usualSort(question)
    const around = (among: Omit<WalkOptions, 'order' | 'limit' | 'sources'>, order: Order) =>
      walked(database, { ...among, sources, order }, file)
    const types = await typesOf(database, type)

    if (words.kind === 'hash') return await around({ hash: words.hash, types, state, folder }, 'newest')
    if (words.kind === 'nothing') {
      if (state === undefined && type === undefined) {
        if (folder === undefined) return await around({}, orderOf(sort))
        if (sort === 'path') return await around({ folder }, 'path')
        const places = await placesBelow(database, { sources, folder }, STILL_SORTED)
        return await amongFew(database, new Set(places), file, sort, sources)
      }
      if (state === 'changed' && sort === 'changed') return await around({ types, state, folder }, 'changed')
      if (state !== undefined) {
        const among = { sources, types, state, folder }
        const places = await placesInState(database, among, Number.MAX_SAFE_INTEGER, STILL_SORTED + 1)
        if (places.length <= STILL_SORTED) return await amongFew(database, new Set(places), file, sort, sources)
        const next = await placesInState(database, among, file.seq, 1)
        return await recordsAt(database, sources, await nextInState(database, among, file.seq), next)
      }
    }
    const within = folder === undefined ? [] : wordsOfFolder(folder, tokenize)
    const plan = await planWords(database, words, { type, types, within })
    return plan === null ? {} : await amongFound(database, plan, sources, conditionsOf(question), file, sort)
  }
}

async function fileAmong(
  database: InternalDatabase,
  id: string,
  sources: readonly number[],
): Promise<FileRow | undefined> {
  const { rows } = await sql<FileRow>`SELECT ${FILE_COLUMNS} FROM datasette_files AS f
    JOIN datasette_files_sources AS s ON s.id = f.source_id
    WHERE f.id = ${id} AND f.source_id IN (SELECT value FROM json_each(${JSON.stringify(sources)}))`.execute(
    database.read,
  )
  return rows[0]
}

async function walked(
  database: InternalDatabase,
  options: Omit<WalkOptions, 'after' | 'limit'>,
  file: FileRow,
): Promise<Neighbours> {
  const place = ORDERS[options.order].of(file)
  const [previous] = await fileBefore(database, { ...options, before: place })
  const [next] = await walkFiles(database, { ...options, after: place, limit: 1 })
  return { previous: previous && toRecord(previous), next: next && toRecord(next) }
}

/** Among what was found by words or by type. */
async function amongFound(
  database: InternalDatabase,
  plan: Plan,
  sources: readonly number[],
  condition: Condition | undefined,
  file: FileRow,
  sort: FileQuestion['sort'],
): Promise<Neighbours> {
  const named = await sourcesToName(database, sources)
  const found = await foundBy(database, plan, named, STILL_SORTED + 1, condition)
  const { matches } = found
  if (matches.size > STILL_SORTED) {
    const next = await newestFound(database, plan, sources, file.seq, 1, condition)
    const previous = await nextFound(database, plan, sources, file.seq, condition)
    return await recordsAt(database, sources, previous, next)
  }
  if (sort !== 'relevance' || plan.tiers.length === 0) return await amongFew(database, matches, file, sort, sources)
  const places = (await ranked(database, plan, named, found, condition)).map(([, place]) => place)
  return await beside(database, places, file, sources)
}

/** Among few places: the newest first, or in the order of something that the registry knows. */
async function amongFew(
  database: InternalDatabase,
  matches: ReadonlySet<number>,
  file: FileRow,
  sort: FileQuestion['sort'] = 'newest',
  sources: readonly number[],
): Promise<Neighbours> {
  const order = orderOf(sort)
  if (order === 'newest') return await beside(database, newestFirst(matches), file, sources)
  const wanted = JSON.stringify([...matches])
  const { by, byBack, of } = ORDERS[order]
  const one = async (where: Parameters<Parameters<typeof walkBack<{ seq: number }>>[2]>[0], sorted: typeof by) => {
    const { rows } = await sql<{ seq: number }>`SELECT f.seq FROM json_each(${wanted}) AS wanted
      CROSS JOIN datasette_files AS f ON f.seq = wanted.value WHERE ${where} ORDER BY ${sorted} LIMIT 1`.execute(
      database.read,
    )
    return rows
  }
  const previous = await walkBack(order, of(file), (before) => one(before, byBack))
  const next = await walkOn(order, of(file), 1, (after) => one(after, by))
  return await recordsAt(
    database,
    sources,
    previous.map(({ seq }) => seq),
    next.map(({ seq }) => seq),
  )
}

/** A file that is in the list no more has no neighbours there. */
async function beside(
  database: InternalDatabase,
  places: readonly number[],
  { seq }: FileRow,
  sources: readonly number[],
): Promise<Neighbours> {
  const at = places.indexOf(seq)
  if (at < 0) return {}
  return await recordsAt(database, sources, places.slice(Math.max(0, at - 1), at), places.slice(at + 1, at + 2))
}

async function recordsAt(
  database: InternalDatabase,
  sources: readonly number[],
  [previous]: readonly number[],
  [next]: readonly number[],
): Promise<Neighbours> {
  const wanted = [previous, next].filter((place) => place !== undefined)
  const rows = new Map((await rowsAt(database, wanted, sources)).map((row) => [row.seq, toRecord(row)]))
  return { previous: rows.get(previous ?? -1), next: rows.get(next ?? -1) }
}
