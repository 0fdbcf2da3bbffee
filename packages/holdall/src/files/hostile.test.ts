import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { crc32, deflateSync } from 'node:zlib'
import type { Hono } from 'hono'
import sharp from 'sharp'
import { createHttp } from '../app/http.ts'
import type { RouteEnv } from '../web/route.ts'
import { pdfOf } from './parsing/test-documents.ts'
import { openTestFiles, type TestFiles } from './testing.ts'

const ALERT = '<script>alert(1)</script>'

let room: TestFiles
let app: Hono<RouteEnv>
let photo: Buffer
before(async () => {
  room = await openTestFiles({ limits: { processes: 1, timeoutMs: 8_000 } })
  app = createHttp(room.routes, room.hooks)
  photo = await sharp({ create: { width: 300, height: 200, channels: 3, background: '#375' } })
    .jpeg()
    .toBuffer()
})
after(() => room.close())

interface Treatment {
  readonly type: string
  /** Of the thumbnail. */
  readonly picture: string | null
  readonly thumbnail: Buffer
  readonly disposition: string | undefined
  readonly page: string
}

/** Everything that is done with a file's bytes, one after the other; nothing of it may fail. */
async function treat(bytes: Uint8Array, filename: string, declared = 'image/png'): Promise<Treatment> {
  const headers = { 'X-Actor': 'alice' }
  const stored = await app.request(`/-/files/upload/photos?filename=${filename}`, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': declared },
    body: bytes as BodyInit,
  })
  assert.equal(stored.status, 201, filename)
  const { file_id: id, content_type: type } = (await stored.json()) as { file_id: string; content_type: string }
  const small = await app.request(`/-/files/${id}/thumbnail?w=200&h=200`, { headers })
  assert.equal(small.status, 200, filename)
  assert.equal(small.headers.get('X-Content-Type-Options'), 'nosniff')
  assert.match(small.headers.get('Content-Security-Policy') ?? '', /default-src 'none';.*sandbox/)
  const thumbnail = Buffer.from(await small.arrayBuffer())
  assert.doesNotMatch(thumbnail.toString('latin1'), /alert\(1\)/, filename)
  const inline = await app.request(`/-/files/${id}/download?inline=1`, { headers })
  assert.equal(inline.status, 200)
  assert.equal(inline.headers.get('X-Content-Type-Options'), 'nosniff')
  assert.match(inline.headers.get('Content-Security-Policy') ?? '', /sandbox/)
  assert.deepEqual(Buffer.from(await inline.arrayBuffer()).equals(bytes), true)
  const page = await (await app.request(`/-/files/${id}`, { headers })).text()
  assert.ok(!page.includes(ALERT), filename)
  return {
    type,
    picture: small.headers.get('Content-Type'),
    thumbnail,
    disposition: inline.headers.get('Content-Disposition')?.split(';')[0],
    page,
  }
}

function pngChunk(name: string, data: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(data.length)
  head.write(name, 4, 'latin1')
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(Buffer.concat([head.subarray(4), data])))
  return Buffer.concat([head, data, sum])
}

function hugePng(side: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  header[8] = 1
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(Buffer.alloc(10_000_000))),
    pngChunk('IEND', Buffer.alloc(0)),
  ])
}

/** A GIF of one frame that says it is 65,535 pixels wide and high. */
const HUGE_GIF = Buffer.from('474946383961ffffffff800000000000ffffff2c00000000ffffffff0002024c01003b', 'hex')

describe('a bomb', () => {
  test('of a few kilobytes and a billion pixels is measured, has an icon and costs nothing more', async () => {
    for (const [bytes, name] of [
      [hugePng(40_000), 'bomb.png'],
      [HUGE_GIF, 'bomb.gif'],
    ] as const) {
      const started = performance.now()
      const { picture } = await treat(bytes, name)
      assert.equal(picture, 'image/svg+xml', name)
      assert.ok(performance.now() - started < 20_000)
    }
  })

  test('of text within a PNG is not unpacked', async () => {
    const text = Buffer.concat([
      Buffer.from('Comment\0\0', 'latin1'),
      deflateSync(Buffer.alloc(300_000_000), { level: 1 }),
    ])
    const png = await sharp({ create: { width: 20, height: 20, channels: 3, background: 'red' } })
      .png()
      .toBuffer()
    const end = png.length - 12
    const { type } = await treat(
      Buffer.concat([png.subarray(0, 33), pngChunk('zTXt', text), png.subarray(33, end), png.subarray(end)]),
      'text.png',
    )
    assert.equal(type, 'image/png')
  })

  test('leaves the next picture its thumbnail', async () => {
    const { picture } = await treat(photo, 'after.jpg', 'image/jpeg')
    assert.equal(picture, 'image/jpeg')
  })
})

describe('a picture that is broken off', () => {
  test('anywhere has a thumbnail or an icon', async () => {
    const png = await sharp(photo).png().toBuffer()
    const webp = await sharp(photo).webp().toBuffer()
    for (const [name, whole] of Object.entries({ 'cut.jpg': photo, 'cut.png': png, 'cut.webp': webp })) {
      for (const part of [0.02, 0.3, 0.9]) {
        const { picture } = await treat(whole.subarray(0, Math.ceil(whole.length * part)), name)
        assert.match(picture ?? '', /^image\/(?:jpeg|png|svg\+xml)$/)
      }
    }
  })
})

describe('a file that is two things', () => {
  test('GIF and script: is a GIF, which no page can load as a script', async () => {
    const { type, disposition } = await treat(Buffer.from('GIF89a/*\x01\x00\x00\x00*/=1;alert(1)//', 'latin1'), 'x.gif')
    assert.equal(type, 'image/gif')
    assert.equal(disposition, 'inline')
  })

  test('PDF and page: is what it begins as', async () => {
    const pdfFirst = await treat(Buffer.concat([pdfOf(['a']), Buffer.from(ALERT)]), 'x.html', 'text/html')
    assert.equal(pdfFirst.type, 'application/pdf')
    const pageFirst = await treat(
      Buffer.concat([Buffer.from(`<html>${ALERT}</html>`), pdfOf(['a'])]),
      'x.pdf',
      'application/pdf',
    )
    assert.notEqual(pageFirst.disposition, 'inline')
  })

  test('JPEG and page: its thumbnail carries nothing of what was hidden in it', async () => {
    const comment = Buffer.from(`\xff\xfe\x00${String.fromCharCode(ALERT.length + 2)}${ALERT}`, 'latin1')
    const { type, picture } = await treat(Buffer.concat([photo.subarray(0, 2), comment, photo.subarray(2)]), 'x.jpg')
    assert.equal(type, 'image/jpeg')
    assert.equal(picture, 'image/jpeg')
    const described = await sharp(photo)
      .withExif({ IFD0: { ImageDescription: ALERT } })
      .jpeg()
      .toBuffer()
    const { page } = await treat(described, 'described.jpg')
    assert.match(page, /&lt;script&gt;alert\(1\)&lt;\/script&gt;/)
  })

  test('SVG under another name: is an SVG, is never drawn here and only saved', async () => {
    const svg = Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">${ALERT}</svg>`)
    for (const name of ['x.svg', 'x.png', 'x.jpg']) {
      const { type, picture, disposition, page } = await treat(svg, name)
      assert.equal(type, 'image/svg+xml')
      assert.equal(picture, 'image/svg+xml')
      assert.equal(disposition, 'attachment')
      assert.doesNotMatch(page, /<img[^>]+inline=1/)
    }
  })
})

test('what the decoders here cannot read has an icon, and is measured where that is known', async () => {
  const bitmap = Buffer.alloc(70)
  bitmap.write('BM', 0, 'latin1')
  bitmap.writeUInt32LE(70, 2)
  bitmap.writeUInt32LE(54, 10)
  bitmap.writeUInt32LE(40, 14)
  bitmap.writeInt32LE(2, 18)
  bitmap.writeInt32LE(2, 22)
  const { type, picture, page } = await treat(bitmap, 'x.bmp', 'image/bmp')
  assert.deepEqual([type, picture], ['image/bmp', 'image/svg+xml'])
  assert.match(page, /<img src="[^"]*inline=1" width="2" height="2"/)
  const heic = Buffer.concat([
    Buffer.from('\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic', 'latin1'),
    Buffer.alloc(200),
  ])
  const iphone = await treat(heic, 'x.heic', 'image/heic')
  assert.deepEqual([iphone.type, iphone.picture, iphone.disposition], ['image/heic', 'image/svg+xml', 'attachment'])
  const avif = await sharp(photo).avif({ effort: 0 }).toBuffer()
  const modern = await treat(avif, 'x.avif', 'image/avif')
  assert.deepEqual([modern.type, modern.picture], ['image/avif', 'image/jpeg'])
})
