import { formatNumber } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { nullCell, textCell } from '../../web/parts/table.ts'

const INTEGER = /^U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?$/
const NUMBER = /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|FLOAT|DOUBLE|DECIMAL\(.*\))$/
/** Smaller numbers may be years. */
const GROUPED_FROM = 10_000
const MAX_CELL_TEXT = 400

/** Whether values of a DuckDB type are numbers, which align right. */
export function isNumeric(type: string): boolean {
  return NUMBER.test(type)
}

/** A value of an answer as it stands in a cell. */
export function answerCell(value: unknown, type: string): Html | string {
  if (value === null || value === undefined) return nullCell
  if (typeof value === 'object') return blobCell(value) ?? textCell(shortened(JSON.stringify(value)))
  const text = String(value)
  if (isNumeric(type)) return shownNumber(text, type)
  return text.length > 16 ? textCell(shortened(text)) : text
}

/** Whole numbers with thousands separators, however large they are. */
export function shownNumber(text: string, type: string): string {
  if (!INTEGER.test(type) || !/^-?\d{1,60}$/.test(text)) return text
  const value = BigInt(text)
  return value >= GROUPED_FROM || value <= -GROUPED_FROM ? formatNumber(value) : text
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
