import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Hono } from 'hono'
import sharp from 'sharp'
import { z } from 'zod'
import { createHttp } from '../../app/http.ts'
import { filesystemType } from '../../sources/filesystem/storage.ts'
import type { StorageType } from '../../sources/storage.ts'
import type { RouteEnv } from '../../web/route.ts'
import { pdfOf, wavOf } from '../parsing/test-documents.ts'
import { openTestFiles, type TestFiles } from '../testing.ts'

/** A storage that signs addresses of its own, as a bucket does. */
const SIGNING: StorageType = {
  type: 'signing',
  config: z.unknown(),
  async create(config, context) {
    const storage = await filesystemType().create(config as never, context)
    return {
      ...storage,
      downloadUrl: async (path, { contentType, disposition, filename }) =>
        `https://bucket.test/${path}?${new URLSearchParams({ contentType, disposition, filename })}`,
    }
  },
}

const TEXT = 'Es grünt so grün.'
const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'

const bucket = mkdtempSync(join(tmpdir(), 'holdall-policy-'))
let room: TestFiles
let app: Hono<RouteEnv>
let text: string
let pictures: { png: Buffer; jpeg: Buffer }
before(async () => {
  room = await openTestFiles({
    types: [filesystemType(), SIGNING],
    sources: {
      photos: { storage: 'filesystem', config: { root: 'photos' } },
      closed: { storage: 'signing', config: { root: bucket } },
    },
  })
  app = createHttp(room.routes, room.hooks)
  text = await put(TEXT, 'grün "1".txt', 'text/plain')
  const picture = sharp({ create: { width: 9, height: 9, channels: 3, background: 'teal' } })
  pictures = { png: await picture.png().toBuffer(), jpeg: await picture.jpeg().toBuffer() }
})
after(async () => {
  await room.close()
  rmSync(bucket, { recursive: true })
})

async function put(bytes: string | Uint8Array, filename: string, type: string, source = 'photos'): Promise<string> {
  const answer = await app.request(`/-/files/upload/${source}?filename=${encodeURIComponent(filename)}`, {
    method: 'POST',
    headers: { 'X-Actor': 'alice', 'Content-Type': type },
    body: bytes as BodyInit,
  })
  assert.equal(answer.status, 201)
  return ((await answer.json()) as { file_id: string }).file_id
}

async function get(id: string, { query = '', ...headers }: Record<string, string> = {}) {
  const answer = await app.request(`/-/files/${id}/download${query}`, { headers: { 'X-Actor': 'alice', ...headers } })
  return { status: answer.status, header: (name: string) => answer.headers.get(name), body: await answer.text() }
}

async function pathOf(id: string): Promise<string> {
  const answer = await app.request(`/-/files/${id}.json`, { headers: { 'X-Actor': 'alice' } })
  return join(room.root, ((await answer.json()) as { path: string }).path)
}

/** One line of the policy each. */
describe('a served file', () => {
  test('of a storage that signs: 302, no-cache, to an address that carries our type and disposition', async () => {
    const id = await put(SVG, 'drawing.svg', 'image/svg+xml', 'closed')
    const { status, header } = await get(id)
    assert.equal(status, 302)
    assert.equal(header('Cache-Control'), 'no-cache')
    const { searchParams } = new URL(header('Location') as string)
    assert.deepEqual(Object.fromEntries(searchParams), {
      contentType: 'image/svg+xml',
      disposition: 'attachment',
      filename: 'drawing.svg',
    })
  })

  test('of a storage that signs, shown within a page: comes from here, under our own headers', async () => {
    const id = await put(pictures.png, 'dot.png', 'image/png', 'closed')
    const { status, header } = await get(id, { query: '?inline=1' })
    assert.equal(status, 200)
    assert.equal(header('Content-Security-Policy'), "default-src 'none'; sandbox")
  })

  test('ETag: from the content, the same for the same bytes under another name', async () => {
    const again = await put(TEXT, 'other.txt', 'text/plain')
    assert.match((await get(text)).header('ETag') ?? '', /^"[0-9a-f]{64}"$/)
    assert.equal((await get(again)).header('ETag'), (await get(text)).header('ETag'))
  })

  test('Last-Modified: when it came', async () => {
    const time = Date.parse((await get(text)).header('Last-Modified') ?? '')
    assert.ok(Math.abs(Date.now() - time) < 60_000)
  })

  test('Accept-Ranges: bytes', async () => {
    assert.equal((await get(text)).header('Accept-Ranges'), 'bytes')
  })

  test('one range: 206 and exactly that part', async () => {
    const { status, header, body } = await get(text, { Range: 'bytes=0-1' })
    assert.deepEqual([status, body, header('Content-Length')], [206, 'Es', '2'])
    assert.equal(header('Content-Range'), `bytes 0-1/${Buffer.byteLength(TEXT)}`)
  })

  test('a range past the end: 416 with the size', async () => {
    const { status, header } = await get(text, { Range: 'bytes=1000-' })
    assert.deepEqual([status, header('Content-Range')], [416, `bytes */${Buffer.byteLength(TEXT)}`])
  })

  test('If-Range: a part only of the same bytes', async () => {
    const tag = (await get(text)).header('ETag') as string
    assert.equal((await get(text, { Range: 'bytes=0-1', 'If-Range': tag })).status, 206)
    assert.equal((await get(text, { Range: 'bytes=0-1', 'If-Range': '"others"' })).status, 200)
  })

  test('If-None-Match: 304 without a body', async () => {
    const tag = (await get(text)).header('ETag') as string
    const { status, body } = await get(text, { 'If-None-Match': tag })
    assert.deepEqual([status, body], [304, ''])
  })

  test('Cache-Control: private, max-age=3600', async () => {
    assert.equal((await get(text)).header('Cache-Control'), 'private, max-age=3600')
  })

  test('X-Content-Type-Options: nosniff', async () => {
    assert.equal((await get(text)).header('X-Content-Type-Options'), 'nosniff')
  })

  test('Content-Security-Policy: nothing runs in it', async () => {
    for (const query of ['', '?inline=1']) {
      assert.equal((await get(text, { query })).header('Content-Security-Policy'), "default-src 'none'; sandbox")
    }
  })

  test('Content-Security-Policy of inline audio and video: they play, and nothing else', async () => {
    const id = await put(wavOf(1), 'a.wav', 'audio/wav')
    const plays = "default-src 'none'; media-src 'self'; sandbox allow-same-origin"
    assert.equal((await get(id, { query: '?inline=1' })).header('Content-Security-Policy'), plays)
    assert.equal((await get(id)).header('Content-Security-Policy'), "default-src 'none'; sandbox")
  })

  test('Content-Disposition: attachment, with filename and filename*', async () => {
    assert.equal(
      (await get(text)).header('Content-Disposition'),
      `attachment; filename="gr_n _1_.txt"; filename*=UTF-8''gr%C3%BCn%20%221%22.txt`,
    )
  })

  test('?inline=1: raster images, audio, video, PDF and plain text are shown in place', async () => {
    for (const [bytes, name, type] of [
      [pictures.png, 'a.png', 'image/png'],
      [pictures.jpeg, 'a.jpg', 'image/jpeg'],
      [wavOf(1), 'a.wav', 'audio/wav'],
      [pdfOf(['words']), 'a.pdf', 'application/pdf'],
      ['words', 'a.txt', 'text/plain'],
    ] as const) {
      const { header } = await get(await put(bytes, name, type), { query: '?inline=1' })
      assert.match(header('Content-Disposition') ?? '', /^inline;/, name)
      assert.equal(header('Content-Type')?.split(';')[0], type)
    }
  })

  test('?inline=1: what the type says that the bytes have decides, not what was declared', async () => {
    const { header } = await get(await put(pictures.png, 'page.html', 'text/html'), { query: '?inline=1' })
    assert.equal(header('Content-Type'), 'image/png')
    const page = await get(await put('<!doctype html><b>', 'photo.png', 'image/png'), { query: '?inline=1' })
    assert.match(page.header('Content-Disposition') ?? '', /^attachment;/)
  })

  test('?inline=1: never HTML, SVG or XML, nor data and archives', async () => {
    for (const [bytes, name, type] of [
      ['<html><script>alert(1)</script>', 'a.html', 'text/html'],
      [SVG, 'a.svg', 'image/svg+xml'],
      ['<?xml version="1.0"?><a/>', 'a.xml', 'application/xml'],
      ['<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', 'a.xhtml', 'application/xhtml+xml'],
      ['{"a": 1}', 'a.json', 'application/json'],
      [Buffer.from('PK\x05\x06'.padEnd(22, '\0'), 'latin1'), 'a.zip', 'application/zip'],
    ] as const) {
      for (const query of ['?inline=1', '?inline=true', '']) {
        const { header } = await get(await put(bytes, name, type), { query })
        assert.match(header('Content-Disposition') ?? '', /^attachment;/, `${name} ${query}`)
      }
    }
  })

  test('that the storage has lost: 410 with what to do, and no header that promises a file', async () => {
    const id = await put('lost', 'lost.txt', 'text/plain')
    rmSync(await pathOf(id))
    const { status, header, body } = await get(id, { Accept: 'application/json' })
    assert.equal(status, 410)
    assert.equal((JSON.parse(body) as { code: string }).code, 'file_missing')
    for (const name of ['ETag', 'Content-Disposition', 'Last-Modified', 'Accept-Ranges'])
      assert.equal(header(name), null, name)
  })
})
