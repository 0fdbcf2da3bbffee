import { formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html, safeUrl } from '../../web/html.ts'
import { linkButton } from '../../web/parts/button.ts'
import { facts } from '../../web/parts/facts.ts'
import { notice } from '../../web/parts/notice.ts'
import type { Dataset } from '../records.ts'
import type { ColumnStatistics, DatasetStatistics, KnownStatistics } from '../statistics/statistics.ts'
import { shownText } from './cells.ts'
import { type ColumnsPlace, followed } from './columns-tab.ts'
import { type DistributionBar, distinctWords, distributionOf, hasHistogram } from './distribution.ts'

/** One column in large: how its values are distributed, each bar leading to its rows. */
export function columnPanel(
  { columns, rowCount, deletionRequestedAt }: Dataset,
  position: number,
  statistics: DatasetStatistics,
  { here, asks }: ColumnsPlace,
): Html {
  const column = columns[position] as Dataset['columns'][number]
  const known = statistics.columns.get(position)
  const { name, type } = column
  return html`<section class="panel" aria-labelledby="column"${followed(known === undefined && deletionRequestedAt === null)}><div class="panel-head"><h2 id="column" class="grow"><span class="breakable">${name}</span> <span class="count fine muted">${type}</span></h2>${linkButton(
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
        body: html`All ${formatNumber(rowCount)} rows are read in the background.<noscript> Look again in a moment.</noscript>`,
      })
}

function whole({ name, type }: Dataset['columns'][number], known: ColumnStatistics, rowsHref: string | null): Html {
  const bars = distributionOf(name, type, known)
  const { rows, nulls, min, max, mean, notFinite } = known
  const nullsHref = rowsHref === null ? null : hrefOf(rowsHref, { [`${name}__isnull`]: '1' })
  const shown = (text: string | null) => (text === null ? null : shownText(text, type))
  return html`${rows > 0 && chart(withNulls(bars, name, known), rowsHref, captionOf(name, known))}${facts([
    ['Rows', formatNumber(rows)],
    [
      'Nulls',
      nulls > 0 && nullsHref !== null
        ? html`<a href="${safeUrl(nullsHref)}">${formatNumber(nulls)}</a>`
        : formatNumber(nulls),
    ],
    ['Different values', distinctWords(known).replace(/ different values?$/, '')],
    ['Smallest', shown(min)],
    ['Largest', shown(max)],
    ['Mean', shown(meanText(mean))],
    ['NaN and infinities', notFinite === 0 ? null : formatNumber(notFinite)],
  ])}`
}

/** With as many digits as say something; a mean is no value. */
function meanText(mean: number | null): string | null {
  if (mean === null) return null
  const isLarge = Math.abs(mean) >= 10_000 && Math.abs(mean) < 1e15
  return isLarge ? String(Math.round(mean)) : String(Number(mean.toPrecision(6)))
}

/** Rows without a value have a bar as well; where values have none, all of them together have one. */
function withNulls(
  bars: readonly DistributionBar[],
  name: string,
  { rows, nulls }: Pick<ColumnStatistics, 'rows' | 'nulls'>,
): readonly ChartBar[] {
  const filled = { label: 'not null', count: rows - nulls, filter: { [`${name}__notnull`]: '1' } }
  const empty = { label: 'null', count: nulls, filter: { [`${name}__isnull`]: '1' }, isNull: true }
  return [...(bars.length > 0 ? bars : [filled]), ...(nulls > 0 ? [empty] : [])]
}

/** Of many different values the most frequent have bars, and the others none. */
function captionOf(name: string, known: ColumnStatistics): Html {
  const { distinct, top } = known
  const isPart = !hasHistogram(known) && top !== null && distinct !== null && distinct > top.length
  const part =
    isPart && html`: the ${formatNumber(top.length)} most frequent of ${formatCount(distinct, 'different value')}`
  return html`Rows by <strong>${name}</strong>${part}`
}

type ChartBar = DistributionBar & { readonly isNull?: boolean }

function hrefOf(path: string, filter: Readonly<Record<string, string>>): string {
  return `${path}?${new URLSearchParams(filter)}`
}

function chart(bars: readonly ChartBar[], rowsHref: string | null, caption: Html): Html {
  const most = Math.max(1, ...bars.map(({ count }) => count))
  return html`<figure class="bar-chart distribution"><figcaption>${caption}</figcaption><ul>${bars.map((bar) => chartBar(bar, most, rowsHref))}</ul></figure>`
}

/** The whole of it leads to its rows. */
function chartBar({ label, count, filter, isNull }: ChartBar, most: number, rowsHref: string | null): Html {
  const inside = html`<span class="bar-name" title="${label}">${label}</span><svg width="100%" height="18" aria-hidden="true"><rect width="${((count / most) * 100).toFixed(1)}%" height="18" rx="2"></rect></svg><span class="tabular">${formatNumber(count)}<span class="unseen"> ${count === 1 ? 'row' : 'rows'}</span></span>`
  return html`<li${isNull && html` class="of-nulls"`}>${
    rowsHref === null
      ? html`<div class="bar">${inside}</div>`
      : html`<a class="bar" href="${safeUrl(hrefOf(rowsHref, filter))}">${inside}</a>`
  }</li>`
}
