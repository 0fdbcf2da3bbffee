import type { FileHandle } from 'node:fs/promises'
import { formatCount, formatNumber } from '../../../web/format.ts'
import { MAX_COLUMNS, MAX_LINE_BYTES } from '../limits.ts'
import { type ConversionWarning, columnNames } from '../names.ts'
import { CannotConvert } from '../refusal.ts'
import type { Archive } from './archive.ts'
import { type Cell, type Row, readRows } from './cells.ts'
import type { Workbook } from './workbook.ts'

/** A sheet as a text of separated values: all its columns from the first on. */
export interface SheetTable {
  readonly names: readonly string[]
  /** Which columns of the text the names are of; the others are empty. */
  readonly columns: readonly number[]
  /** How many columns the text has. */
  readonly width: number
  readonly isText: (column: number) => boolean
  readonly hasHeader: boolean
  readonly rows: number
  /** Bytes. */
  readonly size: number
  readonly warnings: readonly ConversionWarning[]
}

/** Rows that are looked at together to find where the table begins. */
const ROWS_COMPARED = 50
const FLUSH_LENGTH = 1024 * 1024
const FIRST_WIDTH = 64

/** The text would need more columns than it was begun with. */
class Wider extends Error {
  readonly width: number
  constructor(width: number) {
    super()
    this.width = width
  }
}

/**
 * Writes the rows of a sheet down as values with commas between them. Nobody can tell how wide a sheet is before its last
 * row: when it becomes wider it is begun again, twice as wide.
 *
 * @returns undefined when the sheet is empty
 */
export async function writeSheet(
  archive: Archive,
  path: string,
  workbook: Workbook,
  scratch: FileHandle,
): Promise<SheetTable | undefined> {
  for (let width = FIRST_WIDTH; ; ) {
    try {
      return await attempt(archive, path, workbook, { scratch, width })
    } catch (error) {
      if (!(error instanceof Wider)) throw error
      width = Math.max(width * 2, error.width)
      if (width > MAX_COLUMNS * 2) throw new CannotConvert(`it has more than ${formatNumber(MAX_COLUMNS)} columns`)
    }
  }
}

async function attempt(
  archive: Archive,
  path: string,
  workbook: Workbook,
  { scratch, width }: { readonly scratch: FileHandle; readonly width: number },
): Promise<SheetTable | undefined> {
  await scratch.truncate(0)
  const first: Row[] = []
  const texts = new Set<number>()
  const filled = new Set<number>()
  const errors = new Map<string, number>()
  let header: Row | undefined
  let above: Row[] = []
  let begun = false
  let rows = 0
  let pending = ''
  let at = 0

  /** Where the table begins: titles above it stand alone in their row. */
  function begin(): void {
    begun = true
    const most = Math.max(0, ...first.map(({ cells }) => cells.length))
    const start = Math.max(
      0,
      first.findIndex(({ cells }) => cells.length > 1 || most === 1),
    )
    above = first.slice(0, start)
    const [head, ...others] = first.slice(start)
    if (head === undefined) return
    if (isHeader(head)) header = head
    else write(head)
    for (const row of others) write(row)
  }

  function write({ number, cells }: Row): void {
    const values: string[] = []
    for (const cell of cells) {
      if (cell.column >= width) throw new Wider(cell.column + 1)
      values[cell.column] = written(cell)
    }
    let line = ''
    for (let column = 0; column < width; column++) line += `${column === 0 ? '' : ','}${values[column] ?? ''}`
    if (
      line.length > MAX_LINE_BYTES ||
      (line.length * 3 > MAX_LINE_BYTES && Buffer.byteLength(line) > MAX_LINE_BYTES)
    ) {
      throw new CannotConvert(`row ${formatNumber(number)} is longer than ${formatNumber(MAX_LINE_BYTES)} bytes`)
    }
    pending += `${line}\n`
    rows++
  }

  function written({ column, value, kind }: Cell): string {
    if (kind === 'error') {
      errors.set(value, (errors.get(value) ?? 0) + 1)
      return ''
    }
    filled.add(column)
    if (kind === 'text') texts.add(column)
    return kind === 'text' || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
  }

  async function writePending(): Promise<void> {
    const bytes = Buffer.from(pending)
    pending = ''
    await scratch.write(bytes, 0, bytes.length, at)
    at += bytes.length
  }

  await readRows(archive, path, workbook, {
    take(row) {
      if (begun) return write(row)
      first.push(row)
      if (first.length === ROWS_COMPARED) begin()
    },
    flush: () => (pending.length >= FLUSH_LENGTH ? writePending() : undefined),
  })
  if (!begun) begin()
  await writePending()
  if (rows === 0 && header === undefined) return undefined
  const named = new Map(header?.cells.map(({ column, value }) => [column, value]))
  const last = Math.max(...filled, ...named.keys())
  const columns = Array.from({ length: last + 1 }, (_, column) => column).filter(
    (column) => filled.has(column) || named.has(column),
  )
  if (columns.length > MAX_COLUMNS) throw new CannotConvert(`it has more than ${formatNumber(MAX_COLUMNS)} columns`)
  const { names, warnings } = columnNames(
    columns.map((column) => (header === undefined ? `column_${column + 1}` : (named.get(column) ?? ''))),
  )
  return {
    names,
    columns,
    width,
    isText: (column) => texts.has(column),
    hasHeader: header !== undefined,
    rows,
    size: at,
    warnings: [...warningsOf(above, errors), ...warnings],
  }
}

/** Names are texts; years may be, beside a text. */
function isHeader({ cells }: Row): boolean {
  const others = cells.filter(({ kind }) => kind !== 'text')
  if (others.length === 0) return true
  const areYears = others.every(({ value }) => /^(?:19|20)\d\d$/.test(value))
  return (
    areYears &&
    others.length > 1 &&
    new Set(others.map(({ value }) => value)).size === others.length &&
    cells[0]?.kind === 'text'
  )
}

function warningsOf(above: readonly Row[], errors: ReadonlyMap<string, number>): ConversionWarning[] {
  const warnings: ConversionWarning[] = []
  if (above.length > 0) {
    const shown = above.map(({ cells }) => `“${cells[0]?.value.slice(0, 80)}”`).slice(0, 3)
    warnings.push({ column: null, message: `What stands above the table was left out: ${shown.join(', ')}.` })
  }
  for (const [value, count] of errors) {
    warnings.push({
      column: null,
      message: `${formatCount(count, 'cell')} with ${value.slice(0, 20)} ${count === 1 ? 'is' : 'are'} empty.`,
    })
  }
  return warnings
}
