import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { bytes, collect } from '../contract/bodies.ts'
import { storageContract } from '../contract/contract.ts'
import { NAUGHTY_NAMES } from '../contract/names.ts'
import type { Storage, StoredFile } from '../storage.ts'
import { MAX_RECORD_BYTES } from './archive.ts'
import { httpConfig } from './config.ts'
import { httpType } from './storage.ts'
import { type Archive, type ArchiveRecord, emptyItem, recordedItem, startArchive } from './test-archive.ts'
import { startOrigin, testContext } from './test-origin.ts'

const closing: (() => Promise<void>)[] = []
after(async () => {
  for (const close of closing) await close()
})

type Listable = Storage & Required<Pick<Storage, 'list' | 'downloadUrl'>>

async function openItem(record: ArchiveRecord, item = 'nasa', now?: () => number) {
  const archive = await startArchive(item, record)
  const { context, lines, close } = testContext()
  closing.push(close, archive.close)
  const config = httpConfig.parse({ archive_item: item, archive_url: archive.url })
  const storage = (await httpType(now ? { now } : {}).create(config, context)) as Listable
  return { archive, storage, lines, context }
}

function fill(archive: Archive): void {
  for (const { name, size } of archive.record.files) archive.bodies.set(name, bytes(Number(size ?? 1234), name.length))
}

// One record answers for ten minutes; here it is as if they passed whenever something is put there.
storageContract(
  async () => {
    let minutes = 0
    const { archive, storage } = await openItem(emptyItem('contract'), 'contract', () => minutes * 60_000)
    return {
      storage,
      behind: {
        async put(path, body) {
          archive.put(path, body)
          minutes += 20
        },
        async delete(path) {
          archive.delete(path)
          minutes += 20
        },
      },
      async remove() {
        for (const close of closing.splice(0)) await close()
      },
    }
  },
  { readOnly: true },
)

describe('an item as the archive really describes one', () => {
  test('its files, with the size, the time and the hash that the record tells', async () => {
    const { archive, storage } = await openItem(recordedItem())
    fill(archive)
    const { files, next } = await storage.list()
    assert.equal(next, null)
    assert.deepEqual(
      files.map(({ path, size }) => [path, size]),
      [
        ['NASAarchiveLogo.jpg', 38_366],
        ['globe_west_540.jpg', 66_065],
        ['nasa_archive.torrent', 1_579],
        ['nasa_files.xml', 1_234], // Of the list itself the record tells no size, so that it was asked for.
        ['nasa_meta.xml', 7_852],
        ['nasa_reviews.xml', 168],
      ],
    )
    const globe = files.find(({ path }) => path === 'globe_west_540.jpg') as StoredFile
    assert.equal(globe.etag, '9366a4b09386bf673c447e33d806d904')
    assert.equal(globe.lastModified?.toISOString(), '2009-06-17T21:41:50.000Z')
    assert.deepEqual(archive.asked, ['GET /metadata/nasa', 'HEAD /download/nasa/nasa_files.xml'])
    assert.deepEqual(await storage.stat('globe_west_540.jpg'), globe)
    assert.equal(await storage.stat('nothing'), undefined)
    assert.equal(archive.asked.length, 2, 'the record answers for what it tells')
  })

  test('its bytes, by ranges, through the redirect to where they lie', async () => {
    const { archive, storage } = await openItem(recordedItem())
    fill(archive)
    const globe = archive.bodies.get('globe_west_540.jpg') as Buffer
    assert.ok((await collect(await storage.read('globe_west_540.jpg'))).equals(globe))
    for (const range of [{ offset: 1_000, length: 10 }, { offset: 66_000 }, { suffix: 65 }]) {
      const { offset, length } = 'suffix' in range ? { offset: 66_000, length: undefined } : range
      const part = await collect(await storage.read('globe_west_540.jpg', { range }))
      assert.ok(part.equals(globe.subarray(offset, offset + (length ?? globe.length))), JSON.stringify(range))
    }
    assert.deepEqual(archive.node.asked, [
      'GET /7/items/nasa/globe_west_540.jpg',
      'GET /7/items/nasa/globe_west_540.jpg bytes=1000-1009',
      'GET /7/items/nasa/globe_west_540.jpg bytes=66000-',
      'GET /7/items/nasa/globe_west_540.jpg bytes=66000-',
    ])
    await assert.rejects(storage.read('globe_west_540.jpg', { range: { offset: 66_065 } }), {
      code: 'range_not_satisfiable',
    })
    assert.equal(archive.node.asked.length, 4, 'what the record can decide, nobody is asked')
  })

  test('other bytes than the record tells of are not the file', async () => {
    const { archive, storage } = await openItem(recordedItem())
    fill(archive)
    archive.bodies.set('globe_west_540.jpg', bytes(10))
    await assert.rejects(storage.read('globe_west_540.jpg'), { code: 'file_missing' })
    await assert.rejects(storage.read('globe_west_540.jpg', { range: { offset: 1, length: 2 } }), {
      code: 'file_missing',
    })
    archive.bodies.delete('globe_west_540.jpg')
    await assert.rejects(storage.read('globe_west_540.jpg'), { code: 'file_missing' })
  })

  test('a changed and a vanished file', async () => {
    let now = 0
    const { archive, storage } = await openItem(recordedItem(), 'nasa', () => now)
    fill(archive)
    const before = await storage.list()
    archive.put('globe_west_540.jpg', bytes(500))
    archive.delete('nasa_reviews.xml')
    const afterwards = await storage.list()
    const etags = (page: typeof before) => new Map(page.files.map(({ path, etag }) => [path, etag]))
    assert.notEqual(etags(afterwards).get('globe_west_540.jpg'), etags(before).get('globe_west_540.jpg'))
    assert.equal(etags(afterwards).get('NASAarchiveLogo.jpg'), etags(before).get('NASAarchiveLogo.jpg'))
    assert.equal(etags(afterwards).has('nasa_reviews.xml'), false)
    assert.equal(await storage.stat('nasa_reviews.xml'), undefined)
    archive.put('new.txt', bytes(5))
    assert.equal(await storage.stat('new.txt'), undefined, 'the record still answers')
    now += 11 * 60_000
    assert.equal((await storage.stat('new.txt'))?.size, 5)
  })
})

describe('names, private files and items that are not there', () => {
  test('names that are hard to hold', async () => {
    const { archive, storage } = await openItem(emptyItem('names'), 'names')
    const names = NAUGHTY_NAMES.map((name, at) => (at % 2 === 0 ? name : `folder ${at}/#?%/${name}`))
    for (const [at, name] of names.entries()) archive.put(name, bytes(at + 1, at))
    for (const [at, name] of names.entries()) {
      assert.equal((await storage.stat(name))?.size, at + 1, name)
      assert.ok((await collect(await storage.read(name))).equals(bytes(at + 1, at)), name)
      const url = await storage.downloadUrl(name, {
        expiresIn: 1,
        filename: name,
        contentType: 'a/b',
        disposition: 'attachment',
      })
      assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/download\/names\/[\x21-\x7e]+$/)
      assert.equal(new URL(url).search + new URL(url).hash, '')
    }
    assert.equal((await storage.list({ limit: 1_000 })).files.length, names.length)
  })

  test('a name that would lead elsewhere, and an entry that is none, are left out', async () => {
    const { archive, storage, lines } = await openItem(emptyItem('odd'), 'odd')
    archive.put('good.txt', bytes(3))
    for (const name of ['../../metadata/odd', 'a/../b', '/etc/passwd', 'a//b', '', 'nul\0', '\ud800'])
      archive.record.files.push({ name, size: '1' })
    archive.record.files.push(null as never, 'text' as never, {} as never)
    archive.record.files.push({ name: 'strange size.txt', size: '-1', mtime: 'yesterday', md5: 'x' })
    archive.record.files.push({ name: 'strange time.txt', size: '7', mtime: '999999999999999' })
    archive.bodies.set('strange size.txt', bytes(7))
    const { files } = await storage.list()
    assert.deepEqual(
      files.map(({ path, size }) => [path, size]),
      [
        ['good.txt', 3],
        ['strange size.txt', 7],
        ['strange time.txt', 7],
      ],
    )
    assert.equal(files.at(-1)?.lastModified, undefined)
    assert.match(lines.join(), /left out.*"private":1,"unusable":10/)
  })

  test('private files are left out, and it is said once', async () => {
    const { archive, storage, lines } = await openItem(recordedItem())
    fill(archive)
    const [logo] = archive.record.files
    Object.assign(logo as object, { private: 'true' })
    for (let time = 0; time < 2; time += 1) assert.equal((await storage.list()).files.length, 5)
    assert.equal(await storage.stat('NASAarchiveLogo.jpg'), undefined)
    await assert.rejects(storage.read('NASAarchiveLogo.jpg'), { code: 'file_missing' })
    assert.equal(lines.filter((line) => /left out.*"private":1/.test(line)).length, 1)
  })

  for (const [what, answer, message] of [
    ['an item that is not there', {}, /has no item thing/],
    ['an item that is not there, as a list', [], /has no item thing/],
    ['an item that is dark', { created: 1, is_dark: true, metadata: { identifier: 'thing' } }, /withdrawn.*dark/],
    ['an error', { error: 'Couldn’t locate item' }, /has no item thing/],
    ['a record without files', { metadata: {} }, /no list of the files/],
    ['a record with no files', { files: [] }, /no list of the files/],
    ['what is no record', 'text', /no list of the files/],
    ['files that are none', { files: 'x' }, /no list of the files/],
  ] as const) {
    test(`${what} is unavailable, and nobody’s loss`, async () => {
      const server = await startOrigin((_request, response) => response.end(JSON.stringify(answer)))
      const storage = await openAt(server.url)
      closing.push(server.close)
      await assert.rejects(storage.list(), { code: 'unavailable', message })
      await assert.rejects(storage.stat('a'), { code: 'unavailable', message })
    })
  }

  test('broken and endless records are given up', async () => {
    const broken = await startOrigin((_request, response) => response.end('{"files": [{"name"'))
    closing.push(broken.close)
    await assert.rejects((await openAt(broken.url)).list(), { code: 'unavailable', message: /no whole record/ })
    const endless = await startOrigin((_request, response) => {
      const chunk = Buffer.alloc(1024 * 1024, ' ')
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      }
      response.on('drain', more)
      more()
    })
    closing.push(endless.close)
    await assert.rejects((await openAt(endless.url)).list(), {
      code: 'unavailable',
      message: new RegExp(`more than ${MAX_RECORD_BYTES} bytes`),
    })
  })

  test('many who wait ask once; one who gives up takes nothing from the others', async () => {
    const { archive, storage } = await openItem(recordedItem())
    fill(archive)
    const impatient = storage.stat('globe_west_540.jpg', { signal: AbortSignal.timeout(0) }).catch(() => 'gave up')
    const found = await Promise.all(Array.from({ length: 20 }, () => storage.stat('globe_west_540.jpg')))
    assert.ok(found.every((file) => file?.size === 66_065))
    await impatient
    assert.deepEqual(archive.asked, ['GET /metadata/nasa'])
  })
})

async function openAt(url: string): Promise<Listable> {
  const { context, close } = testContext()
  closing.push(close)
  const config = httpConfig.parse({ archive_item: 'thing', archive_url: url })
  return (await httpType().create(config, context)) as Listable
}
