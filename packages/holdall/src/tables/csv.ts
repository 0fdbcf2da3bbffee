import type { TablePage } from './page.ts'
import type { SqliteValue } from './value.ts'

/** How a cell is written that is not written as it stands. */
export type CellText = (value: SqliteValue) => string

/** RFC 4180, for readers of any kind: what is missing is empty, bytes are base64, and lines end in CRLF. */
export function csvLine(values: readonly SqliteValue[]): string {
  return `${values.map(quoted).join(',')}\r\n`
}

/** The names of the columns; a column whose labels were asked for is followed by one for them, as in Datasette. */
export function csvHead({ columns, references }: TablePage, labelled: (column: string) => boolean): string {
  return csvLine(
    columns.flatMap((column) => (references.has(column) && labelled(column) ? [column, `${column}_label`] : [column])),
  )
}

/** The rows of a page. @param texts by column, how its cells are written */
export function csvRows(
  { columns, references, rows, labels }: TablePage,
  labelled: (column: string) => boolean,
  texts: ReadonlyMap<string, CellText>,
): string {
  const cells = columns.map((column) => {
    const text = texts.get(column)
    const write = (value: SqliteValue) => (text === undefined ? value : text(value))
    if (!references.has(column) || !labelled(column)) return (value: SqliteValue) => [write(value)]
    const found = labels.get(column)
    return (value: SqliteValue) => [write(value), found?.get(value) ?? null]
  })
  return rows.map((row) => csvLine(cells.flatMap((cell, at) => cell(row[at] ?? null)))).join('')
}

function quoted(value: SqliteValue): string {
  if (value === null) return ''
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
