import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatBytes, formatCount, formatDimensions, formatLimit, formatNumber, formatTime } from './format.ts'

test('sizes are decimal with one digit from a megabyte on', () => {
  const sizes: [number, string][] = [
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1000, '1 KB'],
    [412_300, '412 KB'],
    [999_499, '999 KB'],
    [999_500, '1.0 MB'],
    [6_400_000, '6.4 MB'],
    [100_000_000, '100 MB'],
    [178_600_000, '178.6 MB'],
    [5_497_558_138_880, '5.5 TB'],
  ]
  for (const [bytes, text] of sizes) assert.equal(formatBytes(bytes), text)
})

test('a limit is a round number where it is one', () => {
  assert.equal(formatLimit(10_000_000), '10 MB')
  assert.equal(formatLimit(1_500_000_000), '1.5 GB')
  assert.equal(formatLimit(1_000), '1 KB')
})

test('numbers, counts, dimensions and times read as people write them', () => {
  assert.equal(formatNumber(12_847), '12,847')
  assert.equal(formatNumber(9_007_199_254_740_993n), '9,007,199,254,740,993')
  assert.equal(formatCount(1, 'row'), '1 row')
  assert.equal(formatCount(0, 'row'), '0 rows')
  assert.equal(formatDimensions(5472, 3648), '5,472 × 3,648')
  assert.equal(formatTime('2025-03-14T10:42:09.000Z'), '14 March 2025, 10:42')
  assert.equal(formatTime('not a time'), 'not a time')
})
