import { formatCount } from '../../web/format.ts'
import { type Html, html, NOTHING, safeUrl } from '../../web/html.ts'
import { LATER } from '../../web/later.ts'
import { type LinkedRow, linkedRows } from '../../web/parts/facts.ts'
import { excerptLine } from '../../web/parts/file.ts'
import type { FoundRow, FoundRows, FoundTable, UnsearchedTable } from '../found-rows.ts'

/** Where the rows stand on the page of a search, which is sent before they were searched. */
export const ROWS_SECTION: Html = html`<section class="found-rows" id="rows" aria-labelledby="rows-head" tabindex="-1"><h2 id="rows-head" class="section-head">Rows of tables</h2><div data-later>${LATER}</div></section>`

/** The tables that hold the words, each with its first rows; then what was not searched. */
export function foundRows({ tables, searched, unsearched }: FoundRows, q: string): Html {
  const nothing =
    unsearched.length === 0
      ? `No row holds “${q}”, in ${formatCount(searched, 'table')}.`
      : `No row that was looked at holds “${q}”.`
  return html`${tables.length === 0 && html`<p class="muted">${nothing}</p>`}${tables.map(foundTable)}${notSearched(unsearched)}`
}

function foundTable(found: FoundTable): Html {
  const rows = found.more ? `more than ${formatCount(found.count, 'row')}` : formatCount(found.count, 'row')
  return html`<div class="found-table"><h3><a href="${safeUrl(found.url)}">${found.table}</a> <span class="count">${rows}</span></h3><p class="fine">${found.database}</p>${
    found.rows.length > 0 && linkedRows(found.rows.map((row) => shownRow(row, found)))
  }${
    found.count > found.rows.length &&
    found.rows.length > 0 &&
    html`<p class="fine"><a href="${safeUrl(found.url)}">${found.more ? 'All that are found, counted' : `All ${rows}`}<span class="unseen"> in ${found.table}</span></a></p>`
  }</div>`
}

function shownRow({ label, url, column, excerpt }: FoundRow, { labelColumn }: FoundTable): LinkedRow {
  if (column === null || excerpt === null) return { title: label, href: url }
  const [start, ...rest] = excerpt
  // Where it is what names the row that holds the words, it says both.
  if (column === labelColumn) return { title: html`${excerptLine(excerpt)}`, href: url }
  return { title: label, href: url, note: html`${excerptLine([`${column}: ${start}`, ...rest])}` }
}

/** Which tables may hold more, by why nobody knows. */
function notSearched(unsearched: readonly UnsearchedTable[]): Html {
  if (unsearched.length === 0) return NOTHING
  const of = (reason: UnsearchedTable['reason'], begun: boolean) =>
    unsearched.filter((one) => one.reason === reason && one.rowsSearched > 0 === begun)
  const parts = [...of('size', true), ...of('time', true)].map(
    (one) =>
      html`<li>${tableLink(one)}: only its first ${formatCount(one.rowsSearched, 'row')} were looked through.</li>`,
  )
  const late = of('time', false)
  const broken = unsearched.filter(({ reason }) => reason === 'error')
  return html`<div class="not-searched"><p>Not everything was searched. A table that is opened is searched to its end.</p><ul>${parts}${
    late.length > 0 && html`<li>Not in the time there is: ${tableLinks(late)}.</li>`
  }${broken.length > 0 && html`<li>Could not be searched: ${tableLinks(broken)}.</li>`}</ul></div>`
}

/** So many are named where there are more. */
const NAMED = 8

function tableLinks(tables: readonly UnsearchedTable[]): Html {
  const more = tables.length - NAMED
  return html`${tables.slice(0, NAMED).map((one, at) => html`${at > 0 && ', '}${tableLink(one)}`)}${more > 0 && ` and ${formatCount(more, 'more table')}`}`
}

function tableLink({ table, url }: UnsearchedTable): Html {
  return html`<a href="${safeUrl(url)}">${table}</a>`
}
