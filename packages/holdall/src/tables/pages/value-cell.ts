import { FILE_ID } from '../../files/record.ts'
import { formatBytes } from '../../web/format.ts'
import { type Html, html, safeUrl } from '../../web/html.ts'
import { foreignCell, nullCell, textCell } from '../../web/parts/table.ts'
import type { Urls } from '../../web/url.ts'
import { encodeKey } from '../keys.ts'
import type { Reference } from '../labels.ts'
import type { SqliteValue } from '../value.ts'

/** More of a text than a cell can show is not sent; the row's page has all of it. */
const MAX_CELL_TEXT = 400
/** Longer texts may wrap, and then show two lines. */
const LONG_TEXT = 16
const DATE = /^\d{4}-\d\d(?:-\d\d)?$/
export const WEB_ADDRESS = /^https?:\/\/\S+$/

/** A value as text, where nothing else is known of it. */
export function plainText(value: SqliteValue): string {
  if (value === null) return 'null'
  if (value instanceof Uint8Array) return `${formatBytes(value.byteLength)} of data`
  return String(value)
}

/** A cell of a table: numbers and short texts as they are, long ones cut, web addresses and file ids as links. */
export function valueCell(value: SqliteValue, urls: Urls): Html | string {
  if (value === null) return nullCell
  if (typeof value !== 'string') return value instanceof Uint8Array ? bytes(value) : String(value)
  if (value.length <= LONG_TEXT && !mayLink(value))
    return DATE.test(value) ? html`<span class="nowrap">${value}</span>` : value
  if (FILE_ID.test(value)) return html`<a href="${urls.file(value)}">${value}</a>`
  const shown = shortened(value)
  if (WEB_ADDRESS.test(value)) return html`<a class="two-lines" href="${safeUrl(value)}">${shown}</a>`
  return textCell(shown)
}

/** As much of a text as a cell shows. */
export function shortened(text: string): string {
  return text.length > MAX_CELL_TEXT ? `${text.slice(0, MAX_CELL_TEXT)}…` : text
}

function mayLink(text: string): boolean {
  return text.startsWith('df-') || text.startsWith('http')
}

function bytes(value: Uint8Array): Html {
  return html`<span class="null">${plainText(value)}</span>`
}

/** A foreign key: its row's label, leading to its row. */
export function referenceCell(
  value: SqliteValue,
  label: SqliteValue | undefined,
  reference: Reference,
  database: string,
  urls: Urls,
): Html | string {
  if (value === null) return nullCell
  if (label === undefined) return valueCell(value, urls)
  const shown = label === null || label === '' ? plainText(value) : plainText(label)
  return foreignCell(referenceHref(value, reference, database, urls), shown.slice(0, MAX_CELL_TEXT))
}

export function referenceHref(
  value: SqliteValue,
  { table, otherColumn }: Reference,
  database: string,
  urls: Urls,
): string {
  const path = urls.table(database, table.name)
  const [key] = table.keys
  if (table.keys.length === 1 && key?.name === otherColumn) return `${path}/${encodeKey(value, key.affinity)}`
  return `${path}?${new URLSearchParams({ [`${otherColumn}__exact`]: plainText(value) })}`
}
