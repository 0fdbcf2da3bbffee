/** Decimal digits of the whole numbers that a type holds. */
const DIGITS: Readonly<Record<string, number>> = {
  TINYINT: 3,
  UTINYINT: 3,
  SMALLINT: 5,
  USMALLINT: 5,
  INTEGER: 10,
  UINTEGER: 10,
  BIGINT: 19,
  UBIGINT: 20,
}
const SIGNED = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT']
const UNSIGNED = ['UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT']
/** Whole numbers that a FLOAT, and a DOUBLE, holds each of. */
const IN_FLOAT: ReadonlySet<string> = new Set(['TINYINT', 'UTINYINT', 'SMALLINT', 'USMALLINT'])
const IN_DOUBLE: ReadonlySet<string> = new Set([...IN_FLOAT, 'INTEGER', 'UINTEGER', 'FLOAT'])
const MAX_WIDTH = 38
const DECIMAL = /^DECIMAL\((\d+),(\d+)\)$/

/**
 * The type that holds every value of both, as DuckDB unites files by the names of their columns; undefined where there
 * is none. DuckDB unites everything: numbers with texts, and big numbers with floating ones that round them. What would
 * be another value afterwards, or none, is not united here. Types of types are the same or they are not.
 */
export function widen(one: string, other: string): string | undefined {
  if (one === other) return one
  return wholeOf(one, other) ?? decimalOf(one, other) ?? floatingOf(one, other) ?? timeOf(one, other)
}

function wholeOf(one: string, other: string): string | undefined {
  for (const family of [SIGNED, UNSIGNED]) {
    const [a, b] = [family.indexOf(one), family.indexOf(other)]
    if (a >= 0 && b >= 0) return family[Math.max(a, b)]
  }
  const [signed, unsigned] = SIGNED.includes(one) ? [one, other] : [other, one]
  const [s, u] = [SIGNED.indexOf(signed), UNSIGNED.indexOf(unsigned)]
  // One step more than the unsigned one, so that its greatest value has room.
  return s < 0 || u < 0 ? undefined : SIGNED[Math.max(s, u + 1)]
}

function decimalOf(one: string, other: string): string | undefined {
  const [a, b] = [partsOf(one), partsOf(other)]
  if (a === undefined || b === undefined || (DIGITS[one] !== undefined && DIGITS[other] !== undefined)) return undefined
  const scale = Math.max(a.scale, b.scale)
  const width = Math.max(a.whole, b.whole) + scale
  return width > MAX_WIDTH ? undefined : `DECIMAL(${width},${scale})`
}

function partsOf(type: string): { readonly whole: number; readonly scale: number } | undefined {
  const digits = DIGITS[type]
  if (digits !== undefined) return { whole: digits, scale: 0 }
  const found = DECIMAL.exec(type)
  if (found === null) return undefined
  const scale = Number(found[2])
  return { whole: Number(found[1]) - scale, scale }
}

function floatingOf(one: string, other: string): string | undefined {
  if (isOneOf('DOUBLE', IN_DOUBLE, one, other)) return 'DOUBLE'
  return isOneOf('FLOAT', IN_FLOAT, one, other) ? 'FLOAT' : undefined
}

function isOneOf(type: string, held: ReadonlySet<string>, one: string, other: string): boolean {
  return (one === type && held.has(other)) || (other === type && held.has(one))
}

/** A day is its first moment. Times of other precision, or with a zone, have another range or another meaning. */
function timeOf(one: string, other: string): string | undefined {
  return isOneOf('TIMESTAMP', new Set(['DATE']), one, other) ? 'TIMESTAMP' : undefined
}
