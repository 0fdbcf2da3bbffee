import { formatBytes, formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { facts } from '../../web/parts/facts.ts'
import { dataTable } from '../../web/parts/table.ts'
import type { RowGroups } from '../footer/parquet-file.ts'
import type { Dataset } from '../records.ts'

const MAX_BARS = 120
const MAX_ROWS = 100
const STEP = 8
const HEIGHT = 120

/** How the rows lie in the file: engines read and skip whole row groups. */
export function rowGroupsTab({ rowGroups }: Dataset): Html {
  const { count, rows, bytes, each } = rowGroups
  if (count === 0) {
    return html`<section class="panel panel-body"><p>The file has no row groups: there are no rows in it.</p></section>`
  }
  return html`<section class="panel" aria-labelledby="row-groups"><div class="panel-head"><h2 id="row-groups" class="grow">Rows in each row group</h2><span class="muted fine">${formatCount(count, 'row group')}</span></div><div class="panel-body">${chart(rowGroups)}${facts(
    [
      ['Rows', spread(rows, (value) => formatNumber(Math.round(value)))],
      ['Size', spread(bytes, (value) => formatBytes(Math.round(value)))],
    ],
  )}</div></section><section class="panel below" aria-label="Row groups one by one">${dataTable({
    caption: `The first ${formatCount(Math.min(each.length, MAX_ROWS), 'row group')}`,
    density: 'compact',
    columns: [
      { label: 'Row group', kind: 'key' },
      { label: 'Rows', kind: 'numeric' },
      { label: 'Size', kind: 'numeric' },
    ],
    rows: each.slice(0, MAX_ROWS).map((group, at) => ({
      cells: [String(at + 1), formatNumber(group.rows), formatBytes(group.bytes)],
    })),
  })}${
    count > MAX_ROWS && html`<p class="panel-body muted fine">The first ${MAX_ROWS} of ${formatNumber(count)}.</p>`
  }</section>`
}

function spread({ min, median, max }: RowGroups['rows'], shown: (value: number) => string): string {
  return min === max ? `${shown(min)} in each` : `${shown(min)} to ${shown(max)}, half of them up to ${shown(median)}`
}

/** One bar each, or the largest of several beside each other where there are many. */
function chart({ each, rows }: RowGroups): Html {
  const perBar = Math.ceil(each.length / MAX_BARS)
  const bars = Array.from({ length: Math.ceil(each.length / perBar) }, (_, at) =>
    Math.max(...each.slice(at * perBar, (at + 1) * perBar).map((group) => group.rows)),
  )
  const highest = Math.max(rows.max, 1)
  const width = Math.max(bars.length, 24) * STEP
  return html`<svg class="group-chart" viewBox="0 0 ${width} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="Rows in ${formatCount(each.length, 'row group')}, ${spread(rows, (value) => formatNumber(Math.round(value)))}">${bars.map(
    (value, at) => {
      const height = Math.max((value / highest) * (HEIGHT - 2), value > 0 ? 1 : 0)
      return html`<rect x="${at * STEP}" y="${(HEIGHT - 1 - height).toFixed(1)}" width="${STEP - 1.5}" height="${height.toFixed(1)}"></rect>`
    },
  )}<rect class="axis" x="0" y="${HEIGHT - 1}" width="${width}" height="1"></rect></svg>`
}
