import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configOf, problemsOf } from './testing.ts'

const SOURCE = 'sources: {s: {storage: s3, config: {a: {$env: A}, b: [{$file: keys/b}], c: {$secret: C}}}}'

test('$env and $file become what they name, $secret stays', () => {
  const config = configOf(SOURCE, { env: { A: 'from outside' }, files: { '/srv/keys/b': 'line one\nline two\n' } })
  assert.deepEqual(config.sources.s?.config, { a: 'from outside', b: ['line one\nline two'], c: { $secret: 'C' } })
})

test('they stand anywhere, and mean what their text means', () => {
  const config = configOf(
    'settings: {base_url: {$env: BASE}, max_returned_rows: {$env: ROWS}, trust_proxy: {$env: PROXY}}\nallow: {id: [{$env: WHO}]}\ntitle: {$file: /etc/title}',
    { env: { BASE: '/x', ROWS: '77', PROXY: 'true', WHO: 'alice' }, files: { '/etc/title': 'Ours\r\n' } },
  )
  assert.deepEqual(
    [config.settings.base_url, config.settings.max_returned_rows, config.settings.trust_proxy, config.metadata.title],
    ['/x/', 77, true, 'Ours'],
  )
  assert.deepEqual(config.rules[0]?.allow, { id: ['alice'] })
})

test('what names nothing is an error at its place, and is not said twice', () => {
  assert.deepEqual(problemsOf('settings:\n  base_url: {$env: toString}\nsources:\n  s:\n    storage: {$env: TYPE}\n'), [
    '2:3 settings.base_url names the environment variable "toString", which is not set.',
    '5:5 sources.s.storage names the environment variable "TYPE", which is not set.',
  ])
  assert.deepEqual(problemsOf(SOURCE, { env: { A: '' } }), [
    '1:55 sources.s.config.b[0] names the file "/srv/keys/b", which cannot be read: there is no such file.',
  ])
  assert.match(String(problemsOf('title: {$file: b}', { files: { '/srv/b': Uint8Array.of(0xff) } })), /not UTF-8/)
})

test('an empty variable is set', () => {
  assert.equal(configOf('title: {$env: EMPTY}', { env: { EMPTY: '' } }).metadata.title, '')
})

test('references in blocks that nobody reads are nobody’s problem', () => {
  assert.deepEqual(problemsOf('plugins: {datasette-auth: {secret: {$env: MISSING}, more: [{$file: nope}]}}'), [])
})

test('$secret is a reference and nothing else', () => {
  assert.deepEqual(
    problemsOf('sources: {s: {storage: s3, config: {key: {$secret: K, or: x}, other: [{$secret: 1}]}}}'),
    [
      '1:37 sources.s.config.key must be { $secret: NAME }, with the name of a secret and nothing else.',
      '1:71 sources.s.config.other[0] must be { $secret: NAME }, with the name of a secret and nothing else.',
    ],
  )
})
