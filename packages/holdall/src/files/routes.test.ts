import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Hono } from 'hono'
import sharp from 'sharp'
import { createHttp } from '../app/http.ts'
import type { RouteEnv } from '../web/route.ts'
import { fc } from '../web/test-chance.ts'
import { MAX_GET_BATCH } from './batch.ts'
import { MAX_BATCH } from './registry.ts'
import { openTestFiles, type TestFiles } from './testing.ts'
import { MAX_SEARCH_TEXT } from './update.ts'

interface FileJson {
  readonly id: string
  readonly filename: string
  readonly duplicates: { id: string }[]
  readonly [field: string]: unknown
}

let room: TestFiles
let app: Hono<RouteEnv>
let photo: FileJson
let note: FileJson
let hidden: FileJson

before(async () => {
  room = await openTestFiles({
    findUses: async () => ({
      references: [{ database: 'db', table: 'objects', column: 'photo', label: 'Jug <1>', url: '/db/objects/1' }],
      truncated: false,
      isUnsearched: false,
    }),
    findManyUses: async (_, ids) => ({
      seen: new Map(
        ids
          .filter((id) => id !== note.id)
          .map((id) => [
            id,
            [{ database: 'db', table: 'objects', column: 'photo', label: 'Jug', url: '/db/objects/1' }],
          ]),
      ),
      hidden: new Set(),
      truncated: false,
    }),
  })
  app = createHttp(room.routes, room.hooks)
  const jpeg = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#c33' } })
    .withExif({ IFD0: { Make: 'Kestrel' } })
    .jpeg()
    .toBuffer()
  photo = await put(jpeg, 'jug <front>.jpg')
  note = await put('words', 'note.txt')
  hidden = await put(jpeg, 'hidden.jpg', 'closed')
})
after(() => room.close())

async function put(bytes: string | Uint8Array, filename: string, source = 'photos'): Promise<FileJson> {
  const form = new FormData()
  form.append('file', new Blob([bytes as BlobPart]), filename)
  const answer = await app.request(`/-/files/upload/${source}`, {
    method: 'POST',
    headers: { 'X-Actor': 'alice' },
    body: form,
  })
  return ((await answer.json()) as { file: FileJson }).file
}

async function json(path: string, actor = 'alice', body?: unknown) {
  const answer = await app.request(path, {
    headers: { ...(actor && { 'X-Actor': actor }), Accept: 'application/json', 'Content-Type': 'application/json' },
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> & { files: never } }
}

async function page(path: string, actor = 'alice') {
  const answer = await app.request(path, { headers: { ...(actor && { 'X-Actor': actor }), Accept: 'text/html' } })
  return { status: answer.status, text: await answer.text() }
}

function form(path: string, fields: Record<string, string>, accept = 'text/html', actor = 'alice') {
  return app.request(path, {
    method: 'POST',
    headers: { 'X-Actor': actor, Accept: accept, 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  })
}

describe('one file', () => {
  test('is flat JSON with everything that is known', async () => {
    const { status, body } = await json(`/-/files/${photo.id}.json`)
    assert.equal(status, 200)
    const { created_at: createdAt, content_hash: hash, path, size, ...rest } = body
    assert.match(String(createdAt), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    assert.match(String(hash), /^sha256:[0-9a-f]{64}$/)
    assert.match(String(path), /^[0-9a-z]{26}\/jug <front>\.jpg$/)
    assert.ok(Number(size) > 100)
    assert.deepEqual(rest, {
      ok: true,
      id: photo.id,
      source_id: rest.source_id,
      source_slug: 'photos',
      filename: 'jug <front>.jpg',
      content_type: 'image/jpeg',
      declared_type: null,
      width: 60,
      height: 40,
      uploaded_by: 'alice',
      metadata: {
        image: { format: 'jpeg', color_space: 'srgb', depth: 'uchar', has_alpha: false, orientation: 1 },
        exif: { make: 'Kestrel' },
      },
      search_text: '',
      adopted: false,
      modified_at: null,
      changed_at: null,
      missing_since: null,
      unreadable: null,
      url: `/-/files/${photo.id}`,
      download_url: `/-/files/${photo.id}/download`,
      thumbnail_url: `/-/files/${photo.id}/thumbnail`,
      duplicates: [
        {
          id: hidden.id,
          filename: 'hidden.jpg',
          source_slug: 'closed',
          created_at: hidden.created_at,
          url: `/-/files/${hidden.id}`,
        },
      ],
    })
  })

  test('duplicates are only those that one may see', async () => {
    assert.deepEqual((await json(`/-/files/${photo.id}.json`, 'bob')).body.duplicates, [])
    assert.deepEqual(
      hidden.duplicates.map(({ id }) => id),
      [photo.id],
    )
  })

  test('its page says what it is, in order, and escapes what people typed', async () => {
    const { status, text } = await page(`/-/files/${photo.id}`)
    assert.equal(status, 200)
    assert.doesNotMatch(text, /<front>|Jug <1>|style=|onclick/)
    assert.match(text, /jug &lt;front&gt;\.jpg/)
    const terms = [...text.matchAll(/<dt>([^<]+)<\/dt>/g)].map(([, term]) => term)
    assert.deepEqual(terms.slice(0, 8), [
      'Type',
      'Dimensions',
      'Size',
      'SHA-256',
      'Source',
      'Uploaded by',
      'Uploaded',
      'File id',
    ])
    assert.match(text, /Used in 1 row</)
    assert.match(text, /Same file is already here: 1/)
    assert.match(text, /<textarea/)
    assert.match(text, /src="[^"]*\/thumbnail\?w=1600&amp;h=1600" width="60" height="40"/)
    const asBob = (await page(`/-/files/${photo.id}`, 'bob')).text
    assert.doesNotMatch(asBob, /<textarea|Rename|Same file/)
  })
})

test('a source and the Files page count what somebody began and did not finish, as the page of uploads lists it', async () => {
  const begin = await json('/-/files/upload/photos/-/prepare', 'alice', {
    filename: 'concert <live>.mov',
    size: 40_000_000,
    accept_methods: ['MULTIPART'],
  })
  const plan = begin.body as unknown as { session_url: string; part_size: number }
  const library = async (actor: string) => (await page('/-/files/browse/photos', actor)).text
  const index = async (actor: string) => (await page('/-/files', actor)).text
  const listed = async () => (await json('/-/files/upload/photos/-/sessions', 'alice')).body.sessions as unknown[]
  assert.equal((await listed()).length, 1)
  assert.match(await library('alice'), /You have not finished 1 upload: concert/, 'nothing of it has arrived yet')
  assert.match(await index('alice'), /You have not finished 1 upload: 1 in /)
  const signed = await json(`${plan.session_url}/parts`, 'alice', { part_numbers: [1] })
  const [part] = (signed.body as unknown as { part_urls: { url: string }[] }).part_urls
  const sent = await app.request(part?.url ?? '', { method: 'PUT', body: Buffer.alloc(plan.part_size) })
  assert.equal(sent.status, 200)
  const shown = await library('alice')
  assert.match(shown, /You have not finished 1 upload: concert &lt;live&gt;\.mov\./)
  assert.match(shown, /href="\/-\/files\/upload\/photos"[^>]*>.*Continue or give up/)
  assert.doesNotMatch(await library('bob'), /not finished/)
  assert.match(
    await index('alice'),
    /You have not finished 1 upload: 1 in <a href="\/-\/files\/upload\/photos">[^<]+<\/a>\./,
  )
  for (const actor of ['bob', 'root']) assert.doesNotMatch(await index(actor), /not finished/)
  await app.request(plan.session_url, { method: 'DELETE', headers: { 'X-Actor': 'alice' } })
  assert.doesNotMatch(await library('alice'), /not finished/)
  assert.doesNotMatch(await index('alice'), /not finished/)
})

test('who may see a source and its files is said to those who can change it', async () => {
  for (const path of ['/-/files/browse/photos', `/-/files/${photo.id}`]) {
    const asRoot = (await page(path, 'root')).text
    assert.match(asRoot, /Only alice, bob and root\b.*href="\/-\/people#everybody">Change/s, path)
    assert.doesNotMatch((await page(path, 'alice')).text, /Only alice/, path)
  }
})

describe('many files', () => {
  test('are known by batch, without those that one may not see', async () => {
    const ids = [photo.id, note.id, hidden.id, 'df-none', '']
    const query = ids.map((id) => `id=${id}`).join('&')
    for (const { body } of [
      await json(`/-/files/batch.json?${query}`, 'bob'),
      await json('/-/files/batch.json', 'bob', { ids }),
    ]) {
      assert.equal(body.ok, true)
      assert.deepEqual(Object.keys(body.files).sort(), [photo.id, note.id].sort())
    }
    assert.deepEqual((await json(`/-/files/batch.json?${query}`, '')).body.files, {})
    assert.deepEqual((await json('/-/files/batch.json')).body.files, {})
    const asked = `/-/files/batch.json?uses=on&${query}`
    assert.deepEqual((await json(asked, 'bob')).body.uses, { [photo.id]: { rows: 1, label: 'Jug' } })
    assert.deepEqual((await json(asked, '')).body.uses, {}, 'of what one may not see, not even that')
  })

  test('up to the limit and not one more', async () => {
    const query = (count: number) => Array.from({ length: count }, () => `id=${note.id}`).join('&')
    assert.equal((await json(`/-/files/batch.json?${query(MAX_GET_BATCH)}`)).status, 200)
    assert.equal((await json(`/-/files/batch.json?${query(MAX_GET_BATCH + 1)}`)).status, 400)
    const ids = (count: number) => Array.from({ length: count }, (_, at) => `df-${String(at).padStart(26, '0')}`)
    assert.equal((await json('/-/files/batch.json', 'alice', { ids: ids(MAX_BATCH) })).status, 200)
    assert.equal((await json('/-/files/batch.json', 'alice', { ids: ids(MAX_BATCH + 1) })).status, 400)
    for (const wrong of [{}, { ids: 'x' }, { ids: [1] }, { ids: null }, { ids: {} }]) {
      assert.equal((await json('/-/files/batch.json', 'alice', wrong)).status, 400)
    }
  })
})

describe('a source', () => {
  test('is listed in pages, under both addresses', async () => {
    for (let at = 0; at < 7; at += 1) await put(`file ${at}`, `page ${at}.txt`)
    for (const [path, next, size] of [
      ['/-/files/browse/photos.json', '_next', '_size'],
      ['/-/files/source/photos.json', 'cursor', 'limit'],
    ]) {
      const seen: string[] = []
      let cursor: unknown = ''
      do {
        const { body } = await json(`${path}?${size}=4&${next}=${cursor}`, 'bob')
        assert.equal(body.total, 9)
        seen.push(...(body.files as FileJson[]).map(({ id }) => id))
        cursor = body.next
      } while (cursor !== null)
      assert.equal(new Set(seen).size, 9)
      assert.equal(seen.at(-1), photo.id)
    }
    const { body } = await json('/-/files/browse/photos.json?q=pag&content_type=text/*&_sort=name')
    assert.deepEqual(
      (body.files as FileJson[]).map(({ filename }) => filename),
      [0, 1, 2, 3, 4, 5, 6].map((at) => `page ${at}.txt`),
    )
  })

  test('says what is wrong with a question', async () => {
    for (const query of [
      '_size=0',
      '_size=x',
      'limit=-1',
      '_sort=colour',
      'content_type=<b>',
      '_next=x',
      'cursor=%00',
    ]) {
      assert.equal((await json(`/-/files/browse/photos.json?${query}`)).status, 400, query)
    }
    assert.equal((await json('/-/files/browse/photos.json?_size=999999')).status, 200)
  })

  test('is 401 to the anonymous and 403 to others before it is said whether it is there', async () => {
    for (const path of ['/-/files/browse/', '/-/files/source/', '/-/files/upload/']) {
      for (const source of ['closed', 'nothing']) {
        assert.equal((await page(path + source, '')).status, 401, path)
        assert.equal((await page(path + source, 'bob')).status, 403, path)
      }
    }
    assert.equal((await page('/-/files/browse/closed')).status, 200)
  })

  test('pages through its files, keeping filter, order and view', async () => {
    const { text } = await page('/-/files/browse/photos?q=pag&_sort=name&view=list&_size=3')
    assert.match(text, /1–3 of 7/)
    const [, next] = /href="([^"]+)"[^>]*>Next page/.exec(text) ?? []
    const address = (next as string).replaceAll('&amp;', '&')
    for (const kept of ['q=pag', '_sort=name', 'view=list']) assert.match(address, new RegExp(kept))
    assert.match((await page(`${address}&_size=3`)).text, /4–6 of 7/)
    assert.match((await page('/-/files/browse/photos?q=zzz')).text, /Without the search: 9 files/)
  })

  test('offers uploading to those who may, absent to others', async () => {
    assert.match((await page('/-/files/browse/photos')).text, /Upload files/)
    assert.doesNotMatch((await page('/-/files/browse/photos', 'bob')).text, /Upload files/)
    const { text } = await page('/-/files/upload/photos')
    assert.match(text, /<file-upload base="\/" source="photos"/)
    assert.match(text, /<form[^>]+method="post" enctype="multipart\/form-data" action="\/-\/files\/upload\/photos"/)
  })

  test('a form without a file comes back with what is missing', async () => {
    const body = new FormData()
    body.append('file', new Blob([]), '')
    const answer = await app.request('/-/files/upload/photos', {
      method: 'POST',
      headers: { 'X-Actor': 'alice', Accept: 'text/html' },
      body,
    })
    assert.equal(answer.status, 400)
    assert.match(await answer.text(), /role="alert"[\s\S]+enctype="multipart\/form-data"/)
  })
})

test('the index names only what the actor may browse or upload to', async () => {
  const alice = (await page('/-/files')).text
  assert.match(alice, /Photographs[\s\S]+9 files/)
  assert.match(alice, /closed/)
  const bob = (await page('/-/files', 'bob')).text
  assert.doesNotMatch(bob, /closed|hidden\.jpg/)
})

test('where sources are added and set up is told to who may manage them', async () => {
  const other = await openTestFiles({
    permissions: { 'files-browse': true, 'files-manage-sources': { id: 'carol' } },
  })
  try {
    const own = createHttp(other.routes, other.hooks)
    const seenBy = async (path: string, actor: string) =>
      (await own.request(path, { headers: { 'X-Actor': actor, Accept: 'text/html' } })).text()
    assert.match(await seenBy('/-/files', 'carol'), /href="\/-\/files\/sources"[^>]*>[\s\S]*?Add a source…/)
    assert.match(await seenBy('/-/files/browse/photos', 'carol'), /href="\/-\/files\/sources\/photos"/)
    assert.doesNotMatch(await seenBy('/-/files', 'bob'), /Add a source/)
    assert.doesNotMatch(await seenBy('/-/files/browse/photos', 'bob'), /files\/sources/)
  } finally {
    await other.close()
  }
})

test('the index is for those who may browse a source', async () => {
  const anonymous = await page('/-/files', '')
  assert.equal(anonymous.status, 401)
  assert.equal((await page('/-/files', 'stranger')).status, 403)
})

describe('an update', () => {
  const update = (id: string, body: unknown, actor = 'alice') => json(`/-/files/${id}/-/update`, actor, body)

  test('changes name, description and metadata, and nothing else', async () => {
    const { status, body } = await update(note.id, {
      update: { filename: 'renamed.md', search_text: 'what it says', metadata: { shelf: 3 } },
    })
    assert.equal(status, 200)
    const file = body.file as FileJson
    assert.deepEqual([file.filename, file.search_text], ['renamed.md', 'what it says'])
    assert.equal((file.metadata as { shelf?: unknown }).shelf, 3)
    assert.equal(file.content_hash, note.content_hash)
    assert.equal(((await update(note.id, { update: { search_text: null } })).body.file as FileJson).search_text, '')
  })

  test('refuses everything else with what is wrong', async () => {
    for (const [body, message] of [
      [{}, 'update object is required'],
      [{ update: null }, 'update object is required'],
      [{ update: [] }, 'update object is required'],
      [{ update: {} }, 'update object is required'],
      [{ update: { size: 1, path: 'x' } }, 'Cannot update fields: path, size'],
      [{ update: { filename: '' } }, 'filename'],
      [{ update: { filename: 5 } }, 'filename'],
      [{ update: { filename: 'a\0b' } }, 'filename'],
      [{ update: { filename: 'x'.repeat(2_000) } }, 'filename'],
      [{ update: { search_text: {} } }, 'search_text'],
      [{ update: { search_text: 'x'.repeat(MAX_SEARCH_TEXT + 1) } }, 'search_text'],
      [{ update: { metadata: [] } }, 'metadata'],
      [{ update: { metadata: 'x' } }, 'metadata'],
    ] as const) {
      const answer = await update(note.id, body)
      assert.equal(answer.status, 400, JSON.stringify(body).slice(0, 80))
      assert.match(String(answer.body.error), new RegExp(message))
    }
    assert.equal((await update(note.id, { update: { search_text: 'x'.repeat(MAX_SEARCH_TEXT) } })).status, 200)
  })

  test('is for those who may edit, and a file that one may not see stays unknown', async () => {
    assert.equal((await update(note.id, { update: { search_text: 'x' } }, 'bob')).status, 403)
    assert.equal((await update(note.id, { update: { search_text: 'x' } }, '')).status, 404)
    assert.equal((await update(hidden.id, { update: { search_text: 'x' } }, 'bob')).status, 404)
    assert.equal((await update(hidden.id, { update: { search_text: 'x' } })).status, 403)
  })

  test('by a form leads back to the file; a refused one comes back with its values', async () => {
    const path = `/-/files/${note.id}/-/update`
    const saved = await form(path, { search_text: 'two\r\nlines' })
    assert.equal(saved.status, 303)
    assert.equal(saved.headers.get('Location'), `/-/files/${note.id}`)
    assert.equal((await json(`/-/files/${note.id}.json`)).body.search_text, 'two\nlines')
    const refused = await form(path, { filename: '', search_text: 'kept <words>' })
    assert.equal(refused.status, 400)
    const text = await refused.text()
    assert.match(text, /role="alert"/)
    assert.match(text, /aria-invalid="true"/)
    assert.match(text, /kept &lt;words&gt;/)
    const program = await form(path, { filename: '' }, '*/*')
    assert.equal(program.headers.get('Content-Type'), 'application/json')
    assert.equal((await page(path)).status, 200)
    assert.equal((await page(path, 'bob')).status, 403)
  })
})

test('no input is ever more than a refusal', async () => {
  const parts = [
    '%',
    '%ff',
    '%00',
    '..',
    '%2e%2e',
    '%2F',
    'é',
    '\u202e',
    "'",
    '"',
    '<',
    'df-',
    'a'.repeat(3_000),
    '{}',
    '~',
    '+',
    '.json',
    ' ',
  ]
  const text = fc.oneof(fc.constantFrom(...parts), fc.string({ unit: 'binary', maxLength: 20 }))
  const templates = [
    (a: string) => `/-/files/${a}`,
    (a: string) => `/-/files/${a}.json`,
    (a: string) => `/-/files/browse/${a}`,
    (a: string) => `/-/files/upload/${a}`,
    (a: string, b: string) => `/-/files/browse/photos.json?q=${a}&_next=${b}`,
    (a: string, b: string) => `/-/files/browse/photos?content_type=${a}&_sort=${b}`,
    (a: string, b: string) => `/-/files/batch.json?id=${a}&id=${b}`,
    (a: string, b: string) => `/-/files/${photo.id}/thumbnail?w=${a}&h=${b}`,
    (a: string) => `/-/files/${photo.id}/download?inline=${a}`,
  ]
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...templates), text, text, async (template, a, b) => {
      const address = template(a.toWellFormed().replace(/[?#&]/g, ''), b.toWellFormed().replace(/[#&]/g, ''))
      const answer = await app.request(address, { headers: { 'X-Actor': 'alice' } })
      await answer.arrayBuffer()
      assert.ok(answer.status < 500, `${address} gave ${answer.status}`)
    }),
    { numRuns: 400 },
  )
  await fc.assert(
    fc.asyncProperty(fc.json(), async (body) => {
      for (const path of [`/-/files/${note.id}/-/update`, '/-/files/batch.json']) {
        const headers = { 'X-Actor': 'alice', 'Content-Type': 'application/json' }
        const answer = await app.request(path, { method: 'POST', headers, body })
        assert.equal(answer.status, 400, body)
      }
    }),
    { numRuns: 150 },
  )
})
