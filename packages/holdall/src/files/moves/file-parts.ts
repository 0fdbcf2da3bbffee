import { formatTime } from '../../web/format.ts'
import { type Html, html, NOTHING } from '../../web/html.ts'
import { postButton } from '../../web/parts/button.ts'
import { linkedRows } from '../../web/parts/facts.ts'
import { thumbnail } from '../../web/parts/file.ts'
import type { Urls } from '../../web/url.ts'
import type { FileRecord } from '../record.ts'
import { shownFile } from '../shown.ts'
import { type FormerPlace, MAX_FORMER_PLACES } from './former.ts'

/** What a missing file may be now. @param editable whether the actor may say so */
export function foundAgain(urls: Urls, file: FileRecord, candidates: readonly FileRecord[], editable: boolean): Html {
  if (candidates.length === 0) return NOTHING
  const is = candidates.length === 1 ? 'Is it this one?' : 'Is it one of these?'
  return html`<section aria-labelledby="found-again"><h2 id="found-again" class="section-head">${is}</h2>${linkedRows(
    candidates.map((one) => ({
      title: html`<span class="breakable">${one.path}</span>`,
      note: `${likeness(file)} · listed since ${formatTime(one.createdAt)}`,
      href: urls.file(one.id),
      picture: thumbnail(shownFile(one, urls)),
      ...(editable && {
        end: postButton(
          urls.path(`/-/files/${file.id}/-/moved`),
          { label: 'It is this one', small: true, more: { 'aria-label': `It is this one: ${one.path}` } },
          { file: one.id },
        ),
      }),
    })),
  )}<p class="hint">${
    editable
      ? 'Then this file lies there and keeps its address, its description and its rows, and the second entry goes. Nothing in the source is touched.'
      : 'Who may change this file can say so: then it keeps its address, its description and its rows.'
  }</p></section>`
}

/** What a candidate has in common with a missing file. */
function likeness({ size, contentHash, version }: FileRecord): string {
  if (size === 0) return 'Empty as well, and called the same'
  if (contentHash !== null) return 'Byte for byte the same'
  return version?.startsWith('etag ') ? 'As large, with the same ETag' : 'As large, and last written at the same time'
}

/** Where a file lay before. */
export function earlierPlaces(former: readonly FormerPlace[]): Html {
  if (former.length === 0) return NOTHING
  return html`<section aria-labelledby="earlier-places"><h2 id="earlier-places" class="section-head">Earlier places</h2>${linkedRows(
    former.map(({ path, movedAt, movedBy }) => ({
      title: html`<span class="breakable">${path}</span>`,
      note: `${movedBy === null ? 'Known again at its new place' : 'Somebody said where it is'}, ${formatTime(movedAt)}`,
    })),
  )}${former.length === MAX_FORMER_PLACES && html`<p class="hint">The last ${MAX_FORMER_PLACES}.</p>`}</section>`
}
