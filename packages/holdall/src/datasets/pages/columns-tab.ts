import { formatBytes, formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { icon } from '../../web/parts/icon.ts'
import { notice } from '../../web/parts/notice.ts'
import type { ParquetColumn } from '../footer/parquet-file.ts'
import type { Dataset, DatasetWarning } from '../records.ts'
import { type DatasetStatistics, type KnownStatistics, withoutBounds } from '../statistics/statistics.ts'
import { shownText } from './cells.ts'
import { smallDistribution } from './distribution.ts'

/** From this share of nulls on, a column is mostly empty. */
const MOSTLY_NULL = 0.5
const BAR_WIDTH = 64
const MAX_BOUND_LENGTH = 24
const LONG_TYPE = 26

/** The page of the dataset, and whether whoever looks may read its rows. */
export interface ColumnsPlace {
  readonly here: string
  readonly asks: boolean
}

/** Columns with type, share of nulls, distribution, smallest and largest value: by the footer until all rows were read. */
export function columnsTab(dataset: Dataset, statistics: DatasetStatistics, { here, asks }: ColumnsPlace): Html {
  const { rowCount, warnings } = dataset
  const columns = asks ? dataset.columns : withoutBounds(dataset.columns)
  const general = warnings.filter(({ column }) => column === null)
  const byColumn = Map.groupBy(warnings, ({ column }) => column)
  return html`${
    general.length > 0 &&
    html`<div class="notices">${general.map(({ message }) => notice({ tone: 'warning', title: message }))}</div>`
  }<section class="panel" aria-label="Columns"${followed(statistics.partial && dataset.deletionRequestedAt === null)}><div class="table-scroll" tabindex="0" role="region" aria-label="Columns, scrollable"><table class="pinned dataset-columns">
<caption class="unseen">Columns with type, share of nulls, distribution, smallest and largest value, and size</caption>
<thead><tr>${['Column', 'Type', 'Nulls', 'Distribution', 'Smallest', 'Largest'].map((label) => html`<th scope="col">${label}</th>`)}<th scope="col" class="numeric">Size</th></tr></thead>
<tbody>${columns.map((column, position) => {
    const known = statistics.columns.get(position)
    const href = `${here}?${new URLSearchParams({ tab: 'columns', column: column.name })}`
    const row: ColumnRow = {
      column: exactly(column, known),
      asks,
      known,
      href,
      warnings: byColumn.get(column.name) ?? [],
    }
    return columnRow(row, rowCount)
  })}</tbody>
</table></div>${
    statistics.partial &&
    html`<p class="panel-foot" role="status">Partial: ${formatNumber(statistics.columns.size)} of ${formatCount(columns.length, 'column')} computed from all rows so far. The others show what the file says of itself.</p>`
  }</section>`
}

/** A part of a page that shows statistics as they are computed. */
export function followed(isComputed: boolean): Html {
  return html` data-live="statistics"${isComputed && html` data-live-on="All statistics are computed"`}`
}

interface ColumnRow {
  readonly column: ParquetColumn
  readonly asks: boolean
  readonly known: KnownStatistics | undefined
  readonly href: string
  readonly warnings: readonly DatasetWarning[]
}

/** What a footer says may be missing, cut or no more than a bound; what was read is not. */
function exactly(column: ParquetColumn, known: KnownStatistics | undefined): ParquetColumn {
  if (!known || known === 'failed') return column
  return { ...column, nullCount: known.nulls, min: known.min ?? column.min, max: known.max ?? column.max }
}

function columnRow({ column, asks, known, href, warnings }: ColumnRow, rowCount: number): Html {
  const { type, min, max } = column
  return html`<tr><th scope="row"><span class="breakable">${column.name}</span>${warnings.map(
    ({ message }) => html`<span class="column-warning">${icon('warning')}<span>${message}</span></span>`,
  )}</th><td class="column-fact">${typeName(column.type)}</td><td>${nulls(column, rowCount)}</td><td>${smallDistribution(column, known, href)}</td><td class="column-fact">${bound(min, type, asks)}</td><td class="column-fact">${bound(max, type, asks)}</td><td class="numeric muted">${formatBytes(column.compressedBytes)}</td></tr>`
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

function bound(value: string | null, type: string, asks: boolean): Html {
  const why = asks ? 'The file does not say' : 'Shown to those who may read the rows'
  if (value === null) return html`<span class="faint" title="${why}">–</span>`
  return html`<span title="${value}">${value === '' ? html`<span class="null">empty</span>` : cut(shownText(value, type))}</span>`
}

function cut(text: string): string {
  const letters = [...text]
  return letters.length > MAX_BOUND_LENGTH ? `${letters.slice(0, MAX_BOUND_LENGTH - 1).join('')}…` : text
}
