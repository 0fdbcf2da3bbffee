import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { createToken, startHoldall } from '../test/support/holdall.ts'
import { photograph } from '../test/support/photograph.ts'
import type { Row } from './support/table.ts'

const PILLOW = fileURLToPath(new URL('./support/pillow.py', import.meta.url))
const WIDTH = 4_000
const HEIGHT = 3_000
const SIDE = 200
/** Pictures that differ in all of their pixels; the others differ in a byte behind their end. */
const DISTINCT = 10
const IN_FLIGHT = 8
const WARM_UP = 6

/** P10: thumbnails of 12-megapixel JPEGs by a running server, beside sharp called directly and Pillow in processes. */
export async function benchThumbnails(count: number): Promise<Row[]> {
  const seeds = Array.from({ length: Math.min(count, DISTINCT) }, (_, at) => at)
  const pictures: Buffer[] = []
  for (const seed of seeds) pictures.push(await photograph(seed, WIDTH, HEIGHT))
  const files = Array.from({ length: count + WARM_UP }, (_, at) => {
    return Buffer.concat([pictures[at % pictures.length] as Buffer, Buffer.from([at])])
  })
  const ours = await measureOurs(files)
  const direct = await timed(files, availableParallelism() * 2, bySharp)
  const rows = [row('sharp called directly', ours, direct, count, 0.8)]
  const python = pythonWithPillow()
  if (python === undefined) process.stderr.write('Pillow is left out: HOLDALL_TEST_DATASETTE names no datasette\n')
  else
    rows.push(
      row('Pillow, a process each', ours, await timed(files, availableParallelism(), byPillow(python)), count, 3),
    )
  return rows
}

async function measureOurs(files: readonly Buffer[]): Promise<number> {
  const server = await startHoldall()
  try {
    const headers = { Authorization: `Bearer ${await createToken(server.data, 'root')}` }
    const ids: string[] = []
    for (const [at, body] of files.entries()) {
      const url = `${server.url}/-/files/upload/files?filename=photo-${at}.jpg`
      const stored = await fetch(url, { method: 'POST', body: new Uint8Array(body), headers })
      ids.push(((await stored.json()) as { file_id: string }).file_id)
    }
    return await timed(ids, IN_FLIGHT, async (id) => {
      const answer = await fetch(`${server.url}/-/files/${id}/thumbnail?w=${SIDE}&h=${SIDE}`, { headers })
      if (answer.headers.get('content-type') !== 'image/jpeg') throw new Error(`No thumbnail: ${answer.status}`)
      await answer.arrayBuffer()
    })
  } finally {
    await server.stop()
  }
}

async function bySharp(bytes: Buffer): Promise<void> {
  await sharp(bytes)
    .autoOrient()
    .resize({ width: SIDE, height: SIDE, fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality: 82 })
    .toBuffer()
}

/** As datasette-files does it: a new process for each picture. */
function byPillow(python: string) {
  return async (bytes: Buffer): Promise<void> => {
    const child = spawn(python, [PILLOW], { stdio: ['pipe', 'pipe', 'inherit'] })
    child.stdin.on('error', () => {})
    child.stdin.write(`${JSON.stringify({ width: SIDE, height: SIDE, max_pixels: 100_000_000 })}\n`)
    child.stdin.end(bytes)
    child.stdout.resume()
    const [code] = await once(child, 'close')
    if (code !== 0) throw new Error(`Pillow ended with ${code}`)
  }
}

/** The Python that `npm test` installs datasette-files for, and with it Pillow. */
function pythonWithPillow(): string | undefined {
  const datasette = process.env.HOLDALL_TEST_DATASETTE
  return datasette ? join(dirname(datasette), 'python') : undefined
}

/** Seconds for all of it but the first ones, so many at once. */
async function timed<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<number> {
  const rest = items.values()
  // What starts with the first pictures is not what the others cost.
  await Promise.all(Array.from({ length: WARM_UP }, () => rest.next().value).map((item) => item && work(item)))
  const started = performance.now()
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const item of rest) await work(item)
    }),
  )
  return (performance.now() - started) / 1_000
}

function row(peer: string, ours: number, theirs: number, count: number, target: number): Row {
  const each = (seconds: number) => `${Math.round((seconds * 1_000) / count)} ms each`
  return {
    what: `P10 thumbnails of ${count} JPEGs of 12 megapixels`,
    ours: each(ours),
    peer: `${each(theirs)} ${peer}`,
    ratio: (theirs / ours).toFixed(2),
    target: `≥ ${target}`,
    met: theirs / ours >= target,
  }
}
