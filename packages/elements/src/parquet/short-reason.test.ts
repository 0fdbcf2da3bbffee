import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shortReason } from './short-reason.ts'

test('what all failures of a kind begin with is left out, and nothing else', () => {
  for (const [said, short] of [
    [
      'This is not a readable Parquet file: it does not end with PAR1. Write it again.',
      'it does not end with PAR1. Write it again.',
    ],
    [
      'This Parquet file cannot be read without keys: some of its columns are encrypted.',
      'some of its columns are encrypted.',
    ],
    [
      'This Parquet file is past a limit: it has 2 columns. Write it with less.',
      'it has 2 columns. Write it with less.',
    ],
    ['No table can be made of this CSV file: line 3 has 3 values: 3,4,5.', 'line 3 has 3 values: 3,4,5.'],
    [
      'Not all parts are there: 1. Send them, then complete again.',
      'Not all parts are there: 1. Send them, then complete again.',
    ],
    ['This CSV file is past a limit: it has 2 columns. Divide it.', 'it has 2 columns. Divide it.'],
    ['The storage answered 503: SlowDown', 'The storage answered 503: SlowDown'],
    ['', ''],
  ] as const) {
    assert.equal(shortReason(said), short)
  }
})
