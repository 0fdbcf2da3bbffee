import { randomBytes, randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'

const BLOCK_BYTES = 1024 * 1024

export interface Sending {
  readonly url: string
  readonly bytes: number
  readonly method?: 'POST' | 'PATCH' | 'PUT'
  readonly headers?: Readonly<Record<string, string>>
  /** Sends the body as the file `file` of a multipart form. */
  readonly form?: boolean
  /** Seconds that the sending shall take at least, so that several overlap. */
  readonly seconds?: number
}

/** Sends random bytes as one request from memory and resolves with the answer; rejects unless it is a 2xx. */
export async function send({
  url,
  bytes,
  method = 'POST',
  headers = {},
  form = false,
  seconds = 0,
}: Sending): Promise<string> {
  const boundary = randomUUID()
  const head = form
    ? `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="big.bin"\r\nContent-Type: application/octet-stream\r\n\r\n`
    : ''
  const tail = form ? `\r\n--${boundary}--\r\n` : ''
  const type = form ? `multipart/form-data; boundary=${boundary}` : 'application/octet-stream'
  const block = randomBytes(BLOCK_BYTES)
  async function* body() {
    if (head) yield Buffer.from(head)
    for (let sent = 0; sent < bytes; sent += BLOCK_BYTES) {
      yield bytes - sent >= BLOCK_BYTES ? block : block.subarray(0, bytes - sent)
      if (seconds > 0) await sleep((seconds * 1000 * BLOCK_BYTES) / bytes)
    }
    if (tail) yield Buffer.from(tail)
  }
  const length = bytes + Buffer.byteLength(head + tail)
  const outgoing = request(url, { method, headers: { 'Content-Type': type, 'Content-Length': length, ...headers } })
  const answer = new Promise<string>((resolve, reject) => {
    outgoing.on('error', reject)
    outgoing.on('response', async (incoming) => {
      let text = ''
      for await (const chunk of incoming.setEncoding('utf8')) text += chunk
      const status = incoming.statusCode ?? 0
      if (status >= 200 && status < 300) resolve(text)
      else reject(new Error(`${method} ${url} answered ${status}: ${text.slice(0, 500)}`))
    })
  })
  await Promise.all([
    pipeline(Readable.from(body(), { objectMode: false, highWaterMark: BLOCK_BYTES }), outgoing),
    answer,
  ])
  return answer
}
