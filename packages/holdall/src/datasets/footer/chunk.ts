import { encrypted, unreadable } from './refusals.ts'
import type { CompactReader } from './thrift.ts'

const CHUNK = { filePath: 1, metadata: 3, crypto: 8 } as const
const METADATA = {
  type: 1,
  codec: 4,
  values: 5,
  uncompressed: 6,
  compressed: 7,
  dataPage: 9,
  dictionaryPage: 11,
  statistics: 12,
} as const
const STATISTICS = { signedMax: 1, signedMin: 2, nulls: 3, max: 5, min: 6, isMaxExact: 7, isMinExact: 8 } as const

/** What is read of a column chunk. One object for all of them: a footer of 34 MB has 300,000. */
export interface Chunk {
  physical: number
  codec: number
  values: number
  uncompressed: number
  compressed: number
  dataPage: number
  dictionaryPage: number
  /** Below 0 where the footer does not tell. */
  nulls: number
  /** Where in the footer; below 0 where it has none. */
  minAt: number
  minLength: number
  maxAt: number
  maxLength: number
  /** The two of the format's first version. */
  signedMinAt: number
  signedMinLength: number
  signedMaxAt: number
  signedMaxLength: number
}

export function createChunk(): Chunk {
  return {
    physical: -1,
    codec: -1,
    values: -1,
    uncompressed: -1,
    compressed: -1,
    dataPage: -1,
    dictionaryPage: -1,
    nulls: -1,
    minAt: -1,
    minLength: 0,
    maxAt: -1,
    maxLength: 0,
    signedMinAt: -1,
    signedMinLength: 0,
    signedMaxAt: -1,
    signedMaxLength: 0,
  }
}

/**
 * Reads the column chunk whose fields are next into `chunk`.
 *
 * @throws HoldallError `parquet_encrypted` for a chunk that is, `parquet_invalid` for one that is not whole
 */
export function readChunk(reader: CompactReader, chunk: Chunk): void {
  forget(chunk)
  let isThere = false
  for (let id = reader.field(0); id !== 0; id = reader.field(id)) {
    if (id === CHUNK.metadata) {
      readMetadata(reader, chunk)
      isThere = true
    } else if (id === CHUNK.crypto) throw encrypted('some of its columns are')
    else if (id === CHUNK.filePath) {
      if (reader.binary() > 0) throw unreadable('its columns are in other files')
    } else reader.skip()
  }
  if (!isThere) throw unreadable('a column chunk has no metadata')
}

function forget(chunk: Chunk): void {
  chunk.physical = -1
  chunk.codec = -1
  chunk.values = -1
  chunk.uncompressed = -1
  chunk.compressed = -1
  chunk.dataPage = -1
  chunk.dictionaryPage = -1
  chunk.nulls = -1
  chunk.minAt = -1
  chunk.maxAt = -1
  chunk.signedMinAt = -1
  chunk.signedMaxAt = -1
}

function readMetadata(reader: CompactReader, chunk: Chunk): void {
  reader.struct()
  for (let id = reader.field(0); id !== 0; id = reader.field(id)) {
    switch (id) {
      case METADATA.type:
        chunk.physical = reader.i32()
        break
      case METADATA.codec:
        chunk.codec = reader.i32()
        break
      case METADATA.values:
        chunk.values = reader.i64()
        break
      case METADATA.uncompressed:
        chunk.uncompressed = reader.i64()
        break
      case METADATA.compressed:
        chunk.compressed = reader.i64()
        break
      case METADATA.dataPage:
        chunk.dataPage = reader.i64()
        break
      case METADATA.dictionaryPage:
        chunk.dictionaryPage = reader.i64()
        break
      case METADATA.statistics:
        readStatistics(reader, chunk)
        break
      default:
        reader.skip()
    }
  }
}

function readStatistics(reader: CompactReader, chunk: Chunk): void {
  reader.struct()
  for (let id = reader.field(0); id !== 0; id = reader.field(id)) {
    switch (id) {
      case STATISTICS.signedMax:
        chunk.signedMaxLength = reader.binary()
        chunk.signedMaxAt = reader.at - chunk.signedMaxLength
        break
      case STATISTICS.signedMin:
        chunk.signedMinLength = reader.binary()
        chunk.signedMinAt = reader.at - chunk.signedMinLength
        break
      case STATISTICS.nulls:
        chunk.nulls = reader.i64()
        break
      case STATISTICS.max:
        chunk.maxLength = reader.binary()
        chunk.maxAt = reader.at - chunk.maxLength
        break
      case STATISTICS.min:
        chunk.minLength = reader.binary()
        chunk.minAt = reader.at - chunk.minLength
        break
      case STATISTICS.isMaxExact:
        if (!reader.bool()) chunk.maxAt = -1
        break
      case STATISTICS.isMinExact:
        if (!reader.bool()) chunk.minAt = -1
        break
      default:
        reader.skip()
    }
  }
}
