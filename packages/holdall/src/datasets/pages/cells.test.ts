import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cellOf, shownText } from './cells.ts'

test('numbers are written as they are stored, to the last digit, in cells as in bounds', () => {
  for (const [type, text, shown] of [
    ['BIGINT', '14388', '14388'],
    ['INTEGER', '-10000', '-10000'],
    ['BIGINT', '1234567', '1234567'],
    ['DECIMAL(24,1)', '66688888.5', '66688888.5'],
    ['DECIMAL(10, 2)', '0.2', '0.20'],
    ['DECIMAL(10,2)', '3', '3.00'],
    ['DOUBLE', '12345.678912', '12345.678912'],
    ['DOUBLE', '0.50', '0.5'],
    ['DOUBLE', '-10.00', '-10'],
    ['DOUBLE', '1e+300', '1e+300'],
    ['DOUBLE', 'NaN', 'NaN'],
    ['HUGEINT', '170141183460469231731687303715884105727', '170141183460469231731687303715884105727'],
    ['VARCHAR', '12345', '12345'],
    ['VARCHAR', '', ''],
    ['VARCHAR', '1.50', '1.50'],
    ['DATE', '2009-01-02', '2009-01-02'],
    ['TIMESTAMP', '2009-01-02T10:00:00', '2009-01-02 10:00:00'],
  ] as const) {
    assert.equal(shownText(text, type), shown, type)
    if (type !== 'TIMESTAMP') assert.equal(cellOf(text, type), shown, type)
  }
})
