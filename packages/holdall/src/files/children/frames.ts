import type { Readable } from 'node:stream'

/** What passes between the server and a child: a JSON header, then as many bytes as it says. */
export interface Frame {
  readonly header: Readonly<Record<string, unknown>>
  readonly payload: Buffer
}

export const MAX_HEADER_BYTES = 1_048_576

/** The beginning of a frame; `bytes` of payload follow it on the stream. */
export function frameHead(header: Readonly<Record<string, unknown>>, bytes: number): Buffer {
  const json = Buffer.from(JSON.stringify({ ...header, bytes }))
  const head = Buffer.alloc(4 + json.length)
  head.writeUInt32BE(json.length)
  json.copy(head, 4)
  return head
}

/**
 * The frames of a stream, one after the other, each payload in one buffer.
 *
 * @throws Error when the stream ends within a frame or a frame is larger than allowed
 */
export async function* readFrames(stream: Readable, maxPayload: number): AsyncGenerator<Frame> {
  const chunks = stream[Symbol.asyncIterator]()
  let rest: Buffer = Buffer.alloc(0)

  async function take(length: number): Promise<Buffer | undefined> {
    const taken = Buffer.allocUnsafe(length)
    let filled = 0
    for (;;) {
      const usable = Math.min(rest.length, length - filled)
      rest.copy(taken, filled, 0, usable)
      rest = rest.subarray(usable)
      filled += usable
      if (filled === length) return taken
      const { value, done } = (await chunks.next()) as IteratorResult<Buffer>
      if (done) {
        if (filled > 0) throw new Error('The stream ended within a frame')
        return undefined
      }
      rest = value
    }
  }

  for (;;) {
    const length = await take(4)
    if (length === undefined) return
    const size = length.readUInt32BE()
    if (size > MAX_HEADER_BYTES) throw new Error(`A frame header of ${size} bytes`)
    const header = JSON.parse(String(await whole(take(size)))) as Record<string, unknown>
    const bytes = header.bytes
    if (typeof bytes !== 'number' || !(bytes >= 0 && bytes <= maxPayload))
      throw new Error(`A payload of ${bytes} bytes`)
    yield { header, payload: bytes === 0 ? Buffer.alloc(0) : await whole(take(bytes)) }
  }
}

async function whole(part: Promise<Buffer | undefined>): Promise<Buffer> {
  const bytes = await part
  if (bytes === undefined) throw new Error('The stream ended within a frame')
  return bytes
}
