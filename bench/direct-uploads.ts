import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeBucket, type TestBucket } from '../test/support/ceph.ts'
import { createToken, startHoldall } from '../test/support/holdall.ts'
import { startWatchedProxy } from '../test/support/watched-proxy.ts'
import { S3_ACCESS_KEY, S3_SECRET_KEY } from '../tools/services/s3.ts'
import { residentBytes, watchMemory } from './support/memory.ts'
import { readyParts } from './support/part-files.ts'
import { writeRandom } from './support/random-file.ts'
import { settled } from './support/settled.ts'
import { median, type Row } from './support/table.ts'
import { type Timed, timed } from './support/timed.ts'

const MIB = 1024 * 1024
const COMMAND = fileURLToPath(new URL('../packages/holdall/bin/holdall.js', import.meta.url))
/** Of all JSON that a thousand parts take; a single part is eight times as much. */
const WORDS_BYTES = MIB
const MEMORY_MORE = 32 * MIB

export interface Peers {
  readonly endpoint: string
  readonly aws: string | undefined
  readonly rclone: string | undefined
  readonly curl: string | undefined
}

/** P3: a large file from a terminal straight to S3, beside what people use for that and beside nothing but requests. */
export async function benchDirectUpload(megabytes: number, rounds: number, peers: Peers): Promise<Row[]> {
  const size = megabytes * MIB
  const folder = mkdtempSync(join(tmpdir(), 'holdall-direct-'))
  const path = join(folder, 'big.bin')
  const bucket = await makeBucket('bench')
  try {
    await writeRandom(path, size)
    const plain = await measure('none', { size, path, folder, bucket, rounds, peers })
    const checked = await measure('auto', { size, path, folder, bucket, rounds, peers })
    return [
      ...rowsOf(`P3 ${megabytes} MiB to S3`, plain),
      ...rowsOf(`P3 ${megabytes} MiB to S3, each part checked`, checked),
    ]
  } finally {
    await bucket.remove()
    rmSync(folder, { recursive: true })
  }
}

interface Run {
  readonly size: number
  readonly path: string
  readonly folder: string
  readonly bucket: TestBucket
  readonly rounds: number
  readonly peers: Peers
}

interface Measured {
  readonly times: ReadonlyMap<string, readonly Timed[]>
  /** Bytes of bodies that clients sent to the server. */
  readonly throughServer: number
  readonly memoryMore: number
  readonly memoryIdle: number
}

async function measure(
  checksum: 'none' | 'auto',
  { size, path, folder, bucket, rounds, peers }: Run,
): Promise<Measured> {
  const data = join(folder, `data-${checksum}`)
  mkdirSync(data)
  const config = { ...bucket.config, checksum }
  const server = await startHoldall({ data, config: { sources: { media: { storage: 's3', config } } } })
  const proxy = await startWatchedProxy(server.url)
  const times = new Map<string, Timed[]>()
  try {
    const token = await createToken(data, 'root')
    const ours = (url: string) =>
      timed([process.execPath, COMMAND, 'upload', path, '--source', 'media', '--url', url], { HOLDALL_TOKEN: token })
    const parts = join(folder, `parts-${checksum}`)
    mkdirSync(parts)
    const contestants: Record<string, (() => Promise<Timed>) | undefined> = {
      ours: () => ours(server.url),
      'aws s3 cp': peers.aws === undefined ? undefined : () => timed(awsCommand(peers, path, bucket.name), AWS_ENV),
      rclone: peers.rclone === undefined ? undefined : () => timed(rcloneCommand(peers, path, bucket.name), RCLONE_ENV),
      curl:
        peers.curl === undefined
          ? undefined
          : async () => {
              const ready = await readyParts(path, size, parts, { url: server.url, token, source: 'media' })
              await settled()
              const most = ['--parallel-immediate', '--parallel-max', String(ready.atOnce)]
              const command = [peers.curl ?? '', '--silent', '--parallel', ...most, '--config', ready.config]
              const result = await timed(command)
              await ready.complete()
              return result
            },
    }
    const memoryIdle = residentBytes(server.process.pid as number)
    const memory = watchMemory(server.process.pid as number)
    await ours(proxy.url)
    const memoryMore = memory.stop() - memoryIdle
    const throughServer = proxy.passed.reduce((sum, { bytes }) => sum + bytes, 0)
    await bucket.clear()
    const names = Object.keys(contestants)
    for (let round = 0; round < rounds; round += 1) {
      // Each in turn is the first: a machine that slows down slows all of them.
      for (const name of [...names.slice(round % names.length), ...names.slice(0, round % names.length)]) {
        const run = contestants[name]
        if (run === undefined) continue
        times.set(name, [...(times.get(name) ?? []), await run()])
        // The store is in memory, and what one has left must not be in the next one's way.
        await bucket.clear()
        await settled()
      }
    }
    return { times, throughServer, memoryMore, memoryIdle }
  } finally {
    await proxy.close()
    await server.stop()
  }
}

const AWS_ENV = {
  AWS_ACCESS_KEY_ID: S3_ACCESS_KEY,
  AWS_SECRET_ACCESS_KEY: S3_SECRET_KEY,
  AWS_DEFAULT_REGION: 'us-east-1',
  // Ceph is older than the checksums that it sends unasked.
  AWS_REQUEST_CHECKSUM_CALCULATION: 'when_required',
}
const RCLONE_ENV = { ...AWS_ENV, AWS_CA_BUNDLE: undefined, RCLONE_CONFIG: '/dev/null' }

function awsCommand({ aws = '', endpoint }: Peers, path: string, bucket: string): string[] {
  return [aws, 's3', 'cp', '--only-show-errors', '--endpoint-url', endpoint, path, `s3://${bucket}/aws.bin`]
}

function rcloneCommand({ rclone = '', endpoint }: Peers, path: string, bucket: string): string[] {
  const remote = ['--s3-provider', 'Ceph', '--s3-env-auth', '--s3-endpoint', endpoint]
  return [rclone, 'copyto', ...remote, path, `:s3:${bucket}/rclone.bin`]
}

function rowsOf(what: string, { times, throughServer, memoryMore, memoryIdle }: Measured): Row[] {
  const seconds = (name: string) => median((times.get(name) ?? []).map((one) => one.seconds))
  const cpu = (name: string) => median((times.get(name) ?? []).map((one) => one.cpu))
  const said = (name: string) => `${seconds(name).toFixed(2)} s, ${cpu(name).toFixed(1)} cpu-s`
  const rows: Row[] = []
  for (const name of ['aws s3 cp', 'rclone'].filter((one) => times.has(one))) {
    const ratio = seconds(name) / seconds('ours')
    const peer = `${said(name)}, ${name}`
    rows.push({ what, ours: said('ours'), peer, ratio: ratio.toFixed(2), target: '≥ 1.3', met: ratio >= 1.3 })
  }
  if (times.has('curl')) {
    const ratio = seconds('ours') / seconds('curl')
    const peer = `${said('curl')}, curl --parallel`
    rows.push({ what, ours: said('ours'), peer, ratio: ratio.toFixed(2), target: '≤ 1.25', met: ratio <= 1.25 })
  }
  return [
    ...rows,
    {
      what: `${what}, bytes through the server`,
      ours: String(throughServer),
      peer: '',
      ratio: '',
      target: `< ${WORDS_BYTES}`,
      met: throughServer < WORDS_BYTES,
    },
    {
      what: `${what}, server memory`,
      ours: `+${(memoryMore / MIB).toFixed(0)} MiB`,
      peer: `${(memoryIdle / MIB).toFixed(0)} MiB idle`,
      ratio: '',
      target: `≤ +${MEMORY_MORE / MIB} MiB`,
      met: memoryMore <= MEMORY_MORE,
    },
  ]
}
