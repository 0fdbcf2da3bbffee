import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLanes } from './lanes.ts'

const never = new AbortController().signal

test('a slow one halves what goes on at once, those beside it no more; each full round that goes well adds one', async () => {
  let time = 0
  const lanes = createLanes(8, () => time)
  const leaves = await Promise.all(Array.from({ length: 8 }, () => lanes.enter(never)))
  time = 1
  for (const leave of leaves) leave('slow')
  assert.equal(lanes.limit, 4)
  time = 2
  const leave = await lanes.enter(never)
  leave('slow')
  assert.equal(lanes.limit, 2)
  for (const expected of [2, 3, 3, 3, 4]) {
    const done = await lanes.enter(never)
    done('good')
    assert.equal(lanes.limit, expected)
  }
  for (let round = 0; round < 50; round += 1) (await lanes.enter(never))('good')
  assert.equal(lanes.limit, 8)
})

test('one always goes on, and who waits can stop waiting', async () => {
  let time = 0
  const lanes = createLanes(2, () => time)
  for (; time < 5; time += 1) (await lanes.enter(never))('slow')
  assert.equal(lanes.limit, 1)
  const leave = await lanes.enter(never)
  const stop = new AbortController()
  const waiting = lanes.enter(stop.signal)
  const next = lanes.enter(never)
  stop.abort(new Error('enough'))
  await assert.rejects(waiting, /enough/)
  leave('failed')
  await next
})
