import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HEAD_BYTES } from '../../uploads/inspection.ts'
import { fc } from '../../web/test-chance.ts'
import { isInline, servedType } from '../types.ts'
import { sniff } from './sniff.ts'

const PNG = Buffer.from('89504e470d0a1a0a0000000d494844520000000100000001080600000000', 'hex')
const JPEG = Buffer.from('ffd8ffe000104a46494600010100000100010000ffdb', 'hex')
const GIF_SCRIPT = Buffer.from('GIF89a=1;alert(document.cookie)//')
const PDF = Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1')
const ZIP = Buffer.from('504b030414000000080000000000000000000000000000000000080000006d79646174612e78', 'hex')
const WAV = Buffer.concat([Buffer.from('RIFF\x24\x00\x00\x00WAVEfmt ', 'latin1'), Buffer.alloc(20)])
const NOISE = Buffer.from('0001027f80fefdfc0b0e', 'hex')

async function type(bytes: Uint8Array | string, filename = 'file', declaredType?: string) {
  const head = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
  const { contentType, contradicts } = await sniff({ head, filename, declaredType })
  return contradicts ? `${contentType} (contradicts)` : contentType
}

test('magic numbers decide, whatever the name and the declaration', async () => {
  assert.equal(await type(PNG), 'image/png')
  assert.equal(await type(PNG, 'x.html', 'text/html'), 'image/png (contradicts)')
  assert.equal(await type(JPEG, 'photo.jpg', 'image/jpg'), 'image/jpeg')
  assert.equal(await type(PDF, 'x.bin', 'application/octet-stream'), 'application/pdf')
  assert.equal(await type(WAV, 'a.wav', 'audio/x-wav'), 'audio/wav')
  assert.equal(await type(GIF_SCRIPT, 'x.js', 'text/javascript'), 'image/gif (contradicts)')
})

test('a container is refined by what was declared or by its ending', async () => {
  const word = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
  assert.equal(await type(ZIP), 'application/zip')
  assert.equal(await type(ZIP, 'letter.docx'), word)
  assert.equal(await type(ZIP, 'letter', word), word)
  assert.equal(await type(ZIP, 'a.zip', 'application/x-zip-compressed'), 'application/zip')
  assert.equal(await type(ZIP, 'x.png', 'image/png'), 'application/zip (contradicts)')
})

test('markup is known as markup, however it is dressed', async () => {
  const html = [
    '<!DOCTYPE html><p>',
    '  \n<HTML>',
    '<script>alert(1)</script>',
    '<!-- c --><body onload=x>',
    '<!--',
    '\uFEFF<h1>',
    '<a href=x>',
  ]
  for (const text of html) {
    assert.equal(await type(text, 'x.txt', 'text/plain'), 'text/html (contradicts)', text)
    assert.equal(await type(text, 'x.jpg', 'image/jpeg'), 'text/html (contradicts)', text)
  }
  const svg = [
    '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    '<?xml version="1.0"?><!-- drawn --><svg/>',
    '<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x.dtd">\n<svg>',
    '<!DOCTYPE svg [<!ENTITY a "b">]><svg>',
    '<x:svg xmlns:x="http://www.w3.org/2000/svg"/>',
  ]
  for (const text of svg) assert.equal(await type(text, 'logo.png', 'image/png'), 'image/svg+xml (contradicts)', text)
  assert.equal(await type('<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">'), 'application/xhtml+xml')
  assert.equal(await type('<?xml version="1.0"?><rss/>', 'f.xml', 'text/xml'), 'application/xml')
  const utf16 = Buffer.from('\uFEFF<script>alert(1)</script>', 'utf16le')
  assert.equal(await type(utf16, 'x.txt', 'text/plain'), 'text/html (contradicts)')
})

test('Markdown that begins with HTML stays Markdown, and mathematics stays text', async () => {
  assert.equal(await type('<p align="center">Hello</p>', 'README.md', 'text/markdown'), 'text/markdown')
  assert.equal(await type('<3 & a < b'), 'text/plain')
  assert.equal(await type('<pre-commit>'), 'text/plain')
})

test('text becomes what was declared where text can be that', async () => {
  assert.equal(await type('a,b\n1,2\n', 'x.csv', 'text/csv'), 'text/csv')
  assert.equal(await type('a,b\n1,2\n', 'x.csv', 'application/vnd.ms-excel'), 'text/csv')
  assert.equal(await type('a,b\n1,2\n', 'x.csv'), 'text/csv')
  assert.equal(await type('a\tb\n1\t2\n3\t4\n5\t6\n'), 'text/tab-separated-values')
  assert.equal(await type('a,b,c\n1,"x, y",2\n3,4,5\n6,7,8\n'), 'text/csv')
  assert.equal(await type('One, two.\nThree, four.\nFive, six.\nSeven, eight.\n'), 'text/plain')
  assert.equal(await type('just words', 'x.png', 'image/png'), 'text/plain (contradicts)')
  assert.equal(await type('caf\xe9', 'x.txt'), 'text/plain')
  assert.equal(await type(Buffer.from('caf\xe9', 'latin1'), 'x.txt'), 'text/plain')
  assert.equal(await type('alert(1)', 'x.js', 'application/javascript'), 'text/javascript')
  assert.equal(await type('a: 1', 'x.yaml', 'application/x-yaml'), 'application/yaml')
})

test('JSON, one document or one a line, whole or cut off', async () => {
  assert.equal(await type('{"a": [1, 2]}'), 'application/json')
  assert.equal(await type('{"a": 1}\n{"a": 2}\n'), 'application/x-ndjson')
  assert.equal(await type('{"a": 1}\n', 'x.jsonl'), 'application/x-ndjson')
  assert.equal(await type('{"type": "Point"}', 'x.geojson'), 'application/geo+json')
  assert.equal(await type('{not json}', 'x.json', 'application/json'), 'text/plain (contradicts)')
  const long = `[${'{"name": "x"}, '.repeat(2_000)}{}]`.slice(0, HEAD_BYTES)
  assert.equal(await type(long, 'x.json', 'application/json'), 'application/json')
  assert.equal(await type(long, 'x.txt', 'text/plain'), 'text/plain')
})

test('a claim about bytes that nobody can read is kept only where nothing is shown for it', async () => {
  assert.equal(await type(NOISE, 'x'), 'application/octet-stream')
  assert.equal(await type(NOISE, 'x.jpg', 'image/jpeg'), 'application/octet-stream (contradicts)')
  assert.equal(await type(NOISE, 'x.txt', 'text/plain'), 'application/octet-stream (contradicts)')
  assert.equal(await type(NOISE, 'x.html', 'text/html'), 'application/octet-stream (contradicts)')
  assert.equal(await type(NOISE, 'x', 'application/vnd.museum.scan'), 'application/vnd.museum.scan')
  assert.equal(await type('', 'x.txt'), 'text/plain')
  assert.equal(await type('', 'x.png', 'image/png'), 'application/octet-stream (contradicts)')
})

test('declarations with parameters, lists and rubbish are compared by their type or not at all', async () => {
  assert.equal(await type(PNG, 'x', 'IMAGE/PNG; charset=x'), 'image/png')
  assert.equal(await type('<b>', 'x', 'text/html;image/png'), 'text/html')
  assert.equal(await type(PNG, 'x', 'image/png\r\nX: y'), 'image/png')
  assert.equal(await type(PNG, 'x', 'application/x-www-form-urlencoded'), 'image/png')
})

test('a character cut off at the end of the head is not binary', async () => {
  const head = Buffer.from('é'.repeat(HEAD_BYTES)).subarray(1, HEAD_BYTES + 1)
  const cut = Buffer.from(`a${'é'.repeat(HEAD_BYTES)}`).subarray(0, HEAD_BYTES)
  assert.equal(await type(cut, 'x.txt'), 'text/plain')
  assert.equal(await type(head, 'x.txt'), 'text/plain')
})

test('no bytes hang it, fail it, or become a type that is shown without being that type', async () => {
  const magics = [
    PNG,
    JPEG,
    PDF,
    ZIP,
    WAV,
    GIF_SCRIPT,
    Buffer.from('3026b2758e66cf11a6d900aa0062ce6c', 'hex'),
    Buffer.from('ID3\x04\x00\x00\x7f\x7f\x7f\x7f', 'latin1'),
    Buffer.from('1f8b08', 'hex'),
    Buffer.from('000000186674797068656963', 'hex'),
  ]
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(Buffer.alloc(0), ...magics),
      fc.uint8Array({ maxLength: HEAD_BYTES, size: 'max' }),
      fc.option(fc.constantFrom('text/html', 'image/png', 'a/b', 'application/pdf', 'x'), { nil: undefined }),
      async (magic, rest, declaredType) => {
        const head = Buffer.concat([magic, rest]).subarray(0, HEAD_BYTES)
        const began = process.threadCpuUsage()
        const { contentType } = await sniff({ head, filename: 'x', declaredType })
        assert.ok(workedMs(began) < 1_000)
        assert.match(contentType, /^[\w.+-]+\/[\w.+-]+$/)
        if (magic.length === 0 && isInline(contentType)) assert.notEqual(contentType, declaredType)
      },
    ),
    { numRuns: 400 },
  )
  for (const text of [
    '<!doctype'.padEnd(HEAD_BYTES),
    '<!--'.repeat(2_000),
    '<?'.repeat(4_000),
    '<!---->'.repeat(1_170),
    '"'.repeat(HEAD_BYTES),
    '\n'.repeat(HEAD_BYTES),
    '['.repeat(HEAD_BYTES),
  ]) {
    const began = process.threadCpuUsage()
    await type(text, 'x.csv', 'text/csv')
    assert.ok(workedMs(began) < 200, text.slice(0, 20))
  }
})

test('scripts and style sheets are never sent as what they are', () => {
  for (const script of [
    'text/javascript',
    'application/javascript',
    'text/javascript1.5',
    'text/css',
    'application/wasm',
  ]) {
    assert.equal(servedType(script), 'text/plain')
    assert.equal(isInline(script), false)
  }
  for (const active of ['text/html', 'image/svg+xml', 'application/xml', 'application/xhtml+xml', 'text/xml']) {
    assert.equal(isInline(active), false)
  }
  assert.equal(servedType('image/png\r\nSet-Cookie: a=b'), 'application/octet-stream')
})

/** Processor time of this thread: what else runs on the machine does not count. */
function workedMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(since)
  return (user + system) / 1_000
}
