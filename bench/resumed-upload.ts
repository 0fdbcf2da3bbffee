import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeBucket } from '../test/support/ceph.ts'
import { createToken, startHoldall } from '../test/support/holdall.ts'
import { startWatchedProxy } from '../test/support/watched-proxy.ts'
import { writeRandom } from './support/random-file.ts'
import { median, type Row } from './support/table.ts'

const MIB = 1024 * 1024
const COMMAND = fileURLToPath(new URL('../packages/holdall/bin/holdall.js', import.meta.url))
/** Parts that are under way when the client dies are all that may be sent again. */
const IN_FLIGHT = 8
/** Of the time of a whole upload: half of the bytes, and what was sent is proved to be of this file. */
const TIME_LIMIT = 0.75

/** P3: an upload to S3 whose client is killed at half of it and begun again, beside the same upload unbroken. */
export async function benchResumedUpload(megabytes: number, rounds: number, endpoint: string): Promise<Row[]> {
  const size = megabytes * MIB
  const folder = mkdtempSync(join(tmpdir(), 'holdall-resumed-'))
  const path = join(folder, 'big.bin')
  const bucket = await makeBucket('resumed')
  const storage = await startWatchedProxy(endpoint)
  const data = join(folder, 'data')
  mkdirSync(data)
  const config = { ...bucket.config, endpoint_url: storage.url }
  const server = await startHoldall({ data, config: { sources: { media: { storage: 's3', hash: 'none', config } } } })
  try {
    await writeRandom(path, size)
    const token = await createToken(data, 'root')
    const command = [COMMAND, 'upload', path, '--source', 'media', '--url', server.url]
    const begin = () =>
      spawn(process.execPath, command, { stdio: 'ignore', env: { ...process.env, HOLDALL_TOKEN: token } })
    const whole: number[] = []
    const rest: number[] = []
    let again = 0
    let partSize = 0
    for (let round = 0; round < rounds; round += 1) {
      whole.push(await finished(begin()))
      await bucket.clear()
      storage.reset()
      const dying = begin()
      storage.onBody = (_, total) => void (total >= size / 2 && dying.kill('SIGKILL'))
      await once(dying, 'close')
      storage.onBody = () => {}
      rest.push(await finished(begin()))
      const sent = storage.passed.filter(({ method, part }) => method === 'PUT' && part > 0)
      again = Math.max(again, sent.reduce((sum, { bytes }) => sum + bytes, 0) - size)
      partSize = Math.max(...sent.map(({ bytes }) => bytes))
      await bucket.clear()
    }
    const ratio = median(rest) / median(whole)
    return [
      {
        what: `P3 ${megabytes} MiB to S3, killed at half of it: bytes sent again`,
        ours: `${(again / MIB).toFixed(0)} MiB`,
        peer: `${megabytes / 2} MiB, begun anew`,
        ratio: (again / (size / 2)).toFixed(2),
        target: `≤ ${(IN_FLIGHT * partSize) / MIB} MiB in flight`,
        met: again <= IN_FLIGHT * partSize,
      },
      {
        what: `P3 ${megabytes} MiB to S3, killed at half of it: time for the rest`,
        ours: `${median(rest).toFixed(2)} s`,
        peer: `${median(whole).toFixed(2)} s unbroken`,
        ratio: ratio.toFixed(2),
        target: `≤ ${TIME_LIMIT}`,
        met: ratio <= TIME_LIMIT,
      },
    ]
  } finally {
    await server.stop()
    await storage.close()
    await bucket.remove()
    rmSync(folder, { recursive: true })
  }
}

/** @returns seconds that it took @throws Error unless it succeeds */
async function finished(child: ChildProcess): Promise<number> {
  const began = performance.now()
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`holdall upload ended with ${code}`)
  return (performance.now() - began) / 1_000
}
