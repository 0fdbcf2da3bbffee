import type { StatementSync } from 'node:sqlite'
import { type CellLabels, cellJson, rowsJson } from '../cells.ts'
import type { SqliteValue } from '../value.ts'
import type { Connection } from './connection.ts'
import { MAX_RESULT_BYTES, MAX_ROWS } from './limits.ts'
import {
  encodeValue,
  type LabelLookup,
  type ResultHeader,
  type Statement,
  type StatementFailure,
  type WireValue,
} from './protocol.ts'

export interface Ran {
  readonly header: ResultHeader
  readonly payload: Buffer
}

const EMPTY = Buffer.alloc(0)

export function failed(failure: StatementFailure): Ran {
  const header: ResultHeader = {
    columns: [],
    rowCount: 0,
    more: false,
    last: null,
    labels: [],
    failure,
    bytes: 0,
    json: false,
    special: false,
  }
  return { header, payload: EMPTY }
}

/** Runs one statement and makes its rows ready to travel. @throws what SQLite throws */
export function runStatement(connection: Connection, statement: Statement): Ran {
  const prepared = connection.prepare(statement.sql)
  const limit = Math.min(statement.limit ?? MAX_ROWS, MAX_ROWS)
  const read = readRows(prepared, statement.params ?? {}, limit)
  if (read === 'too_large') {
    return failed({
      reason: 'too_large',
      message: `The rows are larger than ${MAX_RESULT_BYTES} bytes. Ask for fewer.`,
    })
  }
  const { rows, more } = read
  const names = prepared.columns().map((column) => column.name)
  const columns = statement.hidden ? names.slice(0, -statement.hidden) : names
  const labels = (statement.labels ?? []).map((lookup) => [lookup.column, lookUp(connection, lookup, rows)] as const)

  const last = rows.at(-1)
  const header: ResultHeader = {
    columns,
    rowCount: rows.length,
    more,
    last: last ? last.map(encodeValue) : null,
    labels: [],
    failure: null,
    bytes: 0,
    json: statement.json !== undefined,
    special: false,
  }
  let text: string
  if (statement.json) {
    text = rowsJson(rows, columns, statement.json, labelFunctions(labels))
  } else {
    header.labels = labels.map(([column, pairs]) => [column, pairs.map(encodePair)])
    header.special = toWire(rows)
    text = JSON.stringify(rows)
  }
  const payload = Buffer.from(text)
  header.bytes = payload.length
  return { header, payload }
}

/** At most `limit` rows. SQL from outside can drop the LIMIT that we wrote, so the rows are counted here as well. */
function readRows(
  prepared: StatementSync,
  params: Readonly<Record<string, SqliteValue>>,
  limit: number,
): { rows: SqliteValue[][]; more: boolean } | 'too_large' {
  const rows: SqliteValue[][] = []
  let bytes = 0
  for (const entry of prepared.iterate(params)) {
    if (rows.length === limit) return { rows, more: true }
    const row = entry as unknown as SqliteValue[]
    for (const value of row) {
      if (typeof value === 'string') bytes += value.length
      else if (value instanceof Uint8Array) bytes += value.length
    }
    if (bytes > MAX_RESULT_BYTES) return 'too_large'
    rows.push(row)
  }
  return { rows, more: false }
}

type Pair = readonly [SqliteValue, SqliteValue]

/** What to show for the distinct values of one column, in one statement. */
function lookUp(
  connection: Connection,
  lookup: LabelLookup,
  rows: readonly (readonly SqliteValue[])[],
): readonly Pair[] {
  const distinct = new Map<SqliteValue, SqliteValue>()
  for (const row of rows) {
    const value = row[lookup.column]
    if (value !== null && value !== undefined && !(value instanceof Uint8Array)) distinct.set(value, value)
  }
  const values = [...distinct.values()]
  if (values.length === 0) return []
  if (lookup.sql === null) return values.map((value) => [value, String(value)])
  const keys = `[${values.map((value) => cellJson(value)).join(',')}]`
  return connection.prepare(lookup.sql).all({ keys }) as unknown as Pair[]
}

function labelFunctions(labels: readonly (readonly [number, readonly Pair[]])[]): CellLabels {
  return new Map(
    labels.map(([column, pairs]) => {
      const known = new Map(pairs)
      return [column, (value: SqliteValue) => known.get(value)] as const
    }),
  )
}

function encodePair([key, label]: Pair): [WireValue, WireValue] {
  return [encodeValue(key), encodeValue(label)]
}

/** Makes cells JSON-ready in place; true when one of them became an object. */
function toWire(rows: SqliteValue[][]): boolean {
  let special = false
  for (const row of rows as (SqliteValue | WireValue)[][]) {
    for (let index = 0; index < row.length; index += 1) {
      const value = row[index] as SqliteValue
      if (value === null || typeof value === 'string') continue
      const encoded = encodeValue(value)
      if (encoded !== null && typeof encoded === 'object') special = true
      row[index] = encoded
    }
  }
  return special
}
