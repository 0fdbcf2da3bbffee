import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Storage } from '../storage.ts'
import { bytes, collect } from './bodies.ts'
import { put, putHalf } from './put.ts'
import type { Subject } from './subject.ts'

const BYTES = 200_000
const URL_SECONDS = 600
const CONTENT_TYPE = 'text/x-contract'

/** Whole files that clients send to the storage themselves. A storage without `uploadUrl` has nothing to show here. */
export function directTests(subject: Subject): void {
  test(
    'what is sent is stored, with its type',
    sendsItself(async ({ uploadUrl }) => {
      const path = subject.fresh('ä b+c.bin')
      const body = bytes(BYTES, subject.seed())
      const target = await uploadUrl(path, { size: BYTES, expiresIn: URL_SECONDS, contentType: CONTENT_TYPE })
      assert.equal(target.method, 'PUT')
      assert.equal(await subject.storage.stat(path), undefined)
      await put(subject.fetch, target, body)
      const stat = await subject.storage.stat(path)
      assert.deepEqual([stat?.path, stat?.size], [path, BYTES])
      assert.ok(stat?.contentType === undefined || stat.contentType === CONTENT_TYPE)
      assert.ok((await collect(await subject.storage.read(path))).equals(body))
    }),
  )

  test(
    'another length is refused',
    sendsItself(async ({ uploadUrl }) => {
      const path = subject.fresh()
      const body = bytes(BYTES + 1, subject.seed())
      const target = await uploadUrl(path, { size: BYTES, expiresIn: URL_SECONDS })
      for (const length of [BYTES - 1, BYTES + 1, 0]) {
        await assert.rejects(put(subject.fetch, target, body.subarray(0, length)), `${length}`)
        assert.equal(await subject.storage.stat(path), undefined)
      }
    }),
  )

  test(
    'what broke off is not there',
    sendsItself(async ({ uploadUrl }) => {
      const path = subject.fresh()
      const body = bytes(BYTES, subject.seed())
      const target = await uploadUrl(path, { size: BYTES, expiresIn: URL_SECONDS })
      await putHalf(subject.fetch, target, body)
      assert.equal(await subject.storage.stat(path), undefined)
      await put(subject.fetch, target, body)
      assert.ok((await collect(await subject.storage.read(path))).equals(body))
      assert.deepEqual(await subject.leftovers(), [])
    }),
  )

  function sendsItself(work: (storage: { uploadUrl: NonNullable<Storage['uploadUrl']> }) => Promise<void>) {
    return async (t: TestContext): Promise<void> => {
      const { storage } = subject
      if (storage.uploadUrl === undefined) return t.diagnostic('this storage takes no files from clients themselves')
      await work({ uploadUrl: storage.uploadUrl.bind(storage) })
    }
  }
}
