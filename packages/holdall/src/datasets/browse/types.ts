import type { Affinity } from '../../tables/value.ts'

/** What can be asked of a column, by its DuckDB type. */
export type ValueKind = 'integer' | 'float' | 'decimal' | 'boolean' | 'text' | 'moment' | 'date' | 'bytes' | 'nested'

const INTEGERS: Readonly<Record<string, readonly [least: bigint, most: bigint]>> = {
  TINYINT: signed(8n),
  SMALLINT: signed(16n),
  INTEGER: signed(32n),
  BIGINT: signed(64n),
  HUGEINT: signed(128n),
  UTINYINT: unsigned(8n),
  USMALLINT: unsigned(16n),
  UINTEGER: unsigned(32n),
  UBIGINT: unsigned(64n),
  UHUGEINT: unsigned(128n),
}

function signed(bits: bigint): readonly [bigint, bigint] {
  return [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n]
}

function unsigned(bits: bigint): readonly [bigint, bigint] {
  return [0n, 2n ** bits - 1n]
}

const TEXTS = ['VARCHAR', 'JSON', 'UUID', 'TIME', 'TIME_NS', 'TIME WITH TIME ZONE']

export function valueKind(type: string): ValueKind {
  if (Object.hasOwn(INTEGERS, type)) return 'integer'
  if (type === 'FLOAT' || type === 'DOUBLE') return 'float'
  if (/^DECIMAL\(\d+,\s?\d+\)$/.test(type)) return 'decimal'
  if (type === 'BOOLEAN') return 'boolean'
  if (TEXTS.includes(type)) return 'text'
  if (type === 'DATE') return 'date'
  if (/^TIMESTAMP(?:_\w+| WITH TIME ZONE)?$/.test(type)) return 'moment'
  return type === 'BLOB' || type === 'GEOMETRY' ? 'bytes' : 'nested'
}

/** Whether a type of whole numbers has a value. */
export function holdsInteger(type: string, value: bigint): boolean {
  const [least, most] = INTEGERS[type] ?? [0n, -1n]
  return value >= least && value <= most
}

const AFFINITIES: Readonly<Record<ValueKind, Affinity>> = {
  integer: 'INTEGER',
  float: 'REAL',
  decimal: 'NUMERIC',
  boolean: 'NUMERIC',
  text: 'TEXT',
  moment: 'NUMERIC',
  date: 'NUMERIC',
  bytes: 'NONE',
  nested: 'NONE',
}

/** What a column of this type is to the pages of tables. */
export function affinityFor(kind: ValueKind): Affinity {
  return AFFINITIES[kind]
}
