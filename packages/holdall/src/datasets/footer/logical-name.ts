import { type Annotation, LOGICAL, UNIT } from './annotation.ts'
import { CONVERTED, type SchemaElement } from './element.ts'

const NAMES = new Map<number, string>(Object.entries(LOGICAL).map(([name, id]) => [id, name.toUpperCase()]))
const UNITS = new Map<number, string>(Object.entries(UNIT).map(([name, id]) => [id, name.toUpperCase()]))

/** What the old annotations are called; those of times were always in UTC. */
const CONVERTED_NAMES: Readonly<Record<number, string>> = {
  [CONVERTED.utf8]: 'STRING',
  [CONVERTED.map]: 'MAP',
  [CONVERTED.mapKeyValue]: 'MAP',
  [CONVERTED.list]: 'LIST',
  [CONVERTED.enum]: 'ENUM',
  [CONVERTED.date]: 'DATE',
  [CONVERTED.timeMillis]: 'TIME(MILLIS,UTC)',
  [CONVERTED.timeMicros]: 'TIME(MICROS,UTC)',
  [CONVERTED.timestampMillis]: 'TIMESTAMP(MILLIS,UTC)',
  [CONVERTED.timestampMicros]: 'TIMESTAMP(MICROS,UTC)',
  [CONVERTED.uint8]: 'UINT(8)',
  [CONVERTED.uint16]: 'UINT(16)',
  [CONVERTED.uint32]: 'UINT(32)',
  [CONVERTED.uint64]: 'UINT(64)',
  [CONVERTED.int8]: 'INT(8)',
  [CONVERTED.int16]: 'INT(16)',
  [CONVERTED.int32]: 'INT(32)',
  [CONVERTED.int64]: 'INT(64)',
  [CONVERTED.json]: 'JSON',
  [CONVERTED.bson]: 'BSON',
  [CONVERTED.interval]: 'INTERVAL',
  [CONVERTED.null]: 'UNKNOWN',
}

/** `STRING`, `DECIMAL(5,2)`, `TIMESTAMP(MICROS,UTC)`, `UINT(32)`…; null for values that are what they are stored as. */
export function logicalName({ annotation, converted, precision, scale }: SchemaElement): string | null {
  if (annotation !== undefined) return annotatedName(annotation)
  if (converted === CONVERTED.decimal) return `DECIMAL(${precision},${scale})`
  return converted === undefined ? null : (CONVERTED_NAMES[converted] ?? `CONVERTED(${converted})`)
}

function annotatedName({ id, isUtc, unit, bits, isSigned, precision, scale }: Annotation): string {
  const name = NAMES.get(id) ?? `LOGICAL(${id})`
  if (id === LOGICAL.decimal) return `${name}(${precision},${scale})`
  if (id === LOGICAL.integer) return `${isSigned ? 'INT' : 'UINT'}(${bits})`
  if (id === LOGICAL.time || id === LOGICAL.timestamp) return `${name}(${UNITS.get(unit)}${isUtc ? ',UTC' : ''})`
  return name
}
