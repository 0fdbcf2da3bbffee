import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { createToken, type RunningHoldall, startHoldall } from '../test/support/holdall.ts'
import { percentile, type Row } from './support/table.ts'

const ORGANIZATION = '550e8400-e29b-41d4-a716-446655440000'
const MIB = 1024 * 1024
const PART_SIZE = 8 * MIB
const MAX_MS = 50
/** As the storage of folders writes them. */
const RECEIPT_BYTES = 64
const RECEIPT_MARK = 0x50_52_54_31

export interface Answers {
  readonly parts: number
  readonly times: number
}

/** P4: how long `complete` takes to say that it has begun, whatever the number of parts. */
export async function benchComplete(cases: readonly Answers[]): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-bench-complete-'))
  const data = join(folder, 'data')
  mkdirSync(data)
  const root = join(folder, 'objects')
  const config = {
    sources: { media: { storage: 'filesystem', sync: 'manual', config: { root } } },
    collections: [{ organization: ORGANIZATION, id: 'bench', source: 'media' }],
  }
  const server = await startHoldall({ data, config })
  try {
    const token = await createToken(server.data, 'root')
    const rows: Row[] = []
    for (const { parts, times } of cases) rows.push(await measure(server, { token, root, parts, times }))
    return rows
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true })
  }
}

interface Case extends Answers {
  readonly token: string
  readonly root: string
}

async function measure(server: RunningHoldall, { token, root, parts, times }: Case): Promise<Row> {
  const base = `${server.url}/public/uploads/${ORGANIZATION}/bench/multipart`
  const headers = { 'X-User-Token': token, 'Content-Type': 'application/json' }
  const took: number[] = []
  for (let time = 0; time < times; time += 1) {
    const init = await fetch(`${base}/init`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ filename: 'a.parquet', total_size: PART_SIZE, part_size: PART_SIZE, part_urls: 0 }),
    })
    const plan = (await init.json()) as { upload_id: string }
    if (init.status !== 200) throw new Error(JSON.stringify(plan))
    swell(server.data, root, plan.upload_id, parts)
    const etag = 'd41d8cd98f00b204e9800998ecf8427e'
    const body = JSON.stringify({ parts: Array.from({ length: parts }, (_, at) => ({ part_number: at + 1, etag })) })
    const began = performance.now()
    const response = await fetch(`${base}/${plan.upload_id}/complete`, { method: 'POST', headers, body })
    await response.arrayBuffer()
    took.push(performance.now() - began)
    if (response.status !== 202) throw new Error(`complete answered ${response.status}`)
    await ended(`${base}/${plan.upload_id}`, headers)
  }
  const p99 = percentile(took, 99)
  return {
    what: `P4 complete answers 202, ${parts.toLocaleString('en')} parts, ${times} times, p99 (p50 ${percentile(took, 50).toFixed(1)} ms)`,
    ours: `${p99.toFixed(1)} ms`,
    peer: `${MAX_MS} ms`,
    ratio: '',
    target: 'within the limit',
    met: p99 < MAX_MS,
  }
}

/** Holes are no Parquet file: the steps run to `infer`, and the next one is not measured beside them. */
async function ended(url: string, headers: Readonly<Record<string, string>>): Promise<void> {
  for (;;) {
    const { status } = (await (await fetch(url, { headers })).json()) as { status: string }
    if (status === 'failed') return
    if (status !== 'completing') throw new Error(`The upload is ${status}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/**
 * Makes the one upload there as large as asked for, all of its parts in their places: a file of one hole takes no room, and
 * nobody has to send 80 GB. What `complete` is told, and what the steps then find, is what it would be.
 */
function swell(data: string, root: string, id: string, parts: number): void {
  const size = parts * PART_SIZE
  const temporary = join(root, '.holdall-tmp')
  const [name, ...others] = readdirSync(temporary)
  if (name === undefined || others.length > 0) throw new Error(`There should be one upload: ${[name, ...others]}`)
  const upload = join(temporary, name)
  truncateSync(join(upload, 'data'), size)
  writeFileSync(join(upload, 'plan.json'), JSON.stringify({ ...readPlan(upload), size }))
  writeFileSync(join(upload, 'receipts'), Buffer.concat(Array.from({ length: parts }, (_, at) => receipt(at + 1))))
  const database = new DatabaseSync(join(data, 'internal.db'), { timeout: 5_000 })
  try {
    const { changes } = database
      .prepare('UPDATE upload_sessions SET declared_size = ?, part_count = ? WHERE id = ?')
      .run(size, parts, id)
    if (changes !== 1) throw new Error(`There is no upload ${id}`)
  } finally {
    database.close()
  }
}

function readPlan(upload: string): object {
  return JSON.parse(readFileSync(join(upload, 'plan.json'), 'utf8'))
}

function receipt(number: number): Buffer {
  const bytes = Buffer.alloc(RECEIPT_BYTES)
  bytes.writeUInt32BE(RECEIPT_MARK, 0)
  bytes.writeUInt32BE(number, 4)
  bytes.writeBigUInt64BE(BigInt(PART_SIZE), 8)
  bytes.fill(0xab, 16, 32)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 60)), 60)
  return bytes
}
