import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Multipart } from '../multipart.ts'
import { storagePath } from '../paths.ts'
import { collect } from './bodies.ts'
import { watchLeaks } from './leaks.ts'
import { IMPOSSIBLE_PATHS, NAUGHTY_NAMES } from './names.ts'
import { begin, listAll, type Sending } from './sending.ts'
import type { Subject } from './subject.ts'

const MIB = 1024 * 1024
/** Every so many of the naughty names: each costs several requests. */
const EVERY_NAME = 4
const PAGE_ENDS = 1_003
const TINY_PART = 16
const AT_ONCE = 32
const A_DAY_MS = 86_400_000

/** Parts that arrive as they should. A storage without `multipart` has nothing to show here, and says so. */
export function multipartTests(subject: Subject): void {
  const inParts = withParts(subject)

  test(
    'parts out of order make the file, and nothing is seen of it before',
    inParts(async (multipart) => {
      const contentType = 'text/x-contract'
      const sending = await begin(subject, multipart, { contentType })
      const { path } = sending.upload
      for (const number of [3, 1, 2]) {
        await sending.send(number)
        assert.equal(await subject.storage.stat(path), undefined)
        if (subject.storage.list !== undefined) assert.deepEqual((await subject.list({ prefix: path })).files, [])
        assert.equal(await multipart.find(sending.upload), undefined)
      }
      const listed = await sending.listed()
      assert.deepEqual(
        listed.map(({ number, size }) => [number, size]),
        [1, 2, 3].map((number) => [number, sending.part(number).byteLength]),
      )
      assert.equal(new Set(listed.map(({ etag }) => etag)).size, 3)
      // Of the storage's own clock, which need not be ours to the minute.
      const { lastAt } = await multipart.listParts(sending.upload)
      assert.ok(lastAt === undefined || Math.abs(Date.now() - lastAt.getTime()) < A_DAY_MS)
      await sending.complete()
      await sending.assertStored()
      const stat = await subject.storage.stat(path)
      assert.ok(stat?.contentType === undefined || stat.contentType === contentType)
      if (subject.storage.list !== undefined) {
        assert.deepEqual(
          (await subject.list({ prefix: path })).files.map((file) => file.path),
          [path],
        )
      }
      assert.deepEqual(await subject.leftovers(), [])
    }),
  )

  test(
    'parts are sent in parallel',
    inParts(async (multipart) => {
      const check = await watchLeaks()
      const sending = await begin(subject, multipart, { parts: 4 })
      await Promise.all([2, 4, 1, 3].map((number) => sending.send(number)))
      await sending.complete()
      await sending.assertStored()
      assert.deepEqual(await subject.leftovers(), [])
      await check()
    }),
  )

  for (const [name, size] of [
    ['one byte', 1],
    ['5 MiB', 5 * MIB],
    ['5 MiB and one byte', 5 * MIB + 1],
  ] as const) {
    test(
      `a file of ${name}`,
      inParts(async (multipart) => {
        const sending = await begin(subject, multipart, { size, partSize: 5 * MIB })
        for (let number = 1; number <= sending.count; number += 1) await sending.send(number)
        await sending.complete()
        await sending.assertStored()
      }),
    )
  }

  test(
    'of a part that is sent again the last bytes count',
    inParts(async (multipart) => {
      const sending = await begin(subject, multipart, { parts: 2 })
      const first = sending.part(1).map((byte) => byte ^ 0xff)
      await sending.send(1, { body: first })
      await sending.send(2)
      const before = await sending.listed()
      await sending.send(1)
      const after = await sending.listed()
      assert.deepEqual(
        after.map(({ number }) => number),
        [1, 2],
      )
      assert.notEqual(after[0]?.etag, before[0]?.etag)
      assert.deepEqual(after[1], before[1])
      await sending.complete()
      await sending.assertStored()
    }),
  )

  test(
    'parts are listed page by page',
    inParts(async (multipart) => {
      // Where parts may be tiny, more of them than any page holds.
      const many = multipart.limits.minPartSize <= TINY_PART
      const sending = await begin(subject, multipart, many ? { parts: PAGE_ENDS, partSize: TINY_PART } : { parts: 3 })
      const numbers = Array.from({ length: sending.count }, (_, at) => at + 1)
      const waiting = [...numbers]
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await sending.send(next)
        }),
      )
      for (const limit of [undefined, many ? 250 : 1, many ? 1_000 : 2]) {
        assert.deepEqual(
          (await listAll(multipart, sending.upload, limit)).map(({ number }) => number),
          numbers,
        )
      }
      const { parts } = await multipart.listParts(sending.upload, { after: sending.count - 1 })
      assert.deepEqual(
        parts.map(({ number }) => number),
        [sending.count],
      )
      const none = await multipart.listParts(sending.upload, { after: sending.count })
      assert.deepEqual(none, { parts: [], next: null })
      await sending.complete()
      await sending.assertStored()
    }),
  )

  test(
    'names that are hard to hold',
    inParts(async (multipart) => {
      for (const name of NAUGHTY_NAMES.filter((_, at) => at % EVERY_NAME === 0)) {
        const path = storagePath(subject.fresh('').slice(0, -1), name)
        const sending = await begin(subject, multipart, { path, size: 100 })
        await sending.send(1)
        await sending.complete()
        await sending.assertStored()
      }
      for (const path of IMPOSSIBLE_PATHS) {
        await assert.rejects(
          begin(subject, multipart, { path }),
          { code: 'storage_path_invalid' },
          JSON.stringify(path),
        )
      }
      assert.deepEqual(await subject.leftovers(), [])
    }),
  )

  test(
    'what is at a path is replaced when the upload is complete, not before',
    inParts(async (multipart) => {
      const path = subject.fresh()
      const old = await subject.put(path, 1_000)
      const sending = await begin(subject, multipart, { path, parts: 2 })
      for (const number of [1, 2]) await sending.send(number)
      assert.ok((await collect(await subject.storage.read(path))).equals(old))
      assert.equal(await multipart.find(sending.upload), undefined)
      await sending.complete()
      await sending.assertStored()
    }),
  )

  test(
    'uploads under way are listed until they end',
    inParts(async (multipart, t) => {
      const { listUploads } = multipart
      if (listUploads === undefined) return t.diagnostic('this storage does not list its uploads')
      const sendings = [
        await begin(subject, multipart),
        await begin(subject, multipart),
        await begin(subject, multipart),
      ]
      const ours = new Map(sendings.map(({ upload }) => [upload.id, upload.path]))
      const all = async () => {
        const found = new Map<string, string>()
        for (let cursor: string | null | undefined; cursor !== null; ) {
          const page: Awaited<ReturnType<typeof listUploads>> = await listUploads.call(
            multipart,
            cursor === undefined ? {} : { cursor },
          )
          for (const { id, path, startedAt } of page.uploads) {
            assert.ok(Math.abs(startedAt.getTime() - Date.now()) < 3600_000, 'it began a moment ago')
            found.set(id, path)
          }
          cursor = page.next
        }
        return found
      }
      const found = await all()
      for (const [id, path] of ours) assert.equal(found.get(id), path)
      const [aborted, completed, third] = sendings as [Sending, Sending, Sending]
      await multipart.abort(aborted.upload)
      for (const number of [1, 2, 3]) await completed.send(number)
      await completed.complete()
      const left = await all()
      assert.deepEqual(
        [...ours.keys()].filter((id) => left.has(id)),
        [third.upload.id],
      )
      await multipart.abort(third.upload)
      await assert.rejects(listUploads.call(multipart, { cursor: '../..' }), { code: 'invalid_cursor' })
    }),
  )
}

/** What a test does with a storage that takes parts. */
export function withParts(subject: Subject) {
  return (work: (multipart: Multipart, t: TestContext) => Promise<void>) =>
    async (t: TestContext): Promise<void> => {
      const { multipart } = subject.storage
      if (multipart === undefined) return t.diagnostic('this storage takes no parts')
      assert.notEqual(multipart.partTarget === undefined, multipart.writePart === undefined, 'one way to send parts')
      await work(multipart, t)
    }
}
