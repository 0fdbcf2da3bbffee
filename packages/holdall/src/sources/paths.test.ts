import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc } from '../web/test-chance.ts'
import { MAX_STORED_NAME_BYTES, sanitizeFilename, storagePath } from './paths.ts'

test('a name becomes one harmless path segment', () => {
  for (const [given, expected] of [
    ['photo.jpg', 'photo.jpg'],
    ['a/b\\c.txt', 'a_b_c.txt'],
    ['../../etc/passwd', '.._.._etc_passwd'],
    ['line\nbreak\u0085\x7f\0', 'line_break___'],
    ['', 'unnamed'],
    ['.', 'unnamed'],
    ['..', 'unnamed'],
    ['...', '...'],
    ['.gitignore', '.gitignore'],
    ['\ud800.txt', '\ufffd.txt'],
  ] as const) {
    assert.equal(sanitizeFilename(given), expected, JSON.stringify(given))
  }
})

test('200 bytes stay, one more is cut before the extension', () => {
  const exact = `${'x'.repeat(196)}.txt`
  assert.equal(sanitizeFilename(exact), exact)
  assert.equal(sanitizeFilename(`x${exact}`), exact)
  assert.equal(sanitizeFilename(`${'🦊'.repeat(60)}.tiff`), `${'🦊'.repeat(48)}.tiff`)
  assert.equal(sanitizeFilename(`a.${'x'.repeat(400)}`), `a.${'x'.repeat(198)}`)
})

test('whatever the name, the segment is whole, short and stays in its folder', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (name) => {
      const segment = sanitizeFilename(name)
      assert.ok(Buffer.byteLength(segment) <= MAX_STORED_NAME_BYTES)
      assert.ok(segment.isWellFormed())
      assert.doesNotMatch(segment, /[\p{Cc}/\\]/u)
      assert.ok(!['', '.', '..'].includes(segment))
      assert.equal(sanitizeFilename(segment), segment)
    }),
  )
})

test('the path begins with the id of the file', () => {
  assert.equal(storagePath('df-01jabc', 'a b.png'), '01jabc/a b.png')
})
