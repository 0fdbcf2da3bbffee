import { formatCount } from '../../../web/format.ts'
import { type Html, html, safeUrl } from '../../../web/html.ts'
import { icon } from '../../../web/parts/icon.ts'
import type { EmptyRows } from '../planning.ts'
import type { Subject } from '../room.ts'
import { rowName } from '../row-name.ts'
import type { Run } from '../run.ts'

const PLACE = 'without-file'

/** How many those are, above the plan, as a way to them; nothing where there are none, or nobody could count them. */
export function withoutFileWords({ count }: EmptyRows): Html | false {
  if (count === null || count === 0) return false
  return html` · <a href="#${PLACE}">${formatCount(count, 'row')} ${count === 1 ? 'stays' : 'stay'} without a file</a>`
}

/** Rows of the table, or of a list, that still have no file when the plan has been carried out. */
export function withoutFile(
  { path, table }: Subject,
  { column }: Run,
  { count, rows }: EmptyRows,
  isOfList: boolean,
): Html {
  const all = isOfList ? 'the list' : table.name
  if (count === 0) return html`<p class="muted after-panel">Every row of ${all} has a file in ${column} then.</p>`
  const words = count === null ? 'Some rows' : formatCount(count, 'row')
  return html`<details id="${PLACE}" class="panel fold-panel after-panel"><summary>${icon('chevronRight')}<strong>Rows without a file</strong> <span class="muted">${words} of ${all} still ${count === 1 ? 'has' : 'have'} none in ${column} then</span></summary><ul class="linked">${rows.map(
    ({ key, label }) =>
      html`<li><a class="grow" href="${safeUrl(`${path}/${key}`)}"><strong>${rowName(key, label)}</strong></a></li>`,
  )}</ul>${count !== null && count > rows.length && html`<p class="panel-body fine muted">These are the first ${rows.length}.</p>`}</details>`
}
