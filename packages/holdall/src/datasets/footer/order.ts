import { LOGICAL } from './annotation.ts'
import { CONVERTED, PHYSICAL, type SchemaElement } from './element.ts'

/** How the least and the greatest value of a column are stored and compared. */
export const ORDER = {
  /** There is no order, or none that anybody asks for. */
  none: 0,
  boolean: 1,
  int32: 2,
  uint32: 3,
  int64: 4,
  uint64: 5,
  float16: 6,
  float: 7,
  double: 8,
  /** Byte by byte, unsigned. */
  bytes: 9,
  /** A whole number, its most significant byte first, in two's complement. */
  bigEndian: 10,
} as const

export type Order = (typeof ORDER)[keyof typeof ORDER]

/** Orders in which the format's first statistics, which compared everything as signed, say the same as today's. */
export const SIGNED: ReadonlySet<Order> = new Set([ORDER.boolean, ORDER.int32, ORDER.int64, ORDER.float, ORDER.double])

/** Bytes of a value in each order, 0 where they vary. */
export const WIDTHS: readonly number[] = [0, 1, 4, 4, 8, 8, 2, 4, 8, 0, 0]

const UNSIGNED: readonly (number | undefined)[] = [
  CONVERTED.uint8,
  CONVERTED.uint16,
  CONVERTED.uint32,
  CONVERTED.uint64,
]
const TEXTS: readonly (number | undefined)[] = [CONVERTED.utf8, CONVERTED.enum, CONVERTED.json]

export function orderOf({ physical, annotation, converted }: SchemaElement): Order {
  const isUnsigned =
    UNSIGNED.includes(converted) || (annotation?.id === LOGICAL.integer && annotation.isSigned === false)
  switch (physical) {
    case PHYSICAL.boolean:
      return ORDER.boolean
    case PHYSICAL.int32:
      return isUnsigned ? ORDER.uint32 : ORDER.int32
    case PHYSICAL.int64:
      return isUnsigned ? ORDER.uint64 : ORDER.int64
    case PHYSICAL.float:
      return ORDER.float
    case PHYSICAL.double:
      return ORDER.double
    case PHYSICAL.byteArray:
    case PHYSICAL.fixedLenByteArray:
      if (converted === CONVERTED.decimal) return ORDER.bigEndian
      if (annotation?.id === LOGICAL.float16) return ORDER.float16
      return TEXTS.includes(converted) || annotation?.id === LOGICAL.uuid ? ORDER.bytes : ORDER.none
    default:
      return ORDER.none
  }
}
