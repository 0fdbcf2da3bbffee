import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import s3 from '@holdall/storage-s3'
import type { StorageType } from 'holdall/plugin'
import { storageContract } from 'holdall/testing'
import { makeBucket, skipS3, type TestBucket } from './support/ceph.ts'

const { storages = [] } = await s3({})
const [type] = storages as readonly StorageType[]

const lines: string[] = []
const log = { info: say, warn: say, error: say }
function say(event: string): void {
  lines.push(event)
}

const LONG = process.env.HOLDALL_TEST_LONG !== undefined
const MIB = 1024 * 1024
/** Two pieces of a copy and a part of a third. */
const LARGE_MIB = 1_100

async function open(bucket: TestBucket) {
  const config = type?.config.parse({ ...bucket.config, prefix: 'some/prefix' })
  const storage = await type?.create(config, { log, fetch, getSecret: async () => undefined })
  if (storage === undefined) throw new Error('There is no storage type')
  return storage
}

describe('a bucket of Ceph', { skip: skipS3 }, () => {
  const listed = LONG ? 10_000 : 1_200
  storageContract(
    async () => {
      const bucket = await makeBucket('contract')
      return {
        storage: await open(bucket),
        fetch,
        leftovers: async () => (await bucket.uploads()).map(({ key }) => `an upload of ${key}`),
        remove: bucket.remove,
      }
    },
    { listed },
  )

  // What a copy in pieces asks for is tried in the package itself, with small pieces.
  if (LONG)
    test('a copy of more than a gigabyte, which the service makes in pieces, is the same', async () => {
      const bucket = await makeBucket('large-copy')
      try {
        const storage = await open(bucket)
        const written = createHash('sha256')
        let at = 0
        const stream = new ReadableStream<Uint8Array>({
          pull(controller) {
            if (at === LARGE_MIB) return controller.close()
            const piece = Buffer.alloc(MIB, `${at} `)
            written.update(piece)
            controller.enqueue(new Uint8Array(piece))
            at += 1
          },
        })
        await storage.write?.('one.bin', stream)
        await storage.copy?.('one.bin', 'two.bin')
        const copied = await storage.stat('two.bin')
        assert.equal(copied?.size, LARGE_MIB * MIB)
        assert.match(copied?.etag ?? '', /-3$/, 'of three pieces')
        const read = createHash('sha256')
        for await (const chunk of await storage.read('two.bin')) read.update(chunk)
        assert.equal(read.digest('hex'), written.digest('hex'))
        assert.deepEqual(await bucket.uploads(), [])
        await storage.close?.()
      } finally {
        await bucket.remove()
      }
    })
})
