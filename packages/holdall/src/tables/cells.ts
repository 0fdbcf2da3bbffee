import { plainRowKey } from './keys.ts'
import type { SqliteValue } from './value.ts'

/** How rows become JSON. `object` is keyed by the row's address, `lines` has one object a line without brackets. */
export interface JsonShape {
  readonly shape: 'objects' | 'arrays' | 'arrayfirst' | 'object' | 'lines'
  /** Indexes of the columns that make a row's key; used by `object`. */
  readonly keys?: readonly number[]
  /** Indexes of columns whose text is JSON and is put in as it is. */
  readonly json?: readonly number[]
  /** Infinities as `Infinity`, which is no JSON, instead of null. */
  readonly infinity?: boolean
}

/** A cell as JSON: integers of any size as numbers, BLOBs as `{"$base64": true, "encoded": …}`, infinities as null. */
export function cellJson(value: SqliteValue, infinity = false): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'bigint':
      return value.toString()
    case 'number':
      return realJson(value, infinity)
    default:
      return value === null ? 'null' : `{"$base64": true, "encoded": "${Buffer.from(value).toString('base64')}"}`
  }
}

/** Numbers here are SQLite's reals, since its integers arrive as bigints: 5.0 stays 5.0. */
function realJson(value: number, infinity: boolean): string {
  if (Number.isInteger(value)) {
    if (Object.is(value, -0)) return '-0.0'
    const text = String(value)
    return text.includes('e') ? text : `${text}.0`
  }
  if (Number.isFinite(value)) return String(value)
  return infinity ? String(value) : 'null'
}

export type CellLabels = ReadonlyMap<number, (value: SqliteValue) => SqliteValue | undefined>

const NO_LABELS: CellLabels = new Map()

/**
 * Rows as the text of their JSON.
 * @param rows as a connection gives them: integers are bigints, numbers are reals
 * @param columns the names of the columns that are written; what a row has beyond them is left out
 */
export function rowsJson(
  rows: readonly (readonly SqliteValue[])[],
  columns: readonly string[],
  shape: JsonShape,
  labels: CellLabels = NO_LABELS,
): string {
  const width = columns.length
  const raw = new Set(shape.json)
  const infinity = shape.infinity ?? false
  const plain = raw.size === 0 && labels.size === 0

  function cell(row: readonly SqliteValue[], column: number): string {
    const value = row[column] as SqliteValue
    if (plain) return cellJson(value, infinity)
    const label = value === null ? undefined : labels.get(column)?.(value)
    if (label !== undefined) return `{"value": ${cellJson(value, infinity)}, "label": ${cellJson(label, infinity)}}`
    if (raw.has(column) && typeof value === 'string' && isJson(value)) return value
    return cellJson(value, infinity)
  }

  const names = columns.map((name, index) => `${index === 0 ? '{' : ', '}${JSON.stringify(name)}: `)
  function object(row: readonly SqliteValue[]): string {
    let text = ''
    for (let column = 0; column < width; column += 1) text += (names[column] as string) + cell(row, column)
    return width === 0 ? '{}' : `${text}}`
  }
  function array(row: readonly SqliteValue[]): string {
    let text = '['
    for (let column = 0; column < width; column += 1) text += (column === 0 ? '' : ', ') + cell(row, column)
    return `${text}]`
  }

  switch (shape.shape) {
    case 'lines':
      return rows.map(object).join('\n')
    case 'objects':
      return `[${rows.map(object).join(', ')}]`
    case 'arrays':
      return `[${rows.map(array).join(', ')}]`
    case 'arrayfirst':
      return `[${rows.map((row) => (width === 0 ? 'null' : cell(row, 0))).join(', ')}]`
    case 'object': {
      const keys = shape.keys ?? []
      return `{${rows.map((row) => `${JSON.stringify(plainRowKey(row, keys))}: ${object(row)}`).join(', ')}}`
    }
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
