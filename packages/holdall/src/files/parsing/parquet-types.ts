import type { SchemaElement, SchemaTree } from 'hyparquet'
import { cut } from './shown-value.ts'

/** By how values are stored. */
const STORED: Readonly<Record<string, string>> = {
  BOOLEAN: 'BOOLEAN',
  INT32: 'INTEGER',
  INT64: 'BIGINT',
  INT96: 'TIMESTAMP',
  FLOAT: 'FLOAT',
  DOUBLE: 'DOUBLE',
  BYTE_ARRAY: 'BLOB',
  FIXED_LEN_BYTE_ARRAY: 'BLOB',
}

/** By what values mean, in the old way of writing it, which DuckDB heeds. */
const MEANT: Readonly<Record<string, string>> = {
  UTF8: 'VARCHAR',
  ENUM: 'VARCHAR',
  DATE: 'DATE',
  TIME_MILLIS: 'TIME',
  TIME_MICROS: 'TIME',
  TIMESTAMP_MILLIS: 'TIMESTAMP',
  TIMESTAMP_MICROS: 'TIMESTAMP',
  UINT_8: 'UTINYINT',
  UINT_16: 'USMALLINT',
  UINT_32: 'UINTEGER',
  UINT_64: 'UBIGINT',
  INT_8: 'TINYINT',
  INT_16: 'SMALLINT',
  INT_32: 'INTEGER',
  INT_64: 'BIGINT',
  JSON: 'JSON',
  BSON: 'BLOB',
  INTERVAL: 'INTERVAL',
}

/** Wider decimals are read as floating-point numbers. */
const MAX_DECIMAL_PRECISION = 38

/** The type of a column as DuckDB names it, and so as the pages of datasets do; cut where it is long. */
export function typeOf(node: SchemaTree): string {
  return cut(typeWithin(node, undefined))
}

function typeWithin(node: SchemaTree, parent: SchemaElement | undefined): string {
  const { element, children } = node
  if (isEntries(node, parent)) return `MAP(${children.map((child) => typeWithin(child, element)).join(', ')})`
  const type = children.length === 0 ? leafType(element) : groupType(node)
  return element.repetition_type === 'REPEATED' ? `${type}[]` : type
}

/** Whether a group is the keys and values of a map. */
function isEntries({ element, children }: SchemaTree, parent: SchemaElement | undefined): boolean {
  const isWithin = parent?.converted_type === 'MAP' && parent.num_children === 1
  return children.length === 2 && (element.converted_type === 'MAP_KEY_VALUE' || isWithin)
}

/** Lists and maps have one or two groups around their values that are no structs. */
function groupType({ element, children }: SchemaTree): string {
  if (element.logical_type?.type === 'VARIANT') return 'VARIANT'
  const types = children.map((child) => typeWithin(child, element))
  const isWrapper =
    element.repetition_type === 'REPEATED' || element.converted_type === 'LIST' || element.converted_type === 'MAP'
  if (isWrapper && children.length === 1) return types[0] as string
  const names = children.map(({ element: { name } }) => `"${name.replaceAll('"', '""')}"`)
  return `STRUCT(${names.map((name, at) => `${name} ${types[at]}`).join(', ')})`
}

function leafType({ type, converted_type: old, logical_type: logical, precision, scale }: SchemaElement): string {
  if (logical?.type === 'UUID') return 'UUID'
  if (logical?.type === 'FLOAT16') return 'FLOAT'
  if (logical?.type === 'TIMESTAMP') {
    if (logical.isAdjustedToUTC) return 'TIMESTAMP WITH TIME ZONE'
    return logical.unit === 'NANOS' ? 'TIMESTAMP_NS' : 'TIMESTAMP'
  }
  if (logical?.type === 'TIME') {
    if (logical.isAdjustedToUTC) return 'TIME WITH TIME ZONE'
    return logical.unit === 'NANOS' ? 'TIME_NS' : 'TIME'
  }
  if (logical?.type === 'NULL') return 'INTEGER'
  if (logical?.type === 'GEOMETRY' || logical?.type === 'GEOGRAPHY') return 'GEOMETRY'
  if (old === 'DECIMAL')
    return (precision ?? 0) > MAX_DECIMAL_PRECISION ? 'DOUBLE' : `DECIMAL(${precision},${scale ?? 0})`
  return MEANT[old ?? ''] ?? STORED[type ?? ''] ?? 'unknown'
}
