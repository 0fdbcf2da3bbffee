import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Hono } from 'hono'
import { sql } from 'kysely'
import sharp from 'sharp'
import { createHttp } from '../../app/http.ts'
import { openInternalDatabase } from '../../database/internal.ts'
import type { RouteEnv } from '../../web/route.ts'
import { ChildFailure, type FailureKind } from '../children/child-process.ts'
import { pdfOf } from '../parsing/test-documents.ts'
import { openTestFiles, type TestFiles } from '../testing.ts'
import { enqueueWork } from './queue.ts'
import { adopt } from './test-adopt.ts'
import { allRead } from './test-all-read.ts'
import { wrongWithPdf, wrongWithPicture } from './unreadable.ts'

let room: TestFiles
let app: Hono<RouteEnv>
let photo: Buffer

before(async () => {
  room = await openTestFiles({ limits: { maxPixels: 250_000 } })
  app = createHttp(room.routes, room.hooks)
  await room.files.start()
  photo = await picture(400, 300)
})
after(() => room.close())

function picture(width: number, height: number): Promise<Buffer> {
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const
  return sharp({ create: { width, height, channels: 3, background: '#a53', noise } })
    .jpeg()
    .toBuffer()
}

async function put(bytes: Uint8Array, filename: string): Promise<string> {
  const answer = await app.request(`/-/files/upload/photos?filename=${encodeURIComponent(filename)}`, {
    method: 'POST',
    headers: { 'X-Actor': 'alice' },
    body: bytes as BodyInit,
  })
  assert.equal(answer.status, 201)
  return ((await answer.json()) as { file_id: string }).file_id
}

async function get(path: string, actor = 'alice'): Promise<Response> {
  return await app.request(path, { headers: { 'X-Actor': actor } })
}

async function listed(path: string): Promise<Map<string, string | null>> {
  const { files } = (await (await get(path)).json()) as { files: { filename: string; unreadable: string | null }[] }
  return new Map(files.map(({ filename, unreadable }) => [filename, unreadable]))
}

/** Whoever reads in the background looks at once, because something has come. */
async function wake(): Promise<void> {
  await put(Buffer.from('words'), 'wake.txt')
}

describe('files that cannot be read', () => {
  test('are those whose bytes prove it, and no others', async () => {
    const scan = await sharp(photo).tiff({ compression: 'lzw' }).toBuffer()
    await put(photo, 'whole.jpg')
    const tiff = await put(scan, 'whole.tif')
    await put(Buffer.concat([Buffer.from('junk before it\n'), pdfOf(['a page'])]), 'late.pdf')
    await put(await picture(600, 600), 'more pixels than are decoded.jpg')
    await put(pdfOf(['a page']), 'whole.pdf')
    await put(pdfOf(['a page'], { encrypted: true }), 'locked.pdf')
    await put(new Uint8Array(5_000).fill(7), 'bytes of nobody.bin')
    const cut = await put(photo.subarray(0, photo.length >> 1), 'cut.jpg')
    await put(scan.subarray(0, scan.length >> 1), 'cut.tif')
    await put(pdfOf(['a page']).subarray(0, 60), 'cut.pdf')
    await put(new Uint8Array(5_000), 'zeroes.tif')
    await put(new Uint8Array(0), 'empty.png')
    await allRead(room.folder)

    const expected = new Map([
      ['empty.png', 'empty'],
      ['zeroes.tif', 'other_bytes'],
      ['cut.pdf', 'damaged'],
      ['cut.tif', 'damaged'],
      ['cut.jpg', 'cut_off'],
    ])
    assert.deepEqual(await listed('/-/files/browse/photos.json?state=unreadable'), expected)
    assert.deepEqual(await listed('/-/files/search.json?state=unreadable'), expected)
    assert.deepEqual(
      [...(await listed('/-/files/search.json?state=unreadable&q=cut&_sort=name')).keys()],
      ['cut.jpg', 'cut.pdf', 'cut.tif'],
    )
    assert.deepEqual(
      [...(await listed('/-/files/search.json?state=unreadable&content_type=image/jpeg')).keys()],
      ['cut.jpg'],
    )

    const known = (await (await get(`/-/files/${tiff}.json`)).json()) as { content_type: string; width: number }
    assert.deepEqual([known.content_type, known.width], ['image/tiff', 400])
    const page = await (await get('/-/files/browse/photos?state=unreadable')).text()
    assert.match(page, /<option value="unreadable" selected>Cannot be read/)
    assert.match(page, /Only files that cannot be read/)
    assert.doesNotMatch(page, /still being read/)
    const file = await (await get(`/-/files/${cut}`)).text()
    assert.match(file, /This picture is cut off: its end is missing\./)
    assert.match(file, /Cannot be read<\/dt><dd[^>]*>Cut off/)
  })

  test('are also what is called a picture or a PDF and is known to be something else, until it is called what it is', async () => {
    const zip = Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(60, 1)])
    const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
      .png()
      .toBuffer()
    const names = async () => [...(await listed('/-/files/browse/photos.json?state=unreadable&q=called&_sort=name'))]
    const text = await put(Buffer.from('404, the plate is not here'), 'called text.jpg')
    const page = await put(Buffer.from('<!doctype html><p>Please sign in'), 'called page.PDF')
    const other = await put(zip, 'called zip.tif')
    // What shows as it should is no trouble, nor is what says itself what it is, nor a PDF behind an empty line.
    await put(png, 'called picture.jpg')
    await put(png, 'called paper.pdf')
    await put(pdfOf(['a page']), 'called page.png')
    await put(Buffer.concat([Buffer.from('\n'), pdfOf(['a page'])]), 'called late.pdf')
    await put(Buffer.from('a note'), 'called note.txt')
    await allRead(room.folder)
    assert.deepEqual(await names(), [
      ['called page.PDF', 'other_bytes'],
      ['called text.jpg', 'other_bytes'],
      ['called zip.tif', 'other_bytes'],
    ])
    assert.match(
      await (await get(`/-/files/${text}`)).text(),
      /404, the plate is not here<\/pre>.*It is called a JPEG image, but its bytes are something else: Plain text\./s,
    )
    assert.match(
      await (await get(`/-/files/${other}`)).text(),
      /It is called a TIFF image, but its bytes are something else: Zip archive\. Download gives/,
    )

    const rename = async (id: string, filename: string) => {
      const answer = await app.request(`/-/files/${id}/-/update`, {
        method: 'POST',
        headers: { 'X-Actor': 'alice', 'Content-Type': 'application/json' },
        body: JSON.stringify({ update: { filename } }),
      })
      assert.equal(answer.status, 200)
    }
    await rename(text, 'called text.txt')
    await rename(page, 'called page.jpg')
    await wake()
    await allRead(room.folder)
    assert.deepEqual(await names(), [
      ['called page.jpg', 'other_bytes'],
      ['called zip.tif', 'other_bytes'],
    ])
    assert.match(await (await get(`/-/files/${page}`)).text(), /It is called a JPEG image, .* HTML page\./)
  })

  test('are not those that nobody has read yet, and the list says that there are some', async () => {
    const id = await put(photo, 'soon.jpg')
    await allRead(room.folder)
    await room.database.write(async (trx) => {
      const later = new Date(Date.now() + 3_600_000).toISOString()
      await trx
        .insertInto('datasette_files_work')
        .values({ file_id: id, kind: 'whole', not_before: later, lease_process: null })
        .execute()
    })
    assert.equal((await listed('/-/files/browse/photos.json?state=unreadable')).has('soon.jpg'), false)
    const page = await (await get('/-/files/browse/photos?state=unreadable')).text()
    assert.match(page, /Some files are still being read\./)
    await room.database.write((trx) => trx.deleteFrom('datasette_files_work').execute())
  })

  test('are so no more when other bytes lie in their place', async () => {
    const name = 'rescanned.jpg'
    const id = await adopt(room, name, photo.subarray(0, 4_000), '')
    const path = `adopted/${name}`
    const storage = await room.sources.get('photos').storage()
    const versioned = async () => {
      const stat = await storage.stat(path)
      const version =
        stat?.etag === undefined ? `${stat?.size} ${stat?.lastModified?.toISOString()}` : `etag ${stat.etag}`
      await room.database.write(async (trx) => {
        await trx.updateTable('datasette_files').set({ version }).where('id', '=', id).execute()
        await enqueueWork(trx, [id], ['facts'])
      })
      await wake()
      await allRead(room.folder)
    }
    await wake()
    // What the storage holds is of another state than the one that is registered: nothing is said of it.
    await allRead(room.folder)
    assert.equal((await listed('/-/files/browse/photos.json?state=unreadable')).has(name), false)
    await versioned()
    assert.equal((await listed('/-/files/browse/photos.json?state=unreadable')).get(name), 'cut_off')
    writeFileSync(join(room.root, path), photo)
    await versioned()
    assert.equal((await listed('/-/files/browse/photos.json?state=unreadable')).has(name), false)
  })

  test('are found by an index of theirs, and what is to be read soon is not looked for behind what can wait', async () => {
    const plan = async (query: ReturnType<typeof sql>) =>
      (await sql<{ detail: string }>`EXPLAIN QUERY PLAN ${query}`.execute(room.database.read)).rows
        .map(({ detail }) => detail)
        .join('\n')
    assert.match(
      await plan(sql`SELECT f.seq FROM json_each('[1]') AS wanted
        CROSS JOIN datasette_files AS f INDEXED BY datasette_files_unreadable
        WHERE f.source_id = wanted.value AND f.unreadable IS NOT NULL AND f.seq < 9 ORDER BY f.seq DESC LIMIT 5`),
      /datasette_files_unreadable \(source_id=\? AND seq<\?\)/,
    )
    for (const [condition, index] of [
      [sql`kind = 'whole'`, 'datasette_files_work_whole'],
      [sql`kind <> 'whole' AND kind IN (SELECT value FROM json_each('["facts"]'))`, 'datasette_files_work_next'],
    ] as const) {
      assert.match(
        await plan(sql`SELECT 1 FROM datasette_files_work WHERE not_before <= 'x' AND ${condition} LIMIT 1`),
        new RegExp(`${index} \\(not_before<\\?\\)`),
      )
    }
  })
})

test('an update has what was only called a picture before looked at, and nothing that shows as it should', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-update-'))
  const path = join(folder, 'internal.db')
  try {
    const before = await openInternalDatabase(path)
    await before.write(async (trx) => {
      const values = { slug: 'photos', storage_type: 'filesystem', config: '{}', origin: 'configuration' as const }
      const { insertId } = await trx.insertInto('datasette_files_sources').values(values).executeTakeFirstOrThrow()
      for (const [n, [filename, content_type]] of [
        ['text.jpg', 'text/plain'],
        ['page.PDF', 'text/html'],
        ['picture.jpg', 'image/png'],
        ['film.jpg', 'video/mp4'],
        ['note.txt', 'text/plain'],
        ['new.jpg', null],
      ].entries()) {
        const file = { id: `df-${String(n).padStart(26, '0')}`, source_id: Number(insertId), path: `${n}` }
        await trx
          .insertInto('datasette_files')
          .values({ ...file, filename: filename as string, content_type: content_type as string | null })
          .execute()
      }
      await sql`DELETE FROM holdall_migrations WHERE name LIKE '031-%'`.execute(trx)
    })
    await before.close()
    const after = await openInternalDatabase(path)
    const { rows } = await sql<{ filename: string; kind: string }>`SELECT f.filename, w.kind
      FROM datasette_files_work AS w JOIN datasette_files AS f ON f.id = w.file_id ORDER BY f.id`.execute(after.read)
    await after.close()
    assert.deepEqual(
      rows.map(({ filename, kind }) => `${filename} ${kind}`),
      ['text.jpg whole', 'page.PDF whole'],
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a process that was killed, or had no time, proves nothing', () => {
  for (const kind of ['timeout', 'memory', 'crashed', 'unavailable'] satisfies FailureKind[]) {
    assert.throws(() => wrongWithPicture(new ChildFailure(kind, 'premature end')), { kind })
  }
  const away = new Error('away')
  assert.throws(() => wrongWithPicture(new ChildFailure('source', 'The bytes could not be read', away)), away)
  const refused = (message: string) => wrongWithPicture(new ChildFailure('refused', message))
  assert.equal(refused('VipsJpeg: premature end of JPEG image'), 'cut_off')
  assert.equal(refused('vipspng: libpng read error'), 'cut_off')
  assert.equal(refused('Input buffer contains unsupported image format'), 'damaged')
  assert.equal(refused('Input image exceeds pixel limit'), undefined)
  assert.equal(refused('heif: Unsupported feature: Unsupported codec (4.3000)'), undefined)
  assert.equal(refused('tiff2vips: compression scheme 50000 is not configured'), undefined)
  assert.equal(wrongWithPdf(new ChildFailure('refused', 'No password given')), undefined)
  assert.equal(wrongWithPdf(new ChildFailure('refused', 'More than 5 bytes would have to be read')), undefined)
})
