import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMeter } from './meter.ts'

test('where nothing moves there is no speed, but for how long and who is waited for', () => {
  let now = 0
  const meter = createMeter(() => now)
  const report = { phase: 'sending' as const, total: 100_000_000, to: 'storage' as const }
  meter.start()
  for (let second = 0; second < 5; second += 1) {
    meter.read({ ...report, sent: second * 1_000_000, speed: 1_000_000 })
    meter.tick()
    now += 1_000
  }
  assert.equal(meter.pace, '1.0 MB/s · 96 s left')
  assert.equal(meter.still, null)
  for (const until = now + 11_000; now < until; now += 1_000) meter.tick()
  // A part that is begun again moves nothing yet.
  meter.read({ ...report, sent: 4_000_000, still: true })
  assert.equal(meter.pace, '')
  assert.deepEqual(meter.still, { seconds: 12, to: 'storage' })
  // What is sent a second time is no progress, but moves.
  meter.read({ ...report, sent: 4_000_000 })
  assert.equal(meter.still, null)
})
