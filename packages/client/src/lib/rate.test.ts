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

test('a steady speed is said as it is, whatever was there, stood still, or was sent again', () => {
  for (const speed of [62, 3_400, 90_000]) {
    for (const there of [0, 46_000_000]) {
      let now = 0
      let bytes = there
      const rate = createRate(() => now)
      function send(ms: number): void {
        for (const until = now + ms; now < until; ) {
          now += 50
          bytes += speed * 50
          rate.add(bytes)
          const said = rate.perSecond()
          if (said !== undefined) assert.equal(Math.round(said), speed * 1_000, `${speed} from ${there} at ${now}`)
        }
      }
      rate.add(bytes)
      send(2_900)
      assert.equal(rate.perSecond(), undefined, 'too early to say')
      send(4_000)
      assert.notEqual(rate.perSecond(), undefined)
      // The computer slept.
      now += 60_000
      send(4_000)
      assert.notEqual(rate.perSecond(), undefined)
      // A part starts over.
      bytes = Math.max(0, bytes - speed * 2_000)
      rate.add(bytes)
      send(4_000)
    }
  }
})
