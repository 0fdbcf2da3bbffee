import { isUtf8 } from 'node:buffer'
import type { FileHandle } from 'node:fs/promises'
import { CannotConvert } from './refusal.ts'

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252'

const CHUNK_BYTES = 1024 * 1024
/** A character of UTF-8 has at most four bytes, so that at most three of one are cut off. */
const MAX_CUT = 3

/** The bytes of a file in chunks, each good until the next is asked for. */
export async function* chunksOf(handle: FileHandle, from = 0): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  for (let at = from; ; ) {
    const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, at)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
    at += bytesRead
  }
}

/**
 * How a text is written down: as its mark says, else UTF-8 when all of it is that, else Windows-1252, of which Latin-1 is
 * a part. @throws CannotConvert when it is no text
 */
export async function encodingOf(handle: FileHandle): Promise<Encoding> {
  const head = Buffer.alloc(4096)
  const { bytesRead } = await handle.read(head, 0, head.length, 0)
  const marked = markOf(head.subarray(0, bytesRead))
  if (marked !== undefined) return marked
  let rest = Buffer.alloc(0)
  let isPlain = true
  for await (const chunk of chunksOf(handle)) {
    if (chunk.includes(0)) throw new CannotConvert('it is no text: there are bytes in it that no text has')
    if (!isPlain) continue
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    const whole = wholeOf(bytes)
    isPlain = isUtf8(bytes.subarray(0, whole))
    rest = Buffer.from(bytes.subarray(whole))
  }
  return isPlain && isUtf8(rest) ? 'utf-8' : 'windows-1252'
}

/** Without a mark, every other byte of a text in UTF-16 that begins as most do is zero. */
function markOf(head: Buffer): Encoding | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le'
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be'
  if (head.length < 4) return undefined
  if (head[0] !== 0 && head[1] === 0 && head[2] !== 0 && head[3] === 0) return 'utf-16le'
  if (head[0] === 0 && head[1] !== 0 && head[2] === 0 && head[3] !== 0) return 'utf-16be'
  return undefined
}

/** How many of the bytes come before a character that may have been cut off. */
function wholeOf(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(MAX_CUT, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number
    if (byte < 0x80) break
    if (byte >= 0xc0) return bytes.length - back
  }
  return bytes.length
}

/** The text as UTF-8, without a mark. @throws CannotConvert where it is not what it says */
export async function* asUtf8(handle: FileHandle, encoding: Encoding): AsyncGenerator<Buffer> {
  if (encoding === 'utf-8') {
    let isFirst = true
    for await (const chunk of chunksOf(handle)) {
      const marked = isFirst && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf
      isFirst = false
      yield marked ? chunk.subarray(3) : chunk
    }
    return
  }
  const decoder = new TextDecoder(encoding, { fatal: true })
  try {
    for await (const chunk of chunksOf(handle)) yield Buffer.from(decoder.decode(chunk, { stream: true }))
    yield Buffer.from(decoder.decode())
  } catch (error) {
    if (error instanceof TypeError)
      throw new CannotConvert(`it begins as ${encoding.toUpperCase()} and goes on as something else`)
    throw error
  }
}

/** The first bytes as text. */
export async function beginningOf(handle: FileHandle, encoding: Encoding, bytes: number): Promise<string> {
  const buffer = Buffer.alloc(bytes)
  const { bytesRead } = await handle.read(buffer, 0, bytes, 0)
  return new TextDecoder(encoding).decode(buffer.subarray(0, bytesRead), { stream: true })
}
