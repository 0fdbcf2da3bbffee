import { formatNumber } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { nullCell, textCell } from '../../web/parts/table.ts'

const NUMBER = /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|FLOAT|DOUBLE|DECIMAL\(.*\))$/
/** Written out, with a point. */
const FRACTION = /^(-?\d+)\.(\d*)$/
const MAX_CELL_TEXT = 400
const LONG_TEXT = 24

/** Whether values of a DuckDB type are numbers, which align right. */
export function isNumeric(type: string): boolean {
  return NUMBER.test(type)
}

/** What a value stands as in the cell of a table. */
export function cellOf(value: unknown, type: string): Html | string {
  if (value === null || value === undefined) return nullCell
  if (typeof value === 'object') return blobCell(value) ?? textCell(shortened(JSON.stringify(value)))
  const text = shownText(String(value), type)
  if (isNumeric(type)) return text
  if (isTime(type)) return html`<span class="nowrap">${text}</span>`
  return text.length > LONG_TEXT ? textCell(shortened(text)) : text
}

/**
 * A value as text, alike in rows, answers and statistics. Numbers stand as they are stored, without separators: they may be
 * ids, years or codes. Times are as people write them.
 */
export function shownText(text: string, type: string): string {
  if (isNumeric(type)) return numberText(text, type)
  // ISO 8601, with no more of it than says something.
  return isTime(type) ? text.replace('T', ' ').replace(/(:\d\d)\.0+(?=\D|$)/, '$1') : text
}

/** A decimal has as many places as its type, any other number no more than say something. */
function numberText(text: string, type: string): string {
  const scale = Number(/^DECIMAL\(\d+,\s?(\d+)\)$/.exec(type)?.[1] ?? 0)
  const [, whole = text, given = ''] = FRACTION.exec(text) ?? []
  if (whole === text && !/^-?\d+$/.test(text)) return text
  const fraction = given.replace(/0+$/, '').padEnd(scale, '0')
  return fraction === '' ? whole : `${whole}.${fraction}`
}

function isTime(type: string): boolean {
  return type.startsWith('TIMESTAMP')
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
