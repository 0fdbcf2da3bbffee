import type { Readable } from 'node:stream'
import { type ByteRange, HoldallError, type ReadOptions, webStream } from 'holdall/plugin'
import type { Bucket } from './bucket.ts'

/** As `Storage.read`. */
export async function readObject(
  bucket: Bucket,
  path: string,
  { range, etag, signal }: ReadOptions = {},
): Promise<ReadableStream<Uint8Array>> {
  signal?.throwIfAborted()
  const key = bucket.keys.of(path)
  if (key === undefined) throw new HoldallError('file_missing')
  const Range = range && headerOf(range)
  const command = new bucket.sdk.GetObjectCommand({
    Bucket: bucket.name,
    Key: key,
    ...(Range && { Range }),
    ...(etag !== undefined && { IfMatch: `"${etag}"` }),
  })
  const answer = await bucket.send(command, { signal })
  const body = answer.Body as Readable
  if (range !== undefined && answer.ContentRange === undefined && !isAll(range, answer.ContentLength)) {
    body.on('error', () => {}).destroy()
    throw new HoldallError('storage_failed', {}, { cause: new Error('A range was asked for and all of it was sent') })
  }
  return webStream(body)
}

/** @throws HoldallError `range_not_satisfiable` for what is no range of any file */
function headerOf(range: ByteRange): string {
  if ('suffix' in range) {
    if (range.suffix <= 0) throw new HoldallError('range_not_satisfiable')
    return `bytes=-${range.suffix}`
  }
  const { offset, length } = range
  if (offset < 0 || (length !== undefined && length <= 0)) throw new HoldallError('range_not_satisfiable')
  return `bytes=${offset}-${length === undefined ? '' : Math.min(offset + length - 1, Number.MAX_SAFE_INTEGER)}`
}

/** Some services leave out that a part was sent when it is all there is. */
function isAll(range: ByteRange, size = 0): boolean {
  return 'suffix' in range ? size <= range.suffix : range.offset === 0 && size <= (range.length ?? size)
}
