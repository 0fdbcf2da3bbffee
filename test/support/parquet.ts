import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { parquetWriteBuffer } from 'hyparquet-writer'

/** A small Parquet file of two columns, `id` and `gallery`. */
export function visits(rows = 3): Buffer {
  const columnData = [
    { name: 'id', data: Array.from({ length: rows }, (_, at) => BigInt(at)), type: 'INT64' as const },
    { name: 'gallery', data: Array.from({ length: rows }, (_, at) => `gallery ${at % 7}`), type: 'STRING' as const },
  ]
  return Buffer.from(parquetWriteBuffer({ columnData }))
}

/** One that does not compress: a row for each megabyte. @param first byte of the first one, so that files differ */
export function large(megabytes: number, first = 0): Buffer {
  const MIB = 1_024 * 1_024
  const value = Buffer.alloc(MIB)
  let seed = 1
  for (let at = 0; at < value.length; at += 4) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    value.writeUInt32LE(seed, at)
  }
  const data = Array.from({ length: megabytes }, (_, at) => {
    const own = new Uint8Array(value)
    own[0] = first + at
    return own
  })
  const columnData = [{ name: 'bytes', data, type: 'BYTE_ARRAY' as const }]
  return Buffer.from(parquetWriteBuffer({ columnData, codec: 'UNCOMPRESSED', rowGroupSize: 4 }))
}

/** A file of what the SELECT answers, by DuckDB. @param options of its COPY: `ROW_GROUP_SIZE 2048` */
export async function writeParquet(path: string, select: string, ...options: string[]): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const target = path.replaceAll("'", "''")
  await connection.run(`COPY (${select}) TO '${target}' (${['FORMAT parquet', ...options].join(', ')})`)
  connection.closeSync()
  instance.closeSync()
}

/** What DuckDB answers to a SELECT of these bytes; whole numbers past 2^53 are texts. */
export async function readParquet(bytes: Uint8Array, select: string): Promise<unknown[][]> {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-parquet-'))
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    const path = join(folder, 'a.parquet')
    writeFileSync(path, bytes)
    return (await connection.runAndReadAll(`${select} FROM '${path}'`)).getRowsJson()
  } finally {
    connection.closeSync()
    instance.closeSync()
    rmSync(folder, { recursive: true })
  }
}
