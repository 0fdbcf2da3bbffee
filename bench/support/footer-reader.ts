import { type FileHandle, open } from 'node:fs/promises'
import { median } from './table.ts'

/** What one reader took for the footer of a file; the last four are those of Holdall's own reader. */
export interface Measured {
  /** Median. */
  readonly ms: number
  readonly reads: number
  readonly bytes: number
  readonly footerBytes: number
  /** Processor time of the longest turn of the event loop. */
  readonly heldMs: number
  /** Resident memory, more than before the first footer. */
  readonly memoryBytes: number
}

const WARM_UP = 2
const SAMPLE_MS = 2

const [reader = '', path = '', rounds = ''] = process.argv.slice(2)
const file = await open(path)
const { size } = await file.stat()
const readers: Readonly<Record<string, () => Promise<() => Promise<unknown>>>> = { holdall, duckdb, hyparquet }
const read = await readers[reader]?.()
if (read === undefined) throw new Error(`${reader} is no reader of footers`)
let reads = 0
let bytes = 0
const before = process.memoryUsage.rss()
let most = before
const watch = setInterval(() => {
  most = Math.max(most, process.memoryUsage.rss())
}, SAMPLE_MS)
const times: number[] = []
let heldMs = 0
for (let round = 0; round < Number(rounds) + WARM_UP; round += 1) {
  reads = 0
  bytes = 0
  const began = performance.now()
  const held = await longestTurn(read)
  if (round < WARM_UP) continue
  times.push(performance.now() - began)
  heldMs = Math.max(heldMs, held)
}
clearInterval(watch)
const measured: Measured = {
  ms: median(times),
  reads,
  bytes,
  footerBytes: (await part(size - 8, 4)).readUInt32LE(),
  heldMs,
  memoryBytes: most - before,
}
await file.close()
process.stdout.write(JSON.stringify(measured), () => process.exit())

async function holdall(): Promise<() => Promise<unknown>> {
  const { readParquetFooter } = await import('holdall/testing')
  return () => readParquetFooter({ size, read: part })
}

async function hyparquet(): Promise<() => Promise<unknown>> {
  const { parquetMetadataAsync } = await import('hyparquet')
  const buffer = {
    byteLength: size,
    slice: async (start: number, end = size) => (await part(start, end - start)).buffer as ArrayBuffer,
  }
  return () => parquetMetadataAsync(buffer, { geoparquet: false })
}

async function duckdb(): Promise<() => Promise<unknown>> {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  return () => connection.runAndReadAll(`SELECT * FROM parquet_file_metadata('${path}')`)
}

async function part(position: number, length: number): Promise<Buffer> {
  const into = Buffer.allocUnsafeSlow(length)
  await fill(file, into, position)
  reads += 1
  bytes += length
  return into
}

async function fill(from: FileHandle, into: Buffer, position: number): Promise<void> {
  for (let filled = 0; filled < into.length; ) {
    const { bytesRead } = await from.read(into, filled, into.length - filled, position + filled)
    if (bytesRead === 0) throw new Error(`${path} ends too early`)
    filled += bytesRead
  }
}

/** Of the thread's processor time, so that what else the machine does is not counted. */
async function longestTurn(work: () => Promise<unknown>): Promise<number> {
  let longest = 0
  let isDone = false
  const done = work().finally(() => {
    isDone = true
  })
  let since = process.threadCpuUsage()
  while (!isDone) {
    await new Promise((resolve) => setTimeout(resolve, 1))
    const { user, system } = process.threadCpuUsage(since)
    longest = Math.max(longest, (user + system) / 1_000)
    since = process.threadCpuUsage()
  }
  await done
  return longest
}
