import type { FileHandle } from 'node:fs/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import { formatNumber } from '../../web/format.ts'
import { literal, quoted } from '../engine/instance.ts'
import { type Delimiter, dialectOf } from './dialect.ts'
import { asUtf8, beginningOf, type Encoding, encodingOf } from './encoding.ts'
import { MAX_COLUMNS, MAX_ROW_GROUP_ROWS, MIN_ROW_GROUP_ROWS, ROW_GROUP_BYTES, SAMPLE_BYTES } from './limits.ts'
import { type ConversionWarning, columnNames } from './names.ts'
import { CannotConvert, type Sheet } from './refusal.ts'
import { type FoundType, inferTypes, typed, type Writing } from './types.ts'
import { walk } from './walk.ts'

/** What a conversion reads and writes: files that it has open, and paths by which DuckDB finds them. */
export interface ConversionFiles {
  readonly source: { readonly handle: FileHandle; readonly path: string; readonly size: number }
  /** For what is written on the way. */
  readonly scratch: { readonly handle: FileHandle; readonly path: string }
  /** Where the Parquet goes. */
  readonly target: string
}

/** What was found out on the way, which whoever sent the file may want to know. */
export interface Conversion {
  readonly rows: number
  readonly warnings: readonly ConversionWarning[]
  readonly encoding?: Encoding
  readonly delimiter?: string
  readonly hasHeader?: boolean
  /** Of Excel: the one that was read, and all that there are. */
  readonly sheet?: string
  readonly sheets?: readonly Sheet[]
}

/** A text of separated values, as DuckDB is told to read it: nothing of it is guessed, skipped or filled in. */
export interface DelimitedTable {
  readonly path: string
  readonly delimiter: Delimiter
  readonly hasHeader: boolean
  readonly names: readonly string[]
  /** How many columns there are, where not all of them are taken. */
  readonly width?: number
  /** Which of them are, in the order of the names. */
  readonly columns?: readonly number[]
  /** Bytes of a row in the mean. */
  readonly rowLength: number
  readonly isText?: (column: number) => boolean
  /** Whether a comma may stand in a number. */
  readonly hasCommas?: boolean
}

export interface WrittenTable {
  readonly rows: number
  readonly warnings: readonly ConversionWarning[]
}

const LATIN: ConversionWarning = {
  column: null,
  message: 'The text was read as Windows-1252 (Latin-1), since it is no UTF-8.',
}

/** Values that are separated by commas, semicolons, tabs or bars. @throws CannotConvert, and what DuckDB throws */
export async function convertDelimited(
  connection: DuckDBConnection,
  { source, scratch, target }: ConversionFiles,
  preferred?: Delimiter,
): Promise<Conversion> {
  if (source.size === 0) throw new CannotConvert('it is empty')
  const encoding = await encodingOf(source.handle)
  const sample = await beginningOf(source.handle, encoding, SAMPLE_BYTES)
  const { delimiter, hasHeader, first, recordLength } = dialectOf(sample, source.size <= SAMPLE_BYTES, preferred)
  const width = first.values.length
  if (width > MAX_COLUMNS) {
    throw new CannotConvert(`it has ${formatNumber(width)} columns, and ${formatNumber(MAX_COLUMNS)} are taken`)
  }
  const { names, warnings } = columnNames(hasHeader ? first.values : first.values.map((_, at) => `column_${at + 1}`))
  const table = { delimiter, hasHeader, names, rowLength: recordLength, hasCommas: delimiter !== ',' }
  const startsEmpty = /^\s*[\r\n]/.test(sample)

  async function rewrite(): Promise<number> {
    await scratch.handle.truncate(0)
    let at = 0
    for await (const chunk of walk(asUtf8(source.handle, encoding), { delimiter, width })) {
      await scratch.handle.write(chunk, 0, chunk.length, at)
      at += chunk.length
    }
    return at
  }

  let written: WrittenTable
  if (encoding !== 'utf-8' || startsEmpty) {
    await rewrite()
    written = await writeParquet(connection, { ...table, path: scratch.path }, target)
  } else {
    try {
      written = await writeParquet(connection, { ...table, path: source.path }, target)
    } catch (error) {
      if (!isAboutText(error)) throw error
      // It is gone through again, to say exactly what is wrong; or nothing is, but that its lines end differently.
      await rewrite()
      written = await writeParquet(connection, { ...table, path: scratch.path }, target)
    }
  }
  return {
    rows: written.rows,
    warnings: [...written.warnings, ...warnings, ...(encoding === 'windows-1252' ? [LATIN] : [])],
    encoding,
    delimiter,
    hasHeader,
  }
}

function isAboutText(error: unknown): boolean {
  return error instanceof Error && /^Invalid Input Error: /.test(error.message)
}

export async function writeParquet(
  connection: DuckDBConnection,
  table: DelimitedTable,
  target: string,
): Promise<WrittenTable> {
  const { names, rowLength } = table
  const from = readCsv(table)
  const taken = table.columns ?? names.map((_, at) => at)
  const { types, rows } = await inferTypes(connection, {
    from,
    columns: taken,
    ...(table.isText && { isText: table.isText }),
    hasCommas: table.hasCommas ?? false,
  })
  if (rows === 0) throw new CannotConvert('it names its columns and has no rows, so that nothing tells what they hold')
  const columns = names.map((name, at) => `${typed(taken[at] as number, types[at])} AS ${quoted(name)}`)
  await copyTo(connection, `SELECT ${columns.join(', ')} FROM ${from}`, { target, rowLength, rows })
  return { rows, warnings: warningsOf(names, types) }
}

const READ_AS: Readonly<Record<Writing, string>> = {
  'decimal comma': 'Amounts with decimal commas were read as numbers',
  'day first': 'Days such as 31.12.2024 were read as dates',
}
const SHOWN_NAMES = 20

/** What was taken for something else than the text that it is. */
function warningsOf(names: readonly string[], types: readonly (FoundType | undefined)[]): ConversionWarning[] {
  return Object.entries(READ_AS).flatMap(([writing, message]) => {
    const read = names.filter((_, at) => types[at]?.writing === writing)
    if (read.length === 0) return []
    const more = read.length > SHOWN_NAMES ? ` and ${formatNumber(read.length - SHOWN_NAMES)} more` : ''
    return [{ column: null, message: `${message}: ${read.slice(0, SHOWN_NAMES).join(', ')}${more}.` }]
  })
}

export async function copyTo(
  connection: DuckDBConnection,
  select: string,
  { target, rowLength, rows }: { readonly target: string; readonly rowLength: number; readonly rows: number },
): Promise<void> {
  const group = Math.floor(ROW_GROUP_BYTES / rowLength)
  const size = Math.max(MIN_ROW_GROUP_ROWS, Math.min(group, MAX_ROW_GROUP_ROWS))
  const result = await connection.run(
    `COPY (${select}) TO ${literal(target)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${size}, USE_TMP_FILE false)`,
  )
  const written = Number((await result.getRows())[0]?.[0])
  if (written !== rows) throw new Error(`${written} rows were written of ${rows}`)
}

function readCsv({ path, delimiter, hasHeader, names, width = names.length }: DelimitedTable): string {
  const columns = Array.from({ length: width }, (_, at) => `'c${at}': 'VARCHAR'`).join(', ')
  return `read_csv(${literal(path)}, auto_detect=false, delim=${literal(delimiter)}, quote='"', escape='"', comment='', header=${hasHeader}, columns={${columns}}, strict_mode=true, null_padding=false, ignore_errors=false, allow_quoted_nulls=false, compression='none')`
}
