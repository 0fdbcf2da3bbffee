import { formatCount } from '../../../web/format.ts'
import { type Html, html, safeUrl } from '../../../web/html.ts'
import { upTo } from '../../pages/count-words.ts'
import { COUNT_LIMIT } from '../../query.ts'
import { type ListWords, listHref } from '../list.ts'
import type { Subject } from '../room.ts'

/** `Only the 214 rows of this list get files: where year = 1862.` @param list its query string */
export function listLine(subject: Subject, list: string, { conditions, words }: ListWords, rows: string): Html {
  if (conditions === undefined) {
    return html`<span><a href="${safeUrl(listHref(subject, list))}">This list</a> cannot be read now. To match files, take all rows.</span>`
  }
  return html`<span>Only the <strong>${rows}</strong> of <a href="${safeUrl(listHref(subject, list))}">this list</a> get files${words !== '' && `: ${words}`}.</span>`
}

/** `214 rows`, `more than 10,000 rows` */
export function listCount({ count }: ListWords): string {
  if (count === null) return 'rows'
  return count > COUNT_LIMIT ? `${upTo(count, COUNT_LIMIT)} rows` : formatCount(count, 'row')
}
