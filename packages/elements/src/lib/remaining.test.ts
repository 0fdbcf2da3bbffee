import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRemaining } from './remaining.ts'

const MB = 1_000_000

function timeline() {
  let at = 0
  const remaining = createRemaining(() => at)
  return {
    /** What is said a second later. */
    next(bytes: number, speed: number): number {
      at += 1000
      return remaining.next(bytes, speed)
    },
    reset: remaining.reset,
  }
}

test('at one speed it counts down', () => {
  const line = timeline()
  const said = Array.from({ length: 9 }, (_, second) => Math.round(line.next((100 - second * 10) * MB, 10 * MB)))
  assert.deepEqual(said, [10, 9, 8, 7, 6, 5, 4, 3, 2])
})

test('it does not go up for a moment in which less came', () => {
  const line = timeline()
  let before = Number.POSITIVE_INFINITY
  let left = 1000 * MB
  for (let second = 0; second < 60; second += 1) {
    // Parts arrive in heaps.
    const speed = second % 3 === 0 ? 7 * MB : 12 * MB
    left -= speed
    const said = line.next(left, speed)
    assert.ok(said <= before, `${said} s after ${before} s`)
    before = said
  }
})

test('a connection that has become slow is said within seconds, and so is one that has become fast', () => {
  const line = timeline()
  for (let second = 0; second < 10; second += 1) line.next(500 * MB, 50 * MB)
  const slow = Array.from({ length: 6 }, () => line.next(500 * MB, 5 * MB)).at(-1) ?? 0
  assert.ok(slow > 60, `${slow} s`)
  const fast = Array.from({ length: 12 }, () => line.next(500 * MB, 50 * MB)).at(-1) ?? 0
  assert.ok(fast < 20, `${fast} s`)
})

test('a burst at the beginning is soon forgotten', () => {
  const line = timeline()
  line.next(100 * MB, 100 * MB)
  const said = [line.next(100 * MB, 4 * MB), line.next(96 * MB, 4 * MB), line.next(92 * MB, 4 * MB)].at(-1) ?? 0
  assert.ok(said > 12 && said < 26, `${said} s`)
})
