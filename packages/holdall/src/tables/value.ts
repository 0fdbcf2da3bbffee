/**
 * A cell of a SQLite table. Integers are numbers within ±(2^53 − 1) and bigints beyond, reals are numbers (infinities
 * included), BLOBs are bytes. Text is what SQLite has, with NULs; invalid UTF-8 became U+FFFD.
 */
export type SqliteValue = null | number | bigint | string | Uint8Array

/** What SQLite does to values that are stored in or compared with a column. `NONE` is also called BLOB affinity. */
export type Affinity = 'INTEGER' | 'REAL' | 'NUMERIC' | 'TEXT' | 'NONE'

/** The affinity of a declared type: the rules of https://sqlite.org/datatype3.html section 3.1, in their order. */
export function affinityOf(declaredType: string, strict = false): Affinity {
  const type = declaredType.toUpperCase()
  if (strict && type === 'ANY') return 'NONE'
  if (type.includes('INT')) return 'INTEGER'
  if (/CHAR|CLOB|TEXT/.test(type)) return 'TEXT'
  if (type.trim() === '' || type.includes('BLOB')) return 'NONE'
  if (/REAL|FLOA|DOUB/.test(type)) return 'REAL'
  return 'NUMERIC'
}

export function isNumeric(affinity: Affinity): boolean {
  return affinity === 'INTEGER' || affinity === 'REAL' || affinity === 'NUMERIC'
}

const MAX_INTEGER = 2n ** 63n - 1n
const MIN_INTEGER = -(2n ** 63n)

/** The text of a whole number as SQLite would store it: null when it is none, or does not fit 64 bits. */
export function parseInteger(text: string): number | bigint | null {
  if (!/^[+-]?\d{1,30}$/.test(text)) return null
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text)
  if (value > MAX_INTEGER || value < MIN_INTEGER) return null
  return shrink(value)
}

/** A bigint as the number it is wherever a number can hold it. */
export function shrink(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
