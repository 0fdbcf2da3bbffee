import assert from 'node:assert/strict'
import { test } from 'node:test'
import { edgesBetween } from './edges.ts'

test('edges are round, begin at or before the least value and end behind the largest; of whole numbers just there', () => {
  const least = '-9223372036854775808'
  const cases: readonly (readonly string[])[] = [
    ['INTEGER', '0', '23', '0', '1', '24'],
    ['INTEGER', '4', '14388', '4', '1000', '14389'],
    ['INTEGER', '1', '31', '1', '2', '32'],
    ['INTEGER', '1', '100', '1', '6', '101'],
    ['INTEGER', '1', '45', '1', '6', '46'],
    ['INTEGER', '0', '97', '0', '5', '98'],
    ['BIGINT', '-7', '7', '-7', '-6', '8'],
    ['BIGINT', '5', '5', '5', '6', '6'],
    ['BIGINT', least, '9223372036854775807', least, '-9000000000000000000', '9223372036854775808'],
    ['DOUBLE', '11.25', '27.75', '11', '12', '28'],
    ['DOUBLE', '0', '1', '0.00', '0.05', '1.05'],
    ['DOUBLE', '-1e300', '1e300', '-10e299', '-9e299', '11e299'],
    ['DECIMAL(10,2)', '0.00', '3.00', '0.0', '0.2', '3.2'],
    ['DATE', '2020-01-01', '2020-01-09', '2020-01-01', '2020-01-02', '2020-01-10'],
    ['DATE', '2009-01-02', '2025-02-28', '2009-01-01', '2009-07-01', '2025-07-01'],
    [
      ...['TIMESTAMP', '2020-01-01T00:00:00', '2020-01-01T00:00:10.5'],
      ...['2020-01-01T00:00:00', '2020-01-01T00:00:01', '2020-01-01T00:00:11'],
    ],
  ]
  for (const [type = '', min = '', max = '', ...wanted] of cases) {
    const edges = edgesBetween(type, min, max)
    assert.deepEqual([edges?.[0], edges?.[1], edges?.at(-1)], wanted, `${type} ${min} ${max}: ${edges}`)
    assert(edges && edges.length >= 2 && edges.length <= 42, `${edges?.length}`)
  }
  assert.deepEqual(edgesBetween('DOUBLE', '3.5', '3.5')?.length, 2)
  for (const [type, min, max] of [
    ['VARCHAR', 'a', 'b'],
    ['DOUBLE', '-Infinity', '5'],
    ['DOUBLE', '-1.7e308', '1.7e308'],
    ['TIMESTAMP', '290309-12-22 (BC) 00:00:00', 'infinity'],
  ] as const) {
    assert.equal(edgesBetween(type, min, max), null, `${type} ${min} ${max}`)
  }
})
