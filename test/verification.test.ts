import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { filesBelow } from './support/below.ts'
import { type Client, createClient, type Rows, withToken } from './support/client.ts'
import { createToken, type RunningHoldall, startHoldall } from './support/holdall.ts'
import { contentHash, photograph } from './support/photograph.ts'

interface Source {
  readonly slug: string
  readonly storage_type: string
  readonly capabilities: { readonly can_upload: boolean }
}

/** The steps by which the request for files in tables wants to be verified, in its order; each builds on those before. */
describe('attach a new file to a row, step by step over HTTP', () => {
  let holdall: RunningHoldall
  let folder: string
  let root: string
  let anonymous: Client
  let alice: Client
  let bob: Client
  let photo: Buffer<ArrayBuffer>
  let id: string

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-verification-'))
    root = join(folder, 'uploads')
    const path = join(folder, 'shop.db')
    const shop = new DatabaseSync(path)
    shop.exec(`CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, photo TEXT, leaflet TEXT);
      INSERT INTO products (id, name) VALUES (1, 'Lantern')`)
    shop.close()
    const isAlice = { id: 'alice' }
    holdall = await startHoldall({
      data: join(folder, 'data'),
      databases: [path],
      config: configurationIn(folder, {
        sources: { uploads: { storage: 'filesystem', config: { root } } },
        databases: {
          shop: { tables: { products: { columns: { leaflet: { file_column: 'true', file_source: 'uploads' } } } } },
        },
        permissions: {
          'files-browse': true,
          'files-upload': { uploads: { allow: isAlice } },
          'insert-row': isAlice,
          'update-row': isAlice,
          'set-column-type': isAlice,
        },
      }),
    })
    anonymous = createClient(holdall.url)
    alice = withToken(holdall.url, await createToken(holdall.data, 'alice'))
    bob = withToken(holdall.url, await createToken(holdall.data, 'bob'))
    photo = await photograph(1)
  })

  after(async () => {
    await holdall?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  test('1. a filesystem source from the configuration is there, writable for whom it says', async () => {
    const { status, body } = await alice.json<{ sources: Source[] }>('/-/files/sources.json')
    assert.equal(status, 200)
    assert.deepEqual(
      body.sources.map(({ slug, storage_type, capabilities }) => [slug, storage_type, capabilities.can_upload]),
      [['uploads', 'filesystem', true]],
    )
  })

  test('2. a column becomes a file column by the table action, another one is one by the configuration', async () => {
    const answer = await alice.postJson<{ ok: boolean }>('/shop/products/-/file-columns', {
      columns: { photo: { file_column: true, file_source: 'uploads', file_accept: 'image/*' } },
    })
    assert.equal(answer.status, 200)
    const { body } = await anonymous.json<{ column_types: Record<string, { type: string }> }>(
      '/shop/products.json?_extra=column_types',
    )
    assert.equal(body.column_types.photo?.type, 'file')
    assert.equal(body.column_types.leaflet?.type, 'file')
    assert.equal(body.column_types.name, undefined)
  })

  test('3. a file is uploaded as a multipart form', async () => {
    const { status, body } = await alice.upload('uploads', 'Laterne, vorn.jpg', photo, 'image/jpeg')
    assert.equal(status, 201)
    assert.equal(body.ok, true)
    assert.match(body.file_id, /^df-[0-9a-hjkmnp-tv-z]{26}$/)
    assert.equal(body.filename, 'Laterne, vorn.jpg')
    assert.equal(body.content_type, 'image/jpeg')
    assert.equal(body.size, photo.byteLength)
    assert.equal(body.url, `/-/files/${body.file_id}`)
    id = body.file_id
  })

  test('4. a row is inserted with the id that came back', async () => {
    const { status, body } = await alice.postJson<{ ok: boolean; rows: unknown[] }>('/shop/products/-/insert', {
      row: { id: 2, name: 'Lamp', photo: id },
    })
    assert.equal(status, 201)
    assert.deepEqual(body.rows, [{ id: 2, name: 'Lamp', photo: id, leaflet: null }])
    const stored = await anonymous.json<Rows<{ photo: string }>>('/shop/products/2.json')
    assert.equal(stored.body.rows[0]?.photo, id)
  })

  test('5. the table shows the file as a link, with its name, its size and a thumbnail', async () => {
    const response = await anonymous.get('/shop/products', { Accept: 'text/html' })
    assert.equal(response.status, 200)
    const page = await response.text()
    // The thumbnail leads there too, unheard; the link that people read is the other one.
    const [link, to = ''] =
      new RegExp(`<a (?![^>]*aria-hidden)[^>]*href="(/-/files/${id}\\?[^"]*)"[^>]*>`).exec(page) ?? []
    assert.ok(link, page)
    assert.match(link, /Laterne, vorn\.jpg/)
    const file = await anonymous.get(to.replaceAll('&amp;', '&'), { Accept: 'text/html' })
    assert.equal(file.status, 200)
    assert.match(await file.text(), /<a href="\/shop\/products">Back to the list<\/a>/)
    assert.match(page, /640 × 480/)
    const [, picture = ''] = new RegExp(`<img [^>]*src="([^"]*${id}/thumbnail[^"]*)"`).exec(page) ?? []
    const thumbnail = await anonymous.get(picture.replaceAll('&amp;', '&'))
    assert.equal(thumbnail.status, 200)
    assert.match(thumbnail.headers.get('Content-Type') ?? '', /^image\/(webp|jpeg|png)$/)
  })

  test('6. the file has a page with its facts, and the same as JSON', async () => {
    const response = await anonymous.get(`/-/files/${id}`, { Accept: 'text/html' })
    assert.equal(response.status, 200)
    const page = await response.text()
    for (const words of ['Laterne, vorn.jpg', '640 × 480', 'uploads', 'alice', `/-/files/${id}/download`]) {
      assert.ok(page.includes(words), `the page says “${words}”`)
    }
    assert.ok(page.includes('/shop/products/2'), 'the page names the row that uses the file')
    const { body } = await anonymous.json<Record<string, unknown>>(`/-/files/${id}.json`)
    assert.equal(body.content_hash, contentHash(photo))
    assert.equal(body.size, photo.byteLength)
    assert.equal(body.width, 640)
    assert.equal(body.height, 480)
    assert.equal(body.source_slug, 'uploads')
    assert.equal(body.uploaded_by, 'alice')
  })

  test('7. the download is the file, byte for byte', async () => {
    const response = await anonymous.get(`/-/files/${id}/download`)
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('Content-Type'), 'image/jpeg')
    assert.match(response.headers.get('Content-Disposition') ?? '', /^attachment;/)
    assert.ok(Buffer.from(await response.arrayBuffer()).equals(photo))
  })

  test('8. who has not signed in may look at everything and upload nothing', async () => {
    for (const path of [
      `/-/files/${id}.json`,
      `/-/files/${id}`,
      `/-/files/${id}/download`,
      '/-/files/browse/uploads',
    ]) {
      assert.equal((await anonymous.get(path)).status, 200, path)
    }
    const refused = await anonymous.upload<{ code: string; ok: boolean }>('uploads', 'no.jpg', photo, 'image/jpeg')
    assert.equal(refused.status, 401)
    assert.equal(refused.body.ok, false)
    assert.equal((await bob.upload('uploads', 'no.jpg', photo, 'image/jpeg')).status, 403)
    const { body } = await anonymous.json<{ files: unknown[] }>('/-/files/browse/uploads.json')
    assert.equal(body.files.length, 1)
  })

  test('9. the bytes are in the folder, at {ulid}/{filename}, and nothing else is', () => {
    const ulid = id.slice('df-'.length)
    const files = filesBelow(root).map((name) => join(root, name))
    assert.deepEqual(files, [join(root, ulid, 'Laterne, vorn.jpg')])
    assert.ok(readFileSync(files[0] as string).equals(photo))
  })
})

function configurationIn(folder: string, config: object): string {
  const path = join(folder, 'datasette.json')
  writeFileSync(path, JSON.stringify(config))
  return path
}
