import { ORDER, type Order } from './order.ts'
import type { CompactReader } from './thrift.ts'

/** Two values where they lie, both as many bytes as their order says. → below 0, 0 or above 0; NaN if one is not a number */
export function compareAt(reader: CompactReader, order: Order, a: number, aLength: number, b: number, bLength: number) {
  const { view } = reader
  switch (order) {
    case ORDER.boolean:
      return view.getUint8(a) - view.getUint8(b)
    case ORDER.int32:
      return view.getInt32(a, true) - view.getInt32(b, true)
    case ORDER.uint32:
      return view.getUint32(a, true) - view.getUint32(b, true)
    case ORDER.int64:
      return view.getInt32(a + 4, true) - view.getInt32(b + 4, true) || lowHalves(view, a, b)
    case ORDER.uint64:
      return view.getUint32(a + 4, true) - view.getUint32(b + 4, true) || lowHalves(view, a, b)
    case ORDER.float16:
      return spread(view.getFloat16(a, true), view.getFloat16(b, true))
    case ORDER.float:
      return spread(view.getFloat32(a, true), view.getFloat32(b, true))
    case ORDER.double:
      return spread(view.getFloat64(a, true), view.getFloat64(b, true))
    case ORDER.bigEndian:
      return compareBigEndian(reader.bytes, a, aLength, b, bLength)
    default:
      return compareBytes(reader.bytes, a, aLength, b, bLength)
  }
}

function lowHalves(view: DataView, a: number, b: number): number {
  return view.getUint32(a, true) - view.getUint32(b, true)
}

/** A difference would be NaN for two infinities. */
function spread(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : a === b ? 0 : Number.NaN
}

function compareBytes(bytes: Uint8Array, a: number, aLength: number, b: number, bLength: number): number {
  const shared = Math.min(aLength, bLength)
  for (let n = 0; n < shared; n += 1) {
    const difference = (bytes[a + n] as number) - (bytes[b + n] as number)
    if (difference !== 0) return difference
  }
  return aLength - bLength
}

/** As if the shorter one had the bytes of its sign before it. */
function compareBigEndian(bytes: Uint8Array, a: number, aLength: number, b: number, bLength: number): number {
  const aSign = (bytes[a] as number) & 0x80 ? 0xff : 0
  const bSign = (bytes[b] as number) & 0x80 ? 0xff : 0
  if (aSign !== bSign) return bSign - aSign
  for (let n = Math.max(aLength, bLength); n > 0; n -= 1) {
    const aByte = n > aLength ? aSign : (bytes[a + aLength - n] as number)
    const bByte = n > bLength ? bSign : (bytes[b + bLength - n] as number)
    if (aByte !== bByte) return aByte - bByte
  }
  return 0
}
