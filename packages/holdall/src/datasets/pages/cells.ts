import { formatNumber } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { nullCell, textCell } from '../../web/parts/table.ts'

const INTEGER = /^U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?$/
const NUMBER = /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|FLOAT|DOUBLE|DECIMAL\(.*\))$/
const WHOLE = /^-?\d{1,60}$/
/** Where all are smaller they may be years. */
const GROUPED_FROM = 10_000
const MAX_CELL_TEXT = 400
const LONG_TEXT = 24

/** Whether values of a DuckDB type are numbers, which align right. */
export function isNumeric(type: string): boolean {
  return NUMBER.test(type)
}

/** What the values of one column stand as in its cells: numbers of one column are written alike. */
export function cellsOf(type: string, values: readonly unknown[]): (Html | string)[] {
  const grouped = INTEGER.test(type) && values.some((value) => isLarge(value))
  return values.map((value) => (grouped && value !== null ? grouping(String(value)) : cell(value, type)))
}

function cell(value: unknown, type: string): Html | string {
  if (value === null || value === undefined) return nullCell
  if (typeof value === 'object') return blobCell(value) ?? textCell(shortened(JSON.stringify(value)))
  const text = shownText(String(value), type)
  if (isNumeric(type)) return text
  if (isTime(type)) return html`<span class="nowrap">${text}</span>`
  return text.length > LONG_TEXT ? textCell(shortened(text)) : text
}

/** A value alone: whole numbers with thousands separators, times as people write them. */
export function shownText(text: string, type: string): string {
  if (INTEGER.test(type) && isLarge(text)) return grouping(text)
  // ISO 8601, with no more of it than says something.
  return isTime(type) ? text.replace('T', ' ').replace(/(:\d\d)\.0+(?=\D|$)/, '$1') : text
}

function isTime(type: string): boolean {
  return type.startsWith('TIMESTAMP')
}

function isLarge(value: unknown): boolean {
  const text = String(value)
  if (!WHOLE.test(text)) return false
  const number = BigInt(text)
  return number >= GROUPED_FROM || number <= -GROUPED_FROM
}

function grouping(text: string): string {
  return WHOLE.test(text) ? formatNumber(BigInt(text)) : text
}

function blobCell(value: object): Html | undefined {
  const base64 = (value as { $base64?: unknown }).$base64
  if (typeof base64 !== 'string') return undefined
  const bytes = Buffer.byteLength(base64, 'base64')
  return html`<span class="null">${formatNumber(bytes)} bytes of data</span>`
}

function shortened(text: string): string {
  return text.length > MAX_CELL_TEXT ? `${text.slice(0, MAX_CELL_TEXT)}…` : text
}
