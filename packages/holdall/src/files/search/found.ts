import { sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import { MAX_COUNT } from '../list.ts'
import { FILE_COLUMNS, type FileRow } from '../rows.ts'
import type { FileQuestion } from './file-list.ts'
import { liesBelow } from './folders.ts'
import { hashed, newestHashed, nextHashed } from './hashes.ts'
import { isOfKind, type Kind } from './kinds.ts'
import { type Condition, matchesOf, newestMatches, nextMatch } from './matches.ts'
import { type Plan, planSearch } from './plan.ts'
import { HAS_STATE } from './states.ts'

/** A list that was begun in an order of few goes on in it while others add files, up to this. */
export const STILL_SORTED = 2 * MAX_COUNT

/** Of so many sources it is asked whether they are all there are, so that none need be named. */
const MANY_SOURCES = 64
const NO_PLACES: ReadonlySet<number> = new Set()

/** What a search has found, by place in the registry. */
export interface Found {
  readonly matches: ReadonlySet<number>
  /** Those of it that were found outside of the words in a document, too. */
  readonly outside: ReadonlySet<number>
}

/** What matches a plan, up to `limit` for each of its ways. @param sources `null`: all there are */
export async function foundBy(
  database: InternalDatabase,
  { anywhere, hashes }: Plan,
  sources: readonly number[] | null,
  limit: number,
  condition: Condition | undefined,
): Promise<Found> {
  const matches = new Set<number>()
  let outside = NO_PLACES
  for (const expression of anywhere) {
    const found = await matchesOf(database, [expression], sources, limit, condition)
    for (const place of found) matches.add(place)
    if (expression[0] === 'datasette_files_fts') outside = found
  }
  if (hashes !== undefined) {
    for (const place of await hashed(database, { hashes, sources, condition }, limit)) matches.add(place)
  }
  return { matches, outside }
}

/** The newest that match before a place, newest first, however many more there are. */
export async function newestFound(
  database: InternalDatabase,
  { anywhere, hashes }: Plan,
  sources: readonly number[],
  before: number,
  limit: number,
  condition: Condition | undefined,
): Promise<number[]> {
  const places = await newestMatches(database, anywhere, sources, before, limit, condition)
  if (hashes === undefined) return places
  const more = await newestHashed(database, { hashes, sources, condition }, before, limit)
  return newestFirst(new Set([...places, ...more])).slice(0, limit)
}

/** The one that matches and was registered next after a place, however many more there are. */
export async function nextFound(
  database: InternalDatabase,
  { anywhere, hashes }: Plan,
  sources: readonly number[],
  after: number,
  condition: Condition | undefined,
): Promise<number[]> {
  const places = await nextMatch(database, anywhere, sources, after, condition)
  if (hashes === undefined) return places
  const more = await nextHashed(database, { hashes, sources, condition }, after)
  return [...places, ...more].sort((a, b) => a - b).slice(0, 1)
}

export function newestFirst(matches: ReadonlySet<number>): number[] {
  return [...matches].sort((a, b) => b - a)
}

/**
 * The places with the tier that each is in, the best first and in a tier the newest. Which tier a match is in depends on the
 * file alone, so that others that come or go move nothing.
 */
export async function ranked(
  database: InternalDatabase,
  { tiers }: Plan,
  sources: readonly number[] | null,
  { matches, outside }: Found,
  condition: Condition | undefined,
): Promise<(readonly [tier: number, place: number])[]> {
  const found: ReadonlySet<number>[] = []
  for (const tier of tiers) {
    found.push(await matchesOf(database, [['datasette_files_fts', tier]], sources, matches.size + 1, condition))
  }
  // By name, description and type together; what is left was found by the words inside.
  found.push(outside)
  const tierOf = (place: number) => {
    const at = found.findIndex((tier) => tier.has(place))
    return at < 0 ? found.length : at
  }
  return newestFirst(matches)
    .map((place) => [tierOf(place), place] as const)
    .sort(([a], [b]) => a - b)
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
