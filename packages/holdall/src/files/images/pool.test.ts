import assert from 'node:assert/strict'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { ChildFailure } from '../children/child-process.ts'
import { MAX_KEYWORDS, readIptc } from './iptc.ts'
import type { FactsJob, ThumbnailJob } from './jobs.ts'
import { createImagePool, type ImagePool } from './pool.ts'
import { MAX_DEPTH, MAX_PACKET, readXmp, withXmp } from './xmp.ts'

const pools: ImagePool[] = []
after(() => Promise.all(pools.map((pool) => pool.close())))

function poolOf(options: Parameters<typeof createImagePool>[0]): ImagePool {
  const pool = createImagePool(options)
  pools.push(pool)
  return pool
}

const pool = poolOf({ processes: 1 })
const SMALL: ThumbnailJob = { kind: 'thumbnail', width: 200, height: 200, format: 'raster', maxPixels: 100_000_000 }
const FACTS: FactsJob = { kind: 'facts', contentType: 'image/jpeg', keepPosition: false }

function body(bytes: Uint8Array, chunk = 65_536) {
  async function* stream() {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk)
  }
  return async () => ({ bytes: bytes.length, stream: stream() })
}

function plain(width: number, height: number, channels: 3 | 4 = 3) {
  return sharp({ create: { width, height, channels, background: { r: 200, g: 30, b: 30, alpha: 0.5 } } })
}

/** A few hundred bytes that say they are a picture of `side` × `side` pixels. */
function hugePng(side: number): Buffer {
  const chunk = (name: string, data: Buffer) => {
    const head = Buffer.alloc(8)
    head.writeUInt32BE(data.length)
    head.write(name, 4, 'latin1')
    const sum = Buffer.alloc(4)
    sum.writeUInt32BE(crc32(Buffer.concat([head.subarray(4), data])))
    return Buffer.concat([head, data, sum])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  header[8] = 1
  const signature = Buffer.from('89504e470d0a1a0a', 'hex')
  const pixels = deflateSync(Buffer.alloc((side * side) / 8 / 100))
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))])
}

function failsAs(kind: string) {
  return (error: unknown) => error instanceof ChildFailure && error.kind === kind
}

test('a picture comes back small, whole and in the format that suits it', async () => {
  const jpeg = await pool.run(SMALL, body(await plain(3_000, 1_500).jpeg().toBuffer()))
  assert.deepEqual([jpeg.header.width, jpeg.header.height], [200, 100])
  assert.equal((await sharp(jpeg.payload).metadata()).format, 'jpeg')
  const png = await pool.run(SMALL, body(await plain(300, 300, 4).png().toBuffer()))
  assert.equal((await sharp(png.payload).metadata()).format, 'png')
  const webp = await pool.run({ ...SMALL, format: 'webp' }, body(await plain(300, 300, 4).png().toBuffer()))
  assert.equal((await sharp(webp.payload).metadata()).format, 'webp')
})

test('a small picture is not enlarged, a turned one is set upright', async () => {
  const tiny = await pool.run(SMALL, body(await plain(20, 10).png().toBuffer()))
  assert.deepEqual([tiny.header.width, tiny.header.height], [20, 10])
  const turned = await plain(400, 200).withMetadata({ orientation: 6 }).jpeg().toBuffer()
  const upright = await pool.run(SMALL, body(turned))
  assert.deepEqual([upright.header.width, upright.header.height], [100, 200])
  const { header } = await pool.run(FACTS, body(turned))
  const facts = header.facts as { width: number; height: number }
  assert.deepEqual([facts.width, facts.height], [200, 400])
})

test('the camera is kept, the position is not, unless it is asked for', async () => {
  const exif = {
    IFD0: { Make: 'Kestrel', Model: 'F80', Artist: 'E. Lind', ImageDescription: `quay\u0007 ${'x'.repeat(5_000)}` },
    IFD2: { DateTimeOriginal: '2011:08:01 10:02:03', FNumber: '28/10' },
    IFD3: { GPSLatitude: '59/1 30/1 0/1', GPSLatitudeRef: 'N', GPSLongitude: '10/1 15/1 0/1', GPSLongitudeRef: 'E' },
  }
  for (const format of ['jpeg', 'webp', 'png'] as const) {
    const picture = await plain(64, 48).withExif(exif).toFormat(format).toBuffer()
    const question = { ...FACTS, contentType: `image/${format}` }
    const kept = (await pool.run({ ...question, keepPosition: true }, body(picture))).header
    const { metadata } = (await pool.run(question, body(picture))).header.facts as {
      metadata: { exif: Record<string, unknown>; position?: unknown; position_removed?: boolean }
    }
    assert.equal(metadata.exif.make, 'Kestrel', format)
    assert.equal(metadata.exif.taken_at, '2011-08-01T10:02:03')
    assert.equal(metadata.exif.f_number, 2.8)
    assert.equal((metadata.exif.description as string).length, 1_000)
    assert.equal(metadata.position, undefined)
    assert.equal(metadata.position_removed, true)
    assert.doesNotMatch(JSON.stringify(metadata), /59\.5/)
    const position = (kept.facts as { metadata: { position: unknown } }).metadata.position
    assert.deepEqual(position, { latitude: 59.5, longitude: 10.25 })
  }
})

test('what was written into a picture by hand is kept, in whatever it is written', async () => {
  const dataSet = (number: number, value: string, encoding: 'utf8' | 'latin1' = 'utf8', record = 2) => {
    const bytes = Buffer.from(value, encoding)
    return Buffer.concat([Buffer.from([0x1c, record, number, bytes.length >> 8, bytes.length & 255]), bytes])
  }
  const records = Buffer.concat([
    dataSet(90, '\x1b%G', 'latin1', 1),
    dataSet(120, 'Kräne am Überseehafen'),
    dataSet(25, 'Kran'),
    dataSet(25, 'Öl', 'latin1'),
    dataSet(25, 'Kran'),
    dataSet(80, 'E. Lind'),
    dataSet(90, 'Bremen'),
    Buffer.from([0x1c, 2, 105, 0xff, 0xff, 1]),
  ])
  const size = Buffer.alloc(4)
  size.writeUInt32BE(records.length)
  const segment = Buffer.concat([Buffer.from('Photoshop 3.0\0' + '8BIM\x04\x04\0\0', 'latin1'), size, records])
  const marker = Buffer.from([0xff, 0xed, (segment.length + 2) >> 8, (segment.length + 2) & 255])
  const jpeg = await plain(64, 48).jpeg().toBuffer()
  const written = Buffer.concat([jpeg.subarray(0, 2), marker, segment, jpeg.subarray(2)])
  const { metadata } = (await pool.run({ ...FACTS, contentType: 'image/jpeg' }, body(written))).header.facts as {
    metadata: { iptc: unknown }
  }
  assert.deepEqual(metadata.iptc, { caption: 'Kräne am Überseehafen', creator: 'E. Lind', keywords: ['Kran', 'Öl'] })
  // However it ends, it is read as far as it goes.
  for (let length = 0; length < segment.length; length += 1) readIptc(segment.subarray(0, length))
  for (let length = 0; length < records.length; length += 1) readIptc(records.subarray(0, length))
})

test('what was written into a picture as XMP is read, without places, and whatever a packet holds', async () => {
  const packetOf = (more: string, attributes = '') => `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>
    <x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
    <r:Description r:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:p="http://ns.adobe.com/photoshop/1.0/"
      xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:mm="http://ns.adobe.com/xap/1.0/mm/"${attributes}>${more}
    </r:Description></r:RDF></x:xmpmeta><?xpacket end="w"?>   `
  const packet = packetOf(
    `<dc:title><r:Alt><r:li xml:lang="x-default">Kräne &amp; Kähne</r:li><r:li xml:lang="en">Cranes</r:li></r:Alt></dc:title>
     <dc:subject><r:Bag><r:li>Kran</r:li><r:li>Öl</r:li><r:li>Kran</r:li></r:Bag></dc:subject>
     <dc:creator><r:Seq><r:li>E. Lind</r:li><r:li>O. Berg</r:li></r:Seq></dc:creator>
     <dc:description>Am Kai</dc:description><p:City>Bremen</p:City><exif:GPSLatitude>53,5N</exif:GPSLatitude>
     <mm:Pantry><r:Bag><r:li><r:Description><dc:title>Of a part</dc:title></r:Description></r:li></r:Bag></mm:Pantry>`,
    ' p:Headline="Überseehafen" p:Country="Germany" exif:GPSLongitude="8,8E"',
  )
  const words = {
    headline: 'Überseehafen',
    title: 'Kräne & Kähne',
    creator: 'E. Lind, O. Berg',
    caption: 'Am Kai',
    keywords: ['Kran', 'Öl'],
  }
  for (const format of ['jpeg', 'png', 'webp', 'tiff'] as const) {
    const bytes = await plain(64, 48).withXmp(packet).toFormat(format).toBuffer()
    const { header } = await pool.run({ ...FACTS, contentType: `image/${format}` }, body(bytes))
    assert.deepEqual((header.facts as { metadata: { iptc: unknown } }).metadata.iptc, words, format)
  }
  const both = withXmp({ title: 'Cranes', keywords: ['Tide'] }, readXmp(Buffer.from(packet)))
  assert.deepEqual(both, { ...words, title: 'Cranes', keywords: ['Tide', 'Kran', 'Öl'] })

  // However it ends, it is read as far as it goes; nothing in it grows.
  const bytes = Buffer.from(packet)
  for (let length = 0; length < bytes.length; length += 7) readXmp(bytes.subarray(0, length))
  const bomb = `<!DOCTYPE a [<!ENTITY b "${'b'.repeat(1_000)}"><!ENTITY c "&b;&b;&b;&b;">]>`
  assert.deepEqual(readXmp(Buffer.from(bomb + packetOf('<dc:title>&c;</dc:title>').trim())), {})
  const many = Array.from({ length: MAX_KEYWORDS + 1 }, (_, at) => `<r:li>k${at}</r:li>`).join('')
  const long = readXmp(
    Buffer.from(packetOf(`<dc:subject>${many}</dc:subject><dc:title>${'t'.repeat(5_000)}</dc:title>`)),
  )
  assert.deepEqual([long.keywords?.length, long.title?.length], [MAX_KEYWORDS, 1_000])
  const nested = (depth: number) => packetOf(`${'<p:a>'.repeat(depth)}${'</p:a>'.repeat(depth)}<dc:title>t</dc:title>`)
  assert.deepEqual(readXmp(Buffer.from(nested(MAX_DEPTH - 3))), { title: 't' })
  assert.deepEqual(readXmp(Buffer.from(nested(MAX_DEPTH - 2))), {})
  const padded = (size: number) => Buffer.concat([bytes, Buffer.alloc(size - bytes.length, ' ')])
  assert.deepEqual(readXmp(padded(MAX_PACKET)), words)
  assert.deepEqual(readXmp(padded(MAX_PACKET + 1)), {})
  for (const rubbish of [Buffer.alloc(1_000, 0xff), Buffer.alloc(1_000), Buffer.from(packet, 'utf16le')])
    readXmp(rubbish)
})

test('what is no picture, or one that is cut off or too large, is refused and the child goes on', async () => {
  const whole = await plain(2_000, 2_000).png().toBuffer()
  const bomb = hugePng(30_000)
  const rubbish = Buffer.alloc(10_000, 'not a picture')
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>')
  for (const bytes of [whole.subarray(0, 2_000), bomb, rubbish, svg, Buffer.alloc(0)]) {
    await assert.rejects(pool.run(SMALL, body(bytes)), failsAs('refused'))
  }
  const noisy = Buffer.alloc(300 * 300 * 3).map((_, at) => (at * 7919) % 251)
  const photo = await sharp(noisy, { raw: { width: 300, height: 300, channels: 3 } })
    .jpeg()
    .toBuffer()
  await assert.rejects(pool.run(SMALL, body(photo.subarray(0, photo.length / 2))), failsAs('refused'))
  const { header } = await pool.run(FACTS, body(bomb))
  assert.equal((header.facts as { width: number }).width, 30_000)
  await pool.run(SMALL, body(whole))
})

test('a child that takes too long is killed, and the next job has a new one', async () => {
  const slow = poolOf({ processes: 1, timeoutMs: 400 })
  async function* never() {
    yield Buffer.alloc(10)
    await sleep(60_000, undefined, { ref: false })
  }
  await assert.rejects(
    slow.run(SMALL, async () => ({ bytes: 100, stream: never() })),
    (error) => failsAs('timeout')(error) && /within 400 ms/.test(String(error)),
  )
  await assert.rejects(
    slow.run(SMALL, () => new Promise(() => {})),
    (error) => failsAs('source')(error) && /within 400 ms/.test(String((error as Error).cause)),
  )
  const patient = poolOf({ processes: 1 })
  await patient.run(SMALL, body(await plain(30, 30).png().toBuffer()))
})

test('a child that takes too much memory is killed', { skip: process.platform !== 'linux' }, async () => {
  const small = poolOf({ processes: 1, memoryBytes: 250 * 1024 * 1024 })
  await small.run(SMALL, body(await plain(30, 30).png().toBuffer()))
  const greedy = Buffer.alloc(400 * 1024 * 1024)
  await assert.rejects(small.run(SMALL, body(greedy)), failsAs('memory'))
  await small.run(SMALL, body(await plain(30, 30).png().toBuffer()))
})

test('a storage that gives too little, too much or an error is the reason, not the picture', async () => {
  const picture = await plain(30, 30).png().toBuffer()
  async function* broken() {
    yield picture.subarray(0, 10)
    throw new Error('the disk is gone')
  }
  const short = { bytes: picture.length + 1, stream: (await body(picture)()).stream }
  const long = { bytes: picture.length - 1, stream: (await body(picture)()).stream }
  for (const wrong of [short, long, { bytes: picture.length, stream: broken() }]) {
    await assert.rejects(
      pool.run(SMALL, async () => wrong),
      failsAs('source'),
    )
  }
  await pool.run(SMALL, body(picture))
})

test('a file that is open is read by the child itself, and one of another size is the storage’s fault', {
  skip: process.platform !== 'linux',
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdall-open-'))
  const picture = await plain(300, 200).jpeg().toBuffer()
  await writeFile(join(folder, 'picture.jpg'), picture)
  const file = await open(join(folder, 'picture.jpg'))
  // Its name is gone, and it is still what was opened.
  await rm(folder, { recursive: true })
  async function* never(): AsyncGenerator<Uint8Array> {
    yield await Promise.reject(new Error('nobody should have read this'))
  }
  try {
    const ask = (bytes: number) => pool.run(SMALL, async () => ({ bytes, fd: file.fd, stream: never() }))
    assert.equal((await ask(picture.length)).header.width, 200)
    await assert.rejects(ask(picture.length + 1), failsAs('source'))
    await assert.rejects(ask(picture.length - 1), failsAs('source'))
    assert.equal((await ask(picture.length)).header.width, 200)
    // Where the system does not let it, the bytes are sent as ever.
    const unopened = { bytes: picture.length, fd: 999_999, stream: (await body(picture)()).stream }
    assert.equal((await pool.run(SMALL, async () => unopened)).header.width, 200)
  } finally {
    await file.close()
  }
})

test('many jobs share few children, in the order in which they were asked', async () => {
  const two = poolOf({ processes: 2 })
  const picture = await plain(600, 400).jpeg().toBuffer()
  let open = 0
  let most = 0
  const results = await Promise.all(
    Array.from({ length: 20 }, () =>
      two.run(SMALL, async (signal) => {
        open += 1
        most = Math.max(most, open)
        signal.addEventListener('abort', () => {
          open -= 1
        })
        return body(picture)()
      }),
    ),
  )
  assert.equal(results.length, 20)
  assert.equal(most, 2)
  assert.equal(open, 0)
})

test('a pool that is closed says so to whoever works and whoever waits, and blames no picture', async () => {
  const closing = poolOf({ processes: 1 })
  async function* endless() {
    yield Buffer.alloc(10)
    await new Promise(() => {})
  }
  const started = Promise.withResolvers<void>()
  const working = closing.run(SMALL, async () => {
    started.resolve()
    return { bytes: 99, stream: endless() }
  })
  const waiting = closing.run(SMALL, body(Buffer.alloc(10)))
  const outcomes = Promise.allSettled([working, waiting])
  await started.promise
  await closing.close()
  for (const outcome of await outcomes) {
    assert.equal(outcome.status === 'rejected' && (outcome.reason as ChildFailure).kind, 'unavailable')
  }
  await assert.rejects(closing.run(SMALL, body(Buffer.alloc(10))), failsAs('unavailable'))
})
