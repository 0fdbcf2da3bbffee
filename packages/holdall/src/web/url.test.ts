import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc } from './test-chance.ts'
import { createUrls, rowPath, tildeDecode, tildeEncode } from './url.ts'

test('tilde encoding is Datasette’s', () => {
  assert.equal(tildeEncode('foo/bar.csv'), 'foo~2Fbar~2Ecsv')
  assert.equal(tildeEncode('a b~c'), 'a+b~7Ec')
  assert.equal(tildeEncode('é'), '~C3~A9')
  assert.equal(rowPath(['a,b', '']), 'a~2Cb,')
})

test('what was encoded is decoded to the same text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => tildeDecode(tildeEncode(text)) === text.toWellFormed()),
  )
})

test('decoding never throws and keeps what is not an escape', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => typeof tildeDecode(text) === 'string'))
  assert.equal(tildeDecode('100~'), '100~')
  assert.equal(tildeDecode('~zz'), '~zz')
})

test('every address carries base_url, however it is written', () => {
  for (const written of ['/data', '/data/', 'data', '//data//']) {
    assert.equal(createUrls(written).table('my db', 'a/b'), '/data/my+db/a~2Fb')
  }
  assert.equal(createUrls('/').path('/-/files', { q: 'a b', cursor: undefined, page: null }), '/-/files?q=a+b')
  assert.equal(createUrls('/').thumbnail('df-1', 40, 40), '/-/files/df-1/thumbnail?w=40&h=40')
})
