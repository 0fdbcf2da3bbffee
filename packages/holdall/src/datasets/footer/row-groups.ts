import { type Bounds, createBounds } from './bounds.ts'
import { type Chunk, createChunk, readChunk } from './chunk.ts'
import type { ParquetLimits } from './limits.ts'
import { ORDER, SIGNED } from './order.ts'
import { pastLimit, unreadable } from './refusals.ts'
import type { Leaf } from './schema.ts'
import type { CompactReader } from './thrift.ts'
import { quote } from './types.ts'

const ROW_GROUP = { columns: 1, bytes: 2, rows: 3 } as const
/** Of the format's `CompressionCodec`; the first is no compression, the last LZ4_RAW. */
const MAX_CODEC = 7
/** The bytes at the head of a file that are no data. */
const HEAD = 4

/** Sums over all row groups. */
export interface Totals {
  /** By row group. */
  readonly rows: Float64Array
  /** By row group: bytes in the file. */
  readonly bytes: Float64Array
  /** By leaf. */
  readonly compressed: Float64Array
  /** By leaf. */
  readonly uncompressed: Float64Array
  /** By leaf; NaN where a chunk does not tell. */
  readonly nulls: Float64Array
  readonly bounds: Bounds
}

/**
 * Reads the list of row groups in one pass, and holds each chunk against the schema and the file.
 *
 * @param dataEnd where in the file the footer begins
 * @throws HoldallError
 */
export function readRowGroups(
  reader: CompactReader,
  leaves: readonly Leaf[],
  dataEnd: number,
  limits: ParquetLimits,
): Totals {
  const count = reader.structs()
  if (count > limits.rowGroups) throw pastLimit('rowGroups', count, limits.rowGroups)
  const rows = new Float64Array(count)
  const bytes = new Float64Array(count)
  const compressed = new Float64Array(leaves.length)
  const uncompressed = new Float64Array(leaves.length)
  const nulls = new Float64Array(leaves.length)
  const bounds = createBounds(reader, leaves)
  const chunk = createChunk()
  for (let group = 0; group < count; group += 1) readRowGroup(group)
  return { rows, bytes, compressed, uncompressed, nulls, bounds }

  function readRowGroup(group: number): void {
    let hasColumns = false
    let hasRows = false
    for (let id = reader.field(0); id !== 0; id = reader.field(id)) {
      if (id === ROW_GROUP.columns) {
        readColumns(group)
        hasColumns = true
      } else if (id === ROW_GROUP.rows) {
        rows[group] = notNegative(reader.i64(), 'rows')
        hasRows = true
      } else if (id === ROW_GROUP.bytes) notNegative(reader.i64(), 'bytes')
      else reader.skip()
    }
    if (!hasColumns || !hasRows) throw unreadable(`its row group ${group + 1} is not whole`)
  }

  function readColumns(group: number): void {
    const found = reader.structs()
    if (found !== leaves.length)
      throw unreadable(`its row group ${group + 1} has ${found} columns, and the schema ${leaves.length}`)
    for (let leaf = 0; leaf < found; leaf += 1) {
      readChunk(reader, chunk)
      checkChunk(chunk, leaves[leaf] as Leaf, dataEnd)
      bytes[group] = (bytes[group] as number) + chunk.compressed
      compressed[leaf] = (compressed[leaf] as number) + chunk.compressed
      uncompressed[leaf] = (uncompressed[leaf] as number) + chunk.uncompressed
      nulls[leaf] = (nulls[leaf] as number) + (isCount(chunk.nulls, chunk.values) ? chunk.nulls : Number.NaN)
      takeBounds(leaf)
    }
  }

  function takeBounds(leaf: number): void {
    const { order, isFlat } = leaves[leaf] as Leaf
    if (!isFlat || order === ORDER.none || chunk.values === 0) return
    if (chunk.minAt >= 0 && chunk.maxAt >= 0)
      bounds.take(leaf, chunk.minAt, chunk.minLength, chunk.maxAt, chunk.maxLength)
    else if (chunk.nulls === chunk.values) return
    else if (chunk.signedMinAt >= 0 && chunk.signedMaxAt >= 0 && SIGNED.has(order))
      bounds.take(leaf, chunk.signedMinAt, chunk.signedMinLength, chunk.signedMaxAt, chunk.signedMaxLength)
    else bounds.lose(leaf)
  }
}

/** Nothing in the footer may point out of the file, and nothing be stored otherwise than the schema says. */
function checkChunk(chunk: Chunk, { element }: Leaf, dataEnd: number): void {
  const { physical, codec, values, compressed, uncompressed, dataPage, dictionaryPage } = chunk
  if (values < 0 || compressed < 0 || uncompressed < 0 || dataPage < 0)
    throw unreadable(`its column ${quote(element.name)} has a chunk of a negative size, or of none`)
  if (physical !== element.physical)
    throw unreadable(`its column ${quote(element.name)} is stored as another type than the schema says`)
  if (!(codec >= 0 && codec <= MAX_CODEC))
    throw unreadable(
      `its column ${quote(element.name)} is compressed in a way (${codec}) that the format does not have`,
    )
  if (compressed === 0 && values === 0) return
  // Some writers say 0 where there is no dictionary, and some where there is nothing but one.
  const start = dictionaryPage > 0 && (dictionaryPage < dataPage || dataPage === 0) ? dictionaryPage : dataPage
  if (start < HEAD || start + compressed > dataEnd)
    throw unreadable(`the data of its column ${quote(element.name)} would be outside the file`)
}

function notNegative(value: number, what: string): number {
  if (value < 0) throw unreadable(`a row group has a negative number of ${what}`)
  return value
}

function isCount(nulls: number, values: number): boolean {
  return nulls >= 0 && nulls <= values
}
