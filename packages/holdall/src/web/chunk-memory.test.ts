import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { COLLECT_EVERY_BYTES, createChunkMemory } from './chunk-memory.ts'

test('young objects are collected each time so many bytes have been received', () => {
  let collections = 0
  const memory = createChunkMemory(() => {
    collections += 1
  })
  memory.received(COLLECT_EVERY_BYTES - 1)
  assert.equal(collections, 0)
  memory.received(1)
  assert.equal(collections, 1)
  memory.received(COLLECT_EVERY_BYTES)
  assert.equal(collections, 2)
})

test('the collection that Node offers gives back the buffers of dead chunks', { timeout: 30_000 }, async () => {
  const memory = createChunkMemory()
  const before = process.memoryUsage().arrayBuffers
  for (let n = 0; n < 100; n += 1) Buffer.allocUnsafeSlow(65_536)
  const lying = process.memoryUsage().arrayBuffers - before
  assert.ok(lying > 3_000_000)
  // The buffers of what was collected are freed by a thread of their own, a moment later.
  const left = () => process.memoryUsage().arrayBuffers - before
  for (let attempt = 0; left() > lying / 4 && attempt < 100; attempt += 1) {
    memory.received(COLLECT_EVERY_BYTES)
    await sleep(20)
  }
  assert.ok(left() <= lying / 4, `${left()} of ${lying} bytes are left`)
})
