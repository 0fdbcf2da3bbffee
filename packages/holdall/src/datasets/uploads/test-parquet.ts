import { parquetWriteBuffer } from 'hyparquet-writer'

/** A whole Parquet file of two columns, `id` and `gallery`. */
export function visits(rows = 3): Buffer {
  return written([
    { name: 'id', data: Array.from({ length: rows }, (_, at) => BigInt(at)), type: 'INT64' },
    { name: 'gallery', data: Array.from({ length: rows }, (_, at) => `gallery ${at % 7}`), type: 'STRING' },
  ])
}

/** Of columns with these names. */
export function named(names: readonly string[]): Buffer {
  return written(names.map((name) => ({ name, data: [1], type: 'INT32' as const })))
}

/** Of so many columns. */
export function wide(columns: number): Buffer {
  return named(Array.from({ length: columns }, (_, at) => `a column with a rather long name ${at}`))
}

/** Of two parts: more than 8 MiB, which do not compress. */
export function large(bytes = 9 * 1_024 * 1_024): Buffer {
  const value = Buffer.alloc(1_024 * 1_024)
  let seed = 1
  for (let at = 0; at < value.length; at += 4) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    value.writeUInt32LE(seed, at)
  }
  const values = Array.from({ length: Math.ceil(bytes / value.length) }, (_, at) => {
    const own = new Uint8Array(value)
    own[0] = at
    return own
  })
  return written([{ name: 'bytes', data: values, type: 'BYTE_ARRAY' }], { codec: 'UNCOMPRESSED' })
}

function written(
  columnData: Parameters<typeof parquetWriteBuffer>[0]['columnData'],
  more: Omit<Parameters<typeof parquetWriteBuffer>[0], 'columnData'> = {},
): Buffer {
  return Buffer.from(parquetWriteBuffer({ columnData, ...more }))
}
