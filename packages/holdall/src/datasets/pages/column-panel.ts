import { formatNumber } from '../../web/format.ts'
import { type Html, html, safeUrl } from '../../web/html.ts'
import { linkButton } from '../../web/parts/button.ts'
import { facts } from '../../web/parts/facts.ts'
import { notice } from '../../web/parts/notice.ts'
import type { Dataset } from '../records.ts'
import type { ColumnStatistics, DatasetStatistics, KnownStatistics } from '../statistics/statistics.ts'
import { shownText } from './cells.ts'
import type { ColumnsPlace } from './columns-tab.ts'
import { type DistributionBar, distinctWords, distributionOf } from './distribution.ts'

/** One column in large: how its values are distributed, each bar leading to its rows. */
export function columnPanel(
  { columns, rowCount }: Dataset,
  position: number,
  statistics: DatasetStatistics,
  { here, asks }: ColumnsPlace,
): Html {
  const column = columns[position] as Dataset['columns'][number]
  const known = statistics.columns.get(position)
  const { name, type } = column
  return html`<section class="panel" aria-labelledby="column"><div class="panel-head"><h2 id="column" class="grow"><span class="breakable">${name}</span> <span class="count fine muted">${type}</span></h2>${linkButton(
    { label: 'All columns', href: here, kind: 'quiet', small: true },
  )}</div><div class="panel-body">${known && known !== 'failed' ? whole(column, known, asks ? `${here}/rows` : null) : missing(known, rowCount)}</div></section>`
}

function missing(known: Exclude<KnownStatistics, ColumnStatistics> | undefined, rowCount: number): Html {
  if (known === 'failed') {
    return notice({
      tone: 'warning',
      title: 'The statistics of this column failed.',
      body: 'It could not be read; the server log has the reason.',
    })
  }
  return known === null
    ? notice({
        tone: 'info',
        title: 'There are no statistics of this column.',
        body: 'They would take longer, or more memory, than the server gives them. A query of fewer rows may answer.',
      })
    : notice({
        tone: 'info',
        title: 'The statistics are being computed.',
        body: `All ${formatNumber(rowCount)} rows are read in the background; look again in a moment.`,
      })
}

function whole({ name, type }: Dataset['columns'][number], known: ColumnStatistics, rowsHref: string | null): Html {
  const bars = distributionOf(name, type, known)
  const { rows, nulls, min, max, mean, notFinite } = known
  const nullsHref = rowsHref === null ? null : hrefOf(rowsHref, { [`${name}__isnull`]: '1' })
  return html`${bars.length > 0 && chart(bars, rowsHref, name)}${facts([
    ['Rows', formatNumber(rows)],
    [
      'Nulls',
      nulls > 0 && nullsHref !== null
        ? html`<a href="${safeUrl(nullsHref)}">${formatNumber(nulls)}</a>`
        : formatNumber(nulls),
    ],
    ['Different values', distinctWords(known).replace(/ different values?$/, '')],
    ['Smallest', min === null ? null : shownText(min, type)],
    ['Largest', max === null ? null : shownText(max, type)],
    ['Mean', mean === null ? null : formatMean(mean)],
    ['NaN and infinities', notFinite === 0 ? null : formatNumber(notFinite)],
  ])}`
}

function formatMean(mean: number): string {
  return Math.abs(mean) >= 10_000 && Math.abs(mean) < 1e15
    ? formatNumber(Math.round(mean))
    : String(Number(mean.toPrecision(6)))
}

function hrefOf(path: string, filter: Readonly<Record<string, string>>): string {
  return `${path}?${new URLSearchParams(filter)}`
}

function chart(bars: readonly DistributionBar[], rowsHref: string | null, name: string): Html {
  const most = Math.max(1, ...bars.map(({ count }) => count))
  return html`<figure class="bar-chart distribution"><figcaption>Rows by <strong>${name}</strong></figcaption><ul>${bars.map(
    ({ label, count, filter }) =>
      html`<li><span class="bar-name" title="${label}">${
        rowsHref === null ? label : html`<a href="${safeUrl(hrefOf(rowsHref, filter))}">${label}</a>`
      }</span><svg width="100%" height="18" aria-hidden="true"><rect width="${((count / most) * 100).toFixed(1)}%" height="18" rx="2"></rect></svg><span class="tabular">${formatNumber(count)}</span></li>`,
  )}</ul></figure>`
}
