import type { Address } from '../../tables/pages/address.ts'
import { countWords } from '../../tables/pages/count-words.ts'
import { densityOf } from '../../tables/pages/density.ts'
import type { Dropped, Listing } from '../../tables/pages/listing.ts'
import { noRows } from '../../tables/pages/no-rows.ts'
import { rowsFoot } from '../../tables/pages/rows-foot.ts'
import { tableBar } from '../../tables/pages/table-bar.ts'
import { tableFilters } from '../../tables/pages/table-filters.ts'
import { rowsCaption, sortLink } from '../../tables/pages/table-rows.ts'
import type { HoldallError } from '../../web/error.ts'
import { formatNumber } from '../../web/format.ts'
import { type Html, html, safeUrl } from '../../web/html.ts'
import { emptyState, notice } from '../../web/parts/notice.ts'
import { type ColumnKind, dataTable } from '../../web/parts/table.ts'
import { cellOf, isNumeric } from '../pages/cells.ts'
import type { Dataset } from '../records.ts'
import { facetMenu, facetPanel } from './facet-panel.ts'
import { listingOf } from './listing.ts'
import type { Question } from './question.ts'
import type { RowsPage } from './read.ts'

export type RowsOutcome =
  | { readonly page: RowsPage; readonly dropped: Dropped | null }
  | { readonly error: HoldallError }

/** The rows of a dataset with everything that a table's page has around them. */
export function rowsPanel(dataset: Dataset, question: Question, outcome: RowsOutcome, address: Address): Html {
  const page = 'page' in outcome ? outcome.page : undefined
  const listing = listingOf(dataset, question, page, 'page' in outcome ? outcome.dropped : null)
  return html`${tableBar(listing, address, facetMenu(dataset, address))}${tableFilters(listing, address)}${
    page && matchLine(listing)
  }${page && facetPanel(page, dataset, address)}${'error' in outcome ? failure(outcome.error) : rows(listing, outcome.page, address)}`
}

/** "318 of 12,847 rows match 2 filters" */
function matchLine(listing: Listing): Html | false {
  const { query, count } = listing.page
  const conditions = query.filters.length + query.where.length + (query.search === null ? 0 : 1)
  if (conditions === 0) return false
  const words =
    count === null
      ? `Counting which of ${formatNumber(listing.total ?? 0)} rows match takes longer than a page waits`
      : countWords(listing)
  return html`<p class="match-line muted tabular" role="status">${words}</p>`
}

function failure(error: HoldallError): Html {
  return notice({
    tone: 'danger',
    title: 'The rows cannot be shown.',
    body: html`<span class="reason">${error.message}</span>`,
  })
}

function rows(listing: Listing, { columns, rows: found }: RowsPage, address: Address): Html {
  if (found.length === 0) {
    const body = 'The file has columns and no rows.'
    return html`<section class="panel all-rows" aria-label="Rows">${noRows(listing, address, emptyState({ icon: 'table', title: 'No rows', body }))}</section>`
  }
  return html`<section class="panel all-rows" aria-label="Rows">${dataTable({
    caption: rowsCaption(listing),
    density: densityOf(listing, address),
    columns: columns.map(({ name, type }, at) => ({
      ...{ label: name, type, kind: kindOf(type, at) },
      ...sortLink(listing.page, name, address),
    })),
    rows: found.map((row) => ({ cells: columns.map(({ name, type }) => cellOf(row[name], type)) })),
  })}${rowsFoot(listing, address)}<p class="panel-foot"><a href="${safeUrl(jsonHref(address))}">These rows as JSON</a></p></section>`
}

/** The same rows for programs. */
function jsonHref({ path, parameters }: Address): string {
  const same = new URLSearchParams(parameters)
  for (const look of ['_density', '_change']) same.delete(look)
  return same.size === 0 ? `${path}.json` : `${path}.json?${same}`
}

function kindOf(type: string, at: number): ColumnKind {
  if (isNumeric(type)) return 'numeric'
  return at === 0 ? 'key' : 'text'
}
