import type { Dropped } from './folders.ts'
import { formatCount } from './format.ts'

/** More names are counted. */
const MOST_NAMES = 3

/** What is to be said of a drop that brought less than one might think; null where all of it is taken. */
export function droppedWords({ files, empty, unread }: Dropped): string | null {
  const rest = files.length > 0 ? ' All else is sent.' : ''
  if (unread.length > 0) {
    const again = files.length > 0 ? '' : ' Look whether you may open it, and drop it again.'
    return `${names(unread)} could not be read.${rest}${again}`
  }
  if (empty.length > 0) return `There is no file in ${names(empty)}.${rest}`
  return files.length > 0 ? null : 'Nothing was dropped that could be sent. Drop files or a folder.'
}

/** Of what is no file at all. @param types as the transfer tells them */
export function noFilesWords(types: readonly string[]): string {
  if (types.includes('text/uri-list')) return 'This is a link, not a file. Save what it leads to, and drop that.'
  if (types.some((type) => type.startsWith('text/'))) return 'This is text, not a file. Drop files or a folder.'
  return 'Nothing was dropped that could be sent. Drop files or a folder.'
}

/** Of folders, where only files are taken. */
export function noFoldersWords(folders: readonly string[]): string {
  return folders.length === 1
    ? `${names(folders)} is a folder. Drop the files that are in it.`
    : `${names(folders)} are folders. Drop the files that are in them.`
}

function names(all: readonly string[]): string {
  const named = all.slice(0, MOST_NAMES)
  const more = all.length - named.length
  const last = more > 0 ? formatCount(more, 'more', 'more') : named.length > 1 ? named.pop() : undefined
  return last === undefined ? named.join(', ') : `${named.join(', ')} and ${last}`
}
