import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import sharp from 'sharp'
import { readExif } from '../images/exif.ts'
import { openTestFiles, type TestFiles } from '../testing.ts'

let room: TestFiles
before(async () => {
  room = await openTestFiles()
})
after(() => room.close())

let stored = 0
async function inspect(bytes: Uint8Array, contentType: string, lose = false) {
  stored += 1
  const path = `${stored}/file`
  const storage = await room.sources.get('photos').storage()
  async function* body() {
    yield bytes
  }
  await storage.write?.(path, body())
  if (lose) rmSync(join(room.root, path))
  return await room.files.intake.inspect({
    storage,
    path,
    size: bytes.length,
    contentType,
    filename: 'file',
    keepGps: false,
    signal: AbortSignal.timeout(30_000),
  })
}

/** Noise does not compress, so that the file is as large as it looks. */
function noise(width: number, height: number) {
  return sharp(randomBytes(width * height * 3), { raw: { width, height, channels: 3 } })
}

test('a picture is measured from its beginning, or whole where its facts are at the end', async () => {
  const exif = { IFD0: { Make: 'Kestrel' } }
  for (const [bytes, type] of [
    [await noise(900, 700).withExif(exif).jpeg({ quality: 100 }).toBuffer(), 'image/jpeg'],
    [await noise(900, 700).png().toBuffer(), 'image/png'],
    [await noise(900, 700).webp({ quality: 100, effort: 0 }).toBuffer(), 'image/webp'],
    [await noise(900, 700).tiff({ compression: 'none' }).toBuffer(), 'image/tiff'],
  ] as const) {
    assert.ok(bytes.length > 600_000, `${type} ${bytes.length}`)
    const facts = await inspect(bytes, type)
    assert.deepEqual([facts.width, facts.height], [900, 700], type)
    if (type === 'image/jpeg') assert.deepEqual(facts.metadata?.exif, { make: 'Kestrel' })
  }
})

test('the tags of a TIFF are read wherever they stand in it', async () => {
  const make = Buffer.from('Kestrel\0')
  const directory = Buffer.alloc(18)
  directory.writeUInt16LE(1, 0)
  directory.writeUInt16LE(0x010f, 2)
  directory.writeUInt16LE(2, 4)
  directory.writeUInt32LE(make.length, 6)
  const far = 1_000_000
  directory.writeUInt32LE(far + directory.length, 10)
  const header = Buffer.from('49492a0000000000', 'hex')
  header.writeUInt32LE(far, 4)
  const tiff = Buffer.concat([header, Buffer.alloc(far - header.length), directory, make])
  assert.deepEqual(await readExif(tiff), { tags: { make: 'Kestrel' } })
  assert.deepEqual(await readExif(tiff.subarray(0, far)), { tags: {} })
})

test('a JPEG whose size stands behind a megabyte of notes is measured all the same', async () => {
  const jpeg = await noise(300, 200).jpeg().toBuffer()
  const note = Buffer.concat([Buffer.from('fffeffff', 'hex'), Buffer.alloc(0xfffd, 'n')])
  const padded = Buffer.concat([jpeg.subarray(0, 2), ...Array.from({ length: 16 }, () => note), jpeg.subarray(2)])
  const facts = await inspect(padded, 'image/jpeg')
  assert.deepEqual([facts.width, facts.height], [300, 200])
})

test('a bitmap says its size at a fixed place', async () => {
  const bitmap = Buffer.alloc(64)
  bitmap.write('BM')
  bitmap.writeInt32LE(31, 18)
  bitmap.writeInt32LE(-17, 22)
  assert.deepEqual(await inspect(bitmap, 'image/bmp'), {
    width: 31,
    height: 17,
    metadata: { image: { format: 'bmp' } },
  })
  assert.deepEqual(await inspect(bitmap.subarray(0, 20), 'image/bmp'), { metadata: {} })
})

test('what nobody understands has no facts', async () => {
  assert.deepEqual(await inspect(randomBytes(1_000), 'image/jpeg'), {})
  assert.deepEqual(await inspect(randomBytes(1_000), 'application/octet-stream'), {})
  assert.deepEqual(await inspect(Buffer.alloc(0), 'text/plain'), {})
  assert.deepEqual(await inspect(Buffer.from('grün'), 'text/plain'), { metadata: { charset: 'utf-8' } })
})

test('a storage that fails is no fact about the file: it is asked again', async () => {
  await assert.rejects(inspect(await noise(30, 20).png().toBuffer(), 'image/png', true), { code: 'file_missing' })
  await assert.rejects(inspect(Buffer.from('words'), 'text/plain', true), { code: 'file_missing' })
})
