import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Answer, Sending } from './types.ts'

/** An answer is a small JSON object; anything longer is not ours. */
const LONGEST_ANSWER = 1024 * 1024

/** Node's own client: streams the body with its length, and hears an answer that comes before the body ended. */
export async function transport({ url, headers, body, signal, onSent }: Sending): Promise<Answer> {
  const send = new URL(url).protocol === 'https:' ? requestHttps : requestHttp
  const request = send(url, {
    method: 'POST',
    headers: { ...headers, 'content-length': body.size },
    signal,
    agent: false,
  })
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', resolve)
    request.on('error', reject)
  })
  let sent = 0
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const bytes of Readable.fromWeb(body.stream() as Parameters<typeof Readable.fromWeb>[0])) {
      yield bytes
      sent += (bytes as Uint8Array).byteLength
      onSent(sent)
    }
  }
  // A refusal may arrive and the connection close while the body is still being written: the answer counts.
  const written = pipeline(counted, request, { signal }).catch((error: unknown) => error)
  const response = await Promise.race([
    answered,
    written.then((error) => (error ? waitBriefly(answered, error) : answered)),
  ])
  const text = await readText(response)
  request.destroy()
  await written
  return { status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] ?? null, text }
}

/** The answer that may already be on its way when writing fails, or the failure. */
async function waitBriefly(answered: Promise<IncomingMessage>, error: unknown): Promise<IncomingMessage> {
  return Promise.race([
    answered,
    new Promise<never>((_, reject) => {
      setTimeout(() => reject(error), 500).unref()
    }),
  ])
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > LONGEST_ANSWER) throw new Error('the answer is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
