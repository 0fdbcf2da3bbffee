import { type Html, html } from '../../web/html.ts'
import { linkButton } from '../../web/parts/button.ts'
import { emptyState } from '../../web/parts/notice.ts'
import type { FileState } from '../list.ts'
import type { FilesRoom } from '../room.ts'
import type { Asked } from '../search/asked.ts'
import { filesInWords, type Listing } from './listing.ts'

/** Words of a search that are left out one by one, to see which of them finds nothing. */
const WORDS_TRIED = 4

/** What there would be without each of the filters, and the way there. */
export async function nothingFound(
  { registry }: FilesRoom,
  { asked, hrefOf }: Listing,
  /** The sources for the question as it is, and without its source. */
  sources: { readonly asked: readonly number[]; readonly all: readonly number[] },
): Promise<Html> {
  const ways: { label: string; changes: Partial<Asked> }[] = []
  const words = asked.q.split(/\s+/).filter((word) => word !== '')
  if (asked.type !== '') ways.push({ label: 'Any type', changes: { type: '' } })
  if (asked.state !== undefined) {
    ways.push({ label: WITHOUT_STATE[asked.state], changes: { state: undefined } })
  }
  if (asked.folder !== '') ways.push({ label: 'All folders', changes: { folder: '' } })
  if (asked.source !== '') ways.push({ label: 'All sources', changes: { source: '' } })
  if (words.length > 1 && words.length <= WORDS_TRIED) {
    for (const word of words) {
      ways.push({ label: `Without “${word}”`, changes: { q: words.filter((other) => other !== word).join(' ') } })
    }
  }
  if (asked.q !== '' || asked.hash !== undefined) {
    ways.push({
      label: 'Without the search',
      changes: { q: '', hash: undefined },
    })
  }
  const links: Html[] = []
  for (const { label, changes } of ways) {
    const question = { ...asked, ...changes, cursor: undefined, sort: undefined, limit: 1 }
    const found = await registry.list({ ...question, sources: question.source === '' ? sources.all : sources.asked })
    if (found.total > 0) {
      links.push(linkButton({ label: `${label}: ${filesInWords(found)}`, href: hrefOf(changes) }))
    }
  }
  return emptyState({
    title: titleOf(asked),
    body:
      links.length > 0
        ? 'Drop one of these to find more.'
        : asked.state !== undefined && asked.q === '' && asked.type === ''
          ? ALL_WELL[asked.state]
          : 'Every word must begin a word of the name, the description, the type or the text.',
    actions: links.length > 0 ? html`${links}` : undefined,
  })
}

const WITHOUT_STATE: Record<FileState, string> = {
  missing: 'Missing or not',
  changed: 'Changed or not',
  unreadable: 'Readable or not',
}

const ALL_WELL: Record<FileState, string> = {
  missing: 'Each is in its place, as far as anybody has looked.',
  changed: 'Each has the bytes that it had when it was listed, as far as anybody has looked.',
  unreadable: 'Each picture is whole and each PDF opens, as far as they have been read.',
}

const NONE_IN_STATE: Record<FileState, string> = {
  missing: 'No file is missing',
  changed: 'No file has changed',
  unreadable: 'Every file can be read',
}

function titleOf({ q, hash, type, state, folder }: Asked): string {
  if (state !== undefined && hash === undefined && q === '' && type === '') {
    return NONE_IN_STATE[state]
  }
  if (hash !== undefined) return 'No file has these bytes'
  if (folder !== '' && q === '' && type === '') return 'No files lie in this folder'
  if (q === '') return 'No files of this type'
  return type === '' ? `No files are found for “${q}”` : `No files of this type are found for “${q}”`
}
