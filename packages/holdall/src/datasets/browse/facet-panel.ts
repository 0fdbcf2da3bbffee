import type { Address } from '../../tables/pages/address.ts'
import { formatNumber } from '../../web/format.ts'
import { type Html, html, safeUrl } from '../../web/html.ts'
import { icon } from '../../web/parts/icon.ts'
import { menu } from '../../web/parts/menu.ts'
import { shownText } from '../pages/cells.ts'
import type { Dataset } from '../records.ts'
import { isFacetable } from './question.ts'
import type { Facet, RowsPage } from './read.ts'

/** Columns whose values are counted, and those that can be. */
export function facetMenu({ columns }: Pick<Dataset, 'columns'>, address: Address): Html {
  const counted = new Set(address.parameters.getAll('_facet'))
  return menu({
    label: 'Facets',
    icon: 'list',
    groups: [
      columns
        .filter((column) => isFacetable(column) && !counted.has(column.name))
        .map(({ name }) => ({ label: name, href: withFacet(address, name) })),
    ],
  })
}

/** The values of some columns with how many of the rows have each; a value leads to the rows that have it. */
export function facetPanel({ facets, timedOut }: RowsPage, dataset: Dataset, address: Address): Html {
  if (facets.length + timedOut.length === 0) return html``
  const types = new Map(dataset.columns.map(({ name, type }) => [name, type]))
  return html`<section class="facets" aria-label="Facets">${facets.map((facet) =>
    facetCard(facet, types.get(facet.column) ?? '', address),
  )}${timedOut.map(
    (column) =>
      html`<div class="panel facet">${facetHead(column, null, address)}<p class="panel-body muted fine">Counting its values took too long. A filter leaves fewer rows to count.</p></div>`,
  )}</section>`
}

function facetCard({ column, values, truncated }: Facet, type: string, address: Address): Html {
  return html`<div class="panel facet">${facetHead(column, truncated ? null : values.length, address)}<ul>${values.map(
    ({ value, count }) => {
      const [name, text] = value === null ? [`${column}__isnull`, '1'] : [`${column}__exact`, String(value)]
      const isAsked = address.parameters.getAll(name).includes(text)
      const href = isAsked ? address.without(name, text) : address.with({ [name]: text })
      return html`<li><a href="${safeUrl(href)}"${isAsked && html` aria-current="true"`}>${valueWords(value, type)}</a><span class="tabular muted">${formatNumber(count)}</span>${
        isAsked && icon('close')
      }</li>`
    },
  )}</ul>${truncated && html`<p class="panel-foot fine">and more values</p>`}</div>`
}

function facetHead(column: string, count: number | null, address: Address): Html {
  return html`<div class="panel-head"><h2 class="grow">${column}${count !== null && html` <span class="count">${formatNumber(count)}</span>`}</h2><a class="button quiet small icon-only" href="${safeUrl(address.without('_facet', column))}" aria-label="Remove facet: ${column}" title="Remove facet">${icon('close')}</a></div>`
}

function valueWords(value: unknown, type: string): Html | string {
  if (value === null) return html`<span class="null">null</span>`
  return value === '' ? html`<span class="null">empty</span>` : shownText(String(value), type)
}

function withFacet(address: Address, name: string): string {
  const href = new URL(address.with({}), 'http://here.invalid')
  href.searchParams.append('_facet', name)
  return href.pathname + href.search
}
