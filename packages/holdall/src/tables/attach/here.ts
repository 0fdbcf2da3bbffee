import type { FileList } from '../../files/search/file-list.ts'
import type { Source } from '../../sources/sources.ts'
import { HoldallError } from '../../web/error.ts'
import type { Actor } from '../../web/route.ts'
import { sourcesFor, uploadableSources } from '../pages/destinations.ts'
import { browsableSources } from '../pages/room.ts'
import { MAX_FILES, PAGE_LINES } from './limits.ts'
import type { AttachRoom, Subject } from './room.ts'
import type { Run } from './run.ts'

export interface HereAsked {
  readonly source: string
  readonly q: string
}

/** Where files can be uploaded for a column: first where the files are that the actor attached last, as far as they fit. */
export async function destinationsOf(
  room: AttachRoom,
  actor: Actor | null,
  { database, table, fileColumns }: Subject,
  column: string,
): Promise<Source[]> {
  const rule = fileColumns.get(column)
  if (rule === undefined) return []
  const place = { database: database.name, table: table.name, column }
  const [sources, file] = await Promise.all([
    uploadableSources(room, actor),
    room.journal.lastFile(place, actor?.id ?? null),
  ])
  const last = file === undefined ? undefined : (await room.registry.briefs(actor, [file])).get(file)
  return sourcesFor(rule, sources, last?.sourceSlug)
}

/** The sources that the files of a run are in, as far as one may know of them. */
export async function sourcesOf(room: AttachRoom, actor: Actor | null, run: Run): Promise<Source[]> {
  const [ids, here] = await Promise.all([room.journal.sourcesOf(run.id), sourcesHere(room, actor)])
  const isMine = run.actorId === (actor?.id ?? null)
  return (isMine ? room.sources.list() : here).filter(({ id }) => ids.has(id))
}

/** `The files are in the source Photographs`; empty where one knows of none. */
export function keptIn(sources: readonly Source[]): string {
  if (sources.length === 0) return ''
  return `The files are in the ${sources.length === 1 ? 'source' : 'sources'} ${sources.map(({ label }) => label).join(' and ')}`
}

/** The source that was chosen among them; else the first. */
export function chosenOf(destinations: readonly Source[], slug: string | undefined): Source | undefined {
  return destinations.find((source) => source.slug === slug) ?? destinations[0]
}

/** The sources whose files may be taken as they are. */
export async function sourcesHere(room: AttachRoom, actor: Actor | null): Promise<Source[]> {
  const browsable = await browsableSources(room, actor)
  return room.sources.list().filter(({ slug }) => browsable.has(slug))
}

/** The newest files of a source whose names have the words. */
export async function newestFiles(
  room: AttachRoom,
  source: Source,
  q: string,
): Promise<Pick<FileList, 'files' | 'total' | 'truncated'>> {
  const { files, total, truncated } = await room.registry.list({
    sources: [source.id],
    ...(q !== '' && { q }),
    sort: 'newest',
    limit: PAGE_LINES,
  })
  return { files, total, truncated }
}

/**
 * The ids of all of them.
 * @throws HoldallError `source_not_found`, `attach_too_many_files`
 */
export async function sourceFiles(
  room: AttachRoom,
  actor: Actor | null,
  { source: slug, q }: HereAsked,
): Promise<string[]> {
  const source = (await sourcesHere(room, actor)).find((one) => one.slug === slug)
  if (source === undefined) throw new HoldallError('source_not_found', { source: slug.slice(0, 100) })
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const page = await room.registry.list({
      sources: [source.id],
      ...(q !== '' && { q }),
      sort: 'newest',
      ...(cursor !== undefined && { cursor }),
      limit: PAGE_LINES,
    })
    ids.push(...page.files.map(({ id }) => id))
    cursor = page.next ?? undefined
    if (ids.length > MAX_FILES) throw new HoldallError('attach_too_many_files', { limit: MAX_FILES })
  } while (cursor !== undefined)
  return ids
}
