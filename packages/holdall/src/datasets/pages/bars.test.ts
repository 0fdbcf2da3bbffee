import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { QueryAnswer } from '../engine/engine.ts'
import { barChart, barsOf } from './bars.ts'

function answer(...values: (number | null)[]): QueryAnswer {
  const columns = [
    { name: 'state', type: 'VARCHAR' },
    { name: 'paid', type: 'DOUBLE' },
  ]
  const rows = values.map((paid, at) => ({ state: `S${at}`, paid }))
  return { columns, rows, truncated: false } as unknown as QueryAnswer
}

test('a row without a number has no bar and says so: nobody takes it for a nought', () => {
  const bars = barsOf(answer(1_234_567, null, 0))
  assert.ok(bars)
  const shown = [
    ...barChart(bars)
      .toString()
      .matchAll(/rect width="([^"]+)".*?class="tabular">(?:<span class="null">)?([^<]+)</g),
  ]
  assert.deepEqual(
    shown.map(([, width, words]) => [width, words]),
    [
      ['100.0%', '1.2 M'],
      ['0.0%', 'null'],
      ['0.0%', '0'],
    ],
  )
})

test('there are no bars of what has none, or less than nothing', () => {
  for (const values of [[null, null], [0, 0], [-1, 5], [5]]) assert.equal(barsOf(answer(...values)), undefined)
})
