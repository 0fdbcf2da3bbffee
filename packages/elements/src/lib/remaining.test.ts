import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRemaining } from './remaining.ts'

const MB = 1_000_000

function timeline() {
  let at = 0
  const remaining = createRemaining(() => at)
  return {
    /** What is said a second later. */
    next(bytes: number, speed: number): number | null {
      at += 1000
      return remaining.next(bytes, speed)
    },
    reset: remaining.reset,
  }
}

test('at one speed it counts down', () => {
  const line = timeline()
  const said = Array.from({ length: 9 }, (_, second) => line.next((100 - second * 10) * MB, 10 * MB))
  assert.deepEqual(
    said.map((seconds) => seconds && Math.round(seconds)),
    [null, 9, 8, 7, 6, 5, 4, 3, 2],
  )
})

test('it does not go up for a moment in which less came', () => {
  const line = timeline()
  let before = Number.POSITIVE_INFINITY
  let left = 1000 * MB
  for (let second = 0; second < 60; second += 1) {
    // Parts arrive in heaps.
    const speed = second % 3 === 0 ? 7 * MB : 12 * MB
    left -= speed
    const said = line.next(left, speed) ?? before
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

test('a first moment of another speed is forgotten within seconds', () => {
  for (const first of [100 * MB, 0.2 * MB]) {
    const line = timeline()
    const said = [first, ...Array.from({ length: 6 }, () => 4 * MB)].map((speed) => line.next(100 * MB, speed)).at(-1)
    assert.ok(said !== null && said !== undefined && said > 12 && said < 50, `${said} s`)
  }
})
