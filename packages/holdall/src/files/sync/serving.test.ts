import assert from 'node:assert/strict'
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Hono } from 'hono'
import sharp from 'sharp'
import { createHttp } from '../../app/http.ts'
import type { RouteEnv } from '../../web/route.ts'
import { openTestFiles, type TestFiles } from '../testing.ts'

let room: TestFiles
let app: Hono<RouteEnv>

before(async () => {
  room = await openTestFiles({
    permissions: {
      'files-browse': { photos: { allow: { id: ['alice', 'bob'] } } },
      'files-manage-sources': { id: 'alice' },
    },
    sources: { photos: { storage: 'filesystem', label: 'Photographs', sync: 'manual', config: { root: 'photos' } } },
  })
  app = createHttp(room.routes, room.hooks)
  mkdirSync(room.root, { recursive: true })
})
after(() => room.close())

let written = 0
function put(path: string, content: string): void {
  written += 1
  writeFileSync(join(room.root, path), content)
  utimesSync(join(room.root, path), 1_700_000_000 + written, 1_700_000_000 + written)
}

function ask(path: string, actor: string, init: RequestInit = {}) {
  return app.request(path, { ...init, headers: { 'X-Actor': actor, ...init.headers } })
}

async function synced(): Promise<Record<string, unknown>> {
  const begun = await ask('/-/files/sync/photos', 'alice', { method: 'POST' })
  assert.equal(begun.status, 202)
  for (;;) {
    const answer = await ask('/-/files/sync/photos.json', 'alice')
    assert.equal(answer.status, 200)
    const state = (await answer.json()) as Record<string, unknown>
    if (state.status !== 'running') return state
    await sleep(10)
  }
}

async function adopted(path: string): Promise<Record<string, unknown>> {
  const { id } = await room.database.read
    .selectFrom('datasette_files')
    .select('id')
    .where('path', '=', path)
    .executeTakeFirstOrThrow()
  return (await (await ask(`/-/files/${id}.json`, 'bob')).json()) as Record<string, unknown>
}

test('a sync over HTTP is begun by those who manage sources, and tells how it went', async () => {
  put('one.txt', 'one')
  const before = (await (await ask('/-/files/sync/photos.json', 'alice')).json()) as Record<string, unknown>
  assert.deepEqual([before.status, before.expected], ['never', null])
  const state = await synced()
  assert.deepEqual(
    [state.ok, state.source, state.status, state.started_by, state.listed, state.added, state.expected],
    [true, 'photos', 'completed', 'alice', 1, 1, 1],
  )
  for (const [method, path] of [
    ['POST', '/-/files/sync/photos'],
    ['GET', '/-/files/sync/photos.json'],
  ] as const) {
    assert.equal((await ask(path, 'bob', { method })).status, 403)
    assert.equal((await app.request(path, { method, headers: { Accept: 'application/json' } })).status, 401)
    assert.equal((await ask(path.replace('photos', 'nope'), 'alice', { method })).status, 404)
  }
  const form = await ask('/-/files/sync/photos', 'alice', {
    method: 'POST',
    headers: { Accept: 'text/html', 'Content-Type': 'application/x-www-form-urlencoded' },
  })
  assert.deepEqual([form.status, form.headers.get('Location')], [303, '/-/files/browse/photos'])
  await synced()
})

test('an adopted file is served as what lies there now, and asked about each time', async () => {
  put('a.txt', 'first')
  await synced()
  const file = await adopted('a.txt')
  assert.deepEqual([file.adopted, file.changed_at, file.missing_since], [true, null, null])
  const download = `/-/files/${file.id}/download`
  const first = await ask(download, 'bob')
  assert.equal(await first.text(), 'first')
  assert.match(first.headers.get('Cache-Control') ?? '', /no-cache/)
  const tag = first.headers.get('ETag') ?? ''
  assert.equal(first.headers.get('Last-Modified'), new Date(file.modified_at as string).toUTCString())
  assert.equal((await ask(download, 'bob', { headers: { 'If-None-Match': tag } })).status, 304)

  // Nobody has synced since: the reader is the first to see it.
  put('a.txt', 'the second, longer')
  const second = await ask(download, 'bob', { headers: { 'If-None-Match': tag } })
  assert.deepEqual([second.status, await second.text()], [200, 'the second, longer'])
  assert.notEqual(second.headers.get('ETag'), tag)
  const changed = await adopted('a.txt')
  assert.equal(changed.id, file.id)
  assert.notEqual(changed.changed_at, null)
  assert.equal(changed.size, 18)
  const [former] = await room.files.sync.history(file.id as string)
  assert.equal(former?.size, 5)
  const page = await (await ask(`/-/files/${file.id}`, 'bob')).text()
  assert.match(page, /Change found/)
  assert.match(page, /Earlier versions/)
  assert.equal((await synced()).changed, 0, 'it is known already')
})

test('bytes of the same size that were written at another time are other bytes', async () => {
  put('same.txt', 'aaaa')
  await synced()
  const { id } = await adopted('same.txt')
  const tag = (await ask(`/-/files/${id}/download`, 'bob')).headers.get('ETag') ?? ''
  put('same.txt', 'bbbb')
  const answer = await ask(`/-/files/${id}/download`, 'bob', { headers: { 'If-None-Match': tag } })
  assert.deepEqual([answer.status, await answer.text()], [200, 'bbbb'])
})

test('a file that the storage has lost is gone, is marked, and is back when it is there again', async () => {
  put('lost.txt', 'lost')
  await synced()
  const { id } = await adopted('lost.txt')
  rmSync(join(room.root, 'lost.txt'))
  assert.equal((await ask(`/-/files/${id}/download`, 'bob')).status, 410)
  assert.notEqual((await adopted('lost.txt')).missing_since, null)
  const page = await (await ask(`/-/files/${id}`, 'bob')).text()
  assert.match(page, /Missing since/)
  assert.match(await (await ask('/-/files/browse/photos', 'bob')).text(), /Missing/)
  const state = await synced()
  assert.deepEqual([state.missing, state.missing_now, state.missing_now_truncated], [0, 1, false])
  assert.match(
    await (await ask('/-/files/browse/photos', 'bob')).text(),
    /nothing new · <a href="\/-\/files\/browse\/photos\?state=missing">1 missing now<\/a>/,
  )
  for (const path of ['/-/files/browse/photos', '/-/files']) {
    assert.match(
      await (await ask(path, 'bob')).text(),
      /class="lede">(?:<span data-live="totals"[^>]*>)?\d+ files? \(1 more missing\)/,
      path,
    )
  }
  assert.match(
    await (await ask('/-/files/search', 'bob')).text(),
    /<p class="found">\d+ files? \(1 more missing\)</,
    'who searches for nothing sees all there are',
  )
  const missing = await ask('/-/files/browse/photos?state=missing', 'bob')
  assert.match(
    await missing.text(),
    /Only files that are missing from their place\. <a href="\/-\/files\/browse\/photos">All files/,
  )
  const batch = await (await ask(`/-/files/batch.json?id=${id}`, 'bob')).json()
  const { missing_since, changed_at } =
    (batch as { files: Record<string, Record<string, unknown>> }).files[String(id)] ?? {}
  assert.deepEqual([missing_since, changed_at], [(await adopted('lost.txt')).missing_since, null])
  put('lost.txt', 'lost')
  assert.equal((await ask(`/-/files/${id}/download`, 'bob')).status, 200)
  assert.equal((await adopted('lost.txt')).missing_since, null)
  assert.doesNotMatch(await (await ask('/-/files/browse/photos', 'bob')).text(), /missing now/)
  const none = await (await ask('/-/files/browse/photos?state=missing', 'bob')).text()
  assert.match(none, /No file is missing/)
})

test('the page of a picture that is missing says so under what it shows, and offers no download', async () => {
  const picture = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#246' } })
    .png()
    .toBuffer()
  writeFileSync(join(room.root, 'plate.png'), picture)
  await synced()
  const { id } = await adopted('plate.png')
  await room.database.write((trx) =>
    trx
      .updateTable('datasette_files')
      .set({ width: 40, height: 30 })
      .where('id', '=', id as string)
      .execute(),
  )
  const look = async () => await (await ask(`/-/files/${id}`, 'bob')).text()
  const download = /<a class="button filled" href="[^"]*\/download"/
  const whole = await look()
  assert.match(whole, /The whole picture, fitted to the page\./)
  assert.match(whole, download)
  rmSync(join(room.root, 'plate.png'))
  await synced()
  const missing = await look()
  assert.doesNotMatch(missing, /The whole picture/)
  assert.match(missing, /<figcaption[^>]*><span>Missing: /)
  assert.doesNotMatch(missing, /\/download/)
})

test('the page of a picture that cannot be shown says so, one that is cut off is shown with those words, and neither is called whole', async () => {
  const picture = await sharp({
    create: {
      width: 900,
      height: 700,
      channels: 3,
      background: '#246',
      noise: { type: 'gaussian', mean: 128, sigma: 60 },
    },
  })
    .jpeg()
    .toBuffer()
  writeFileSync(join(room.root, 'cut.jpg'), picture.subarray(0, 100))
  writeFileSync(join(room.root, 'half.jpg'), picture.subarray(0, picture.length >> 1))
  await synced()
  const { id } = await adopted('cut.jpg')
  const { id: half } = await adopted('half.jpg')
  await room.database.write((trx) =>
    trx
      .updateTable('datasette_files')
      .set({ width: 900, height: 700 })
      .where('id', 'in', [id, half] as string[])
      .execute(),
  )
  // Whatever the page waits for: by now it is known.
  await ask(`/-/files/${id}/thumbnail?w=1600&h=1600`, 'bob')
  const page = await (await ask(`/-/files/${id}`, 'bob')).text()
  assert.doesNotMatch(page, /The whole picture/)
  assert.match(page, /This picture cannot be shown: it may be damaged or cut off\. Download gives its bytes\./)
  assert.doesNotMatch(page, /<img[^>]*alt="cut\.jpg"/)
  assert.match(page, /<a class="button filled" href="[^"]*\/download"/)

  await ask(`/-/files/${half}/thumbnail?w=1600&h=1600`, 'bob')
  const part = await (await ask(`/-/files/${half}`, 'bob')).text()
  assert.match(part, /<img[^>]*alt="half\.jpg"/)
  assert.match(part, /This picture is cut off: its end is missing\. All that there is of it is shown\./)
  assert.doesNotMatch(part, /The whole picture/)
})

test('the page of a source says when it was synced last, and lets those who may do it again', async () => {
  await synced()
  const manager = await (await ask('/-/files/browse/photos', 'alice')).text()
  assert.match(manager, /Synced/)
  assert.match(manager, /action="\/-\/files\/sync\/photos"/)
  const reader = await (await ask('/-/files/browse/photos', 'bob')).text()
  assert.match(reader, /Synced <time[^>]*>[^<]*<\/time>: /)
  assert.doesNotMatch(reader, /<\/time>: \d+ files?,/, 'the page counts its files already, uploads among them')
  assert.doesNotMatch(reader, /files\/sync\/photos/)
})
