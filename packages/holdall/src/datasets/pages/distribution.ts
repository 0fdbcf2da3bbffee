import { formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html, safeUrl } from '../../web/html.ts'
import { valueKind } from '../browse/types.ts'
import type { ColumnStatistics, KnownStatistics } from '../statistics/statistics.ts'
import { shownText } from './cells.ts'

const SMALL_WIDTH = 104
const SMALL_HEIGHT = 24
const SMALL_BARS = 8
const GAP = 1

/** A bar of a distribution: what it stands for, how many rows, and the filter that leaves them. */
export interface DistributionBar {
  readonly label: string
  readonly count: number
  readonly filter: Readonly<Record<string, string>>
}

/** Histogram or frequent values, whichever tells more; empty where there is neither. */
export function distributionOf(name: string, type: string, statistics: ColumnStatistics): readonly DistributionBar[] {
  const { histogram, top } = statistics
  if (histogram !== null && hasHistogram(statistics)) {
    const words = edgeWords(histogram.edges, type)
    return histogram.counts.map((count, at) => {
      const [from = '', to = ''] = histogram.edges.slice(at, at + 2)
      const label = valueKind(type) === 'integer' ? wholeWords(from, to, type) : `${words[at]} to ${words[at + 1]}`
      return { label, count, filter: { [`${name}__gte`]: from, [`${name}__lt`]: to } }
    })
  }
  const values = top ?? []
  return values.map(({ value, count }) => ({
    label: value === '' ? 'empty' : shownText(String(value), type),
    count,
    filter: { [`${name}__exact`]: String(value) },
  }))
}

/** Whether bars are ranges. Where each value has a bar of its own, bars have names; and so have those of a handful. */
export function hasHistogram({ histogram, top, distinct }: ColumnStatistics): boolean {
  return histogram !== null && !(top !== null && distinct !== null && distinct <= SMALL_BARS)
}

/** From the first to the last whole number of a bar. @param to the first one behind it */
function wholeWords(from: string, to: string, type: string): string {
  const last = String(BigInt(to) - 1n)
  return from === last ? shownText(from, type) : `${shownText(from, type)} to ${shownText(last, type)}`
}

/** All of one histogram are written alike: times no longer than they have to be. */
function edgeWords(edges: readonly string[], type: string): readonly string[] {
  const times = edges.map((edge) => edge.replace('T', ' '))
  if (['date', 'moment'].includes(valueKind(type))) {
    const ending = / 00:00:00$/.test(times[0] ?? '') ? [' 00:00:00', ':00'] : [':00']
    const spare = ending.find((text) => times.every((time) => time.endsWith(text)))
    return spare === undefined ? times : times.map((time) => time.slice(0, -spare.length))
  }
  return edges.map((edge) => shownText(edge, type))
}

/** Bars as high as a line of a table, leading to the same in large. */
export function smallDistribution(
  { name, type }: { readonly name: string; readonly type: string },
  statistics: KnownStatistics | undefined,
  href: string,
): Html {
  if (statistics === undefined) return html`<span class="faint fine">being computed</span>`
  if (statistics === 'failed')
    return html`<span class="faint fine" title="It could not be read; the server log has the reason">failed</span>`
  if (statistics === null)
    return html`<span class="faint fine" title="It takes longer, or more memory, than the server gives it">too large</span>`
  const bars = distributionOf(name, type, statistics)
  const shown = statistics.histogram !== null && bars.length > SMALL_BARS ? bars : bars.slice(0, SMALL_BARS)
  if (shown.length === 0) return html`<a class="fine" href="${safeUrl(href)}">${distinctWords(statistics)}</a>`
  const words = `Distribution of ${name}: ${summary(bars, statistics)}`
  return html`<a class="distribution-link" href="${safeUrl(href)}" aria-label="${words}" title="${words}">${bars_(shown, SMALL_WIDTH, SMALL_HEIGHT)}</a>`
}

/** `24 ranges, most rows from 10 to 20` */
function summary(bars: readonly DistributionBar[], statistics: ColumnStatistics): string {
  const { top, distinct } = statistics
  const most = bars.reduce((best, bar) => (bar.count > best.count ? bar : best))
  const isPart = top !== null && distinct !== null && distinct > top.length
  const values = isPart
    ? `the ${top.length} most frequent of ${formatCount(distinct, 'value')}`
    : formatCount(bars.length, 'value')
  const what = hasHistogram(statistics) ? formatCount(bars.length, 'bar') : values
  return `${what}, the most rows at ${most.label} (${formatNumber(most.count)})`
}

function bars_(bars: readonly DistributionBar[], width: number, height: number): Html {
  const most = Math.max(1, ...bars.map(({ count }) => count))
  const step = width / bars.length
  return html`<svg class="small-distribution" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" aria-hidden="true">${bars.map(
    ({ count }, at) => {
      const high = count === 0 ? 0 : Math.max((count / most) * (height - 1), 1)
      return html`<rect x="${(at * step).toFixed(2)}" y="${(height - 1 - high).toFixed(1)}" width="${Math.max(step - GAP, 1).toFixed(2)}" height="${high.toFixed(1)}"></rect>`
    },
  )}<rect class="axis" y="${height - 1}" width="${width}" height="1"></rect></svg>`
}

/** `about 4,900,000 different values` */
export function distinctWords({ distinct, distinctIsExact }: ColumnStatistics): string {
  if (distinct === null) return 'not counted'
  return `${distinctIsExact ? '' : 'about '}${formatCount(distinct, 'different value')}`
}
