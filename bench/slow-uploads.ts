import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createToken, startHoldall } from '../test/support/holdall.ts'
import type { Row } from './support/table.ts'

const PIECE = Buffer.alloc(1024, 'a slow line. ')
const PIECES = 64
/** A page is asked for this often while the uploads run. */
const PAGE_EVERY_MS = 50
const LIMIT_MS = 250

/** P12: pages while many uploads trickle in at once, each for at least the given seconds. */
export async function benchSlowUploads(atOnce: number, seconds: number): Promise<Row[]> {
  const ours = await startHoldall()
  try {
    const headers = { Authorization: `Bearer ${await createToken(ours.data, 'root')}` }
    await (await fetch(`${ours.url}/-/files/browse/files`, { headers })).text()
    let running = true
    const uploads = Promise.allSettled(
      Array.from({ length: atOnce }, (_, n) =>
        trickle(`${ours.url}/-/files/upload/files?filename=slow-${n}.txt`, headers, seconds),
      ),
    ).then((ended) => {
      running = false
      return ended
    })
    const times: number[] = []
    let failedPages = 0
    while (running) {
      const began = performance.now()
      const answer = await fetch(`${ours.url}/-/files/browse/files`, { headers: { ...headers, Accept: 'text/html' } })
      await answer.text()
      times.push(performance.now() - began)
      if (answer.status !== 200) failedPages += 1
      await sleep(PAGE_EVERY_MS)
    }
    const refused = (await uploads).flatMap((ended) => (ended.status === 'rejected' ? [String(ended.reason)] : []))
    if (refused.length > 0) process.stderr.write(`${refused.slice(0, 3).join('\n')}\n`)
    const listed = (await (await fetch(`${ours.url}/-/files/browse/files.json?_size=1`, { headers })).json()) as {
      readonly total: number
    }
    times.sort((a, b) => a - b)
    const [p50, p99] = [0.5, 0.99].map((share) => times[Math.floor(times.length * share)] ?? 0) as [number, number]
    return [
      {
        what: `P12 a page during ${atOnce.toLocaleString('en')} uploads of ${seconds} s each`,
        ours: `p50 ${p50.toFixed(0)}, p99 ${p99.toFixed(0)} ms`,
        peer: `${times.length} pages`,
        ratio: '',
        target: `p99 < ${LIMIT_MS} ms`,
        met: p99 < LIMIT_MS,
      },
      {
        what: `P12 uploads and pages that failed`,
        ours: `${refused.length} and ${failedPages}`,
        peer: `${listed.total} files stored`,
        ratio: '',
        target: 'none',
        met: refused.length === 0 && failedPages === 0 && listed.total === atOnce,
      },
    ]
  } finally {
    await ours.stop()
  }
}

function trickle(url: string, headers: Readonly<Record<string, string>>, seconds: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method: 'POST',
      agent: false,
      headers: { ...headers, 'Content-Type': 'text/plain', 'Content-Length': PIECE.length * PIECES },
    })
    outgoing.on('error', reject)
    outgoing.on('response', (incoming) => {
      incoming.resume()
      incoming.on('end', () =>
        incoming.statusCode === 201 ? resolve() : reject(new Error(`an upload was answered ${incoming.statusCode}`)),
      )
    })
    const send = async () => {
      // No two lines are equally slow: some take up to a quarter longer.
      const pause = (seconds * 1_000 * (1 + Math.random() / 4)) / PIECES
      await sleep(Math.random() * pause)
      for (let piece = 0; piece < PIECES; piece += 1) {
        outgoing.write(PIECE)
        await sleep(pause)
      }
      outgoing.end()
    }
    send().catch(reject)
  })
}
