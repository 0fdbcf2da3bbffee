import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pauseBefore } from './retry.ts'

test('pauses double, are spread, and end at a minute', () => {
  const middle = (): number => 0.5
  assert.deepEqual(
    [1, 2, 3, 7, 20].map((attempt) => pauseBefore(attempt, null, middle)),
    [1, 2, 4, 60, 60],
  )
  assert.equal(
    pauseBefore(1, null, () => 0),
    0.5,
  )
})

test('Retry-After is honoured as seconds and as a date, up to a minute', () => {
  const now = (): number => Date.parse('2025-03-14T10:00:00Z')
  assert.equal(pauseBefore(1, '7', Math.random, now), 7)
  assert.equal(pauseBefore(1, 'Fri, 14 Mar 2025 10:00:09 GMT', Math.random, now), 9)
  assert.equal(pauseBefore(1, '86400', Math.random, now), 60)
  assert.equal(pauseBefore(1, 'Fri, 14 Mar 2025 09:00:00 GMT', Math.random, now), 0)
})
