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
  // Where each value has a bar of its own, bars have names; and so have those of a handful.
  const few = top !== null && statistics.distinct !== null && statistics.distinct <= SMALL_BARS
  if (histogram !== null && !few) {
    const words = edgeWords(histogram.edges, type)
    const isWhole =
      valueKind(type) === 'integer' && BigInt(histogram.edges[1] ?? 0) - BigInt(histogram.edges[0] ?? 0) === 1n
    return histogram.counts.map((count, at) => {
      const [from = '', to = ''] = histogram.edges.slice(at, at + 2)
      const label = isWhole ? (words[at] ?? '') : `${words[at]} to ${words[at + 1]}`
      return { label, count, filter: { [`${name}__gte`]: from, [`${name}__lt`]: to } }
    })
  }
  return (top ?? []).map(({ value, count }) => ({
    label: value === '' ? 'empty' : shownText(String(value), type),
    count,
    filter: { [`${name}__exact`]: String(value) },
  }))
}

/** All of one histogram are written alike: numbers with separators, times no longer than they have to be. */
function edgeWords(edges: readonly string[], type: string): readonly string[] {
  const times = edges.map((edge) => edge.replace('T', ' '))
  if (['date', 'moment'].includes(valueKind(type))) {
    const ending = / 00:00:00$/.test(times[0] ?? '') ? [' 00:00:00', ':00'] : [':00']
    const spare = ending.find((text) => times.every((time) => time.endsWith(text)))
    return spare === undefined ? times : times.map((time) => time.slice(0, -spare.length))
  }
  const isLarge = edges.some((edge) => Math.abs(Number(edge)) >= 10_000)
  return isLarge ? edges.map((edge) => (/^-?\d+$/.test(edge) ? formatNumber(BigInt(edge)) : edge)) : edges
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
function summary(bars: readonly DistributionBar[], { histogram }: ColumnStatistics): string {
  const most = bars.reduce((best, bar) => (bar.count > best.count ? bar : best))
  const what = histogram === null ? formatCount(bars.length, 'value') : formatCount(bars.length, 'bar')
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
