import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inChunks } from './bodies.ts'
import { watchLeaks } from './leaks.ts'
import { withParts } from './multipart.ts'
import { begin, checksumOf } from './sending.ts'
import type { Subject } from './subject.ts'

const WRITERS = 4
const COMPLETIONS = 5
/** What a client hears of a storage that it sends to itself: an answer, or that the connection ends while it sends. */
const REFUSED = /^(?:Error: PUT was answered with 4|TypeError: fetch failed)/

/** Parts that do not arrive as they should, and uploads that end otherwise. */
export function multipartFaultTests(subject: Subject): void {
  const inParts = withParts(subject)

  test(
    'a part of another length is refused, and harms no other',
    inParts(async (multipart) => {
      const sending = await begin(subject, multipart)
      await sending.send(2)
      const before = await sending.listed()
      const code = multipart.writePart === undefined ? REFUSED : { code: 'size_mismatch' }
      const longer = Buffer.concat([sending.part(1), sending.part(1)])
      for (const body of [longer, longer.subarray(0, sending.part(1).byteLength + 1), sending.part(1).subarray(1)]) {
        await assert.rejects(sending.send(1, { body }), code, `${body.byteLength}`)
      }
      assert.deepEqual(await sending.listed(), before)
      for (const number of [1, 3]) await sending.send(number)
      await sending.complete()
      await sending.assertStored()
    }),
  )

  test(
    'a part with other bytes than its checksum tells is refused',
    inParts(async (multipart, t) => {
      const { checksum: kind } = multipart
      if (kind === undefined) return t.diagnostic('this storage checks no checksums')
      const sending = await begin(subject, multipart, { parts: 2 })
      const checksum = checksumOf(kind, sending.part(1))
      const body = Buffer.from(sending.part(1))
      body[body.byteLength >> 1] = (body[body.byteLength >> 1] as number) ^ 1
      const code = multipart.writePart === undefined ? REFUSED : { code: 'part_checksum_mismatch' }
      await assert.rejects(sending.send(1, { body, checksum }), code)
      assert.deepEqual(await sending.listed(), [])
      await sending.send(1, { checksum })
      await sending.send(2, { checksum: checksumOf(kind, sending.part(2)) })
      for (const part of await sending.listed()) {
        assert.ok(part.checksum === undefined || part.checksum === checksumOf(kind, sending.part(part.number)))
      }
      await sending.complete()
      await sending.assertStored()
    }),
  )

  test(
    'a part that broke off is not there, and can be sent again',
    inParts(async (multipart) => {
      const check = await watchLeaks()
      const sending = await begin(subject, multipart, { parts: 2 })
      for (const number of [1, 2]) await sending.breakOff(number)
      assert.deepEqual(await sending.listed(), [])
      assert.equal(await subject.storage.stat(sending.upload.path), undefined)
      for (const number of [1, 2]) await sending.send(number)
      await sending.complete()
      await sending.assertStored()
      await check()
    }),
  )

  test(
    'writing a part ends with its signal, even while it waits for its body',
    inParts(async (multipart, t) => {
      const { writePart } = multipart
      if (writePart === undefined) return t.diagnostic('parts are not sent to Holdall here')
      const sending = await begin(subject, multipart)
      const check = await watchLeaks()
      const abort = new AbortController()
      const plan = { number: 1, size: sending.part(1).byteLength }
      const { promise: never } = Promise.withResolvers<void>()
      async function* stalling() {
        yield* inChunks(sending.part(1).subarray(1))
        setImmediate(() => abort.abort(new Error('stopped by hand')))
        await never
      }
      const options = { signal: abort.signal }
      await assert.rejects(writePart.call(multipart, sending.upload, plan, stalling(), options), /stopped by hand/)
      await assert.rejects(
        writePart.call(multipart, sending.upload, plan, inChunks(sending.part(1)), {
          signal: AbortSignal.abort(new Error('before it began')),
        }),
        /before it began/,
      )
      assert.deepEqual(await sending.listed(), [])
      await check()
      await multipart.abort(sending.upload)
    }),
  )

  test(
    'of one part sent several times at once, one stays, whole',
    inParts(async (multipart) => {
      const sending = await begin(subject, multipart, { parts: 2 })
      const bodies = Array.from({ length: WRITERS }, (_, at) => sending.part(1).map((byte) => byte ^ at))
      const results = await Promise.allSettled(bodies.map((body) => sending.send(1, { body })))
      assert.ok(
        results.some(({ status }) => status === 'fulfilled'),
        'somebody has his way',
      )
      await sending.send(2)
      await sending.complete()
      const whole = bodies.map((body) => Buffer.concat([body, sending.part(2)]))
      const right: Uint8Array[] = []
      for (const body of whole)
        await sending.assertStored(body).then(
          () => right.push(body),
          () => {},
        )
      assert.equal(right.length, 1, 'the bytes of one of them')
    }),
  )

  test(
    'with a part missing it is not completed, and goes on',
    inParts(async (multipart) => {
      const sending = await begin(subject, multipart)
      for (const number of [1, 3]) await sending.send(number)
      const there = await sending.listed()
      const invented = { number: 2, size: sending.part(2).byteLength, etag: '0123456789abcdef0123456789abcdef' }
      const [first, third] = there
      assert.ok(first && third)
      for (const parts of [there, [first, invented, third], []]) {
        await assert.rejects(multipart.complete(sending.upload, parts))
        assert.equal(await subject.storage.stat(sending.upload.path), undefined)
        assert.equal(await multipart.find(sending.upload), undefined)
        assert.deepEqual(await sending.listed(), there)
      }
      await sending.send(2)
      await sending.complete()
      await sending.assertStored()
    }),
  )

  test(
    'completed twice, and several times at once, it is one file',
    inParts(async (multipart) => {
      for (const times of [2, COMPLETIONS]) {
        const sending = await begin(subject, multipart, { parts: 2 })
        for (const number of [1, 2]) await sending.send(number)
        const parts = await sending.listed()
        const complete = () => multipart.complete(sending.upload, parts)
        if (times === 2) {
          await complete()
          await assert.rejects(
            async () => {
              await complete()
              throw Object.assign(new Error('it may say that all is well'), { code: 'multipart_gone' })
            },
            { code: 'multipart_gone' },
          )
        } else {
          const results = await Promise.allSettled(Array.from({ length: times }, complete))
          assert.ok(results.some(({ status }) => status === 'fulfilled'))
        }
        await sending.assertStored()
      }
      assert.deepEqual(await subject.leftovers(), [])
    }),
  )

  test(
    'aborted, nothing of it is left, and aborting again is success',
    inParts(async (multipart) => {
      const sending = await begin(subject, multipart)
      const { upload } = sending
      await sending.send(1)
      const parts = await sending.listed()
      for (let time = 0; time < 2; time += 1) await multipart.abort(upload)
      assert.deepEqual(await subject.leftovers(), [])
      await assert.rejects(multipart.listParts(upload), { code: 'multipart_gone' })
      await assert.rejects(multipart.complete(upload, parts), { code: 'multipart_gone' })
      await assert.rejects(sending.send(2), multipart.writePart === undefined ? REFUSED : { code: 'multipart_gone' })
      assert.equal(await subject.storage.stat(upload.path), undefined)
      assert.equal(await multipart.find(upload), undefined)
      await multipart.abort(upload)
      assert.deepEqual(await subject.leftovers(), [])
    }),
  )

  test(
    'aborting what is complete leaves the file',
    inParts(async (multipart) => {
      const sending = await begin(subject, multipart, { parts: 2 })
      for (const number of [1, 2]) await sending.send(number)
      await sending.complete()
      for (let time = 0; time < 2; time += 1) await multipart.abort(sending.upload)
      await sending.assertStored()
    }),
  )

  test(
    'another file at its path is not taken for its own',
    inParts(async (multipart) => {
      const sending = await begin(subject, multipart, { size: 5_000 })
      await sending.send(1)
      await subject.put(sending.upload.path, 5_000)
      assert.equal(await multipart.find(sending.upload), undefined)
      await multipart.abort(sending.upload)
      await subject.put(sending.upload.path, 5_000)
      assert.equal(await multipart.find(sending.upload), undefined)
      assert.equal((await subject.storage.stat(sending.upload.path))?.size, 5_000)
    }),
  )

  test(
    'an upload that was never begun is gone',
    inParts(async (multipart) => {
      const sending = await begin(subject, multipart)
      await multipart.abort(sending.upload)
      for (const size of [sending.upload.size, 1]) {
        await assert.rejects(multipart.listParts({ ...sending.upload, size }), { code: 'multipart_gone' })
      }
      assert.deepEqual(await subject.leftovers(), [])
    }),
  )
}
