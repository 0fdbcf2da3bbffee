import { type Annotation, readAnnotation } from './annotation.ts'
import { unreadable } from './refusals.ts'
import type { CompactReader } from './thrift.ts'

export const REPETITION = { required: 0, optional: 1, repeated: 2 } as const

/** The format's `Type`: how values are stored. */
export const PHYSICAL = {
  boolean: 0,
  int32: 1,
  int64: 2,
  int96: 3,
  float: 4,
  double: 5,
  byteArray: 6,
  fixedLenByteArray: 7,
} as const

/** The format's `ConvertedType`: what annotations were before `LogicalType`, and what most readers still look at. */
export const CONVERTED = {
  utf8: 0,
  map: 1,
  mapKeyValue: 2,
  list: 3,
  enum: 4,
  decimal: 5,
  date: 6,
  timeMillis: 7,
  timeMicros: 8,
  timestampMillis: 9,
  timestampMicros: 10,
  uint8: 11,
  uint16: 12,
  uint32: 13,
  uint64: 14,
  int8: 15,
  int16: 16,
  int32: 17,
  int64: 18,
  json: 19,
  bson: 20,
  interval: 21,
  /** Never in the format; some writers of Arrow's used it for columns of nothing. */
  null: 24,
} as const

const FIELD = {
  type: 1,
  typeLength: 2,
  repetition: 3,
  name: 4,
  children: 5,
  converted: 6,
  scale: 7,
  precision: 8,
  logical: 10,
} as const

/** One entry of the schema as the file has it: a group with so many children, or a column of values. */
export interface SchemaElement {
  readonly name: string
  /** One of `PHYSICAL`, unless it is a group. */
  readonly physical: number | undefined
  /** Bytes of each value of a fixed length. */
  readonly length: number | undefined
  readonly repetition: number
  readonly children: number
  readonly converted: number | undefined
  readonly scale: number | undefined
  readonly precision: number | undefined
  readonly annotation: Annotation | undefined
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads an element of the schema, whose fields are next.
 *
 * @throws HoldallError `parquet_invalid`, also for a name of more than `maxNameBytes`
 */
export function readElement(reader: CompactReader, maxNameBytes: number): SchemaElement {
  let name: string | undefined
  let physical: number | undefined
  let length: number | undefined
  let repetition: number = REPETITION.required
  let children = 0
  let converted: number | undefined
  let scale: number | undefined
  let precision: number | undefined
  let annotation: Annotation | undefined
  for (let id = reader.field(0); id !== 0; id = reader.field(id)) {
    if (id === FIELD.type) physical = reader.i32()
    else if (id === FIELD.typeLength) length = reader.i32()
    else if (id === FIELD.repetition) repetition = reader.i32()
    else if (id === FIELD.name) name = readName(reader, maxNameBytes)
    else if (id === FIELD.children) children = reader.i32()
    else if (id === FIELD.converted) converted = reader.i32()
    else if (id === FIELD.scale) scale = reader.i32()
    else if (id === FIELD.precision) precision = reader.i32()
    else if (id === FIELD.logical) annotation = readAnnotation(reader)
    else reader.skip()
  }
  if (name === undefined) throw unreadable('a column of its schema has no name')
  if (physical !== undefined && !(physical >= PHYSICAL.boolean && physical <= PHYSICAL.fixedLenByteArray))
    throw unreadable(`a column of its schema has the type ${physical}, which the format does not have`)
  if (!(repetition >= REPETITION.required && repetition <= REPETITION.repeated))
    throw unreadable(`a column of its schema has the repetition ${repetition}, which the format does not have`)
  return { name, physical, length, repetition, children, converted, scale, precision, annotation }
}

function readName(reader: CompactReader, maxBytes: number): string {
  const length = reader.binary()
  if (length > maxBytes) throw unreadable('the names of its columns are too long')
  try {
    return utf8.decode(reader.bytes.subarray(reader.at - length, reader.at))
  } catch {
    throw unreadable('the name of a column is not UTF-8')
  }
}
