import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Hono } from 'hono'
import sharp from 'sharp'
import { createHttp } from '../../app/http.ts'
import type { RouteEnv } from '../../web/route.ts'
import { pdfOf, wavOf } from '../parsing/test-documents.ts'
import { openTestFiles, type TestFiles } from '../testing.ts'
import { enqueueWork } from './queue.ts'
import { adopt } from './test-adopt.ts'
import { allRead } from './test-all-read.ts'

let room: TestFiles
let app: Hono<RouteEnv>

before(async () => {
  room = await openTestFiles()
  app = createHttp(room.routes, room.hooks)
  await room.files.start()
})
after(() => room.close())

async function put(bytes: string | Uint8Array, filename: string) {
  const answer = await app.request(`/-/files/upload/photos?filename=${encodeURIComponent(filename)}`, {
    method: 'POST',
    headers: { 'X-Actor': 'alice' },
    body: bytes as BodyInit,
  })
  const { file_id: id, file } = (await answer.json()) as { file_id: string; file: Record<string, unknown> }
  assert.equal(answer.status, 201)
  return { id, metadata: file.metadata }
}

async function read(id: string): Promise<Record<string, unknown>> {
  return (await (await app.request(`/-/files/${id}.json`, { headers: { 'X-Actor': 'alice' } })).json()) as never
}

/** Waits until nothing is left to be read. */
async function found(word: string): Promise<string[]> {
  const answer = await app.request(`/-/files/search.json?q=${word}`, { headers: { 'X-Actor': 'alice' } })
  const { files } = (await answer.json()) as { files: { id: string }[] }
  return files.map(({ id }) => id)
}

describe('an upload', () => {
  test('that has words is found by them soon after, and says how many pages it has', async () => {
    const pages = Array.from({ length: 45 }, (_, at) => (at === 39 ? 'the zanzibar ledger' : 'nothing of note'))
    const pdf = await put(pdfOf(pages), 'ledger.pdf')
    const note = await put('grün wie die Heide', 'note.txt')
    const json = await put('{"species": "capercaillie"}', 'bird.json')
    await allRead(room.folder)
    assert.deepEqual(await found('zanzibar'), [pdf.id])
    assert.deepEqual(await found('heide'), [note.id])
    assert.deepEqual(await found('capercaillie'), [json.id])
    assert.deepEqual((await read(pdf.id)).metadata, { pdf: { pages: 45 } })
  })

  test('that has none, or does not open, has no work and no words', async () => {
    const locked = await put(pdfOf(['secretword'], { encrypted: true }), 'locked.pdf')
    await put(
      await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
        .png()
        .toBuffer(),
      'dot.png',
    )
    await put('', 'empty.txt')
    await allRead(room.folder)
    assert.deepEqual(await found('secretword'), [])
    assert.deepEqual((await read(locked.id)).metadata, {})
  })

  test('of sound says how long it plays in the answer already', async () => {
    const { metadata } = await put(wavOf(2), 'two.wav')
    assert.equal((metadata as { media: { duration: number } }).media.duration, 2)
  })
})

describe('a file that was found where it lies', () => {
  test('gets its type, size, dimensions, facts, hash and words from its bytes', async () => {
    const photo = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#c33' } })
      .withExif({
        IFD0: { Make: 'Kestrel' },
        IFD3: {
          GPSLatitude: '59/1 30/1 0/1',
          GPSLatitudeRef: 'N',
          GPSLongitude: '10/1 15/1 0/1',
          GPSLongitudeRef: 'E',
        },
      })
      .jpeg()
      .toBuffer()
    const picture = await adopt(room, 'photo.bin', photo)
    const document = await adopt(room, 'paper.pdf', pdfOf(['a quokka in the reeds']))
    await allRead(room.folder)
    const { content_type, size, width, height, content_hash, metadata } = await read(picture)
    assert.deepEqual([content_type, size, width, height], ['image/jpeg', photo.length, 60, 40])
    assert.equal(content_hash, `sha256:${createHash('sha256').update(photo).digest('hex')}`)
    const facts = metadata as { exif: { make: string }; position_removed: boolean }
    assert.equal(facts.exif.make, 'Kestrel')
    assert.equal(facts.position_removed, true)
    assert.doesNotMatch(JSON.stringify(facts), /59\.5/)
    assert.deepEqual(await found('quokka'), [document])
    assert.deepEqual(await found('kestrel image'), [picture], 'by the camera that took it')
    await room.database.write((trx) =>
      trx.updateTable('datasette_files').set({ metadata: '{}' }).where('id', '=', picture).execute(),
    )
    assert.deepEqual(await found('kestrel'), [])
  })

  test('that has other bytes now loses what was said of the old ones, and keeps what people wrote', async () => {
    const id = await adopt(room, 'changing', pdfOf(['the oldest numbat']))
    await allRead(room.folder)
    assert.deepEqual(await found('numbat'), [id])
    writeFileSync(join(room.root, 'adopted', 'changing'), 'just a wombat')
    await room.database.write(async (trx) => {
      const values = { version: '2', metadata: JSON.stringify({ pdf: { pages: 1 }, shelf: 'B7' }) }
      await trx.updateTable('datasette_files').set(values).where('id', '=', id).execute()
      await enqueueWork(trx, [id], ['facts'])
    })
    await allRead(room.folder)
    assert.deepEqual(await found('numbat'), [])
    assert.deepEqual(await found('wombat'), [id])
    const { content_type, metadata } = await read(id)
    assert.equal(content_type, 'text/plain')
    assert.deepEqual(metadata, { shelf: 'B7', charset: 'utf-8' })
  })

  test('that vanished in the meantime, or leaves the registry, is left alone', async () => {
    const id = await adopt(room, 'gone.txt', Buffer.from('gone'))
    rmSync(join(room.root, 'adopted', 'gone.txt'))
    await room.database.write((trx) => enqueueWork(trx, ['df-00000000000000000000000000'], ['facts', 'text']))
    await allRead(room.folder)
    assert.equal((await read(id)).content_hash, null)
  })
})

test('the event loop turns while documents are read', async () => {
  const words = Array.from({ length: 40_000 }, (_, at) => `word${(at * 7919) % 100_003}`).join(' ')
  for (let n = 0; n < 4; n += 1) await put(`${n} ${words}`, `long-${n}.txt`)
  let longest = 0
  // Processor time of this thread: what else runs on the machine does not count.
  let last = process.threadCpuUsage()
  const timer = setInterval(() => {
    const { user, system } = process.threadCpuUsage(last)
    longest = Math.max(longest, (user + system) / 1_000)
    last = process.threadCpuUsage()
  }, 5)
  await allRead(room.folder)
  clearInterval(timer)
  // SQLite indexes one document at a time, in one go; more than this would be one that is not bounded.
  assert.ok(longest < 1_000, `${Math.round(longest)} ms`)
  assert.equal((await found('word7919')).length, 4)
})
