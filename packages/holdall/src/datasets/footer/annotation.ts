import type { CompactReader } from './thrift.ts'

/** The format's `LogicalType`, by the ids that it has there. */
export const LOGICAL = {
  string: 1,
  map: 2,
  list: 3,
  enum: 4,
  decimal: 5,
  date: 6,
  time: 7,
  timestamp: 8,
  integer: 10,
  unknown: 11,
  json: 12,
  bson: 13,
  uuid: 14,
  float16: 15,
  variant: 16,
  geometry: 17,
  geography: 18,
} as const

/** The unit of times. */
export const UNIT = { millis: 1, micros: 2, nanos: 3 } as const

/** What a value means beyond how it is stored. */
export interface Annotation {
  /** One of `LOGICAL`, or one that came later. */
  readonly id: number
  /** Of times: whether they are instants in UTC. */
  readonly isUtc: boolean
  /** Of times: one of `UNIT`. */
  readonly unit: number
  /** Of integers. */
  readonly bits: number
  readonly isSigned: boolean
  /** Of decimals. */
  readonly precision: number
  readonly scale: number
}

/** Reads the union that is a `LogicalType`. Only its first member counts: a union has one. */
export function readAnnotation(reader: CompactReader): Annotation | undefined {
  reader.struct()
  const id = reader.field(0)
  if (id === 0) return undefined
  const annotation = readMember(reader, id)
  reader.skipRest(id)
  return annotation
}

function readMember(reader: CompactReader, id: number): Annotation {
  const found = { id, isUtc: false, unit: 0, bits: 0, isSigned: false, precision: 0, scale: 0 }
  reader.struct()
  for (let part = reader.field(0); part !== 0; part = reader.field(part)) {
    if (id === LOGICAL.decimal && part === 1) found.scale = reader.i32()
    else if (id === LOGICAL.decimal && part === 2) found.precision = reader.i32()
    else if (id === LOGICAL.integer && part === 1) found.bits = reader.i8()
    else if (id === LOGICAL.integer && part === 2) found.isSigned = reader.bool()
    else if (isTime(id) && part === 1) found.isUtc = reader.bool()
    else if (isTime(id) && part === 2) found.unit = readUnit(reader)
    else reader.skip()
  }
  return found
}

function readUnit(reader: CompactReader): number {
  reader.struct()
  const unit = reader.field(0)
  if (unit !== 0) {
    reader.skip()
    reader.skipRest(unit)
  }
  return unit
}

function isTime(id: number): boolean {
  return id === LOGICAL.time || id === LOGICAL.timestamp
}
