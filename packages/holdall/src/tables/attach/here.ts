import type { FileList } from '../../files/search/find.ts'
import type { Source } from '../../sources/sources.ts'
import { HoldallError } from '../../web/error.ts'
import type { Actor } from '../../web/route.ts'
import { browsableSources } from '../pages/room.ts'
import { MAX_FILES, PAGE_LINES } from './limits.ts'
import type { AttachRoom } from './room.ts'

export interface HereAsked {
  readonly source: string
  readonly q: string
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
