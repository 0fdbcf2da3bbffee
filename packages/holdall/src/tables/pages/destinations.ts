import type { InternalDatabase } from '../../database/internal.ts'
import { matchesAny } from '../../sources/accept.ts'
import type { Source } from '../../sources/sources.ts'
import type { Actor } from '../../web/route.ts'
import type { FileColumn } from '../file-columns/settings.ts'
import type { PagesRoom } from './room.ts'

/** A source that an actor may upload to. */
interface Destination {
  readonly source: Source
  /** Whether collections keep their datasets there. */
  readonly hasDatasets: boolean
}

/** By slug, in the order in which they are configured. */
export type Destinations = ReadonlyMap<string, Destination>

/** The slugs of the sources that collections name. */
export function createDatasetSources(database: InternalDatabase): () => Promise<ReadonlySet<string>> {
  return async () => {
    const query = database.read.selectFrom('collections').select('source').distinct().where('deleted_at', 'is', null)
    return new Set((await query.execute()).flatMap(({ source }) => source ?? []))
  }
}

/** The sources that an actor may upload to. */
export async function uploadableSources(room: PagesRoom, actor: Actor | null): Promise<Destinations> {
  const writable = room.sources.list().filter(({ capabilities, active }) => active && capabilities.can_upload)
  if (writable.length === 0) return new Map()
  const [allowed, ofDatasets] = await Promise.all([
    room.permissions.among(
      actor,
      'files-upload',
      writable.map(({ slug }) => ({ kind: 'source', parent: slug })),
    ),
    room.datasetSources(),
  ])
  const slugs = new Set(allowed.map(({ parent }) => parent))
  return new Map(
    writable
      .filter(({ slug }) => slugs.has(slug))
      .map((source) => [source.slug, { source, hasDatasets: ofDatasets.has(source.slug) }]),
  )
}

/** Where a new file of a column goes: the source that the column names, else the one that suits it best. */
export function sourceFor(column: FileColumn, sources: Destinations): Source | undefined {
  return sourcesFor(column, sources)[0]
}

/**
 * Where new files of a column can go, the best first. Those that would refuse what the column takes come last, before them
 * those of datasets. Of the others the one that was used last is first, then those that were made for such files.
 *
 * @param last the slug of the source that was used last
 */
export function sourcesFor(column: FileColumn, sources: Destinations, last?: string): Source[] {
  if (column.source !== undefined) {
    const named = sources.get(column.source)
    return named === undefined ? [] : [named.source]
  }
  const ranked = [...sources.values()].map(({ source, hasDatasets }) => {
    const fit = fitOf(source, column)
    return { source, rank: [Number(fit === REFUSES), Number(hasDatasets), Number(source.slug !== last), fit] }
  })
  return ranked.sort((one, other) => compare(one.rank, other.rank)).map(({ source }) => source)
}

const SUITS = 0
const TAKES_IT_TOO = 1
const REFUSES = 2

/** A source that says what it takes was made for it; one that takes anything suits a column that does. */
function fitOf({ rules }: Source, { accept }: FileColumn): number {
  if (accept.length > 0 && accept.every((entry) => covers(rules.reject, entry))) return REFUSES
  if (rules.accept.length === 0) return accept.length === 0 ? SUITS : TAKES_IT_TOO
  if (accept.length === 0) return TAKES_IT_TOO
  return accept.some((entry) => meets(rules.accept, entry)) ? SUITS : REFUSES
}

/** Whether files can be both. What an ending stands for is not known here, so that it may be of any type. */
function meets(entries: readonly string[], entry: string): boolean {
  return entries.some(
    (one) => one.startsWith('.') !== entry.startsWith('.') || covers([one], entry) || covers([entry], one),
  )
}

/** Whether the entries name all that another one does. */
function covers(entries: readonly string[], entry: string): boolean {
  return matchesAny(entries, { filename: entry, contentType: entry.startsWith('.') ? undefined : entry })
}

function compare(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((rank, index) => rank !== other[index])
  return at < 0 ? 0 : (one[at] as number) - (other[at] as number)
}
