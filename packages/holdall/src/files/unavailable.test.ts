import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Hono } from 'hono'
import sharp from 'sharp'
import { z } from 'zod'
import { createHttp } from '../app/http.ts'
import { filesystemType } from '../sources/filesystem/storage.ts'
import type { Storage, StorageType } from '../sources/storage.ts'
import type { RouteEnv } from '../web/route.ts'
import { openTestFiles, type TestFiles } from './testing.ts'

/** A filesystem that hands out addresses of its own, as a bucket does. */
function signingType(): StorageType {
  const plain = filesystemType()
  return {
    type: 'signing',
    config: z.unknown(),
    async create(config, context): Promise<Storage> {
      const storage = await plain.create(config as never, context)
      return {
        ...storage,
        origins: ['https://bucket.test'],
        async downloadUrl(path, options) {
          const query = new URLSearchParams({
            type: options.contentType,
            as: options.disposition,
            name: options.filename,
          })
          return `https://bucket.test/${encodeURIComponent(path)}?${query}&for=${options.expiresIn}`
        },
        thumbnailUrl: async (path, { width, height }) =>
          path.endsWith('.none') ? undefined : `https://bucket.test/${width}x${height}`,
      }
    },
  }
}

/** What cannot be made until it is there. */
let isThere = false
function lateType(): StorageType {
  const plain = filesystemType()
  return {
    type: 'late',
    config: z.unknown(),
    async create(config, context): Promise<Storage> {
      if (!isThere) throw new Error('not yet')
      return await plain.create(config as never, context)
    },
  }
}

// Only a filesystem source's root begins at the configuration; another storage's would be a folder of this checkout.
const bucket = mkdtempSync(join(tmpdir(), 'holdall-bucket-'))
let room: TestFiles
let app: Hono<RouteEnv>

before(async () => {
  room = await openTestFiles({
    types: [filesystemType(), signingType(), lateType()],
    sources: {
      photos: { storage: 'filesystem', label: 'Photographs', config: { root: 'photos' } },
      closed: { storage: 'signing', config: { root: join(bucket, 'closed') } },
      late: { storage: 'late', config: { root: join(bucket, 'late') } },
    },
  })
  app = createHttp(room.routes, room.hooks)
})
after(async () => {
  await room.close()
  rmSync(bucket, { recursive: true })
})

async function put(source: string, filename: string, body = 'some words'): Promise<string> {
  const answer = await app.request(`/-/files/upload/${source}?filename=${filename}`, {
    method: 'POST',
    headers: { 'X-Actor': 'alice', 'Content-Type': 'text/plain' },
    body,
  })
  return ((await answer.json()) as { file_id: string }).file_id
}

function get(path: string, headers: Record<string, string> = {}) {
  return app.request(path, { headers: { 'X-Actor': 'alice', ...headers } })
}

test('a storage with addresses of its own is where the client is sent, with our type and name', async () => {
  const id = await put('closed', 'a%20b.txt')
  for (const [query, type, as] of [
    ['', 'text/plain', 'attachment'],
    ['?inline=1', 'text/plain; charset=utf-8', 'inline'],
  ]) {
    const answer = await get(`/-/files/${id}/download${query}`)
    assert.equal(answer.status, 302)
    assert.equal(answer.headers.get('Cache-Control'), 'no-cache')
    const url = new URL(answer.headers.get('Location') as string)
    assert.deepEqual(Object.fromEntries(url.searchParams), { type, as, name: 'a b.txt', for: '300' })
  }
  const html = await put('closed', 'x.html', '<script>alert(1)</script>')
  const answer = await get(`/-/files/${html}/download?inline=1`)
  assert.equal(new URL(answer.headers.get('Location') as string).searchParams.get('as'), 'attachment')
  assert.equal((await app.request(`/-/files/${id}/download`, { headers: { 'X-Actor': 'bob' } })).status, 404)
})

test('a storage that makes thumbnails is asked for them; where it makes none, we do', async () => {
  const id = await put('closed', 'a.txt')
  const answer = await get(`/-/files/${id}/thumbnail?w=90&h=10`)
  assert.deepEqual([answer.status, answer.headers.get('Location')], [302, 'https://bucket.test/96x48'])
  const none = await get(`/-/files/${await put('closed', 'a.none')}/thumbnail`)
  assert.equal(none.headers.get('Content-Type'), 'image/svg+xml')
})

test('a folder that is gone for a while has lost nothing', async () => {
  const id = await put('photos', 'away.txt')
  renameSync(room.root, `${room.root}-away`)
  const download = await get(`/-/files/${id}/download`, { Accept: 'application/json' })
  assert.equal(download.status, 503)
  await room.sources
    .get('photos')
    .check()
    .catch(() => {})
  const page = await (await get(`/-/files/${id}`)).text()
  assert.match(page, /Photographs cannot be reached/)
  assert.doesNotMatch(page, /\/download/, 'what cannot be opened is not offered')
  assert.match(await (await get('/-/files/browse/photos')).text(), /Its files are listed[\s\S]*way\.txt/)
  assert.match(await (await get('/-/files')).text(), /unavailable/)
  renameSync(`${room.root}-away`, room.root)
  assert.equal((await get(`/-/files/${id}/download`)).status, 200)
  await room.sources.get('photos').check()
  assert.match(await (await get(`/-/files/${id}`)).text(), /\/download/)
})

test('a page of uploads asks a storage itself that was not there when it was asked last', async () => {
  const page = async () => await (await get('/-/files/upload/late', { 'X-Actor': 'root' })).text()
  assert.match(await page(), /late cannot be reached/)
  isThere = true
  assert.match(await page(), /<file-upload/)
})

test('the first look at the page of a file that is gone says so, with nothing in it that would not come', async () => {
  const picture = await sharp({ create: { width: 900, height: 600, channels: 3, background: '#888' } })
    .jpeg()
    .toBuffer()
  const upload = async (filename: string, type: string, body: BodyInit) => {
    const headers = { 'X-Actor': 'alice', 'Content-Type': type }
    const answer = await app.request(`/-/files/upload/photos?filename=${filename}`, { method: 'POST', headers, body })
    return ((await answer.json()) as { file: { id: string; path: string } }).file
  }
  const files = [
    await upload('gone.jpg', 'image/jpeg', new Uint8Array(picture)),
    await upload('gone.txt', 'text/plain', 'some words'),
    await upload('gone.pdf', 'application/pdf', '%PDF-1.4\n%%EOF\n'),
    await upload('gone.mp3', 'audio/mpeg', new Uint8Array([0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 0, 0])),
  ] as const
  const [seen] = files
  const preview = async (id: string) => {
    const page = await (await get(`/-/files/${id}`, { Accept: 'text/html' })).text()
    return { page, figure: /<figure>.*?<\/figure>/s.exec(page)?.[0] ?? '' }
  }
  for (const { id, path } of files) {
    renameSync(join(room.root, path), join(room.root, `${id}.away`))
    const { page, figure } = await preview(id)
    assert.match(page, /Missing since /)
    assert.match(figure, /The file is missing, so that there is nothing to show\./)
    assert.doesNotMatch(figure, /src=|href="\//)
    assert.doesNotMatch(page, /<iframe|<audio|\/download/)
    renameSync(join(room.root, `${id}.away`), join(room.root, path))
    assert.doesNotMatch((await preview(id)).page, /Missing since/, 'what is back is shown')
  }
  // What was made of a picture before is still there: for a list, or for its page.
  await get(`/-/files/${seen.id}/thumbnail?w=400&h=400`, { Accept: 'image/webp' })
  rmSync(join(room.root, seen.path))
  const { figure } = await preview(seen.id)
  const [, src = ''] =
    /<img src="([^"]*\/thumbnail[^"]*)"[^>]*>.*a smaller picture that was made before/s.exec(figure) ?? []
  const shown = await get(src.replaceAll('&amp;', '&'), { Accept: 'image/webp' })
  assert.deepEqual([shown.status, shown.headers.get('Content-Type')], [200, 'image/webp'], figure)
})

test('a file whose bytes are gone is deleted like any other, for good too', async () => {
  const all = { photos: { allow: { id: 'alice' } } }
  const lossy = await openTestFiles({ permissions: { 'files-browse': all, 'files-upload': all, 'files-delete': all } })
  const there = createHttp(lossy.routes, lossy.hooks)
  const ask = (method: string, path: string, body?: string) =>
    there.request(path, { method, headers: { 'X-Actor': 'alice', Accept: 'application/json' }, ...(body && { body }) })
  const stored = await ask('POST', '/-/files/upload/photos?filename=a.txt', 'words')
  const { file } = (await stored.json()) as { file: { id: string; path: string } }
  rmSync(join(lossy.root, file.path))
  assert.equal((await ask('GET', `/-/files/${file.id}/download`)).status, 410)
  assert.equal((await ask('DELETE', `/-/files/${file.id}`)).status, 200)
  assert.equal((await ask('POST', `/-/files/${file.id}/-/purge`)).status, 200)
  assert.equal((await ask('GET', `/-/files/${file.id}.json`)).status, 404)
  assert.deepEqual(await lossy.database.read.selectFrom('datasette_files_trash').selectAll().execute(), [])
  await lossy.close()
})

const ASKING = ['/-/files', '/-/files/browse/photos', '/-/files/browse/photos.json', `/-/files/df-${'0'.repeat(26)}`]
for (const path of ASKING) {
  test(`who comes before a source was asked is not told that it cannot be reached: ${path}`, async () => {
    const fresh = await openTestFiles({ start: false })
    try {
      const { id: source_id } = fresh.sources.get('photos')
      const file = { id: `df-${'0'.repeat(26)}`, source_id, path: 'a.txt', filename: 'a.txt', created_at: '2026-01-01' }
      await fresh.database.write((trx) => trx.insertInto('datasette_files').values(file).execute())
      const answer = await createHttp(fresh.routes, fresh.hooks).request(path, { headers: { 'X-Actor': 'alice' } })
      assert.equal(answer.status, 200)
      assert.doesNotMatch(await answer.text(), /not asked yet|cannot be reached|unavailable:|"available":false/)
    } finally {
      await fresh.close()
    }
  })
}
