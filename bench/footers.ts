import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parquetWriteFile } from 'hyparquet-writer'
import type { Measured } from './support/footer-reader.ts'
import type { Row } from './support/table.ts'

const READER = fileURLToPath(new URL('support/footer-reader.ts', import.meta.url))
const PYARROW = fileURLToPath(new URL('support/pyarrow-footer.py', import.meta.url))
const MIB = 1024 ** 2
/** The bar, beyond the footer's own size. */
const MORE_BYTES_READ = 64 * 1024
const MORE_MEMORY = 64 * MIB
const MAX_READS = 2
const MAX_HELD_MS = 20
const ROWS_IN_GROUP = 4

export interface Shape {
  readonly rowGroups: number
  readonly columns: number
}

/** P5: what a Parquet footer tells, beside others who read it. @param python one that has pyarrow */
export async function benchFooters(shapes: readonly Shape[], rounds: number, python?: string): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-bench-footers-'))
  try {
    const rows: Row[] = []
    for (const shape of shapes) {
      const path = join(folder, `${shape.rowGroups}x${shape.columns}.parquet`)
      writeFile(path, shape)
      const read = (reader: string) => measure([process.execPath, READER, reader, path, String(rounds)])
      const ours = await read('holdall')
      const peers: [name: string, measured: { readonly ms: number }, target?: number][] = [
        ['DuckDB parquet_file_metadata', await read('duckdb'), 1],
        ['hyparquet', await read('hyparquet'), 1],
      ]
      if (python !== undefined)
        peers.push(['pyarrow read_metadata', await measure([python, PYARROW, path, String(rounds)])])
      rows.push(...shown(shape, ours, peers))
    }
    return rows
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function shown(
  { rowGroups, columns }: Shape,
  ours: Measured,
  peers: [string, { readonly ms: number }, number?][],
): Row[] {
  const what = `P5 footer of ${rowGroups} row groups × ${columns} columns, ${mib(ours.footerBytes)}`
  const bound = (name: string, own: string, limit: string, met: boolean): Row => ({
    what: `${what}: ${name}`,
    ours: own,
    peer: limit,
    ratio: '',
    target: 'within the limit',
    met,
  })
  const limits = { bytes: ours.footerBytes + MORE_BYTES_READ, memory: ours.footerBytes + MORE_MEMORY }
  return [
    ...peers.map(([peer, { ms }, target]) => ({
      what,
      ours: `${ours.ms.toFixed(1)} ms`,
      peer: `${ms.toFixed(1)} ms ${peer}`,
      ratio: (ours.ms / ms).toFixed(2),
      target: target === undefined ? 'told only' : `≤ ${target}`,
      met: target === undefined || ours.ms <= target * ms,
    })),
    bound('reads', `${ours.reads}`, `${MAX_READS}`, ours.reads <= MAX_READS),
    bound('bytes read', `${ours.bytes}`, `${limits.bytes}`, ours.bytes <= limits.bytes),
    bound(
      'longest hold of the event loop',
      `${ours.heldMs.toFixed(1)} ms`,
      `${MAX_HELD_MS} ms`,
      ours.heldMs < MAX_HELD_MS,
    ),
    bound('memory more', mib(ours.memoryBytes), mib(limits.memory), ours.memoryBytes <= limits.memory),
  ]
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`
}

/** Columns of four types with statistics, in row groups of as few rows as make the file small. */
function writeFile(filename: string, { rowGroups, columns }: Shape): void {
  const numbers = Array.from({ length: rowGroups * ROWS_IN_GROUP }, (_, n) => n)
  const kinds = [
    { type: 'INT64', data: BigInt64Array.from(numbers, (n) => BigInt(n)) },
    { type: 'DOUBLE', data: Float64Array.from(numbers, (n) => n / 3) },
    { type: 'STRING', data: numbers.map((n) => `value ${n}`) },
    { type: 'TIMESTAMP', data: numbers.map((n) => new Date(n * 1_000)) },
  ] as const
  const columnData = Array.from({ length: columns }, (_, n) => {
    const { type, data } = kinds[n % kinds.length] as (typeof kinds)[number]
    return { name: `column ${n}`, type, data }
  })
  parquetWriteFile({ filename, columnData, rowGroupSize: ROWS_IN_GROUP })
}

/** Each reader has a process of its own, so that its memory is its own. */
async function measure([program, ...args]: readonly [string, ...string[]]): Promise<Measured> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`)
  return JSON.parse(said) as Measured
}
