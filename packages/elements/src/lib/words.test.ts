import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Task } from './task.ts'
import { taskWords } from './words.ts'

const MB = 1_000_000

function words(task: Partial<Task<unknown>>): string {
  const whole = { state: 'sending', size: 64 * MB, sent: 0, kept: 0, pace: '', still: null, ...task }
  return taskWords(whole as Task<unknown>).words
}

test('what has left and is not confirmed is not 100%: it says what is waited for, and for how long', () => {
  assert.equal(words({ sent: 63.9 * MB, kept: 40 * MB }), '99% · 63.9 of 64.0 MB')
  assert.equal(words({ sent: 64 * MB, kept: 40 * MB }), 'Sent. Waiting until the last 24.0 MB are confirmed')
  assert.equal(words({ sent: 64 * MB, kept: 40 * MB, pace: '8.0 MB/s' }).includes('%'), false)
  assert.equal(
    words({ sent: 64 * MB, kept: 56 * MB, still: { seconds: 12, to: 'storage' } }),
    'Sent. Waiting until the last 8.0 MB are confirmed · 12 s',
  )
})

test('what only stands still says for how long, and who is waited for', () => {
  const still = { seconds: 7, to: 'server' as const }
  assert.equal(words({ sent: 32 * MB, still }), '50% · Nothing has moved for 7 s: waiting for the server')
})
