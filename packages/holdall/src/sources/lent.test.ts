import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { lend } from './lent.ts'
import type { Storage } from './storage.ts'

const LEFT_AFTER_MS = 40

function bytes(count: number): ReadableStream<Uint8Array> {
  let given = 0
  return new ReadableStream({
    pull(controller) {
      if (given === count) return controller.close()
      given += 1
      controller.enqueue(Uint8Array.of(given))
    },
  })
}

let time = 0
const now = () => time

/** It looks at the clock ten times in that time, so that it has by then. */
async function isLeft(left: Promise<void>): Promise<boolean> {
  return await Promise.race([left.then(() => true), sleep(LEFT_AFTER_MS, false)])
}

test('a storage is left when what was read from it has been read to its end, or given up', async () => {
  const storage: Storage = { stat: async () => undefined, read: async () => bytes(3) }
  const { storage: lent, left } = lend(storage, now)
  const one = (await lent.read('a')).getReader()
  const two = await lent.read('b')
  const leaving = left(LEFT_AFTER_MS)
  time += LEFT_AFTER_MS * 4
  assert.equal(await isLeft(leaving), false)
  const seen: number[] = []
  for (let next = await one.read(); !next.done; next = await one.read()) seen.push(...next.value)
  assert.deepEqual(seen, [1, 2, 3])
  time += LEFT_AFTER_MS * 4
  assert.equal(await isLeft(leaving), false)
  await two.cancel()
  time += LEFT_AFTER_MS
  await leaving
})

test('a call that is under way keeps it, and so does one that failed a moment ago; its members are as they were', async () => {
  const gate = Promise.withResolvers<undefined>()
  let part = 0
  const multipart = { limits: { maxParts: 7 }, partTarget: async () => (part += 1) } as unknown as Storage['multipart']
  const storage = { stat: () => gate.promise, read: async () => bytes(1), multipart, maxFileSize: 5 } as Storage
  const { storage: lent, left } = lend(storage, now)
  assert.deepEqual([lent.maxFileSize, 'write' in lent, lent.write], [5, false, undefined])
  assert.equal(lent.multipart?.limits.maxParts, 7)
  await (lent.multipart as unknown as { partTarget(): Promise<number> }).partTarget()
  assert.equal(part, 1)
  const asked = lent.stat('a')
  const leaving = left(LEFT_AFTER_MS)
  time += LEFT_AFTER_MS * 4
  assert.equal(await isLeft(leaving), false)
  gate.reject(new Error('gone'))
  await assert.rejects(asked, /gone/)
  // Whoever lists page by page comes back in a moment.
  time += LEFT_AFTER_MS - 1
  assert.equal(await isLeft(leaving), false)
  time += 1
  await leaving
})
