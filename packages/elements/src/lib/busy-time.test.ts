import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBusyTime } from './busy-time.ts'

test('time counts once while several things go on, and not while none does', () => {
  let now = 0
  const busy = createBusyTime(() => now)
  busy.count(1)
  now = 1_000
  busy.count(1)
  now = 2_000
  busy.count(-1)
  assert.equal(busy.total, 2_000)
  now = 3_000
  busy.count(-1)
  now = 9_000
  assert.equal(busy.total, 3_000)
  busy.count(1)
  now = 9_500
  assert.equal(busy.total, 3_500)
  busy.reset()
  now = 9_600
  assert.equal(busy.total, 100)
})
