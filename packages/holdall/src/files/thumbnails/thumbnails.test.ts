import assert from 'node:assert/strict'
import { existsSync, readdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Hono } from 'hono'
import sharp from 'sharp'
import { createHttp } from '../../app/http.ts'
import { createLog } from '../../web/log.ts'
import type { RouteEnv } from '../../web/route.ts'
import type { Body } from '../children/child-process.ts'
import { ChildFailure } from '../children/child-process.ts'
import type { FileRecord } from '../record.ts'
import { openTestFiles, type TestFiles } from '../testing.ts'
import { createThumbnailCache } from './cache.ts'
import { createThumbnails, RETRY_AFTER_MS } from './thumbnails.ts'

let room: TestFiles
let app: Hono<RouteEnv>

before(async () => {
  room = await openTestFiles({ limits: { maxPixels: 4_000_000, maxSourceBytes: 5_000_000 } })
  app = createHttp(room.routes, room.hooks)
})
after(() => room.close())

function plain(width: number, height: number, colour = '#c33') {
  return sharp({ create: { width, height, channels: 3, background: colour } })
}

async function put(bytes: Uint8Array | string, filename: string) {
  const answer = await app.request(`/-/files/upload/photos?filename=${encodeURIComponent(filename)}`, {
    method: 'POST',
    headers: { 'X-Actor': 'alice' },
    body: bytes as BodyInit,
  })
  const { file } = (await answer.json()) as { file: { id: string; path: string; width: number; height: number } }
  return file
}

async function get(id: string, query = '', headers: Record<string, string> = {}) {
  const answer = await app.request(`/-/files/${id}/thumbnail${query}`, { headers: { 'X-Actor': 'bob', ...headers } })
  return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) }
}

async function sizeOf(bytes: Buffer) {
  const { width, height, format } = await sharp(bytes).metadata()
  return `${format} ${width}×${height}`
}

test('a picture fits the size, which is rounded up to one of a few, in the format that is accepted', async () => {
  const { id } = await put(await plain(2_000, 1_000).jpeg().toBuffer(), 'a.jpg')
  assert.equal(await sizeOf((await get(id)).bytes), 'jpeg 200×100')
  assert.equal(await sizeOf((await get(id, '?w=41&h=41')).bytes), 'jpeg 48×24')
  assert.equal(await sizeOf((await get(id, '?w=201&h=999999')).bytes), 'jpeg 400×200')
  assert.equal(await sizeOf((await get(id, '?w=99999&h=99999')).bytes), 'jpeg 1600×800')
  const webp = await get(id, '', { Accept: 'image/avif,image/webp,*/*' })
  assert.equal(await sizeOf(webp.bytes), 'webp 200×100')
  assert.equal(webp.headers.get('Content-Type'), 'image/webp')
  assert.equal(webp.headers.get('Vary'), 'Accept')
  assert.equal(webp.headers.get('Cache-Control'), 'private, max-age=3600')
  assert.equal(webp.headers.get('X-Content-Type-Options'), 'nosniff')
  assert.equal(webp.headers.get('Content-Security-Policy'), "default-src 'none'; sandbox")
  for (const query of ['?w=0', '?h=-1', '?w=abc', '?w=1.5', '?w=1e3']) {
    const refused = await get(id, query, { Accept: 'application/json' })
    assert.equal(refused.status, 400, query)
    assert.match(refused.bytes.toString(), /"[wh] must be/)
  }
})

test('a small picture stays small, a turned one stands upright, and both are measured so', async () => {
  const small = await put(await plain(20, 10).png().toBuffer(), 'small.png')
  assert.equal(await sizeOf((await get(small.id)).bytes), 'jpeg 20×10')
  const turned = await put(await plain(400, 200).withMetadata({ orientation: 6 }).jpeg().toBuffer(), 'turned.jpg')
  assert.deepEqual([turned.width, turned.height], [200, 400])
  assert.equal(await sizeOf((await get(turned.id)).bytes), 'jpeg 100×200')
})

test('whoever has it is told so without a look at it', async () => {
  const { id, path } = await put(await plain(300, 300, '#3c3').jpeg().toBuffer(), 'kept.jpg')
  const tag = (await get(id)).headers.get('ETag') as string
  rmSync(join(room.root, path))
  rmSync(join(room.folder, 'thumbnails'), { recursive: true })
  assert.equal((await get(id, '', { 'If-None-Match': tag })).status, 304)
  assert.equal((await get(id, '?w=400', { 'If-None-Match': tag })).status, 200)
})

test('a hit touches neither the storage nor a child', async () => {
  const file = await put(await plain(300, 200, '#33c').jpeg().toBuffer(), 'cached.jpg')
  const first = await get(file.id)
  rmSync(join(room.root, file.path))
  await room.files.close()
  assert.deepEqual((await get(file.id)).bytes, first.bytes)
  await room.close()
  room = await openTestFiles({ limits: { maxPixels: 4_000_000, maxSourceBytes: 5_000_000 } })
  app = createHttp(room.routes, room.hooks)
})

test('what has no picture has an icon that names its type', async () => {
  const bomb = await sharp({ create: { width: 3_000, height: 3_000, channels: 3, background: 'white' } })
    .png({ palette: true })
    .toBuffer()
  const photo = await plain(500, 500).jpeg().toBuffer()
  for (const [bytes, name, label] of [
    ['words', 'a.txt', 'TXT'],
    ['%PDF-1.7\n%âãÏÓ', 'b.pdf', 'PDF'],
    ['<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 'c.svg', 'SVG'],
    ['x', 'd.<b>', 'TXT'],
    [bomb, 'bomb.png', 'PNG'],
    [photo.subarray(0, 100), 'cut.jpg', 'JPEG'],
    [Buffer.concat([photo, Buffer.alloc(6_000_000)]), 'large.jpg', 'JPEG'],
  ] as const) {
    const { id } = await put(bytes, name)
    const answer = await get(id, '', { Accept: 'image/webp' })
    assert.equal(answer.status, 200, name)
    assert.equal(answer.headers.get('Content-Type'), 'image/svg+xml', name)
    assert.match(answer.headers.get('Content-Security-Policy') ?? '', /default-src 'none'.*sandbox/)
    assert.match(answer.bytes.toString(), new RegExp(`>${label}</text>`), name)
    assert.doesNotMatch(answer.bytes.toString(), /onload|<b>/)
    assert.equal((await get(id, '', { 'If-None-Match': answer.headers.get('ETag') as string })).status, 304)
  }
})

test('what is missing has an icon that says so, where no picture was made of it before', async () => {
  const lost = await put(await plain(301, 200, '#3c3').jpeg().toBuffer(), 'lost.jpg')
  const seen = await put(await plain(302, 200, '#3c3').jpeg().toBuffer(), 'seen.jpg')
  const { bytes } = await get(seen.id)
  for (const { id, path } of [lost, seen]) {
    rmSync(join(room.root, path))
    await room.database.write((trx) =>
      trx
        .updateTable('datasette_files')
        .set({ missing_since: '2026-05-03T12:00:00.000Z' })
        .where('id', '=', id)
        .execute(),
    )
  }
  const icon = await get(lost.id)
  assert.equal(icon.headers.get('Content-Type'), 'image/svg+xml')
  assert.match(icon.bytes.toString(), /<title>Missing file<\/title>.*>MISSING<\/text>/s)
  assert.deepEqual((await get(seen.id)).bytes, bytes)
})

test('of a picture that is cut off there is what there is of it, in each size, and it is known to be a part', async () => {
  const noisy = sharp({
    create: {
      width: 500,
      height: 400,
      channels: 3,
      background: 'white',
      noise: { type: 'gaussian', mean: 90, sigma: 40 },
    },
  })
  for (const [bytes, name] of [
    [await noisy.clone().jpeg().toBuffer(), 'half.jpg'],
    [await noisy.clone().png().toBuffer(), 'half.png'],
    [await noisy.clone().gif().toBuffer(), 'half.gif'],
  ] as const) {
    const { id } = await put(bytes.subarray(0, bytes.length >> 1), name)
    for (const size of ['', '?w=64&h=64']) {
      const answer = await get(id, size, { Accept: 'image/webp' })
      assert.equal(answer.headers.get('Content-Type'), 'image/webp', name)
      const { width = 0, height = 0 } = await sharp(answer.bytes).metadata()
      assert.equal(Math.round((100 * height) / width), 80, name)
    }
    const file = (await room.files.registry.byId(id)) as FileRecord
    assert.equal(await room.files.thumbnails.isPartial(file), true)
  }
  const whole = await put(await noisy.jpeg().toBuffer(), 'whole.jpg')
  await get(whole.id, '', { Accept: 'image/webp' })
  const file = (await room.files.registry.byId(whole.id)) as FileRecord
  assert.equal(await room.files.thumbnails.isPartial(file), false)
})

function recordOf(facts: Partial<FileRecord> = {}): FileRecord {
  return {
    id: `df-${'a'.repeat(26)}`,
    sourceId: 1,
    sourceSlug: 'photos',
    path: 'a',
    filename: 'a.jpg',
    contentType: 'image/jpeg',
    declaredType: null,
    contentHash: `sha256:${'1'.repeat(64)}`,
    size: 10,
    width: 1,
    height: 1,
    uploadedBy: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    metadata: {},
    searchText: '',
    adopted: false,
    version: null,
    modifiedAt: null,
    changedAt: null,
    missingSince: null,
    unreadable: null,
    ...facts,
  }
}

const VARIANT = { width: 200, height: 200, format: 'raster' } as const

/** Thumbnails whose generator does as it is told. */
function scripted(directory: string, work: () => Promise<Buffer>) {
  const calls = { made: 0, now: 0 }
  const thumbnails = createThumbnails({
    sources: { byId: () => undefined },
    generators: [
      {
        name: 'scripted',
        version: '1',
        accepts: (type) => type === 'image/jpeg',
        async generate({ open }: { open: (signal: AbortSignal) => Promise<Body> }) {
          calls.made += 1
          void open
          return work()
        },
      },
    ],
    directory,
    log: createLog(() => {}),
    now: () => calls.now,
  })
  return { thumbnails, calls }
}

test('a failure that may pass is tried again after a while, one that will not never', async () => {
  for (const [kind, triesAgain] of [
    ['timeout', true],
    ['source', true],
    ['crashed', true],
    ['refused', false],
  ] as const) {
    const { thumbnails, calls } = scripted(join(room.folder, `failures-${kind}`), async () => {
      throw new ChildFailure(kind, 'so it is')
    })
    const found = await thumbnails.get(recordOf(), VARIANT)
    assert.deepEqual(found, { kind: 'none', reason: `${kind}: so it is`, transient: triesAgain })
    await thumbnails.get(recordOf(), VARIANT)
    assert.equal(calls.made, 1, kind)
    calls.now = RETRY_AFTER_MS
    await thumbnails.get(recordOf(), VARIANT)
    assert.equal(calls.made, triesAgain ? 2 : 1, kind)
  }
})

test('what nobody had time for is nothing to remember', async () => {
  const { thumbnails, calls } = scripted(join(room.folder, 'failures-unavailable'), async () => {
    throw new ChildFailure('unavailable', 'too much to do')
  })
  await thumbnails.get(recordOf(), VARIANT)
  const found = await thumbnails.get(recordOf(), VARIANT)
  assert.equal(calls.made, 2)
  assert.equal(found.kind === 'none' && found.transient, true)
})

test('asked for ten times at once, it is made once; equal bytes share it', async () => {
  const { thumbnails, calls } = scripted(join(room.folder, 'shared'), async () => Buffer.from([0xff, 0xd8]))
  await Promise.all(Array.from({ length: 10 }, () => thumbnails.get(recordOf(), VARIANT)))
  await thumbnails.get(recordOf({ id: `df-${'b'.repeat(26)}`, filename: 'copy.jpg' }), VARIANT)
  assert.equal(calls.made, 1)
  await thumbnails.get(recordOf({ contentHash: null }), VARIANT)
  await thumbnails.get(recordOf({ contentHash: null, id: `df-${'b'.repeat(26)}` }), VARIANT)
  assert.equal(calls.made, 3)
})

test('half a file of the cache counts for nothing, and what another policy left is swept', async () => {
  const directory = join(room.folder, 'swept')
  const { thumbnails, calls } = scripted(directory, async () => Buffer.from([0xff, 0xd8]))
  await thumbnails.get(recordOf(), VARIANT)
  const [policy] = readdirSync(directory) as [string]
  const [folder] = readdirSync(join(directory, policy)) as [string]
  const [name] = readdirSync(join(directory, policy, folder)) as [string]
  writeFileSync(join(directory, policy, folder, name), '')
  await thumbnails.get(recordOf(), VARIANT)
  assert.equal(calls.made, 2)
  renameSync(join(directory, policy), join(directory, 'older'))
  await thumbnails.start()
  assert.equal(existsSync(join(directory, 'older')), false)
})

test('the cache stays below its limit, the oldest going first', async () => {
  const directory = join(room.folder, 'bounded')
  const cache = createThumbnailCache(directory, 'p', 1_000)
  for (let at = 0; at < 30; at += 1) {
    const key = `${at % 3}${'0'.repeat(60)}${at}`
    await cache.write(key, 'x', Buffer.alloc(100))
    const time = new Date(1_000_000 + at * 1_000)
    utimesSync(join(directory, 'p', key.slice(0, 2), `${key}.x`), time, time)
    await cache.sweep()
  }
  const kept = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  assert.ok(kept.length >= 8 && kept.length <= 10, `${kept.length} files of 100 bytes`)
  assert.equal((await cache.read(`2${'0'.repeat(60)}29`, 'x'))?.length, 100)
  assert.equal(await cache.read(`0${'0'.repeat(60)}0`, 'x'), undefined)
})

test('a cache that takes nothing costs no picture and no icon', async () => {
  const directory = join(room.folder, 'thumbnails-nowhere')
  symlinkSync(join(room.folder, 'no', 'such', 'folder'), directory)
  const good = scripted(directory, async () => Buffer.from('RIFF'))
  assert.equal((await good.thumbnails.get(recordOf(), VARIANT)).kind, 'picture')
  const bad = scripted(directory, async () => {
    throw new ChildFailure('refused', 'broken')
  })
  assert.equal((await bad.thumbnails.get(recordOf(), VARIANT)).kind, 'none')
})
