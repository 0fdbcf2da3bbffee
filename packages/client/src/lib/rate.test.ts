import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRate } from './rate.ts'

test('the speed of the last seconds, however often it is told', () => {
  let now = 0
  const rate = createRate(() => now)
  assert.equal(rate.perSecond(), undefined)
  for (; now <= 10_000; now += 10) rate.add(now * 2)
  assert.equal(Math.round(rate.perSecond() ?? 0), 2_000)
  const before = now * 2
  for (const until = now + 10_000; now <= until; now += 10) rate.add(before + (now - until + 10_000) * 8)
  assert.equal(Math.round(rate.perSecond() ?? 0), 8_000)
  rate.reset()
  assert.equal(rate.perSecond(), undefined)
})
