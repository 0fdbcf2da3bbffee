import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inSlices } from './slices.ts'

function busy(milliseconds: number): void {
  for (const until = performance.now() + milliseconds; performance.now() < until; );
}

test('who waits has a turn before all is done, and all is done in its order', async () => {
  const items = Array.from({ length: 120 }, (_, at) => at)
  const done: number[] = []
  let doneAtTurn = -1
  setImmediate(() => {
    doneAtTurn = done.length
  })
  await inSlices(items, (item) => {
    busy(1)
    done.push(item)
  })
  assert.deepEqual(done, items)
  assert.ok(doneAtTurn > 0 && doneAtTurn < items.length, `the turn came after ${doneAtTurn}`)
})

test('of few, all are done at once', async () => {
  const done: number[] = []
  const all = inSlices([1, 2, 3], (item) => done.push(item))
  assert.deepEqual(done, [1, 2, 3])
  await all
})
