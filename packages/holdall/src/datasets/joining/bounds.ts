/** The lesser of two bounds of a column, both as the footer's reader shows them. */
export function lesser(type: string, one: string, other: string): string {
  return compare(type, one, other) <= 0 ? one : other
}

export function greater(type: string, one: string, other: string): string {
  return compare(type, one, other) >= 0 ? one : other
}

function compare(type: string, one: string, other: string): number {
  if (/INT|^DECIMAL/.test(type)) return compareDecimal(one, other)
  if (type === 'FLOAT' || type === 'DOUBLE') return Number(one) - Number(other)
  // Years of more than four digits have a sign before them.
  if (/^DATE|^TIMESTAMP/.test(type) && /^[+-]/.test(one + other)) return Date.parse(one) - Date.parse(other)
  return Buffer.compare(Buffer.from(one), Buffer.from(other))
}

function compareDecimal(one: string, other: string): number {
  const digits = Math.max(fraction(one), fraction(other))
  const [a, b] = [unscaled(one, digits), unscaled(other, digits)]
  return a < b ? -1 : a > b ? 1 : 0
}

function fraction(value: string): number {
  const dot = value.indexOf('.')
  return dot < 0 ? 0 : value.length - dot - 1
}

function unscaled(value: string, digits: number): bigint {
  return BigInt(value.replace('.', '') + '0'.repeat(digits - fraction(value)))
}
