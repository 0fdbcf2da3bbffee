import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createProgress } from './progress.ts'
import type { UploadProgress } from './types.ts'

const MB = 1_000_000

test('a speed counts neither what was there before nor the time in which nothing could be sent', () => {
  let now = 0
  let last: UploadProgress | undefined
  const progress = createProgress(
    100 * MB,
    (report) => {
      last = report
    },
    () => now,
  )
  // 1 MB a second, beginning where another upload was.
  progress.start([[1, 60 * MB]])
  progress.begun(2, 'storage')
  assert.deepEqual([last?.to, last?.still, last?.speed], ['storage', true, undefined])
  // Reading comes before the first byte, and is no sending.
  now += 2_000
  for (let at = 1; at <= 40; at += 1) {
    now += 100
    progress.moved(2, at * 0.1 * MB)
    if (at < 30) assert.equal(last?.speed, undefined)
  }
  assert.equal(Math.round((last?.speed ?? 0) / MB), 1)
  progress.paused(2, 4)
  assert.deepEqual([last?.phase, last?.speed], ['waiting', undefined])
  now += 4_000
  for (let at = 0; at <= 35; at += 1) {
    progress.moved(2, at * 0.1 * MB)
    now += 100
  }
  assert.equal(Math.round((last?.speed ?? 0) / MB), 1)
  // Where nothing moves, a part that is tried again is said although another is still waited for.
  progress.begun(3, 'storage')
  now += 6_000
  progress.paused(2, 4)
  assert.equal(last?.phase, 'waiting')
})

test('parts that broke are told until they have arrived, also while others move', () => {
  let last: UploadProgress | undefined
  const progress = createProgress(
    3 * MB,
    (report) => {
      last = report
    },
    () => 0,
  )
  progress.start([])
  for (const part of [1, 2, 3]) progress.begun(part, 'storage')
  progress.moved(2, MB)
  progress.paused(2, 4)
  assert.deepEqual([last?.phase, last?.again], ['sending', 1])
  progress.paused(2, 8)
  progress.acknowledged(1, MB)
  assert.equal(last?.again, 1)
  progress.begun(2, 'storage')
  progress.acknowledged(2, MB)
  assert.equal(last?.again, undefined)
  // A request about the upload is no part.
  progress.paused(0, 4)
  assert.equal(last?.again, undefined)
})
