/** A table that was written as text. */
export interface SeparatedTable {
  readonly separator: Separator
  /** `undefined` when the first row is one like the others. */
  readonly head: readonly string[] | undefined
  readonly rows: readonly (readonly string[])[]
}

export const SEPARATORS = [',', ';', '\t', '|'] as const
export type Separator = (typeof SEPARATORS)[number]

/** Rows by which separators are compared. */
const SAMPLE_ROWS = 20
const NUMBER = /^[+-]?(?:\d[\d ,.']*|\.\d+)(?:e[+-]?\d+)?\s*%?$/i

/**
 * The first rows of a CSV or TSV text, whatever separates its fields. A line `sep=;` before the table, as spreadsheets write
 * it, is obeyed and left out.
 *
 * @param complete whether this is the whole text, so that its last row is not cut off
 */
export function readSeparated(text: string, maxRows: number, complete: boolean): SeparatedTable {
  const [declared = '', named] = /^\uFEFF?(?:sep=([,;\t|])\r?\n)?/i.exec(text) ?? []
  const body = text.slice(declared.length)
  const separator = (named as Separator | undefined) ?? likeliest(body, complete)
  const rows = records(body, separator, maxRows + 1, complete)
  const head = isHead(rows) ? rows[0] : undefined
  return { separator, head, rows: head === undefined ? rows.slice(0, maxRows) : rows.slice(1) }
}

/** The one that cuts most rows into the same number of fields, the more the better. */
function likeliest(text: string, complete: boolean): Separator {
  let best: { separator: Separator; score: number } = { separator: ',', score: 0 }
  for (const separator of SEPARATORS) {
    const widths = records(text, separator, SAMPLE_ROWS, complete).map((row) => row.length)
    const [usual = 1, times = 0] = mostFrequent(widths)
    const score = usual > 1 ? times / widths.length + usual / 1_000 : 0
    if (score > best.score) best = { separator, score }
  }
  return best.separator
}

function mostFrequent(values: readonly number[]): [number, number] | [] {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0] ?? []
}

/** Names stand above values: every field says something, none is a number, no two are the same. */
function isHead(rows: readonly (readonly string[])[]): boolean {
  const [first] = rows
  if (first === undefined || rows.length < 2) return false
  return first.every((field) => field.trim() !== '' && !NUMBER.test(field)) && new Set(first).size === first.length
}

/** Fields by RFC 4180, and leniently: a quote within an unquoted field is a quote, a row may have any number of fields. */
function records(text: string, separator: Separator, most: number, complete: boolean): string[][] {
  const found: string[][] = []
  let row: string[] = []
  let at = 0
  while (at < text.length && found.length < most) {
    const [field, next] = text[at] === '"' ? quoted(text, at) : plain(text, at, separator)
    row.push(field)
    at = next
    if (text[at] === separator) {
      at += 1
      if (at < text.length) continue
      row.push('')
    }
    // What does not end here may go on behind what was read.
    if (at >= text.length && !complete && found.length > 0) break
    if (text[at] === '\r' && text[at + 1] === '\n') at += 1
    at += 1
    if (row.length > 1 || row[0] !== '') found.push(row)
    row = []
  }
  return found
}

/** A field in quotes, and whatever follows it up to its end. */
function quoted(text: string, from: number): [string, number] {
  let field = ''
  let at = from + 1
  for (;;) {
    const end = text.indexOf('"', at)
    if (end === -1) return [field + text.slice(at), text.length]
    field += text.slice(at, end)
    if (text[end + 1] !== '"') return [field, end + 1]
    field += '"'
    at = end + 2
  }
}

function plain(text: string, from: number, separator: Separator): [string, number] {
  let at = from
  while (at < text.length && text[at] !== separator && text[at] !== '\n' && text[at] !== '\r') at += 1
  return [text.slice(from, at), at]
}

/** Whether a column holds numbers, which are written at the right. */
export function isNumeric(values: Iterable<string | null | undefined>): boolean {
  let some = false
  for (const value of values) {
    if (value === null || value === undefined || value.trim() === '') continue
    if (!NUMBER.test(value.trim())) return false
    some = true
  }
  return some
}
