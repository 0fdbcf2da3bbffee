import { type FileMetaData, parquetMetadata, parquetReadObjects, parquetSchema, type SchemaTree } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import type { ParquetColumn, ParquetFacts, ParquetJob } from './jobs.ts'
import { typeOf } from './parquet-types.ts'
import { asStored, EXACT_PARSERS, hasByteDecimals, writtenValue } from './parquet-values.ts'
import type { Ranges } from './ranges.ts'
import { shownValue } from './shown-value.ts'

const TAIL_BYTES = 64 * 1024
const ENDING = 8
/** The first values of a column are nearly always in the first of these; where a dictionary is large, in the second. */
const FIRST_BYTES = [1_536 * 1024, 8 * 1024 * 1024]
/** Row groups that are looked at for the first rows: most files need one. */
const MAX_GROUPS = 4

/** @throws Error for what is no Parquet file, whatever is wrong with it */
export async function parquetFacts(ranges: Ranges, job: ParquetJob): Promise<ParquetFacts> {
  const metadata = parquetMetadata(await footer(ranges, job.maxFooterBytes), { geoparquet: false })
  const tops = parquetSchema(metadata).children
  const stored = asStored(metadata)
  const columns: ParquetColumn[] = []
  const deadline = performance.now() + job.timeMs
  for (const top of tops.slice(0, job.maxColumns)) {
    const inTime = performance.now() < deadline
    const values = inTime ? await firstValues(ranges, stored, top, job.maxRows) : undefined
    columns.push({ name: top.element.name, type: typeOf(top), ...(values && { values }) })
  }
  return {
    rows: String(metadata.num_rows),
    rowGroups: metadata.row_groups.length,
    ...(typeof metadata.created_by === 'string' && { createdBy: metadata.created_by.slice(0, 200) }),
    columnCount: tops.length,
    columns,
  }
}

async function footer({ size, read }: Ranges, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const tail = await read(size - TAIL_BYTES, size)
  if (tail.length < ENDING) throw new Error('too short')
  const view = new DataView(tail.buffer)
  const mark = String.fromCharCode(...tail.subarray(-4))
  if (mark === 'PARE') throw new Error('its footer is encrypted')
  if (mark !== 'PAR1') throw new Error('it does not end like one')
  const length = view.getUint32(tail.length - ENDING, true) + ENDING
  if (length > size) throw new Error('its footer is longer than the file')
  if (length > maxBytes) throw new Error(`its footer is longer than ${maxBytes} bytes`)
  return length <= tail.length ? tail.slice(tail.length - length) : await read(size - length, size)
}

async function firstValues(ranges: Ranges, metadata: FileMetaData, top: SchemaTree, maxRows: number) {
  const column = top.element.name
  if (metadata.row_groups.length === 0) return []
  for (const most of FIRST_BYTES) {
    try {
      const rows = await parquetReadObjects({
        file: beginnings(ranges, most),
        metadata: { ...metadata, row_groups: metadata.row_groups.slice(0, MAX_GROUPS) },
        columns: [column],
        rowStart: 0,
        rowEnd: maxRows,
        compressors,
        geoparquet: false,
        utf8: !hasByteDecimals(top),
        parsers: EXACT_PARSERS,
      })
      return rows.slice(0, maxRows).map((row) => shownValue(writtenValue(top, row[column])))
    } catch {
      // Cut off too early, too much to read, or broken: the column is named, its values are not shown.
    }
  }
  return undefined
}

/** The file as if each part of it ended early: what a chunk holds beyond its first pages is never read. */
function beginnings({ size, read }: Ranges, most: number) {
  return {
    byteLength: size,
    slice: async (start: number, end = size) => (await read(start, Math.min(end, start + most))).buffer,
  }
}
