import { formatBytes, formatNumber } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { icon } from '../../web/parts/icon.ts'
import { notice } from '../../web/parts/notice.ts'
import type { ParquetColumn } from '../footer/parquet-file.ts'
import type { Dataset, DatasetWarning } from '../records.ts'
import { shownText } from './cells.ts'

/** From this share of nulls on, a column is mostly empty. */
const MOSTLY_NULL = 0.5
const BAR_WIDTH = 64
const MAX_BOUND_LENGTH = 24
const LONG_TYPE = 26

/** Columns with type, share of nulls, smallest and largest value. */
export function columnsTab(dataset: Dataset): Html {
  const { columns, rowCount, warnings } = dataset
  const general = warnings.filter(({ column }) => column === null)
  const byColumn = Map.groupBy(warnings, ({ column }) => column)
  return html`${
    general.length > 0 &&
    html`<div class="notices">${general.map(({ message }) => notice({ tone: 'warning', title: message }))}</div>`
  }<section class="panel" aria-label="Columns"><div class="table-scroll" tabindex="0" role="region" aria-label="Columns, scrollable"><table class="pinned dataset-columns">
<caption class="unseen">Columns with type, share of nulls, smallest and largest value, and size</caption>
<thead><tr>${['Column', 'Type', 'Nulls', 'Smallest', 'Largest'].map((label) => html`<th scope="col">${label}</th>`)}<th scope="col" class="numeric">Size</th></tr></thead>
<tbody>${columns.map((column) => columnRow(column, rowCount, byColumn.get(column.name) ?? []))}</tbody>
</table></div></section>`
}

function columnRow(column: ParquetColumn, rowCount: number, warnings: readonly DatasetWarning[]): Html {
  return html`<tr><th scope="row"><span class="breakable">${column.name}</span>${warnings.map(
    ({ message }) => html`<span class="column-warning">${icon('warning')}<span>${message}</span></span>`,
  )}</th><td class="column-fact">${typeName(column.type)}</td><td>${nulls(column, rowCount)}</td><td class="column-fact">${bound(
    column.min,
    column.type,
  )}</td><td class="column-fact">${bound(column.max, column.type)}</td><td class="numeric muted">${formatBytes(column.compressedBytes)}</td></tr>`
}

/** Types of nested columns are as long as what they hold. */
function typeName(type: string): Html | string {
  return type.length > LONG_TYPE ? html`<span class="two-lines" title="${type}">${type}</span>` : type
}

function nulls({ nullCount, isRequired }: ParquetColumn, rowCount: number): Html {
  if (isRequired) return html`<span class="faint fine">required</span>`
  if (nullCount === null) return html`<span class="faint fine">not told</span>`
  const share = rowCount === 0 ? 0 : Math.min(nullCount / rowCount, 1)
  const width = Math.max(share * BAR_WIDTH, share > 0 ? 1 : 0)
  return html`<div class="null-share" title="${formatNumber(nullCount)} of ${formatNumber(rowCount)} rows"><svg class="${
    share > MOSTLY_NULL ? 'null-bar high' : 'null-bar'
  }" width="${BAR_WIDTH}" height="6" aria-hidden="true"><rect class="track" width="${BAR_WIDTH}" height="6" rx="3"></rect>${
    width > 0 && html`<rect width="${width.toFixed(1)}" height="6" rx="${Math.min(width / 2, 3).toFixed(1)}"></rect>`
  }</svg><span class="tabular">${shownShare(share)}</span></div>`
}

/** `0%`, `< 0.1%`, `12.4%`, `100%`: nothing is nothing, and all is all. */
function shownShare(share: number): string {
  if (share === 0 || share === 1) return `${share * 100}%`
  if (share < 0.001) return '< 0.1%'
  return `${Math.min(share * 100, 99.9).toFixed(1)}%`
}

function bound(value: string | null, type: string): Html | string {
  if (value === null) return html`<span class="faint" title="The file does not say">–</span>`
  const shown = cut(shownText(value, type))
  return html`<span title="${value}">${type === 'VARCHAR' && value === '' ? html`<span class="null">empty</span>` : shown}</span>`
}

function cut(text: string): string {
  const letters = [...text]
  return letters.length > MAX_BOUND_LENGTH ? `${letters.slice(0, MAX_BOUND_LENGTH - 1).join('')}…` : text
}
