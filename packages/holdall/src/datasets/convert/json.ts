import type { DuckDBConnection } from '@duckdb/node-api'
import { formatNumber } from '../../web/format.ts'
import { literal, quoted } from '../engine/instance.ts'
import { type Conversion, type ConversionFiles, copyTo } from './delimited.ts'
import { asUtf8, beginningOf, encodingOf } from './encoding.ts'
import { MAX_COLUMNS, SAMPLE_BYTES } from './limits.ts'
import { CannotConvert } from './refusal.ts'
import { inferTypes } from './types.ts'

type Format = 'array' | 'newline_delimited' | 'auto'

/** A column of JSON as DuckDB finds it. */
interface Found {
  readonly name: string
  readonly type: string
}

/** Days and times are looked for by us: DuckDB takes 10-11-12 for one, and would write 1900-01-01 for "infinity". */
const NO_DATES = "dateformat='%Y~#%m~#%d~', timestampformat='~%Y~#%m~#%d~%H'"
/** The same columns under the same names, each as the JSON that stands there. */
const AS_COLUMNS = 'maximum_depth=1'
const AS_VALUES = 'maximum_depth=0'
/** What Parquet has no type for, and what a text is not to be taken for that DuckDB takes it for. */
const KEPT_AS: Readonly<Record<string, string>> = {
  HUGEINT: 'DECIMAL(38,0)',
  JSON: 'VARCHAR',
  DATE: 'VARCHAR',
  TIME: 'VARCHAR',
  TIMESTAMP: 'VARCHAR',
  UUID: 'VARCHAR',
}
const SHORT = { ...KEPT_AS, HUGEINT: 'BIGINT' }
/** Whole numbers of fewer digits are the same as doubles. */
const DOUBLE_DIGITS = 15

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
    `read_json(${literal(path)}, format='${format}', compression='uncompressed', ignore_errors=false, sample_size=-1, ${more})`
  const describe = async (from: string) =>
    (await (await connection.run(`DESCRIBE SELECT * FROM ${from}`)).getRows()).map(
      ([name, type]): Found => ({ name: String(name), type: String(type) }),
    )
  const found = await describe(read(NO_DATES))
  if (found.length > MAX_COLUMNS) {
    throw new CannotConvert(`it has ${formatNumber(found.length)} columns, and ${formatNumber(MAX_COLUMNS)} are taken`)
  }
  // In a list of anything but objects the values themselves are where the columns would be.
  const [first] = found.length === 1 && found[0]?.name === 'json' ? await describe(read(AS_COLUMNS)) : []
  const from = read(first !== undefined && first.type !== 'JSON' ? AS_VALUES : AS_COLUMNS)
  const columns = await columnsOf(connection, found, from)
  const counted = await connection.run(`SELECT count(*) FROM ${from}`)
  const rows = Number((await counted.getRows())[0]?.[0])
  if (rows === 0) throw new CannotConvert('it has no rows')
  const select = `SELECT ${columns.join(', ')} FROM ${from}`
  await copyTo(connection, select, { target, rowLength: Math.max(1, size / rows), rows })
  return { rows, warnings: [], encoding: 'utf-8' }
}

/** SQL of each column, of its JSON, as the type by which nothing of it is lost. */
async function columnsOf(connection: DuckDBConnection, found: readonly Found[], from: string): Promise<string[]> {
  const texts = found.flatMap(({ type }, at) => (KEPT_AS[type] === 'VARCHAR' || type === 'VARCHAR' ? [at] : []))
  const numbers = await numbersOf(connection, found, from)
  const written = texts.map((at) => `${textOf(found[at] as Found)} AS c${at}`)
  const { types } =
    texts.length === 0
      ? { types: [] }
      : await inferTypes(connection, {
          from: `(SELECT ${written.join(', ')} FROM ${from})`,
          columns: texts,
          // Of several kinds: they stay as they stand there.
          isText: (at) => found[at]?.type === 'JSON',
          areTexts: true,
        })
  return found.map((column, at) => {
    const name = quoted(column.name)
    if (texts.includes(at))
      return `CAST(${textOf(column)} AS ${types[texts.indexOf(at)]?.type ?? 'VARCHAR'}) AS ${name}`
    const type = numbers.get(column.name) ?? keptType(column.type)
    return `${type === 'VARCHAR' ? textOf(column) : jsonAs(type, name)} AS ${name}`
  })
}

/** Texts without their quotes, anything else as it stands there; of nothing, nothing. */
function textOf({ name }: Found): string {
  return `(${quoted(name)} ->> '$')`
}

/** SQL of JSON as this type. A key that an object does not have is nothing; a cast would refuse it. */
function jsonAs(type: string, json: string): string {
  return /[([]/.test(type) ? `json_transform(${json}, ${literal(JSON.stringify(type))})` : `CAST(${json} AS ${type})`
}

/** Names stand in it as well, which may be called like a type. */
function keptType(type: string, keptAs = KEPT_AS): string {
  const within: string[] = []
  let word = ''
  let isName = false
  let kept = ''
  for (const [token] of type.matchAll(/"(?:[^"]|"")*"|[^\s(),"[\]]+|[\s\S]/g)) {
    if (token === '(') within.push(word)
    if (token === ')') within.pop()
    if (token === '(' || token === ',') isName = within.at(-1) === 'STRUCT'
    const isWord = /^[^\s(),[\]]/.test(token)
    kept += isWord && !isName ? (keptAs[token] ?? token) : token
    if (isWord) {
      word = isName ? '' : token
      isName = false
    }
  }
  return kept
}

/**
 * Types for numbers, where the one that they were given would round them, or is longer than it need be: of whole numbers
 * with and without a sign DuckDB makes one that Parquet does not have.
 */
async function numbersOf(
  connection: DuckDBConnection,
  found: readonly Found[],
  from: string,
): Promise<ReadonlyMap<string, string>> {
  const asked = found.flatMap((column) => {
    const { name, type } = column
    if (type === 'DOUBLE')
      return [
        { name, type: 'VARCHAR', sql: isRounded(column) },
        { name, type: 'DECIMAL(38,0)', sql: isWhole(column) },
      ]
    const [short, long] = [keptType(type, SHORT), keptType(type)]
    return short === long ? [] : [{ name, type: short, sql: isSame(name, short, long) }]
  })
  const types = new Map<string, string>()
  if (asked.length === 0) return types
  const result = await connection.run(`SELECT ${asked.map(({ sql }) => sql).join(', ')} FROM ${from}`)
  const [row = []] = await result.getRows()
  for (const [at, { name, type }] of asked.entries()) {
    if (row[at] !== true) continue
    // Whole ones that are rounded need the longer type; if none is, all of them are what they were.
    if (type !== 'DECIMAL(38,0)' || types.has(name)) types.set(name, type)
  }
  return types
}

function isRounded(column: Found): string {
  const v = textOf(column)
  const isLong = `regexp_full_match(${v}, '-?[0-9]{${DOUBLE_DIGITS + 1},}')`
  const isKept = `coalesce(TRY_CAST(TRY_CAST(${v} AS DOUBLE) AS HUGEINT) = TRY_CAST(${v} AS HUGEINT), false)`
  return `coalesce(bool_or((${isLong} AND NOT ${isKept}) OR NOT isfinite(TRY_CAST(${v} AS DOUBLE))), false)`
}

function isWhole(column: Found): string {
  return `coalesce(bool_and(regexp_full_match(${textOf(column)}, '-?[0-9]{1,38}')), false)`
}

function isSame(name: string, short: string, long: string): string {
  const column = quoted(name)
  return `coalesce(bool_and(CAST(${jsonAs(short, column).replace(/^CAST/, 'TRY_CAST')} AS ${long}) IS NOT DISTINCT FROM ${jsonAs(long, column)}), false)`
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
