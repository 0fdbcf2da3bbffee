import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { COLLECT_EVERY_BYTES, COLLECT_OLD_BYTES, createChunkMemory } from './chunk-memory.ts'

/** What was collected, and a number of bytes of buffers that a test sets. */
function watched(held = 0) {
  const collected: string[] = []
  const state = { held, collected }
  const memory = createChunkMemory({ collect: (generation) => collected.push(generation), buffers: () => state.held })
  return { state, receive: (bytes: number) => memory.received(bytes) }
}

test('young objects are collected each time so many bytes have been received', () => {
  const { state, receive } = watched()
  receive(COLLECT_EVERY_BYTES - 1)
  assert.deepEqual(state.collected, [])
  receive(1)
  assert.deepEqual(state.collected, ['minor'])
  receive(COLLECT_EVERY_BYTES)
  assert.deepEqual(state.collected, ['minor', 'minor'])
})

test('old ones are collected once buffers have grown by so much, from the least there have been', () => {
  const { state, receive } = watched(COLLECT_OLD_BYTES)
  receive(COLLECT_EVERY_BYTES)
  state.held = 1_000
  receive(COLLECT_EVERY_BYTES)
  state.held = COLLECT_OLD_BYTES
  receive(COLLECT_EVERY_BYTES)
  assert(!state.collected.includes('major'))
  state.held += 1_000
  receive(COLLECT_EVERY_BYTES)
  assert.equal(state.collected.at(-1), 'major')
  // What is left after it is in use.
  receive(COLLECT_EVERY_BYTES)
  assert.equal(state.collected.at(-1), 'minor')
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
