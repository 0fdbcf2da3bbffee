import { formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html, NOTHING } from '../../web/html.ts'
import { READINGS, READINGS_FOR_SEARCH, type ToRead } from '../background/to-read.ts'
import { MAX_COUNT } from '../list.ts'
import type { FilesRoom } from '../room.ts'
import type { Asked } from '../search/asked.ts'
import { isId, readHash } from '../search/question.ts'

/** ", 12 of them still being read" */
export function toReadOfThem(toRead: ToRead): string {
  return toRead.files === 0 ? '' : `, ${atLeast(toRead)}${formatNumber(toRead.files)} of them still being read`
}

/** Why a search may find more later; nothing where all was read, or where what is asked for is found by other things. */
export async function toReadNote(
  { registry }: FilesRoom,
  { q, hash, type }: Pick<Asked, 'q' | 'hash' | 'type'>,
  sources: readonly number[],
): Promise<Html> {
  if ((q === '' && hash === undefined && type === '') || isId(q)) return NOTHING
  const isOfHash = hash !== undefined || readHash(q) !== undefined
  const toRead = await registry.toRead(sources, isOfHash ? READINGS : READINGS_FOR_SEARCH)
  if (toRead.files === 0) return NOTHING
  const words = `${atLeast(toRead)}${formatCount(toRead.files, 'file')}`
  return html`<p class="muted">${words.charAt(0).toUpperCase()}${words.slice(1)} ${toRead.files === 1 ? 'is' : 'are'} still being read: until then what is inside is not found.</p>`
}

function atLeast({ files, truncated }: ToRead): string {
  if (!truncated) return ''
  return files === MAX_COUNT ? 'more than ' : 'at least '
}
