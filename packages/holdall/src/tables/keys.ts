import { tildeDecode, tildeEncode } from '../web/url.ts'
import { type Affinity, isNumeric, parseInteger, type SqliteValue } from './value.ts'

/**
 * Values of keys in addresses and cursors. A component is the value's text, tilde-encoded, as in Datasette, wherever the
 * column's affinity gives the value back; else it says its type after a `$`, which tilde encoding never leaves:
 * `$null`, `$i5` (integer), `$f0.5` (real), `$b00ff` (bytes). `$s` is an empty text that stands alone.
 */
export function encodeKey(value: SqliteValue, affinity: Affinity): string {
  if (value === null) return '$null'
  if (typeof value === 'string') return tildeEncode(value)
  if (value instanceof Uint8Array) return `$b${Buffer.from(value).toString('hex')}`
  if (typeof value === 'number' && !Number.isFinite(value)) return `$f${value}`
  // What is whole in a REAL column is still a real: 33.0, as Datasette writes it.
  if (affinity === 'REAL' && Number.isInteger(value)) return tildeEncode(realText(value as number))
  if (isNumeric(affinity)) return tildeEncode(String(value))
  return typeof value === 'bigint' || Number.isInteger(value) ? `$i${value}` : `$f${value}`
}

/** An empty text where an empty component would be no component at all. */
export const EMPTY_TEXT = '$s'

/** What `encodeKey` encoded; null when it is not one of ours. */
export function decodeKey(component: string, affinity: Affinity): { value: SqliteValue } | null {
  if (!component.startsWith('$')) {
    const text = tildeDecode(component)
    return { value: isNumeric(affinity) ? numberIn(text) : text }
  }
  const rest = component.slice(2)
  switch (component[1]) {
    case 'n':
      return component === '$null' ? { value: null } : null
    case 's':
      return rest === '' ? { value: '' } : null
    case 'i': {
      const value = parseInteger(rest) ?? (/^-?\d+(?:e\+\d+)?$/.test(rest) ? Number(rest) : null)
      return value === null ? null : { value }
    }
    case 'f':
      return /^-?(?:Infinity|\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.test(rest) ? { value: Number(rest) } : null
    case 'b':
      return /^(?:[0-9a-f]{2})*$/.test(rest) ? { value: new Uint8Array(Buffer.from(rest, 'hex')) } : null
    default:
      return null
  }
}

/** The number that a column of numeric affinity would make of a text; other texts stay texts. */
function numberIn(text: string): SqliteValue {
  const integer = parseInteger(text)
  if (integer !== null) return integer
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : text
}

/** The last part of a row's address: its key values, comma-joined. */
export function encodeRowKey(values: readonly SqliteValue[], affinities: readonly Affinity[]): string {
  // An address whose last part is empty would be the table's.
  return values.map((value, index) => encodeKey(value, affinities[index] ?? 'NONE')).join(',') || EMPTY_TEXT
}

/** The key as Datasette writes it, whatever the column's type; used where it is a name and not an address. */
export function plainRowKey(row: readonly SqliteValue[], keys: readonly number[]): string {
  return keys
    .map((index) => {
      const value = row[index] ?? null
      // Reals here are SQLite's, so that 5.0 is not 5.
      if (typeof value === 'number' && Number.isInteger(value)) return tildeEncode(realText(value))
      return encodeKey(value, 'NUMERIC')
    })
    .join(',')
}

/** A whole number as a real. */
function realText(value: number): string {
  const text = String(value)
  return text.includes('e') ? text : `${text}.0`
}
