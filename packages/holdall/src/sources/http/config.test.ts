import assert from 'node:assert/strict'
import { test } from 'node:test'
import { httpConfig } from './config.ts'

function complaints(config: unknown): string[] {
  return (httpConfig.safeParse(config).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)
}

function pathsOf(...urls: unknown[]): string[] {
  return (httpConfig.parse({ urls }).urls ?? []).map(({ path }) => path)
}

test('the path of an address is its own, as people write it', () => {
  assert.deepEqual(
    pathsOf(
      'https://example.org/reports/Q1%20%26%20Q2.pdf',
      'http://example.org//double//slash.txt?version=2#page=3',
      'https://example.org/%E6%96%87%E5%AD%97.txt',
      'https://example.org/a%2Fb%5Cc.txt',
      'https://example.org/%2e%2e/%00.txt',
      'https://example.org/100%25 sure%.txt',
      { url: 'https://example.org/', path: 'home/page.html' },
      { url: 'https://example.org/x.csv' },
    ),
    [
      'reports/Q1 & Q2.pdf',
      'double/slash.txt',
      '文字.txt',
      'a_b_c.txt',
      '_.txt',
      '100%25%20sure%.txt',
      'home/page.html',
      'x.csv',
    ],
  )
  const [first] = httpConfig.parse({ urls: [' https://example.org/a?b=c#d '] }).urls ?? []
  assert.equal(first?.url, 'https://example.org/a?b=c')
})

test('an item of the archive', () => {
  assert.deepEqual(httpConfig.parse({ archive_item: 'nasa' }), {
    archive_item: 'nasa',
    archive_url: 'https://archive.org',
    downloads: 'redirect',
  })
  const own = httpConfig.parse({
    archive_item: 'a_b-c.1',
    archive_url: 'http://mirror.example/ia/',
    downloads: 'proxy',
  })
  assert.equal(own.archive_url, 'http://mirror.example/ia')
})

test('all that is wrong is said, where it is', () => {
  const found = complaints({
    urls: [
      'ftp://example.org/a',
      'https://user:secret@example.org/b',
      'https://example.org/',
      'not an address',
      { url: 'https://example.org/c', path: '../c' },
      { url: 'https://example.org/d', name: 'd' },
      { path: 'e' },
      42,
    ],
    archive_item: '../other',
    downloads: 'sometimes',
    url: 'x',
  })
  for (const expected of [
    /^urls\.0: must be an address/,
    /^urls\.1: must be an address.*without a user name/,
    /^urls\.2: names no file/,
    /^urls\.3: must be an address/,
    /^urls\.4\.path: must be a path/,
    /^urls\.5\.name: is an unknown key/,
    /^urls\.6\.url: must be an address/,
    /^urls\.7: must be an address, or a block/,
    /^archive_item: must be the identifier/,
    /^downloads: must be redirect or proxy/,
    /^: Unrecognized key: "url"/,
    /^: must have either urls or archive_item/,
  ]) {
    assert.equal(found.filter((one) => expected.test(one)).length, 1, `${expected}\n${found.join('\n')}`)
  }
  assert.equal(found.length, 12, found.join('\n'))
})

test('two files of one path, and none at all', () => {
  assert.match(
    complaints({ urls: ['https://a.example/x.txt', 'https://b.example/x.txt'] }).join(),
    /^urls\.1: has the path "x\.txt", which entry 0/,
  )
  assert.match(complaints({ urls: [] }).join(), /1 to 10000/)
  assert.match(complaints({}).join(), /either urls or archive_item/)
  assert.match(complaints({ archive_item: 'x', urls: ['https://a.example/x'] }).join(), /either urls or archive_item/)
  assert.match(complaints({ urls: Array.from({ length: 10_001 }, (_, n) => `https://a.example/${n}`) }).join(), /10000/)
  assert.deepEqual(complaints({ urls: Array.from({ length: 10_000 }, (_, n) => `https://a.example/${n}`) }), [])
})

test('paths that no storage could hold', () => {
  for (const path of ['', '/a', 'a/', 'a//b', '.', 'a/..', 'a\0', 'a\nb', '\ud800', 'x'.repeat(1_025), 7, null])
    assert.equal(complaints({ urls: [{ url: 'https://a.example/x', path }] }).length, 1, JSON.stringify(path))
  assert.deepEqual(complaints({ urls: [{ url: 'https://a.example/x', path: `${'x'.repeat(1_022)}/b` }] }), [])
})
