import { UNIT } from './annotation.ts'
import type { Place } from './bounds.ts'
import { CONVERTED, type SchemaElement } from './element.ts'
import { ORDER } from './order.ts'
import type { Leaf } from './schema.ts'
import type { CompactReader } from './thrift.ts'

const DAY_MS = 86_400_000
/** Digits after the seconds, by unit of time. */
const DIGITS: Readonly<Record<number, number>> = { [UNIT.millis]: 3, [UNIT.micros]: 6, [UNIT.nanos]: 9 }
/** The most that a `Date` holds. */
const MAX_DATE_MS = 8_640_000_000_000_000n

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A value of the statistics as text: numbers in digits, times in ISO 8601; null for what no text tells. */
export function shownBound(
  reader: CompactReader,
  { element, type, order }: Leaf,
  { at, length }: Place,
): string | null {
  const { view, bytes } = reader
  const value = bytes.subarray(at, at + length)
  switch (order) {
    case ORDER.boolean:
      return String(view.getUint8(at) !== 0)
    case ORDER.float16:
      return shortest(view.getFloat16(at, true), Math.f16round, 5)
    case ORDER.float:
      return shortest(view.getFloat32(at, true), Math.fround, 9)
    case ORDER.double:
      return String(view.getFloat64(at, true))
    case ORDER.bytes:
      return type === 'UUID' ? uuid(value) : text(value)
    case ORDER.int32:
      return whole(element, type, BigInt(view.getInt32(at, true)))
    case ORDER.uint32:
      return String(view.getUint32(at, true))
    case ORDER.int64:
      return whole(element, type, view.getBigInt64(at, true))
    case ORDER.uint64:
      return String(view.getBigUint64(at, true))
    case ORDER.bigEndian:
      return decimal(bigEndian(value), element.scale ?? 0)
    default:
      return null
  }
}

function whole(element: SchemaElement, type: string, value: bigint): string | null {
  if (type === 'DATE') return isoDate(value * BigInt(DAY_MS))?.slice(0, -'T00:00:00.000Z'.length) ?? null
  if (type.startsWith('TIMESTAMP')) return timestamp(element, type, value)
  if (type.startsWith('TIME')) return timestamp(element, type, value)?.replace(/^.*T/, '') ?? null
  return element.converted === CONVERTED.decimal ? decimal(value, element.scale ?? 0) : String(value)
}

function timestamp({ annotation, converted }: SchemaElement, type: string, value: bigint): string | null {
  const old = converted === CONVERTED.timeMillis || converted === CONVERTED.timestampMillis ? UNIT.millis : UNIT.micros
  const digits = DIGITS[annotation?.unit ?? old]
  if (digits === undefined) return null
  const perMs = 10n ** BigInt(digits - 3)
  const rest = ((value % perMs) + perMs) % perMs
  const iso = isoDate((value - rest) / perMs)
  if (iso === null) return null
  const below = digits === 3 ? '' : String(rest).padStart(digits - 3, '0')
  return `${iso.slice(0, -1)}${below}${type.endsWith('TIME ZONE') ? 'Z' : ''}`
}

function isoDate(ms: bigint): string | null {
  return ms > MAX_DATE_MS || ms < -MAX_DATE_MS ? null : new Date(Number(ms)).toISOString()
}

function decimal(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  const sign = unscaled < 0n ? '-' : ''
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

function bigEndian(bytes: Uint8Array): bigint {
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`))
}

/** The fewest digits that mean this number among those of its width: 0.1, not 0.10000000149011612. */
function shortest(value: number, round: (value: number) => number, most: number): string {
  for (let digits = 1; digits < most; digits += 1) {
    const short = Number(value.toPrecision(digits))
    if (round(short) === value) return String(short)
  }
  return String(value)
}

function uuid(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

function text(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}
