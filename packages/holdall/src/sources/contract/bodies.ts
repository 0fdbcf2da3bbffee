import { createHash } from 'node:crypto'

const CHUNK_BYTES = 64 * 1024

/** Bytes that differ everywhere and are the same in every run. */
export function bytes(length: number, seed = 1): Buffer {
  const result = Buffer.allocUnsafe(length)
  let state = (seed * 2_654_435_761) >>> 0 || 1
  for (let at = 0; at < length; at += 1) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    result[at] = state & 0xff
  }
  return result
}

export async function* inChunks(body: Uint8Array, chunk = CHUNK_BYTES): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.byteLength; at += chunk) yield body.subarray(at, at + chunk)
}

export function hashOf(body: Uint8Array): string {
  return `sha256:${createHash('sha256').update(body).digest('hex')}`
}

export async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}
