import assert from 'node:assert/strict'
import { rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Hono } from 'hono'
import { createHttp } from '../../app/http.ts'
import type { RouteEnv } from '../../web/route.ts'
import { openTestFiles, type TestFiles } from '../testing.ts'

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
)
const TEXT = 'Zehn zahme Ziegen zogen zehn Zentner Zucker zum Zoo.'

let room: TestFiles
let app: Hono<RouteEnv>
let text: Stored
let picture: Stored

interface Stored {
  readonly id: string
  readonly path: string
  readonly content_hash: string
  readonly [field: string]: unknown
}

before(async () => {
  room = await openTestFiles()
  app = createHttp(room.routes, room.hooks)
  text = await put(TEXT, 'ziegen.txt', 'text/plain')
  picture = await put(PNG, 'dot.png', 'image/png')
})
after(() => room.close())

async function put(bytes: string | Uint8Array, filename: string, type = 'application/octet-stream', source = 'photos') {
  const answer = await app.request(`/-/files/upload/${source}?filename=${encodeURIComponent(filename)}`, {
    method: 'POST',
    headers: { 'X-Actor': 'alice', 'Content-Type': type },
    body: bytes as BodyInit,
  })
  const body = (await answer.json()) as { file: Stored; error?: string }
  assert.equal(answer.status, 201, body.error)
  return body.file
}

function download(file: Stored, headers: Record<string, string> = {}, query = '', method = 'GET') {
  return app.request(`/-/files/${file.id}/download${query}`, { method, headers: { 'X-Actor': 'bob', ...headers } })
}

describe('a download', () => {
  test('carries every header of the policy and exactly the bytes', async () => {
    const answer = await download(text)
    assert.equal(answer.status, 200)
    assert.equal(await answer.text(), TEXT)
    const { headers } = answer
    assert.equal(headers.get('Content-Type'), 'text/plain')
    assert.equal(headers.get('Content-Length'), String(TEXT.length))
    assert.equal(headers.get('ETag'), `"${text.content_hash.slice('sha256:'.length)}"`)
    assert.equal(headers.get('Accept-Ranges'), 'bytes')
    assert.equal(headers.get('Cache-Control'), 'private, max-age=3600')
    assert.equal(headers.get('X-Content-Type-Options'), 'nosniff')
    assert.equal(headers.get('Content-Security-Policy'), "default-src 'none'; sandbox")
    assert.equal(headers.get('Content-Disposition'), `attachment; filename="ziegen.txt"; filename*=UTF-8''ziegen.txt`)
    assert.ok(Math.abs(Date.parse(headers.get('Last-Modified') ?? '') - Date.now()) < 60_000)
  })

  test('HEAD says the same and reads nothing', async () => {
    const get = await download(text)
    const head = await download(text, { Range: 'bytes=0-1' }, '', 'HEAD')
    assert.equal(head.status, 200)
    assert.equal(await head.text(), '')
    for (const name of ['Content-Length', 'ETag', 'Content-Type', 'Content-Disposition', 'Last-Modified']) {
      assert.equal(head.headers.get(name), get.headers.get(name), name)
    }
    await get.text()
  })

  test('an empty file is an answer without a body', async () => {
    const empty = await put('', 'empty.txt', 'text/plain')
    const answer = await download(empty)
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('Content-Length'), '0')
    assert.equal(await answer.text(), '')
    assert.equal((await download(empty, { Range: 'bytes=0-' })).status, 416)
  })

  test('what one may not browse is as absent as what never was', async () => {
    const closed = await put('secret', 'secret.txt', 'text/plain', 'closed')
    const none = `df-${'0'.repeat(26)}`
    for (const suffix of ['', '.json', '/download', '/thumbnail', '/-/update']) {
      for (const actor of ['bob', '']) {
        const ask = async (id: string) => {
          const answer = await app.request(`/-/files/${id}${suffix}`, { headers: actor ? { 'X-Actor': actor } : {} })
          return [answer.status, (await answer.text()).replaceAll(id, 'ID')]
        }
        const [hidden, absent] = [await ask(closed.id), await ask(none)]
        assert.deepEqual(hidden, absent, suffix)
        assert.equal(hidden[0], 404)
        assert.match(String(hidden[1]), /File not found: ID/)
      }
    }
  })
})

describe('what is already there', () => {
  test('If-None-Match decides, in every form of it', async () => {
    const tag = `"${text.content_hash.slice('sha256:'.length)}"`
    for (const value of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const answer = await download(text, { 'If-None-Match': value })
      assert.equal(answer.status, 304, value)
      assert.equal(answer.headers.get('ETag'), tag)
      assert.equal(answer.headers.get('Cache-Control'), 'private, max-age=3600')
      assert.equal(await answer.text(), '')
    }
    for (const value of ['"other"', tag.slice(1, -1), '']) {
      assert.equal((await download(text, { 'If-None-Match': value })).status, 200, value)
    }
    const both = { 'If-None-Match': '"other"', 'If-Modified-Since': new Date(Date.now() + 60_000).toUTCString() }
    assert.equal((await download(text, both)).status, 200)
  })

  test('If-Modified-Since counts in seconds, and rubbish counts for nothing', async () => {
    const modified = (await download(text)).headers.get('Last-Modified') as string
    assert.equal((await download(text, { 'If-Modified-Since': modified })).status, 304)
    const earlier = new Date(Date.parse(modified) - 1_000).toUTCString()
    assert.equal((await download(text, { 'If-Modified-Since': earlier })).status, 200)
    for (const value of ['yesterday', '0', '-1', '99999999999999']) {
      assert.equal((await download(text, { 'If-Modified-Since': value })).status, 200, value)
    }
  })
})

describe('a range', () => {
  const size = TEXT.length
  const cases: [string, number, string][] = [
    ['bytes=0-3', 206, TEXT.slice(0, 4)],
    ['bytes=5-', 206, TEXT.slice(5)],
    ['bytes=-4', 206, TEXT.slice(-4)],
    ['bytes=0-0', 206, TEXT.slice(0, 1)],
    [`bytes=${size - 1}-${size - 1}`, 206, TEXT.slice(-1)],
    ['bytes=10-99999', 206, TEXT.slice(10)],
    ['bytes=-99999', 206, TEXT],
    ['BYTES = 1-2', 206, TEXT.slice(1, 3)],
    [`bytes=${size}-`, 416, ''],
    ['bytes=-0', 416, ''],
    ['bytes=999999999999999-', 416, ''],
    ['bytes=3-1', 200, TEXT],
    ['bytes=0-1,3-4', 200, TEXT],
    ['bytes=a-b', 200, TEXT],
    ['bytes=-', 200, TEXT],
    ['items=0-1', 200, TEXT],
    ['bytes=99999999999999999999999-', 200, TEXT],
  ]
  for (const [range, status, body] of cases) {
    test(`${range} is ${status}`, async () => {
      const answer = await download(text, { Range: range })
      assert.equal(answer.status, status)
      if (status === 416) {
        assert.equal(answer.headers.get('Content-Range'), `bytes */${size}`)
        return
      }
      const got = await answer.text()
      assert.equal(got, body)
      assert.equal(answer.headers.get('Content-Length'), String(body.length))
      const from = TEXT.indexOf(body)
      const expected = status === 206 ? `bytes ${from}-${from + body.length - 1}/${size}` : null
      if (body.length > 1) assert.equal(answer.headers.get('Content-Range'), expected)
    })
  }

  test('If-Range holds it to the same bytes', async () => {
    const first = await download(text)
    await first.text()
    const [tag, date] = [first.headers.get('ETag') as string, first.headers.get('Last-Modified') as string]
    const earlier = new Date(Date.parse(date) - 1_000).toUTCString()
    for (const [value, status] of [
      [tag, 206],
      [date, 206],
      ['"other"', 200],
      [`W/${tag}`, 200],
      [earlier, 200],
      ['rubbish', 200],
    ] as const) {
      const answer = await download(text, { Range: 'bytes=0-1', 'If-Range': value })
      await answer.text()
      assert.equal(answer.status, status, value)
    }
  })
})

describe('shown in place', () => {
  async function inline(file: Stored) {
    const answer = await download(file, {}, '?inline=1')
    await answer.arrayBuffer()
    return {
      disposition: answer.headers.get('Content-Disposition')?.split(';')[0],
      type: answer.headers.get('Content-Type'),
      policy: answer.headers.get('Content-Security-Policy'),
    }
  }

  test('is only what the bytes are, of a type that can do no harm', async () => {
    assert.equal((await inline(picture)).disposition, 'inline')
    assert.deepEqual(await inline(text), {
      disposition: 'inline',
      type: 'text/plain; charset=utf-8',
      policy: "default-src 'none'; sandbox",
    })
    const wav = Buffer.concat([Buffer.from('RIFF\x24\x00\x00\x00WAVEfmt ', 'latin1'), Buffer.alloc(40)])
    assert.deepEqual(await inline(await put(wav, 'a.wav', 'audio/wav')), {
      disposition: 'inline',
      type: 'audio/wav',
      policy: "default-src 'none'; media-src 'self'; sandbox allow-same-origin",
    })
  })

  test('never markup, whatever it was sent as', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
    for (const [body, name, type] of [
      ['<script>alert(1)</script>', 'x.png', 'image/png'],
      ['<html><body onload=alert(1)>', 'x.txt', 'text/plain'],
      [svg, 'x.png', 'image/png'],
      [svg, 'x.svg', 'image/svg+xml'],
      ['<?xml version="1.0"?><x/>', 'x.xml', 'application/xml'],
      ['alert(1)', 'x.js', 'text/javascript'],
    ] as const) {
      const file = await put(body, name, type)
      const answer = await inline(file)
      assert.equal(answer.disposition, 'attachment', `${name} ${type}`)
      assert.equal(answer.policy, "default-src 'none'; sandbox")
      if (type.startsWith('image/png')) assert.equal(file.declared_type, 'image/png')
    }
  })

  test('a script is sent as plain text, so that no page can load it as one', async () => {
    const script = await put('self.x = 1', 'sw.js', 'text/javascript')
    assert.equal(script.content_type, 'text/javascript')
    assert.equal((await download(script)).headers.get('Content-Type'), 'text/plain')
  })

  test('text in another encoding says which', async () => {
    const utf16 = await put(Buffer.from('\uFEFFgrün', 'utf16le'), 'a.txt', 'text/plain')
    assert.equal((await inline(utf16)).type, 'text/plain; charset=utf-16le')
    const latin = await put(Buffer.from('gr\xfcn', 'latin1'), 'b.txt', 'text/plain')
    assert.equal((await inline(latin)).type, 'text/plain; charset=windows-1252')
  })
})

test('names of every kind leave the header whole and come back as they were', async () => {
  const names = [
    'has"quote & spaces!.txt',
    'Ærøskøbing.txt',
    '日本語.txt',
    'a\r\nSet-Cookie: x=y.txt',
    '../../etc/passwd',
    '..',
    'semi;colon=1.txt',
    "it's 100%.txt",
    'back\\slash.txt',
    '👩‍👩‍👧.txt',
    '\u202Egnp.txt',
    `${'x'.repeat(900)}.txt`,
    '   ',
    '.htaccess',
    '\u0001\u001f.txt',
  ]
  for (const name of names) {
    const file = await put('x', name, 'text/plain')
    assert.equal(file.filename, name)
    const answer = await download(file)
    const header = answer.headers.get('Content-Disposition') ?? ''
    assert.match(
      header,
      /^attachment; filename="[\x20\x21\x23-\x5b\x5d-\x7e]+"; filename\*=UTF-8''[A-Za-z0-9!#$&+.^_`|~%-]+$/,
      name,
    )
    const [, encoded] = /filename\*=UTF-8''(.+)$/.exec(header) ?? []
    const decoded = decodeURIComponent(encoded as string)
    assert.doesNotMatch(decoded, /[/\\\p{Cc}]/u)
    if (!/[/\\\p{Cc}]/u.test(name) && name.length < 200 && name !== '..') assert.equal(decoded, name)
    assert.equal(await answer.text(), 'x')
  }
})

test('a declared type of any bytes becomes no header, and its file is downloaded', async () => {
  // Bytes that nobody knows, so that what was declared would be kept.
  const content = Buffer.from('0001027f80fefdfc0b0e', 'hex')
  const step = async (name: string, body: string | FormData) => {
    const headers = { 'X-Actor': 'alice', ...(typeof body === 'string' && { 'Content-Type': 'application/json' }) }
    const answer = await app.request(`/-/files/upload/photos/-/${name}`, { method: 'POST', headers, body })
    return (await answer.json()) as { upload_token: string; file: Stored }
  }
  for (const type of [
    'a/b\r\nSet-Cookie: x=y',
    'a/b\r\n\r\n<script>',
    'a/bä',
    '日本/語',
    'a/b\0',
    `a/${'b'.repeat(5_000)}`,
  ]) {
    const { upload_token: token } = await step('prepare', JSON.stringify({ filename: 'a', content_type: type }))
    const form = new FormData()
    form.append('upload_token', token)
    form.append('file', new Blob([content]), 'a')
    await step('upload', form)
    const { file } = await step('complete', JSON.stringify({ upload_token: token }))
    const answer = await download(file)
    assert.deepEqual(
      [answer.status, answer.headers.get('Content-Type'), answer.headers.get('Set-Cookie')],
      [200, 'application/octet-stream', null],
      type,
    )
    assert.ok(Buffer.from(await answer.arrayBuffer()).equals(content))
  }
  const sessions = room.database.read.selectFrom('upload_sessions').select('declared_type').where('filename', '=', 'a')
  assert.ok((await sessions.execute()).every(({ declared_type: kept }) => kept === null))
})

describe('what the storage no longer has', () => {
  test('is 410 before any header promises otherwise', async () => {
    const lost = await put('lost', 'lost.txt', 'text/plain')
    rmSync(join(room.root, lost.path))
    for (const method of ['GET', 'HEAD']) {
      const answer = await download(lost, { Accept: 'application/json' }, '', method)
      assert.equal(answer.status, 410)
      assert.equal(answer.headers.get('ETag'), null)
      assert.equal(answer.headers.get('Content-Disposition'), null)
    }
    const answer = await download(lost, { Accept: 'application/json' })
    assert.equal(((await answer.json()) as { code: string }).code, 'file_missing')
  })

  test('other bytes in its place are not the file', async () => {
    const changed = await put('before', 'changed.txt', 'text/plain')
    writeFileSync(join(room.root, changed.path), 'something else entirely')
    assert.equal((await download(changed)).status, 410)
    truncateSync(join(room.root, changed.path), 0)
    assert.equal((await download(changed)).status, 410)
  })
})
