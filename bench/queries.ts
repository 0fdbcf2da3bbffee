import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual, promisify } from 'node:util'
import { createToken, runHoldall, startHoldall } from '../test/support/holdall.ts'
import { writeParquet } from '../test/support/parquet.ts'
import { median, type Row } from './support/table.ts'

const PEER = fileURLToPath(new URL('support/duckdb-query.ts', import.meta.url))
const ORGANIZATION = '550e8400-e29b-41d4-a716-446655440000'
const MAX_RATIO = 1.15
const run = promisify(execFile)

/** P13: a query of a registered dataset over HTTP, behind all walls, beside DuckDB alone on the same file. */
export async function benchQueries(count: number, rounds: number): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-bench-queries-'))
  const data = join(folder, 'data')
  mkdirSync(data)
  const path = join(folder, 'readings.parquet')
  const config = {
    sources: { media: { storage: 'filesystem', sync: 'manual', config: { root: join(folder, 'objects') } } },
    collections: [{ organization: ORGANIZATION, id: 'bench', source: 'media' }],
  }
  await writeParquet(
    path,
    `SELECT (range * 7919 % 1000)::INTEGER AS g, (range % 100003) / 7.0 AS x FROM range(${count})`,
  )
  const server = await startHoldall({ data, config })
  try {
    const token = await createToken(server.data, 'root')
    const table = await register({ path, url: server.url, token })
    const sql = (from: string) => `SELECT g, count(*) AS n, avg(x) AS mean FROM ${from} GROUP BY g ORDER BY g`
    const ours: number[] = []
    const theirs: number[] = []
    for (let round = 0; round <= rounds; round += 1) {
      const own = await ask(`${server.url}/-/datasets/${ORGANIZATION}/bench/query`, token, sql(table))
      const peer = await alone(sql(`read_parquet('${path}')`))
      if (own.rows.length !== 1_000 || !isDeepStrictEqual(own.rows.map(plain), peer.rows.map(plain))) {
        throw new Error('The answers are not the same')
      }
      // The first one of each reads the file from the disk.
      if (round === 0) continue
      ours.push(own.ms)
      theirs.push(peer.ms)
    }
    const ratio = median(ours) / median(theirs)
    return [
      {
        what: `P13 count(*), avg(x) by 1,000 groups of ${count.toLocaleString('en')} rows, over HTTP`,
        ours: `${median(ours).toFixed(0)} ms`,
        peer: `${median(theirs).toFixed(0)} ms DuckDB alone`,
        ratio: ratio.toFixed(2),
        target: `≤ ${MAX_RATIO}`,
        met: ratio <= MAX_RATIO,
      },
    ]
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true })
  }
}

interface Answer {
  readonly ms: number
  readonly rows: readonly Readonly<Record<string, unknown>>[]
}

/** Numbers of 64 bits are texts in one of the answers. Sums of many parts differ in their last digits. */
function plain({ g, n, mean }: Readonly<Record<string, unknown>>) {
  return [Number(g), Number(n), Number(mean).toPrecision(9)]
}

async function register(options: { path: string; url: string; token: string }): Promise<string> {
  const args = ['--file', options.path, '--api-base-url', options.url, '--orgid', ORGANIZATION]
  const more = ['--collection-id', 'bench', '--token', options.token, '--json']
  const { code, stdout, stderr } = await runHoldall(['upload-parquet', ...args, ...more])
  if (code !== 0) throw new Error(stderr)
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '').table_name
}

async function ask(url: string, token: string, sql: string): Promise<Answer> {
  const began = performance.now()
  const response = await fetch(url, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ sql }),
  })
  const body = (await response.json()) as { rows: Answer['rows'] }
  if (response.status !== 200) throw new Error(JSON.stringify(body))
  return { ms: performance.now() - began, rows: body.rows }
}

async function alone(sql: string): Promise<Answer> {
  const { stdout } = await run(process.execPath, [PEER, sql], { maxBuffer: 64 * 1024 * 1024 })
  return JSON.parse(stdout)
}
