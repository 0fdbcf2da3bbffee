import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc } from '../web/test-chance.ts'
import { levenshtein, nearest } from './nearest.ts'
import { formatPath, quote } from './path.ts'
import { flag, wholeNumber } from './values.ts'

test('booleans and numbers are what they mean, also as text', () => {
  for (const yes of [true, 'true', 'True', 'yes', 'on', '1', 1, ' true '])
    assert.equal(flag.parse(yes), true, String(yes))
  for (const no of [false, 'false', 'FALSE', 'no', 'off', '0', 0]) assert.equal(flag.parse(no), false, String(no))
  for (const neither of ['', 'maybe', 2, [], {}, 'truee']) assert.equal(flag.safeParse(neither).success, false)

  for (const [written, number] of [
    ['20971520', 20971520],
    ['5_497_558', 5497558],
    [7, 7],
    [' 8 ', 8],
  ] as const) {
    assert.equal(wholeNumber(1).parse(written), number)
  }
  for (const none of [
    '',
    '0',
    0,
    -1,
    '1.5',
    1.5,
    '1e3',
    '0x10',
    true,
    'many',
    '1__0',
    Number.NaN,
    '9007199254740993',
  ]) {
    assert.equal(wholeNumber(1).safeParse(none).success, false, String(none))
  }
})

test('the nearest name is the one that was meant, or none', () => {
  const known = ['max_upload_bytes', 'base_url', 'trust_proxy', 'sql_time_limit_ms']
  assert.equal(nearest('max_upload_byte', known), 'max_upload_bytes')
  assert.equal(nearest('Base-URL', known), 'base_url')
  assert.equal(nearest('sql_timelimit_ms', known), 'sql_time_limit_ms')
  assert.equal(nearest('frobnicate', known), undefined)
  assert.equal(nearest('', known), undefined)
  assert.equal(nearest('x'.repeat(1_000_000), known), undefined)
})

test('the distance is a metric', () => {
  const word = fc.string({ maxLength: 12 })
  fc.assert(
    fc.property(word, word, word, (a, b, c) => {
      assert.equal(levenshtein(a, a), 0)
      assert.equal(levenshtein(a, b), levenshtein(b, a))
      assert.ok(levenshtein(a, c) <= levenshtein(a, b) + levenshtein(b, c))
    }),
  )
  assert.equal(levenshtein('kitten', 'sitting'), 3)
})

test('paths read as people write them, and cannot rewrite a terminal', () => {
  assert.equal(formatPath(['sources', 'product-images', 'storage']), 'sources.product-images.storage')
  assert.equal(formatPath(['collections', 0, 'id']), 'collections[0].id')
  assert.equal(formatPath(['databases', 'my.db', 'tables', '']), 'databases["my.db"].tables[""]')
  assert.equal(quote('a\u001b[2Jb\u202e'), '"a\\u001b[2Jb\\u{202e}"')
  assert.ok(quote('x'.repeat(10_000)).length < 100)
})
