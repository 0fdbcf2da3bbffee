import type { TablePage } from './page.ts'
import type { SqliteValue } from './value.ts'

/** How a cell is written that is not written as it stands. */
export type CellText = (value: SqliteValue) => string

/** What stands between columns. With semicolons decimals have a comma, as spreadsheets have it where they use both. */
export type Separator = ',' | ';'

/** RFC 4180, for readers of any kind: what is missing is empty, bytes are base64, and lines end in CRLF. */
export function csvLine(values: readonly SqliteValue[], separator: Separator = ','): string {
  return `${values.map((value) => quoted(value, separator)).join(separator)}\r\n`
}

/** What follows a column in one of its own. */
export interface Beside {
  readonly labelled: (column: string) => boolean
  /** Columns with files of which it is said what is not right with them. */
  readonly stated: ReadonlySet<string>
}

/** The names of the columns; a column whose labels were asked for is followed by one for them, as in Datasette. */
export function csvHead(
  { columns, references }: TablePage,
  { labelled, stated }: Beside,
  separator?: Separator,
): string {
  return csvLine(
    columns.flatMap((column) => [
      column,
      ...(references.has(column) && labelled(column) ? [`${column}_label`] : []),
      ...(stated.has(column) ? [`${column}_state`] : []),
    ]),
    separator,
  )
}

/** The rows of a page. @param texts by column, how its cells are written; @param states likewise, what is said beside them */
export function csvRows(
  { columns, references, rows, labels }: TablePage,
  { labelled, stated }: Beside,
  { texts, states }: { readonly texts: ReadonlyMap<string, CellText>; readonly states: ReadonlyMap<string, CellText> },
  separator?: Separator,
): string {
  const cells = columns.map((column) => {
    const text = texts.get(column)
    const write = (value: SqliteValue) => (text === undefined ? value : text(value))
    const found = references.has(column) && labelled(column) ? (labels.get(column) ?? NO_LABELS) : undefined
    const state = stated.has(column) ? (states.get(column) ?? (() => '')) : undefined
    return (value: SqliteValue) => [
      write(value),
      ...(found ? [found.get(value) ?? null] : []),
      ...(state ? [state(value)] : []),
    ]
  })
  return rows
    .map((row) =>
      csvLine(
        cells.flatMap((cell, at) => cell(row[at] ?? null)),
        separator,
      ),
    )
    .join('')
}

const NO_LABELS: ReadonlyMap<SqliteValue, SqliteValue> = new Map()

const QUOTED: Readonly<Record<Separator, RegExp>> = { ',': /[",\r\n]/, ';': /[";\r\n]/ }

function quoted(value: SqliteValue, separator: Separator): string {
  if (value === null) return ''
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (typeof value === 'number' && separator === ';') return String(value).replace('.', ',')
  const text = String(value)
  return QUOTED[separator].test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
