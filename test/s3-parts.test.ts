import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { UploadPartCommand } from '@aws-sdk/client-s3'
import s3 from '@holdall/storage-s3'
import type { Multipart, MultipartUpload, Storage, StorageType, StoredPart } from 'holdall/plugin'
import { makeBucket, skipS3, type TestBucket } from './support/ceph.ts'

const MIB = 1024 * 1024
const { storages = [] } = await s3({})
const context = { log: { info() {}, warn() {}, error() {} }, fetch, getSecret: async () => undefined }

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

let bucket: TestBucket
let storage: Storage
let multipart: Multipart

/** What the contract leaves to each service, on the one of the tests. */
describe('uploads in parts to Ceph', { skip: skipS3 }, () => {
  before(async () => {
    bucket = await makeBucket('parts')
    storage = await open()
    multipart = storage.multipart as Multipart
  })
  after(async () => {
    await storage?.close?.()
    await bucket?.remove()
  })

  test('more parts than a page holds are listed to the last, and make the file', async () => {
    const upload = await begin('many.bin', 1_003 * 16 - 5, 16)
    const numbers = Array.from({ length: 1_003 }, (_, at) => at + 1)
    const workers = Array.from({ length: 16 }, async () => {
      for (let number = numbers.pop(); number !== undefined; number = numbers.pop()) {
        assert.equal(await send(upload, number), 200)
      }
    })
    await Promise.all(workers)
    const first = await multipart.listParts(upload)
    assert.deepEqual([first.parts.length, first.next], [1_000, 1_000])
    const second = await multipart.listParts(upload, { after: 1_000 })
    assert.deepEqual([second.parts.map(({ number }) => number), second.next], [[1_001, 1_002, 1_003], null])
    const parts = [...first.parts, ...second.parts]
    assert.equal(parts[0]?.etag, createHash('md5').update(partOf(upload, 1)).digest('hex'))
    await assert.rejects(multipart.complete(upload, first.parts), { code: 'upload_parts_missing' })
    await multipart.complete(upload, parts)
    const whole = Buffer.concat(parts.map(({ number }) => partOf(upload, number)))
    assert.ok((await bucket.get('p/many.bin')).equals(whole))
    assert.equal((await multipart.find(upload))?.size, upload.size)
  })

  test('a part that was sent again between the listing and the completion is noticed', async () => {
    const upload = await begin('changed.bin', 20, 10)
    for (const number of [1, 2]) await send(upload, number)
    const { parts } = await multipart.listParts(upload)
    assert.equal(await send(upload, 2, Buffer.alloc(10, 'z')), 200)
    await assert.rejects(multipart.complete(upload, parts), { code: 'upload_parts_missing' })
    assert.equal(await multipart.find(upload), undefined)
    await multipart.complete(upload, (await multipart.listParts(upload)).parts)
    assert.match(String(await bucket.get('p/changed.bin')), /z{10}$/)
  })

  test('an answer to the completion that was lost is made up for by looking', async () => {
    const upload = await begin('lost.bin', 20, 10)
    for (const number of [1, 2]) await send(upload, number)
    const { parts } = await multipart.listParts(upload)
    await multipart.complete(upload, parts)
    // As the SDK does by itself when the first answer does not arrive.
    await multipart.complete(upload, parts).catch((error) => assert.equal(error.code, 'multipart_gone'))
    assert.equal((await multipart.find(upload))?.size, 20)
    assert.equal(await multipart.find({ ...upload, token: 'another' }), undefined)
    assert.equal((await bucket.head('p/lost.bin'))?.metadata['holdall-upload'], upload.token)
  })

  test('parts that arrive while their upload is aborted leave nothing', async () => {
    for (let round = 0; round < 5; round += 1) {
      const upload = await begin(`aborted-${round}.bin`, 4 * MIB, MIB)
      const sending = [1, 2, 3, 4].map((number) => send(upload, number).catch(() => 0))
      await Promise.race(sending)
      await Promise.all([multipart.abort(upload), ...sending])
      await multipart.abort(upload)
      assert.deepEqual(await bucket.uploads(), [])
      await assert.rejects(multipart.listParts(upload), { code: 'multipart_gone' })
      assert.equal(await storage.stat(upload.path), undefined)
    }
  })

  test('completing and aborting at the same moment end in the file or in nothing', async () => {
    for (let round = 0; round < 5; round += 1) {
      const upload = await begin(`race-${round}.bin`, 20, 10)
      for (const number of [1, 2]) await send(upload, number)
      const { parts } = await multipart.listParts(upload)
      const [completed] = await Promise.allSettled([multipart.complete(upload, parts), multipart.abort(upload)])
      const found = await multipart.find(upload)
      if (completed.status === 'fulfilled') assert.equal(found?.size, 20)
      assert.deepEqual(await bucket.uploads(), [])
    }
  })

  test('a checksum binds the bytes: others are refused, and so is its absence', async () => {
    assert.equal(multipart.checksum, 'md5')
    const upload = await begin('checked.bin', 20, 10)
    const checksum = createHash('md5').update(partOf(upload, 1)).digest('base64')
    const target = await multipart.partTarget?.(upload, { number: 1, size: 10, checksum }, { expiresIn: 60 })
    const put = async (headers: Record<string, string>, body: Buffer) => {
      const answer = await fetch(target?.url ?? '', { method: 'PUT', headers, body: new Uint8Array(body) })
      await answer.body?.cancel()
      return answer.status
    }
    assert.equal(await put({ ...target?.headers }, Buffer.alloc(10, 'x')), 400)
    assert.equal(await put({}, partOf(upload, 1)), 403)
    assert.equal(
      await put({ 'content-md5': createHash('md5').update('other').digest('base64') }, partOf(upload, 1)),
      403,
    )
    assert.deepEqual((await multipart.listParts(upload)).parts, [])
    assert.equal(await put({ ...target?.headers }, partOf(upload, 1)), 200)
    await multipart.abort(upload)
  })

  test('an address is good for its part, its length and its time', async () => {
    const upload = await begin('bound.bin', 20, 10)
    const target = await multipart.partTarget?.(upload, { number: 1, size: 10 }, { expiresIn: 1 })
    const url = new URL(target?.url ?? '')
    const status = async (address: URL, body = partOf(upload, 1)) => {
      const answer = await fetch(address, { method: 'PUT', body: new Uint8Array(body) })
      await answer.body?.cancel()
      return answer.status
    }
    const other = new URL(url)
    other.searchParams.set('partNumber', '2')
    assert.equal(await status(other), 403)
    const whole = new URL(url)
    whole.search = ''
    assert.equal(await status(whole), 403)
    assert.equal(await status(url, Buffer.alloc(11)), 403)
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    assert.equal(await status(url), 403)
    await multipart.abort(upload)
  })

  test("only uploads under the source's prefix are listed, page by page", async () => {
    const elsewhere = await open({ prefix: 'other' })
    const theirs = await begin('x.bin', 20, 10, elsewhere.multipart as Multipart)
    const ours = [await begin('x.bin', 20, 10), await begin('x.bin', 20, 10), await begin('ü +.bin', 20, 10)]
    const { uploads, next } = (await multipart.listUploads?.()) ?? {}
    assert.equal(next, null)
    assert.deepEqual(
      uploads?.map(({ path, id }) => `${path} ${id}`).sort(),
      ours.map(({ path, id }) => `${path} ${id}`).sort(),
    )
    for (const upload of ours) await multipart.abort(upload)
    const left = await elsewhere.multipart?.listUploads?.()
    assert.deepEqual(
      left?.uploads.map(({ id }) => id),
      [theirs.id],
    )
    await elsewhere.multipart?.abort(theirs)
    await elsewhere.close?.()
  })

  test('a write in parts holds two of them in memory, whatever its size', async () => {
    const size = 200 * MIB
    let peak = 0
    const start = keptBytes()
    async function* body() {
      for (let sent = 0; sent < size; sent += MIB) {
        if (sent % (10 * MIB) === 0) peak = Math.max(peak, keptBytes() - start)
        yield Buffer.alloc(MIB, 7)
      }
    }
    const written = await storage.write?.('written.bin', body())
    assert.equal(written?.size, size)
    assert.equal((await bucket.head('p/written.bin'))?.size, size)
    assert.ok(peak < 100 * MIB, `${Math.round(peak / MIB)} MiB more`)
  })

  test('credentials of a broker that end in the middle of an upload are renewed in time', async (t) => {
    const { access_key_id: AccessKeyId, secret_access_key: SecretAccessKey, ...place } = bucket.config
    let asked = 0
    const broker = createServer((_, response) => {
      asked += 1
      const Expiration = new Date(Date.now() + 6_000).toISOString()
      const S3Folder = `s3://${bucket.name}/brokered`
      response.end(JSON.stringify({ AccessKeyId, SecretAccessKey, Expiration, S3Folder }))
    })
    broker.listen(0, '127.0.0.1')
    await once(broker, 'listening')
    t.after(() => broker.close())
    const type = storageType()
    const config = type.config.parse({
      endpoint_url: place.endpoint_url,
      credentials_url: `http://127.0.0.1:${(broker.address() as AddressInfo).port}/`,
      credentials_url_secret: 'known to both',
    })
    const brokered = await type.create(config, context)
    t.after(() => brokered.close?.())
    const parts = brokered.multipart as Multipart
    const upload = await begin('long.bin', 30, 10, parts)
    for (const number of [1, 2, 3]) {
      assert.equal(await send(upload, number, partOf(upload, number), parts), 200)
      await new Promise((resolve) => setTimeout(resolve, 3_600))
    }
    await parts.complete(upload, (await parts.listParts(upload)).parts)
    assert.equal((await bucket.head('brokered/long.bin'))?.size, 30)
    assert.ok(asked >= 3, `asked ${asked} times`)
  })

  test('without keys, those of the environment are used', async (t) => {
    const { access_key_id: id, secret_access_key: secret, ...place } = bucket.config
    process.env.AWS_ACCESS_KEY_ID = id
    process.env.AWS_SECRET_ACCESS_KEY = secret
    t.after(() => {
      delete process.env.AWS_ACCESS_KEY_ID
      delete process.env.AWS_SECRET_ACCESS_KEY
    })
    const type = storageType()
    const found = await type.create(type.config.parse(place), context)
    t.after(() => found.close?.())
    const url = await found.uploadUrl?.('environment.txt', { size: 5, expiresIn: 60 })
    const answer = await fetch(url?.url ?? '', { method: 'PUT', headers: { ...url?.headers }, body: 'hello' })
    await answer.body?.cancel()
    assert.equal(answer.status, 200)
    assert.equal((await found.stat('environment.txt'))?.size, 5)
  })

  test('a part that came by another way is a part like any other', async () => {
    const upload = await begin('other-way.bin', 20, 10)
    await send(upload, 1)
    const Body = partOf(upload, 2)
    await bucket.client.send(
      new UploadPartCommand({ Bucket: bucket.name, Key: 'p/other-way.bin', UploadId: upload.id, PartNumber: 2, Body }),
    )
    const { parts } = await multipart.listParts(upload)
    assert.deepEqual(
      parts.map(({ number, size }: StoredPart) => [number, size]),
      [
        [1, 10],
        [2, 10],
      ],
    )
    await multipart.complete(upload, parts)
    assert.equal((await multipart.find(upload))?.size, 20)
  })
})

/** Bytes that somebody still holds: what waits to be collected may be many times as much, and says nothing. */
function keptBytes(): number {
  collectGarbage()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return arrayBuffers + heapUsed
}

function storageType(): StorageType {
  const [type] = storages as readonly StorageType[]
  assert.ok(type)
  return type
}

async function open(more: object = {}): Promise<Storage> {
  const type = storageType()
  return await type.create(type.config.parse({ ...bucket.config, prefix: 'p', ...more }), context)
}

let tokens = 0

async function begin(path: string, size: number, partSize: number, on = multipart): Promise<MultipartUpload> {
  tokens += 1
  const upload = { path, size, partSize, token: `token${tokens}` }
  return { ...upload, id: await on.create(upload) }
}

function partOf({ size, partSize }: MultipartUpload, number: number): Buffer {
  return Buffer.alloc(Math.min(partSize, size - (number - 1) * partSize), `part ${number} `)
}

async function send(
  upload: MultipartUpload,
  number: number,
  body = partOf(upload, number),
  to = multipart,
): Promise<number> {
  const part = { number, size: body.byteLength }
  const target = await to.partTarget?.(upload, part, { expiresIn: 600 })
  assert.ok(target)
  const answer = await fetch(target.url, { method: 'PUT', headers: target.headers, body: new Uint8Array(body) })
  await answer.body?.cancel()
  return answer.status
}
