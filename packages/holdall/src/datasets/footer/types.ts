import { type Annotation, LOGICAL, UNIT } from './annotation.ts'
import { CONVERTED, PHYSICAL, type SchemaElement } from './element.ts'
import { unreadable } from './refusals.ts'

export const PHYSICAL_NAMES = [
  'BOOLEAN',
  'INT32',
  'INT64',
  'INT96',
  'FLOAT',
  'DOUBLE',
  'BYTE_ARRAY',
  'FIXED_LEN_BYTE_ARRAY',
] as const

/** What DuckDB makes of values without annotation. */
const PLAIN_TYPES = ['BOOLEAN', 'INTEGER', 'BIGINT', 'TIMESTAMP', 'FLOAT', 'DOUBLE', 'BLOB', 'BLOB'] as const

/** A DuckDB type by converted type, and how its values must be stored. */
const CONVERTED_TYPES: Readonly<Record<number, readonly [type: string, ...physical: number[]]>> = {
  [CONVERTED.utf8]: ['VARCHAR', PHYSICAL.byteArray, PHYSICAL.fixedLenByteArray],
  [CONVERTED.enum]: ['VARCHAR', PHYSICAL.byteArray, PHYSICAL.fixedLenByteArray],
  [CONVERTED.date]: ['DATE', PHYSICAL.int32],
  [CONVERTED.timeMillis]: ['TIME', PHYSICAL.int32],
  [CONVERTED.timeMicros]: ['TIME', PHYSICAL.int64],
  [CONVERTED.timestampMillis]: ['TIMESTAMP', PHYSICAL.int64],
  [CONVERTED.timestampMicros]: ['TIMESTAMP', PHYSICAL.int64],
  [CONVERTED.uint8]: ['UTINYINT', PHYSICAL.int32],
  [CONVERTED.uint16]: ['USMALLINT', PHYSICAL.int32],
  [CONVERTED.uint32]: ['UINTEGER', PHYSICAL.int32],
  [CONVERTED.uint64]: ['UBIGINT', PHYSICAL.int64],
  [CONVERTED.int8]: ['TINYINT', PHYSICAL.int32],
  [CONVERTED.int16]: ['SMALLINT', PHYSICAL.int32],
  [CONVERTED.int32]: ['INTEGER', PHYSICAL.int32],
  [CONVERTED.int64]: ['BIGINT', PHYSICAL.int64],
  [CONVERTED.json]: ['JSON', PHYSICAL.byteArray, PHYSICAL.fixedLenByteArray],
  [CONVERTED.bson]: ['BLOB', PHYSICAL.byteArray, PHYSICAL.fixedLenByteArray],
}

const DECIMALS: readonly number[] = [PHYSICAL.int32, PHYSICAL.int64, PHYSICAL.byteArray, PHYSICAL.fixedLenByteArray]
/** Wider decimals are read as floating-point numbers. */
const MAX_DECIMAL_PRECISION = 38
const UUID_BYTES = 16
const INTERVAL_BYTES = 12
const FLOAT16_BYTES = 2

/**
 * The DuckDB type of a column of plain values, by the rules that DuckDB itself reads footers with: of annotations it
 * heeds some in their new form only, all others in their old form only.
 *
 * @throws HoldallError `parquet_invalid` where values cannot be stored the way the schema says
 */
export function leafType(element: SchemaElement & { readonly physical: number }): string {
  const { physical, length, annotation, converted } = element
  if (physical === PHYSICAL.fixedLenByteArray && (length === undefined || length < 0))
    throw unreadable(`its column ${quote(element.name)} has values of a fixed length without a length`)
  const type = annotation && annotatedType(element, annotation)
  if (type !== undefined) return type
  if (converted === undefined) return PLAIN_TYPES[physical] as string
  if (converted === CONVERTED.decimal) return decimalType(element)
  if (converted === CONVERTED.null) return 'INTEGER'
  if (converted === CONVERTED.interval) {
    if (physical !== PHYSICAL.fixedLenByteArray || length !== INTERVAL_BYTES) throw misfit(element, 'INTERVAL')
    return 'INTERVAL'
  }
  const [name, ...stored] = CONVERTED_TYPES[converted] ?? [`converted type ${converted}`]
  if (!stored.includes(physical)) throw misfit(element, name)
  return name
}

function annotatedType(element: SchemaElement & { readonly physical: number }, annotation: Annotation) {
  const { physical, length } = element
  switch (annotation.id) {
    case LOGICAL.uuid:
      if (physical !== PHYSICAL.fixedLenByteArray) return undefined
      if (length !== UUID_BYTES) throw misfit(element, 'UUID')
      return 'UUID'
    case LOGICAL.float16:
      return physical === PHYSICAL.fixedLenByteArray && length === FLOAT16_BYTES ? 'FLOAT' : undefined
    case LOGICAL.timestamp:
      if (physical !== PHYSICAL.int64) throw misfit(element, 'TIMESTAMP')
      if (annotation.isUtc) return 'TIMESTAMP WITH TIME ZONE'
      return annotation.unit === UNIT.nanos ? 'TIMESTAMP_NS' : 'TIMESTAMP'
    case LOGICAL.time:
      if (physical !== (annotation.unit === UNIT.millis ? PHYSICAL.int32 : PHYSICAL.int64))
        throw misfit(element, 'TIME')
      if (annotation.isUtc) return 'TIME WITH TIME ZONE'
      return annotation.unit === UNIT.nanos ? 'TIME_NS' : 'TIME'
    case LOGICAL.unknown:
      return 'INTEGER'
    case LOGICAL.geometry:
    case LOGICAL.geography:
      return physical === PHYSICAL.byteArray ? 'GEOMETRY' : undefined
    default:
      return undefined
  }
}

function decimalType(element: SchemaElement & { readonly physical: number }): string {
  const { physical, precision, scale } = element
  if (!DECIMALS.includes(physical)) throw misfit(element, 'DECIMAL')
  if (precision === undefined || scale === undefined || precision < 1 || scale < 0 || scale > precision)
    throw unreadable(`its column ${quote(element.name)} is a DECIMAL without a possible precision and scale`)
  return precision > MAX_DECIMAL_PRECISION ? 'DOUBLE' : `DECIMAL(${precision},${scale})`
}

function misfit({ name, physical, length }: SchemaElement, type: string) {
  const stored = `${PHYSICAL_NAMES[physical as number]}${length === undefined ? '' : `(${length})`}`
  return unreadable(`its column ${quote(name)} has ${type} values stored as ${stored}, which the format does not have`)
}

const MAX_QUOTED = 60

/** A name within a message. */
export function quote(name: string): string {
  return JSON.stringify(name.length > MAX_QUOTED ? `${name.slice(0, MAX_QUOTED)}…` : name)
}
