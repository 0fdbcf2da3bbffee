import type { SchemaElement } from 'hyparquet'

/** Writes a value as it is stored: no digit is lost, nothing is added. */
export type WriteScalar = (stored: unknown) => string

const DAY_MS = 86_400_000n
/** The most that a `Date` holds. */
const MAX_DATE_MS = 8_640_000_000_000_000n
/** Beyond what any writer means by decimals; their text would only cost time. */
const MAX_DECIMAL_BYTES = 64
const MAX_SCALE = 128

const DIGITS = { MILLIS: 3, MICROS: 6, NANOS: 9 } as const
type Unit = keyof typeof DIGITS

/** How values of a column are written whose own reader would lose something of them; undefined for all others. */
export function scalarOf({
  type,
  converted_type: old,
  logical_type: logical,
  scale,
}: SchemaElement): WriteScalar | undefined {
  if (logical?.type === 'DECIMAL' || old === 'DECIMAL') {
    const places = scale ?? (logical?.type === 'DECIMAL' ? logical.scale : 0)
    return Number.isInteger(places) && places >= 0 && places <= MAX_SCALE
      ? (stored) => decimal(stored, places)
      : undefined
  }
  if (type === 'FLOAT') return (stored) => shortestFloat(Number(stored))
  if (type !== 'INT32' && type !== 'INT64') return undefined
  if (logical?.type === 'DATE' || old === 'DATE') return (stored) => dateText(integer(stored))
  if (logical?.type === 'TIMESTAMP') {
    const { unit, isAdjustedToUTC } = logical
    return (stored) => momentText(integer(stored), unit) + (isAdjustedToUTC ? 'Z' : '')
  }
  if (logical?.type === 'TIME') {
    const { unit, isAdjustedToUTC } = logical
    return (stored) => timeText(integer(stored), unit) + (isAdjustedToUTC ? '+00' : '')
  }
  const unsigned = unsignedBits(old, logical)
  if (unsigned !== undefined) return (stored) => String(BigInt.asUintN(unsigned, integer(stored)))
  const unit = old && OLD_UNITS[old]
  if (unit === undefined) return undefined
  return old?.startsWith('TIMESTAMP')
    ? (stored) => momentText(integer(stored), unit)
    : (stored) => timeText(integer(stored), unit)
}

const OLD_UNITS: Readonly<Record<string, Unit>> = {
  TIMESTAMP_MILLIS: 'MILLIS',
  TIMESTAMP_MICROS: 'MICROS',
  TIME_MILLIS: 'MILLIS',
  TIME_MICROS: 'MICROS',
}

function unsignedBits(old: SchemaElement['converted_type'], logical: SchemaElement['logical_type']) {
  if (logical?.type === 'INTEGER' && !logical.isSigned) return logical.bitWidth
  return { UINT_8: 8, UINT_16: 16, UINT_32: 32, UINT_64: 64 }[old as string]
}

/** @param days since 1970-01-01 */
export function dateText(days: bigint): string {
  return isoText(days * DAY_MS)?.slice(0, -'T00:00:00.000Z'.length) ?? 'no date'
}

/** As the pages of datasets write it: `2020-01-31 17:05:00.25`. */
export function momentText(count: bigint, unit: Unit): string {
  const { seconds, fraction } = split(count, unit)
  const iso = isoText(seconds * 1_000n)
  return iso === undefined ? 'no date' : iso.slice(0, -'.000Z'.length).replace('T', ' ') + fraction
}

function timeText(count: bigint, unit: Unit): string {
  const { seconds, fraction } = split(count, unit)
  const two = (value: bigint) => String(value).padStart(2, '0')
  return `${two(seconds / 3_600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}${fraction}`
}

function split(count: bigint, unit: Unit): { readonly seconds: bigint; readonly fraction: string } {
  const digits = DIGITS[unit]
  const perSecond = 10n ** BigInt(digits)
  const rest = ((count % perSecond) + perSecond) % perSecond
  const fraction = rest === 0n ? '' : `.${String(rest).padStart(digits, '0').replace(/0+$/, '')}`
  return { seconds: (count - rest) / perSecond, fraction }
}

function isoText(ms: bigint): string | undefined {
  return ms > MAX_DATE_MS || ms < -MAX_DATE_MS ? undefined : new Date(Number(ms)).toISOString()
}

function decimal(stored: unknown, scale: number): string {
  if (stored instanceof Uint8Array && stored.length > MAX_DECIMAL_BYTES) return `${stored.length} bytes`
  const unscaled = stored instanceof Uint8Array ? bigEndian(stored) : integer(stored)
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  const sign = unscaled < 0n ? '-' : ''
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

function bigEndian(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`))
}

function integer(stored: unknown): bigint {
  return BigInt(stored as bigint | number | string)
}

/** The fewest digits that mean this float: 0.1, not 0.10000000149011612. */
function shortestFloat(value: number): string {
  for (let digits = 6; digits < 9; digits += 1) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return String(short)
  }
  return String(value)
}
