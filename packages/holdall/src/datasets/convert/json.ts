import type { DuckDBConnection } from '@duckdb/node-api'
import { formatNumber } from '../../web/format.ts'
import { literal, quoted } from '../engine/instance.ts'
import { type Conversion, type ConversionFiles, copyTo } from './delimited.ts'
import { asUtf8, beginningOf, encodingOf } from './encoding.ts'
import { MAX_COLUMNS, SAMPLE_BYTES } from './limits.ts'
import { CannotConvert } from './refusal.ts'

type Format = 'array' | 'newline_delimited' | 'auto'

/** A column of JSON as DuckDB finds it. */
interface Found {
  readonly name: string
  readonly type: string
}

const HUGE = /\bHUGEINT\b/g
const DOUBLE_DIGITS = 17

/**
 * A list of objects, objects one after the other, or one of each line. All of it is looked through before a type is
 * settled. What is nested stays so; where the values of a column are of several kinds, they are texts.
 *
 * @throws CannotConvert, and what DuckDB throws
 */
export async function convertJson(
  connection: DuckDBConnection,
  { source, scratch, target }: ConversionFiles,
  kind: 'json' | 'ndjson',
): Promise<Conversion> {
  if (source.size === 0) throw new CannotConvert('it is empty')
  const encoding = await encodingOf(source.handle)
  if (encoding === 'windows-1252') throw new CannotConvert('it is no UTF-8, which JSON has to be')
  const sample = (await beginningOf(source.handle, encoding, SAMPLE_BYTES)).trimStart()
  if (sample === '') throw new CannotConvert('it is empty')
  const format = formatOf(sample, kind)
  let path = source.path
  if (encoding !== 'utf-8' || (await isMarked(source.handle))) {
    let at = 0
    for await (const chunk of asUtf8(source.handle, encoding)) {
      await scratch.handle.write(chunk, 0, chunk.length, at)
      at += chunk.length
    }
    path = scratch.path
  }
  try {
    return await converted(connection, { path, format, target, size: source.size })
  } catch (error) {
    throw plainly(error)
  }
}

function formatOf(sample: string, kind: 'json' | 'ndjson'): Format {
  if (sample.startsWith('['))
    return kind === 'ndjson' && /^\[.*\]\s*\n\s*\[/.test(sample) ? 'newline_delimited' : 'array'
  if (!sample.startsWith('{')) throw new CannotConvert('it begins neither with [ nor with {')
  return kind === 'ndjson' ? 'newline_delimited' : 'auto'
}

async function isMarked(handle: ConversionFiles['source']['handle']): Promise<boolean> {
  const { buffer } = await handle.read(Buffer.alloc(3), 0, 3, 0)
  return buffer.equals(Buffer.from([0xef, 0xbb, 0xbf]))
}

async function converted(
  connection: DuckDBConnection,
  {
    path,
    format,
    target,
    size,
  }: { readonly path: string; readonly format: Format; readonly target: string; readonly size: number },
): Promise<Conversion> {
  const read = (more: string) =>
    `read_json(${literal(path)}, format='${format}', compression='uncompressed', ignore_errors=false, ${more})`
  const described = await connection.run(`DESCRIBE SELECT * FROM ${read('sample_size=-1')}`)
  const found = (await described.getRows()).map(([name, type]): Found => ({ name: String(name), type: String(type) }))
  if (found.length > MAX_COLUMNS) {
    throw new CannotConvert(`it has ${formatNumber(found.length)} columns, and ${formatNumber(MAX_COLUMNS)} are taken`)
  }
  const inexact = await inexactOf(connection, found, read)
  // Named ones are found by their names alone, and of two that differ in case only one would be.
  const from = inexact.size === 0 ? read('sample_size=-1') : read(`columns={${structOf(found, inexact)}}`)
  const select = `SELECT ${found.map((column) => `${selected(column, inexact)} AS ${quoted(column.name)}`).join(', ')}`
  const counted = await connection.run(`SELECT count(*) FROM ${from}`)
  const rows = Number((await counted.getRows())[0]?.[0])
  if (rows === 0) throw new CannotConvert('it has no rows')
  await copyTo(connection, `${select} FROM ${from}`, { target, rowLength: Math.max(1, size / rows), rows })
  return { rows, warnings: [], encoding: 'utf-8' }
}

function structOf(found: readonly Found[], inexact: ReadonlyMap<string, string>): string {
  return found.map(({ name, type }) => `${quoted(name)}: ${literal(inexact.get(name) ?? type)}`).join(', ')
}

/** Parquet has no whole numbers beyond 64 bits, and values of several kinds are texts as they stand there. */
function selected({ name, type }: Found, inexact: ReadonlyMap<string, string>): string {
  const column = quoted(name)
  if (inexact.has(name)) return column
  if (type === 'JSON')
    return `CASE json_type(${column}) WHEN 'VARCHAR' THEN ${column} ->> '$' ELSE ${column}::VARCHAR END`
  const kept = type.replace(HUGE, 'DECIMAL(38,0)').replace(/\bJSON\b/g, 'VARCHAR')
  return kept === type ? column : `CAST(${column} AS ${kept})`
}

/** Whole numbers that are too long for the type that they were given, which would round them. */
async function inexactOf(
  connection: DuckDBConnection,
  found: readonly Found[],
  read: (more: string) => string,
): Promise<ReadonlyMap<string, string>> {
  const doubles = found.filter(({ type }) => type === 'DOUBLE')
  const inexact = new Map<string, string>()
  if (doubles.length === 0 || (found.length === 1 && found[0]?.name === 'json')) return inexact
  const struct = doubles.map(({ name }) => `${quoted(name)}: 'VARCHAR'`).join(', ')
  const asked = doubles.flatMap(({ name }) => {
    const v = quoted(name)
    return [
      `coalesce(bool_and(regexp_full_match(${v}, '-?[0-9]{1,38}')), true)`,
      `coalesce(bool_or(regexp_full_match(${v}, '-?[0-9]{${DOUBLE_DIGITS + 1},}')), false)`,
    ]
  })
  const result = await connection.run(`SELECT ${asked.join(', ')} FROM ${read(`columns={${struct}}`)}`)
  const [row = []] = await result.getRows()
  for (const [at, { name }] of doubles.entries()) {
    if (row[at * 2 + 1] === true) inexact.set(name, row[at * 2] === true ? 'DECIMAL(38,0)' : 'VARCHAR')
  }
  return inexact
}

/** What DuckDB says of JSON that is none, in our words; anything else as it is. */
function plainly(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const malformed =
    /Malformed JSON in file .*?, at byte (\d+) in (line|record\/value) (\d+): ([^\n]+?)\.?\s*(?:\n|$)/.exec(
      error.message,
    )
  if (malformed !== null) {
    const [, byte, unit, number, what] = malformed
    // It says which one it would have read next.
    const shown = formatNumber(Math.max(1, Number(number) - 1))
    const place = unit === 'line' ? `line ${shown}` : `value ${shown} of the list`
    return new CannotConvert(`${place} is no JSON at byte ${formatNumber(Number(byte))}: ${what}`, { cause: error })
  }
  const twice = /in (line|record\/value) (\d+): Object .* has duplicate key ("(?:[^"\\]|\\.)*")/s.exec(error.message)
  if (twice !== null) {
    const place = twice[1] === 'line' ? 'line' : 'value'
    return new CannotConvert(`${place} ${formatNumber(Number(twice[2]))} has the key ${twice[3]} twice`, {
      cause: error,
    })
  }
  if (/maximum_object_size/.test(error.message)) {
    return new CannotConvert('one of its objects is larger than 16 MiB', { cause: error })
  }
  return error
}
