import { HoldallError } from '../../web/error.ts'
import type { ByteRange, ReadOptions } from '../storage.ts'
import { ask, type Fetch, unavailable } from './ask.ts'
import type { RemoteFile } from './catalog.ts'
import { contentRangeOf, isCoded, isGone, lengthOf } from './facts.ts'

/** A server that knows no ranges sends all of the file: so much of it is thrown away to reach the range. */
export const MAX_SKIPPED_BYTES = 64 * 1024 * 1024

/** As `Storage.read`. What another server says is checked: it gives out the bytes that were asked for, or none. */
export async function readRemote(
  fetch: Fetch,
  { url, told }: RemoteFile,
  { range, signal }: ReadOptions,
): Promise<ReadableStream<Uint8Array>> {
  signal?.throwIfAborted()
  const wanted = range && exactRange(range, told.size)
  const init = wanted === undefined ? {} : { headers: { range: headerOf(wanted) } }
  const answer = await ask(fetch, url, init, signal)
  try {
    return await bodyOf(answer, url, wanted, told.size)
  } catch (error) {
    await answer.body?.cancel().catch(() => {})
    throw error
  }
}

async function bodyOf(
  answer: Response,
  url: string,
  wanted: ByteRange | undefined,
  size: number | undefined,
): Promise<ReadableStream<Uint8Array>> {
  if (isGone(answer)) throw new HoldallError('file_missing')
  if (answer.status === 416 && wanted !== undefined) throw new HoldallError('range_not_satisfiable')
  if (answer.status !== 200 && answer.status !== 206) throw unavailable(url, `answered ${answer.status}`)
  if (isCoded(answer)) throw unavailable(url, 'sends the file only in a coded form, whatever it is asked for')
  const body = answer.body ?? new Blob().stream()
  if (answer.status === 206) return partOf(answer, body, url, wanted, size)
  const length = lengthOf(answer.headers.get('content-length'))
  expectSize(length, size)
  if (wanted === undefined) return body
  return await cutOut(body, url, wanted, length ?? size)
}

/** The server keeps to the range, or nothing of it is believed. */
function partOf(
  answer: Response,
  body: ReadableStream<Uint8Array>,
  url: string,
  wanted: ByteRange | undefined,
  size: number | undefined,
): ReadableStream<Uint8Array> {
  const given = contentRangeOf(answer)
  if (given?.first === undefined || given.last === undefined || wanted === undefined) {
    throw unavailable(url, 'sent a part of the file without saying which')
  }
  expectSize(given.whole, size)
  const first = 'suffix' in wanted ? Math.max(0, (given.whole ?? Number.NaN) - wanted.suffix) : wanted.offset
  if (given.first !== first) throw unavailable(url, 'sent another part of the file than it was asked for')
  const length = given.last - given.first + 1
  const most = 'suffix' in wanted ? wanted.suffix : (wanted.length ?? length)
  const isFramed = lengthOf(answer.headers.get('content-length')) === length
  return isFramed && length <= most ? body : upTo(Math.min(length, most), body.getReader())
}

async function cutOut(
  body: ReadableStream<Uint8Array>,
  url: string,
  wanted: ByteRange,
  size: number | undefined,
): Promise<ReadableStream<Uint8Array>> {
  if ('suffix' in wanted && size === undefined) throw unavailable(url, 'gives no ranges and does not say a size')
  const from = 'suffix' in wanted ? Math.max(0, (size as number) - wanted.suffix) : wanted.offset
  if (size !== undefined && from >= size) throw new HoldallError('range_not_satisfiable')
  if (from > MAX_SKIPPED_BYTES) throw unavailable(url, 'gives no ranges, and this one begins too far into the file')
  const reader = body.getReader()
  let rest: Uint8Array | undefined
  try {
    for (let skipped = 0; rest === undefined; ) {
      const { value, done } = await reader.read()
      if (done) throw new HoldallError('range_not_satisfiable')
      if (skipped + value.byteLength > from) rest = value.subarray(from - skipped)
      skipped += value.byteLength
    }
  } catch (error) {
    await reader.cancel().catch(() => {})
    throw error
  }
  const length = 'suffix' in wanted ? wanted.suffix : (wanted.length ?? Number.POSITIVE_INFINITY)
  return upTo(length, reader, rest)
}

/** At most so many bytes; what would follow is not waited for. */
function upTo(
  bytes: number,
  reader: ReadableStreamDefaultReader<Uint8Array>,
  first?: Uint8Array,
): ReadableStream<Uint8Array> {
  let left = bytes
  let begun = first
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = begun ? { value: begun, done: false } : await reader.read()
      begun = undefined
      if (value !== undefined && value.byteLength > 0) controller.enqueue(value.subarray(0, left))
      left -= value?.byteLength ?? 0
      if (!done && left > 0) return
      if (!done) await reader.cancel()
      controller.close()
    },
    cancel: (reason) => reader.cancel(reason),
  })
}

/** @throws HoldallError `range_not_satisfiable` for what can be seen to be past the end, before anybody is asked */
function exactRange(range: ByteRange, size: number | undefined): ByteRange {
  if ('suffix' in range) {
    if (range.suffix <= 0 || size === 0) throw new HoldallError('range_not_satisfiable')
    return size === undefined ? range : { offset: Math.max(0, size - range.suffix) }
  }
  const { offset, length = 1 } = range
  if (offset < 0 || length <= 0 || (size !== undefined && offset >= size)) {
    throw new HoldallError('range_not_satisfiable')
  }
  return range
}

function headerOf(range: ByteRange): string {
  if ('suffix' in range) return `bytes=-${range.suffix}`
  const { offset, length } = range
  const last = length === undefined ? '' : Math.min(offset + length - 1, Number.MAX_SAFE_INTEGER)
  return `bytes=${offset}-${last}`
}

/** Other bytes in a file's place are not the file. */
function expectSize(found: number | undefined, size: number | undefined): void {
  if (found === undefined || size === undefined || found === size) return
  throw new HoldallError('file_missing', {}, { cause: new Error(`${found} bytes are there, ${size} were announced`) })
}
