import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createCrc32c } from '../crc32c.ts'
import type { Multipart, MultipartUpload, PartChecksum, PartPlan, StoredPart } from '../multipart.ts'
import { bytes, collect, hashOf, inChunks } from './bodies.ts'
import { put, putHalf } from './put.ts'
import type { Subject } from './subject.ts'

/** Parts have as many bytes as this, or as the storage needs. */
const PART_BYTES = 100_000
const LAST_PART_BYTES = 1_234
const URL_SECONDS = 600

export interface SendingOptions {
  readonly path?: string
  /** Of them the last is smaller. */
  readonly parts?: number
  /** Bytes of every part but the last; the storage's smallest is used when it is larger. */
  readonly partSize?: number
  /** Bytes of the file, in place of `parts`. */
  readonly size?: number
  readonly contentType?: string
}

export interface SendOptions {
  /** What is sent in place of the part. */
  readonly body?: Uint8Array
  readonly checksum?: string
}

/** A file that is being sent in parts. */
export interface Sending {
  readonly multipart: Multipart
  readonly upload: MultipartUpload
  readonly body: Buffer
  readonly count: number
  part(number: number): Buffer
  /** By the only way that the storage has. */
  send(number: number, options?: SendOptions): Promise<void>
  /** Breaks off in the middle of a part; resolves when that is over. */
  breakOff(number: number): Promise<void>
  listed(): Promise<StoredPart[]>
  complete(): Promise<void>
  /** Throws unless the file at the path is this one, to the last byte. */
  assertStored(body?: Uint8Array): Promise<void>
}

/** Begins an upload in parts of bytes that nothing else has. */
export async function begin(subject: Subject, multipart: Multipart, options: SendingOptions = {}): Promise<Sending> {
  const partSize = Math.max(options.partSize ?? PART_BYTES, multipart.limits.minPartSize)
  const last = Math.min(LAST_PART_BYTES, partSize)
  const size = options.size ?? ((options.parts ?? 3) - 1) * partSize + last
  const path = options.path ?? subject.fresh()
  const seed = subject.seed()
  const { contentType } = options
  const planned = { path, size, partSize, token: `token${seed}`, ...(contentType !== undefined && { contentType }) }
  const upload = { ...planned, id: await multipart.create(planned) }
  assert.ok(upload.id.length <= 2_048, 'the id is short enough')
  const body = bytes(size, seed)

  function part(number: number): Buffer {
    return body.subarray((number - 1) * partSize, number * partSize)
  }
  function plan(number: number, checksum?: string): PartPlan {
    return { number, size: part(number).byteLength, ...(checksum !== undefined && { checksum }) }
  }
  return {
    multipart,
    upload,
    body,
    count: Math.ceil(size / partSize),
    part,
    async send(number, { body: sent = part(number), checksum } = {}) {
      if (multipart.partTarget !== undefined) {
        const target = await multipart.partTarget(upload, plan(number, checksum), { expiresIn: URL_SECONDS })
        await put(subject.fetch, target, sent)
        return
      }
      assert.ok(multipart.writePart, 'parts are sent to the storage or to Holdall')
      const stored = await multipart.writePart(upload, plan(number, checksum), inChunks(sent))
      assert.deepEqual([stored.number, stored.size], [number, sent.byteLength])
      assert.notEqual(stored.etag, '')
    },
    async breakOff(number) {
      if (multipart.partTarget !== undefined) {
        const target = await multipart.partTarget(upload, plan(number), { expiresIn: URL_SECONDS })
        await putHalf(subject.fetch, target, part(number))
        return
      }
      const half = part(number).subarray(0, Math.ceil(part(number).byteLength / 2))
      async function* failing() {
        yield* inChunks(half)
        throw new Error('the client went away')
      }
      await assert.rejects(
        async () => await multipart.writePart?.(upload, plan(number), failing()),
        /the client went away/,
      )
    },
    listed: () => listAll(multipart, upload),
    async complete() {
      await multipart.complete(upload, await listAll(multipart, upload))
    },
    async assertStored(expected = body) {
      const stat = await subject.storage.stat(path)
      assert.deepEqual([stat?.path, stat?.size], [path, size])
      assert.equal(hashOf(await collect(await subject.storage.read(path))), hashOf(expected), 'every byte is right')
      const found = await multipart.find(upload)
      assert.deepEqual([found?.path, found?.size], [path, size], 'the upload finds its file')
    },
  }
}

/** Every page of the parts. */
export async function listAll(multipart: Multipart, upload: MultipartUpload, limit?: number): Promise<StoredPart[]> {
  const parts: StoredPart[] = []
  for (let after: number | null = 0; after !== null; ) {
    const page: Awaited<ReturnType<typeof multipart.listParts>> = await multipart.listParts(upload, {
      ...(after > 0 && { after }),
      ...(limit !== undefined && { limit }),
    })
    assert.ok(page.parts.length <= (limit ?? 1_000), 'no page is longer than asked for')
    parts.push(...page.parts)
    after = page.next
  }
  return parts
}

export function checksumOf(kind: PartChecksum, body: Uint8Array): string {
  if (kind === 'md5') return createHash('md5').update(body).digest('base64')
  const crc = createCrc32c()
  crc.update(body)
  return crc.digest()
}
