import { createHash, randomBytes } from 'node:crypto'
import { HoldallError, type Log, type WriteOptions, type WrittenFile } from 'holdall/plugin'
import { beginUpload } from './begin-upload.ts'
import type { Bucket } from './bucket.ts'
import { COMPLETE_LIMIT_MS, TOKEN } from './multipart.ts'
import { removeUpload } from './remove-upload.ts'

/** Of a part, and of what one write holds twice in memory: the part that is sent, and the next, which fills meanwhile. */
export const WRITE_PART_BYTES = 8 * 1024 * 1024
const FIRST_ROOM_BYTES = 64 * 1024
const MAX_PARTS = 10_000
const MAX_WRITTEN_BYTES = WRITE_PART_BYTES * MAX_PARTS

/** As `Storage.write`: one request for what fits into a part, an upload in parts for anything larger. */
export async function writeObject(
  bucket: Bucket,
  log: Log,
  path: string,
  body: AsyncIterable<Uint8Array>,
  { contentType, signal }: WriteOptions = {},
): Promise<WrittenFile> {
  signal?.throwIfAborted()
  const key = bucket.keys.of(path)
  if (key === undefined) {
    await letGo(body)
    throw new HoldallError('storage_path_invalid', { reason: 'no key of the bucket can stand for it' })
  }
  const { sdk, name } = bucket
  const token = randomBytes(16).toString('hex')
  const object = {
    Key: key,
    Metadata: { [TOKEN]: token },
    ...(contentType !== undefined && { ContentType: contentType }),
  }
  const hash = createHash('sha256')
  let size = 0
  let id: string | undefined
  let sending: Promise<void> = Promise.resolve()
  const sent: { PartNumber: number; ETag: string | undefined }[] = []

  async function sendPart(UploadId: string, PartNumber: number, part: Uint8Array): Promise<void> {
    const command = new sdk.UploadPartCommand({ Bucket: name, Key: key, UploadId, PartNumber, Body: part })
    const { ETag } = await bucket.send(command, { signal })
    sent.push({ PartNumber, ETag })
  }

  /** Whether the object is what was written here. */
  async function isThere(): Promise<boolean> {
    const found = await bucket.head(key as string)
    return found?.Metadata?.[TOKEN] === token && found.ContentLength === size
  }

  /** An error may follow a success: none is believed before the object was looked at. */
  async function unlessThere(error: unknown): Promise<void> {
    if (signal?.aborted || !(await isThere().catch(() => false))) throw error
  }

  try {
    let number = 0
    for await (const part of inParts(body, signal)) {
      size += part.byteLength
      if (size > MAX_WRITTEN_BYTES) throw new HoldallError('file_too_large', { limit: MAX_WRITTEN_BYTES })
      hash.update(part)
      number += 1
      if (number === 1 && part.byteLength < WRITE_PART_BYTES) {
        await bucket
          .send(new sdk.PutObjectCommand({ Bucket: name, ...object, Body: part }), { signal })
          .catch(unlessThere)
        return { path, size, contentHash: `sha256:${hash.digest('hex')}` }
      }
      id ??= await beginUpload(bucket, object, { signal })
      await sending
      sending = sendPart(id, number, part)
      // It is waited for, with the next part or after the last; failing before, it is not unheard.
      sending.catch(() => {})
    }
    await sending
    signal?.throwIfAborted()
    const complete = new sdk.CompleteMultipartUploadCommand({
      Bucket: name,
      Key: key,
      UploadId: id as string,
      MultipartUpload: { Parts: sent },
      ...(bucket.isAws && { MpuObjectSize: size }),
    })
    await bucket.send(complete, { signal, answerLimitMs: COMPLETE_LIMIT_MS }).catch(unlessThere)
    return { path, size, contentHash: `sha256:${hash.digest('hex')}` }
  } catch (error) {
    await sending.catch(() => {})
    await leaveNothing().catch((cause) => log.error('what is left of a write was not removed', { path, error: cause }))
    throw error
  }

  /** What was sent whole when somebody wanted no more of it is there, though nobody will ask for it. */
  async function leaveNothing(): Promise<void> {
    if (id !== undefined) await removeUpload(bucket, key as string, id)
    if (size > 0 || signal?.aborted) {
      if (await isThere()) await bucket.send(new sdk.DeleteObjectCommand({ Bucket: name, Key: key as string }))
    }
  }
}

/** Parts of WRITE_PART_BYTES, and at the end what is left, which is nothing of an empty body only. */
async function* inParts(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let held = 0
  let parts = 0
  let part = Buffer.alloc(0)
  for await (const chunk of untilAborted(body, signal)) {
    for (let at = 0; at < chunk.byteLength; ) {
      const piece = chunk.subarray(at, at + WRITE_PART_BYTES - held)
      part = roomFor(part, held, held + piece.byteLength)
      // Copied: whoever made the chunk may use its memory again.
      part.set(piece, held)
      held += piece.byteLength
      at += piece.byteLength
      if (held < WRITE_PART_BYTES) continue
      yield part
      parts += 1
      part = Buffer.alloc(0)
      held = 0
    }
  }
  if (held > 0 || parts === 0) yield part.subarray(0, held)
}

/** The same bytes with room for more. A file that is small, or slow to come, does not hold the memory of a whole part. */
function roomFor(part: Buffer<ArrayBuffer>, held: number, needed: number): Buffer<ArrayBuffer> {
  if (needed <= part.byteLength) return part
  const larger = Buffer.allocUnsafeSlow(Math.min(WRITE_PART_BYTES, Math.max(FIRST_ROOM_BYTES, needed, held * 2)))
  part.copy(larger, 0, 0, held)
  return larger
}

/** The body, which is not waited for any more once the signal is given. */
async function* untilAborted(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]()
  let give: (reason: unknown) => void = () => {}
  const stop = () => give(signal?.reason)
  signal?.addEventListener('abort', stop, { once: true })
  let over = false
  try {
    for (;;) {
      signal?.throwIfAborted()
      // Not a race with one promise for all chunks: that would hold each of them until the end.
      const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        give = reject
        iterator.next().then(resolve, reject)
      })
      if (next.done) break
      yield next.value
    }
    over = true
  } finally {
    signal?.removeEventListener('abort', stop)
    // A body that hangs would keep whoever waits for its end.
    if (!over) void iterator.return?.()?.catch(() => {})
  }
}

async function letGo(body: AsyncIterable<Uint8Array>): Promise<void> {
  await body[Symbol.asyncIterator]().return?.()
}
