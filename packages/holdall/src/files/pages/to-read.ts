import { formatNumber } from '../../web/format.ts'
import { type Html, html, NOTHING } from '../../web/html.ts'
import { READINGS, READINGS_FOR_SEARCH, type ToRead } from '../background/to-read.ts'
import { MAX_COUNT } from '../list.ts'
import type { FilesRoom } from '../room.ts'
import type { Asked } from '../search/asked.ts'
import { isId, readHash, readHashPart } from '../search/question.ts'

/** Of what a bounded look finds among more: it goes up and down while files are read, and is no number to watch. */
const LEAST = [MAX_COUNT, 5_000, 1_000]

/** ", 12 of them still being read" */
export function toReadOfThem(toRead: ToRead): string {
  return toRead.files === 0 ? '' : `, ${amountOf(toRead)} of them still being read`
}

/** Why a search may find more later; nothing where all was read, or where what is asked for is found by other things. */
export async function toReadNote(
  { registry }: FilesRoom,
  { q, hash, type }: Pick<Asked, 'q' | 'hash' | 'type'>,
  sources: readonly number[],
): Promise<Html> {
  if ((q === '' && hash === undefined && type === '') || isId(q)) return NOTHING
  const isOfHash = hash !== undefined || (readHash(q) ?? readHashPart(q)) !== undefined
  const toRead = await registry.toRead(sources, isOfHash ? READINGS : READINGS_FOR_SEARCH)
  if (toRead.files === 0) return NOTHING
  const amount = amountOf(toRead)
  const isOne = toRead.files === 1 && !toRead.truncated
  return html`<p class="muted">${amount.charAt(0).toUpperCase()}${amount.slice(1)} ${isOne ? 'file is' : 'files are'} still being read: until then what is inside is not found.</p>`
}

/** "12", "at least 5,000", "some". */
function amountOf({ files, truncated }: ToRead): string {
  if (!truncated) return formatNumber(files)
  const least = LEAST.find((one) => files >= one)
  return least === undefined ? 'some' : `at least ${formatNumber(least)}`
}
