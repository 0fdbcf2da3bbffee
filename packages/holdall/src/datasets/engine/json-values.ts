import {
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBGeometryValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBType,
  DuckDBTypeId,
  DuckDBUnionValue,
  type DuckDBValue,
  DuckDBVariantValue,
} from '@duckdb/node-api'

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/**
 * A value of DuckDB as JSON that loses nothing: integers past 2^53, HUGEINT and DECIMAL as strings, NaN and infinities as
 * strings, dates and times in ISO 8601, bytes as `{"$base64": …}`, lists as arrays, structs as objects, maps as arrays of
 * `{key, value}`, unions as `{tag, value}`.
 *
 * @param type the column's, where it is known: a FLOAT is told from a DOUBLE, a HUGEINT from a BIGINT
 */
export function jsonValue(value: DuckDBValue, type?: DuckDBType): JsonValue {
  switch (typeof value) {
    case 'boolean':
    case 'string':
      return value
    case 'number':
      return type?.typeId === DuckDBTypeId.FLOAT ? float(value) : finite(value)
    case 'bigint':
      return integer(value, type)
  }
  if (value === null) return null
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) {
    const itemType = valueTypeOf(type)
    return value.items.map((item) => jsonValue(item, itemType))
  }
  if (value instanceof DuckDBStructValue) return structure(value, type)
  if (value instanceof DuckDBMapValue) {
    const types = type as { keyType?: DuckDBType; valueType?: DuckDBType } | undefined
    return value.entries.map((entry) => ({
      key: jsonValue(entry.key, types?.keyType),
      value: jsonValue(entry.value, types?.valueType),
    }))
  }
  if (value instanceof DuckDBUnionValue) return { tag: value.tag, value: jsonValue(value.value) }
  if (value instanceof DuckDBVariantValue) return jsonValue(value.value, value.type)
  if (value instanceof DuckDBBlobValue) return { $base64: Buffer.from(value.bytes).toString('base64') }
  if (value instanceof DuckDBGeometryValue) return { $base64: Buffer.from(value.bytes).toString('base64') }
  if (value instanceof DuckDBDateValue) return date(value.days) ?? String(value)
  return timestamp(value) ?? String(value)
}

function integer(value: bigint, type: DuckDBType | undefined): JsonValue {
  const isHuge = type !== undefined && HUGE.has(type.typeId)
  return isHuge || value > MAX_SAFE || value < -MAX_SAFE ? String(value) : Number(value)
}

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER)
const HUGE = new Set<DuckDBTypeId>([DuckDBTypeId.HUGEINT, DuckDBTypeId.UHUGEINT, DuckDBTypeId.BIGNUM])

function finite(value: number): JsonValue {
  return Number.isFinite(value) ? value : String(value)
}

/** The shortest number that is the same float: 0.1 and not 0.10000000149011612. */
function float(value: number): JsonValue {
  if (!Number.isFinite(value)) return String(value)
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return value
}

function structure(value: DuckDBStructValue, type: DuckDBType | undefined): JsonValue {
  const types = type as { typeForEntry?(entry: string): DuckDBType } | undefined
  // Without a prototype, `__proto__` is a name like any other.
  const object: Record<string, JsonValue> = Object.create(null)
  for (const [name, entry] of Object.entries(value.entries))
    object[name] = jsonValue(entry, types?.typeForEntry?.(name))
  return object
}

function valueTypeOf(type: DuckDBType | undefined): DuckDBType | undefined {
  return (type as { valueType?: DuckDBType } | undefined)?.valueType
}

const DAY_MS = 86_400_000
/** The years that ISO 8601 writes with four digits; outside of them stays DuckDB's own text. */
const YEAR_ONE_MS = Date.parse('0001-01-01T00:00:00Z')
const LAST_MS = Date.UTC(9999, 11, 31) + DAY_MS

function date(days: number): string | undefined {
  const ms = days * DAY_MS
  return ms >= YEAR_ONE_MS && ms < LAST_MS ? new Date(ms).toISOString().slice(0, 10) : undefined
}

function timestamp(value: DuckDBValue): string | undefined {
  if (value instanceof DuckDBTimestampTZValue) return moment(value.micros, 1_000_000n, 6, 'Z')
  if (value instanceof DuckDBTimestampValue) return moment(value.micros, 1_000_000n, 6)
  if (value instanceof DuckDBTimestampSecondsValue) return moment(value.seconds, 1n, 0)
  if (value instanceof DuckDBTimestampMillisecondsValue) return moment(value.millis, 1_000n, 3)
  if (value instanceof DuckDBTimestampNanosecondsValue) return moment(value.nanos, 1_000_000_000n, 9)
  return undefined
}

/** A fraction is written as long as it has to be. */
function moment(count: bigint, perSecond: bigint, digits: number, zone = ''): string | undefined {
  const fraction = ((count % perSecond) + perSecond) % perSecond
  const ms = Number((count - fraction) / perSecond) * 1_000
  if (!(ms >= YEAR_ONE_MS && ms < LAST_MS)) return undefined
  const written = fraction === 0n ? '' : `.${String(fraction).padStart(digits, '0').replace(/0+$/, '')}`
  return `${new Date(ms).toISOString().slice(0, 19)}${written}${zone}`
}
