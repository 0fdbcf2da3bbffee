import { HoldallError } from '../../web/error.ts'
import { MAX_COUNT } from '../list.ts'
import type { Registry } from '../registry.ts'
import type { Asked } from '../search/asked.ts'
import type { FileList } from '../search/file-list.ts'
import { PAGE_OF_TILES } from './tiles.ts'

/** The cursors of the pages that a file of a list and its neighbours are on; undefined: the first. */
export interface Places {
  readonly own: string | undefined
  readonly previous: string | undefined
  readonly next: string | undefined
  /** The page to go to when the file leaves the list. */
  readonly without: string | undefined
}

/** The address of a file says which page of its list it is on; its neighbours may be on the one before or after. */
export async function placesOf(
  { list }: Pick<Registry, 'list'>,
  asked: Asked,
  sources: readonly number[],
  id: string,
): Promise<Places> {
  const pageAt = (cursor: string | undefined, limit: number): Promise<FileList> => {
    const { cursor: _cursor, ...question } = asked
    return list({ ...question, sources, limit, ...(cursor !== undefined && { cursor }) })
  }
  let own = asked.cursor
  const page = await pageAt(own, PAGE_OF_TILES).catch((error: unknown) => {
    // The list is another by now: it begins at its first page.
    if (!(error instanceof HoldallError) || error.code !== 'invalid_cursor') throw error
    own = undefined
    return pageAt(own, PAGE_OF_TILES)
  })
  const at = page.files.findIndex((file) => file.id === id)
  const isFirst = at === 0 && own !== undefined
  const isLast = at >= 0 && at === page.files.length - 1
  const previous = isFirst ? await cursorAt(page.seen - PAGE_OF_TILES) : own
  return { own, previous, next: isLast ? (page.next ?? own) : own, without: isFirst && isLast ? previous : own }

  /** Where the page begins that so many files are before. Past what is counted nobody goes back by pages. */
  async function cursorAt(before: number): Promise<string | undefined> {
    if (before <= 0 || before > MAX_COUNT) return undefined
    return (await pageAt(undefined, before)).next ?? undefined
  }
}
