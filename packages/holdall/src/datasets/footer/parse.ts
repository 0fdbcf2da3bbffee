import { PHYSICAL, REPETITION } from './element.ts'
import { readGeoColumns } from './geo.ts'
import type { ParquetLimits } from './limits.ts'
import type { ParquetColumn, ParquetFile, RowGroup, Spread } from './parquet-file.ts'
import { encrypted, unreadable } from './refusals.ts'
import { readRowGroups, type Totals } from './row-groups.ts'
import { type Leaf, readSchema, type Schema, type TopColumn } from './schema.ts'
import { shownBound } from './shown-bound.ts'
import { CompactReader } from './thrift.ts'
import { PHYSICAL_NAMES } from './types.ts'

const FIELD = { schema: 2, rows: 3, rowGroups: 4, notes: 5, createdBy: 6, columnOrders: 7, encryption: 8 } as const
/** Row groups that are told one by one. */
export const MAX_EACH = 1_000
const MAX_CREATED_BY_BYTES = 200
/** What follows the footer: its length and the mark. */
export const ENDING = 8
/** Members of the union that says how a column's statistics compare: by its type, and by IEEE 754. */
const MAX_ORDER = 2

/**
 * Reads a footer. Work and memory grow with its length and nothing else.
 *
 * @param footer without its length and the mark behind it
 * @param sizeBytes of the file
 * @throws HoldallError `parquet_invalid`, `parquet_encrypted` or `parquet_limit_exceeded`
 */
export function parseFooter(footer: Uint8Array, sizeBytes: number, limits: ParquetLimits): ParquetFile {
  const reader = new CompactReader(footer)
  let schema: Schema | undefined
  let rowCount: number | undefined
  let totals: Totals | undefined
  let shapes: ReadonlySet<string> = new Set()
  let createdBy: string | null = null
  for (let id = reader.field(0); id !== 0; id = reader.field(id)) {
    if (id === FIELD.schema) schema = readSchema(reader, limits)
    else if (id === FIELD.rows) rowCount = reader.i64()
    else if (id === FIELD.rowGroups && schema !== undefined)
      totals = readRowGroups(reader, schema.leaves, sizeBytes - ENDING - footer.length, limits)
    else if (id === FIELD.notes) shapes = readGeoColumns(reader)
    else if (id === FIELD.createdBy) createdBy = readText(reader)
    else if (id === FIELD.columnOrders && totals !== undefined) readOrders(reader, schema?.leaves.length ?? 0, totals)
    else if (id === FIELD.encryption) throw encrypted('it was signed, and parts of it may be')
    else reader.skip()
  }
  if (schema === undefined || rowCount === undefined || totals === undefined)
    throw unreadable('its footer is not whole')
  checkSums(rowCount, totals)
  return {
    columns: schema.columns.map((column) => shownColumn(reader, column, schema.leaves, totals, shapes)),
    leafCount: schema.leaves.length,
    rowCount,
    sizeBytes,
    footerBytes: footer.length,
    createdBy,
    rowGroups: {
      count: totals.rows.length,
      rows: spreadOf(totals.rows),
      bytes: spreadOf(totals.bytes),
      each: firstGroups(totals),
    },
  }
}

function readText(reader: CompactReader): string {
  const length = reader.binary()
  const start = reader.at - length
  return new TextDecoder().decode(reader.bytes.subarray(start, start + Math.min(length, MAX_CREATED_BY_BYTES)))
}

/** Statistics in an order that nobody knows yet are none. */
function readOrders(reader: CompactReader, leafCount: number, { bounds }: Totals): void {
  const count = reader.structs()
  for (let n = 0; n < count; n += 1) {
    const order = reader.field(0)
    if (order !== 0) {
      reader.skip()
      reader.skipRest(order)
    }
    if (n < leafCount && order > MAX_ORDER) bounds.lose(n)
  }
}

function checkSums(rowCount: number, { rows, compressed, uncompressed }: Totals): void {
  const inGroups = sum(rows)
  if (rowCount !== inGroups)
    throw unreadable(`its footer says ${rowCount} rows, and its row groups have ${inGroups} together`)
  if (!Number.isSafeInteger(sum(compressed)) || !Number.isSafeInteger(sum(uncompressed)))
    throw unreadable('its columns would have more bytes than can be counted')
}

function shownColumn(
  reader: CompactReader,
  { element, type, logicalType, firstLeaf, endLeaf, isFlat }: TopColumn,
  leaves: readonly Leaf[],
  { compressed, uncompressed, nulls, bounds }: Totals,
  shapes: ReadonlySet<string>,
): ParquetColumn {
  const isRequired = element.repetition === REPETITION.required
  const places = isFlat ? bounds.of(firstLeaf) : undefined
  const leaf = leaves[firstLeaf] as Leaf
  const counted = isRequired ? 0 : (nulls[firstLeaf] as number)
  return {
    name: element.name,
    type: isFlat && element.physical === PHYSICAL.byteArray && shapes.has(element.name) ? 'GEOMETRY' : type,
    isRequired,
    physicalType: element.children === 0 ? (PHYSICAL_NAMES[element.physical ?? PHYSICAL.boolean] ?? null) : null,
    logicalType,
    nullCount: isFlat && !Number.isNaN(counted) ? counted : null,
    min: places ? shownBound(reader, leaf, places.min) : null,
    max: places ? shownBound(reader, leaf, places.max) : null,
    compressedBytes: sum(compressed.subarray(firstLeaf, endLeaf)),
    uncompressedBytes: sum(uncompressed.subarray(firstLeaf, endLeaf)),
  }
}

function spreadOf(values: Float64Array): Spread {
  if (values.length === 0) return { min: 0, median: 0, max: 0 }
  const sorted = values.slice().sort()
  const middle = sorted.length >> 1
  const at = (index: number) => sorted[index] as number
  return {
    min: at(0),
    median: sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2,
    max: at(sorted.length - 1),
  }
}

function firstGroups({ rows, bytes }: Totals): RowGroup[] {
  return Array.from(rows.subarray(0, MAX_EACH), (count, n) => ({ rows: count, bytes: bytes[n] as number }))
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0)
}
