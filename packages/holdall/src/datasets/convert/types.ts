import type { DuckDBConnection } from '@duckdb/node-api'
import { SAMPLE_ROWS } from './limits.ts'

const SAMPLE_VALUES = 400_000
const MIN_SAMPLE_ROWS = 100
/** Each takes memory of its own, most of all those that match a pattern. */
const ASKED_AT_ONCE = 120

/** A type that a column of texts may have, and whether a value loses nothing by it. */
interface Candidate {
  readonly type: string
  /** SQL that is true of a value, in `v`, that is not empty. */
  readonly holds: (v: string) => string
  /** SQL that is true of a value that can mean nothing else: a column has to have one. */
  readonly tells?: (v: string) => string
  /** SQL of a value as DuckDB reads it. @default v */
  readonly plain?: (v: string) => string
  readonly writing?: Writing
}

/** How values are written that DuckDB would not read so. */
export type Writing = 'decimal comma' | 'day first'

const NUMBER = '[+-]?(?:(?:0|[1-9][0-9]*)(?:\\.[0-9]*)?|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?'
const DAY = '[0-9]{4}-[0-9]{2}-[0-9]{2}'
const TIME = '[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\\.[0-9]{1,6})?)?'
/** A double keeps every number of so many digits, and of those with up to two more the ones that were made of a double. */
const SURE_DIGITS = 15
const DOUBLE_DIGITS = 17
/** Below it, a double keeps fewer. */
const LEAST_DOUBLE = '2.2250738585072014e-308'

/** SQL of what a number in `v` is as a double. */
function asDouble(v: string): string {
  return `TRY_CAST(${v} AS DOUBLE)`
}

/** SQL of its digits, without zeros in front. */
function digitsOf(v: string): string {
  return `ltrim(regexp_replace(${v}, '[eE].*|[^0-9]', '', 'g'), '0')`
}

/** SQL that is true of a number that comes back from a double with the digits that it was written with. */
function isKept(v: string): string {
  const [double, digits] = [asDouble(v), digitsOf(v)]
  const written = (count: number) =>
    `regexp_replace(printf('%.${count - 1}e', abs(${double})), 'e.*|[^0-9]', '', 'g') = ${digits}`
  const isShort = `length(${v}) <= ${SURE_DIGITS} AND NOT contains(lower(${v}), 'e')`
  return `CASE WHEN ${isShort} THEN true WHEN NOT coalesce(isfinite(${double}), false) THEN false WHEN ${digits} = '' THEN true WHEN abs(${double}) < ${LEAST_DOUBLE} OR length(${digits}) > ${DOUBLE_DIGITS} THEN false WHEN length(${digits}) <= ${SURE_DIGITS} THEN true WHEN length(${digits}) = ${DOUBLE_DIGITS} THEN ${written(DOUBLE_DIGITS)} ELSE ${written(DOUBLE_DIGITS - 1)} END`
}

/** Days and times in ISO 8601; in any other form they may mean two things. */
const MOMENTS: readonly Candidate[] = [
  {
    type: 'DATE',
    holds: (v) => `regexp_full_match(${v}, '${DAY}') AND coalesce(TRY_CAST(${v} AS DATE)::VARCHAR = ${v}, false)`,
  },
  {
    type: 'TIMESTAMP',
    holds: (v) => `regexp_full_match(${v}, '${DAY}(?:[ T]${TIME})?') AND TRY_CAST(${v} AS TIMESTAMP) IS NOT NULL`,
  },
  {
    type: 'TIMESTAMPTZ',
    holds: (v) =>
      `regexp_full_match(${v}, '${DAY}[ T]${TIME}(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)') AND TRY_CAST(${v} AS TIMESTAMPTZ) IS NOT NULL`,
  },
  { type: 'TIME', holds: (v) => `regexp_full_match(${v}, '${TIME}') AND TRY_CAST(${v} AS TIME) IS NOT NULL` },
]

/**
 * In the order in which they are preferred. What comes back as it was written is taken as it is meant: 007, 1_000 and +5
 * do not, and stay texts.
 */
const CANDIDATES: readonly Candidate[] = [
  { type: 'BOOLEAN', holds: (v) => `lower(${v}) IN ('true', 'false')` },
  { type: 'BIGINT', holds: (v) => `coalesce(TRY_CAST(${v} AS BIGINT)::VARCHAR = ${v}, false)` },
  { type: 'DECIMAL(38,0)', holds: (v) => `regexp_full_match(${v}, '0|-?[1-9][0-9]{0,37}')` },
  {
    type: 'DOUBLE',
    holds: (v) => `regexp_full_match(${v}, '${NUMBER}') AND ${isKept(v)}`,
  },
  ...MOMENTS,
]

const COMMA_NUMBER = '[+-]?(?:(?:0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:\\.[0-9]{3})+)(?:,[0-9]+)?|,[0-9]+)'
/** In English a thousand and more. */
const EITHER_NUMBER = '[+-]?[1-9][0-9]{0,2},[0-9]{3}'
const DAY_FIRST = '[0-9]{1,2}\\.[0-9]{1,2}\\.[0-9]{4}'

/** SQL of a number with a decimal comma as one with a point. */
function withPoint(v: string): string {
  return `replace(replace(${v}, '.', ''), ',', '.')`
}

/** SQL of a day that begins with its day. */
function dayFirst(v: string): string {
  return `try_strptime(${v}, '%d.%m.%Y')`
}

/** As they are written where the comma stands in numbers, and so does not separate values. */
const WITH_COMMAS: readonly Candidate[] = [
  {
    type: 'DOUBLE',
    writing: 'decimal comma',
    holds: (v) => `regexp_full_match(${v}, '${COMMA_NUMBER}') AND ${isKept(withPoint(v))}`,
    tells: (v) => `contains(${v}, ',') AND NOT regexp_full_match(${v}, '${EITHER_NUMBER}')`,
    plain: withPoint,
  },
  {
    type: 'DATE',
    writing: 'day first',
    holds: (v) =>
      `regexp_full_match(${v}, '${DAY_FIRST}') AND NOT ends_with(${v}, '.0000') AND ${dayFirst(v)} IS NOT NULL`,
    plain: dayFirst,
  },
]

/** Of what was written as a text. One in capitals would come back in small letters. */
const OF_TEXTS: readonly Candidate[] = [
  ...MOMENTS,
  { type: 'UUID', holds: (v) => `coalesce(TRY_CAST(${v} AS UUID)::VARCHAR = ${v}, false)` },
]

export interface TextTable {
  /** SQL of a table whose columns are `c0`, `c1` … and texts. */
  readonly from: string
  /** Which of them are asked about. */
  readonly columns: readonly number[]
  /** Columns that stay texts. */
  readonly isText?: (column: number) => boolean
  /** Whether they were written as texts, so that a number among them is none, and an empty one is a value. */
  readonly areTexts?: boolean
  /** Whether a comma may stand in a number. */
  readonly hasCommas?: boolean
}

/** A type that was found, and how its values are written where that is not as DuckDB reads it. */
export type FoundType = Pick<Candidate, 'type' | 'plain' | 'writing'>

export interface InferredTypes {
  /** `undefined` for texts. */
  readonly types: readonly (FoundType | undefined)[]
  readonly rows: number
}

/**
 * The types of columns of texts: of every column the first by which none of its values in the whole file loses anything.
 * The beginning tells what cannot be; all rows are asked about what is left.
 */
export async function inferTypes(connection: DuckDBConnection, table: TextTable): Promise<InferredTypes> {
  const { columns, areTexts = false, hasCommas = false } = table
  const candidates = areTexts ? OF_TEXTS : hasCommas ? [...CANDIDATES, ...WITH_COMMAS] : CANDIDATES
  const open = columns.map((at) => (table.isText?.(at) ? [] : [...candidates]))
  const asked = { columns, open, valued: areTexts ? (column: number) => `c${column}` : valued }
  const sampled = Math.max(MIN_SAMPLE_ROWS, Math.min(SAMPLE_ROWS, Math.floor(SAMPLE_VALUES / columns.length)))
  await connection.run(`CREATE OR REPLACE TEMP TABLE sample AS SELECT * FROM ${table.from} LIMIT ${sampled}`)
  await narrow(connection, 'sample', asked, 'values may come')
  await connection.run('DROP TABLE sample')
  const rows = await narrow(connection, table.from, asked, 'all is seen')
  return { types: open.map(([first]) => first), rows }
}

interface Slot {
  readonly column: number
  /** Undefined for how many values there are. */
  readonly candidate: Candidate | undefined
  readonly sql: string
}

/** Takes from each column what does not hold for all of its values. @returns how many rows there are */
async function narrow(
  connection: DuckDBConnection,
  from: string,
  {
    columns,
    open,
    valued,
  }: {
    readonly columns: readonly number[]
    readonly open: Candidate[][]
    readonly valued: (column: number) => string
  },
  seen: 'values may come' | 'all is seen',
): Promise<number> {
  const slots: Slot[] = []
  for (const [column, candidates] of open.entries()) {
    if (candidates.length === 0) continue
    const v = valued(columns[column] as number)
    slots.push({ column, candidate: undefined, sql: `count(${v})` })
    for (const candidate of candidates) {
      slots.push({ column, candidate, sql: `bool_and(${candidate.holds(v)}) FILTER (${v} IS NOT NULL)` })
      if (candidate.tells !== undefined && seen === 'all is seen') {
        slots.push({ column, candidate, sql: `bool_or(${candidate.tells(v)}) FILTER (${v} IS NOT NULL)` })
      }
    }
  }
  let rows = 0
  for (let at = 0; at === 0 || at < slots.length; at += ASKED_AT_ONCE) {
    const asked = slots.slice(at, at + ASKED_AT_ONCE)
    const result = await connection.run(
      `SELECT ${['count(*)', ...asked.map(({ sql }) => sql)].join(', ')} FROM ${from}`,
    )
    const [[count, ...found] = []] = await result.getRows()
    rows = Number(count)
    for (const [at, { column, candidate }] of asked.entries()) {
      const candidates = open[column] as Candidate[]
      // Of a column without values nobody knows what it would hold.
      if (candidate === undefined && Number(found[at]) === 0 && seen === 'all is seen') candidates.length = 0
      if (candidate !== undefined && found[at] === false && candidates.includes(candidate)) {
        candidates.splice(candidates.indexOf(candidate), 1)
      }
    }
  }
  return rows
}

/** What counts as a value where a column is no text. */
function valued(column: number): string {
  return `nullif(trim(c${column}), '')`
}

/** SQL of a column as its type. */
export function typed(column: number, found: FoundType | undefined): string {
  if (found === undefined) return `c${column}`
  const { type, plain = (v) => v } = found
  return `CAST(${plain(valued(column))} AS ${type})`
}
