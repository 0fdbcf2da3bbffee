import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Hono } from 'hono'
import sharp from 'sharp'
import { createHttp } from '../../app/http.ts'
import type { RouteEnv } from '../../web/route.ts'
import { openTestFiles, type TestFiles } from '../testing.ts'
import { MAX_IDS, RETENTION_MS } from './limits.ts'

/** alice may do everything with `photos`, bob may browse it, carol uploads there, nobody else may anything. */
const PERMISSIONS = {
  'files-browse': { photos: { allow: { id: ['alice', 'bob', 'carol'] } }, closed: { allow: { id: 'alice' } } },
  'files-upload': { photos: { allow: { id: ['alice', 'carol'] } }, closed: { allow: { id: 'alice' } } },
  'files-edit': { photos: { allow: { id: 'alice' } } },
  'files-delete': { photos: { allow: { id: ['alice', 'dora'] } }, closed: { allow: { id: 'erin' } } },
}

let room: TestFiles
let app: Hono<RouteEnv>

before(async () => {
  room = await openTestFiles({
    permissions: PERMISSIONS,
    findUses: async () => ({
      references: [{ database: 'db', table: 'objects', column: 'photo', label: 'Jug <1>', url: '/db/objects/1' }],
      truncated: false,
      isUnsearched: false,
    }),
  })
  app = createHttp(room.routes, room.hooks)
})
after(() => room.close())

interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: each test says what it expects of the answer
  readonly body: any
}

async function put(filename: string, { source = 'photos', actor = 'alice', bytes = `bytes of ${filename}` } = {}) {
  const answer = await app.request(`/-/files/upload/${source}?filename=${encodeURIComponent(filename)}`, {
    method: 'POST',
    headers: { 'X-Actor': actor, 'Content-Type': 'text/plain' },
    body: bytes,
  })
  const { file } = (await answer.json()) as { file: { id: string; path: string } & Record<string, unknown> }
  return file
}

async function ask(method: string, path: string, actor = 'alice', body?: unknown): Promise<Answer> {
  const answer = await app.request(path, {
    method,
    headers: { ...(actor && { 'X-Actor': actor }), Accept: 'application/json', 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  return { status: answer.status, body: text.startsWith('{') ? JSON.parse(text) : text }
}

function form(path: string, fields: readonly (readonly [string, string])[], actor = 'alice') {
  return app.request(path, {
    method: 'POST',
    headers: {
      Cookie: `actor=${actor}`,
      Accept: 'text/html',
      'Content-Type': 'application/x-www-form-urlencoded',
      'Sec-Fetch-Site': 'same-origin',
    },
    body: new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])),
  })
}

async function rowOf(id: string) {
  return await room.database.read.selectFrom('datasette_files').selectAll().where('id', '=', id).executeTakeFirst()
}

async function workOf(id: string): Promise<string[]> {
  const work = await room.database.read
    .selectFrom('datasette_files_work')
    .select('kind')
    .where('file_id', '=', id)
    .orderBy('kind')
    .execute()
  return work.map(({ kind }) => kind)
}

async function found(words: string): Promise<number> {
  return (await room.files.registry.list({ sources: room.sources.list().map(({ id }) => id), q: words })).total
}

/** Its time in the trash is over. */
async function makeDue(id: string): Promise<void> {
  await room.database.write((trx) =>
    trx
      .updateTable('datasette_files_trash')
      .set({ purge_after: '2000-01-01T00:00:00.000Z' })
      .where('id', '=', id)
      .execute(),
  )
}

test('what became of a file is told by batch, where it is asked, to who may know; to others all that they may not see is the same', async () => {
  const [trashed, purged] = [await put('trashed.txt'), await put('purged.txt')]
  const closed = await put('closed.txt', { source: 'closed' })
  const never = `df-${'0'.repeat(26)}`
  for (const id of [trashed.id, purged.id]) await ask('DELETE', `/-/files/${id}`)
  assert.equal((await ask('POST', `/-/files/${purged.id}/-/purge`)).status, 200)
  const ids = [trashed.id, purged.id, closed.id, never, 'no id']
  const query = ids.map((id) => `id=${encodeURIComponent(id)}`).join('&')
  for (const [method, path, body] of [
    ['POST', '/-/files/batch.json?deleted=on', { ids }],
    ['GET', `/-/files/batch.json?deleted=on&${query}`, undefined],
  ] as const) {
    const seen = (await ask(method, path, 'alice', body)).body
    assert.deepEqual(Object.keys(seen.files), [closed.id])
    const { note, ...rest } = seen.deleted[trashed.id]
    assert.match(note, /^In the trash until \d/)
    assert.deepEqual(rest, { state: 'trashed', filename: 'trashed.txt' })
    assert.deepEqual(
      { ...seen.deleted, [trashed.id]: null },
      {
        [trashed.id]: null,
        [purged.id]: { state: 'gone' },
        [never]: { state: 'gone' },
      },
    )
    for (const other of ['bob', '']) {
      assert.deepEqual((await ask(method, path, other, body)).body, { ok: true, files: {}, deleted: {} }, other)
    }
  }
  assert.deepEqual((await ask('POST', '/-/files/batch.json', 'alice', { ids: [purged.id] })).body, {
    ok: true,
    files: {},
  })
})

describe('deleting a file', () => {
  test('takes it out of everything, keeps its bytes, and shows it to who may delete it', async () => {
    const file = await put('gone.txt')
    const { status, body } = await ask('DELETE', `/-/files/${file.id}`)
    assert.equal(status, 200)
    assert.deepEqual([body.ok, body.id, body.trashed_by, body.hidden], [true, file.id, 'alice', false])
    assert.equal(Date.parse(body.purge_after) - Date.parse(body.trashed_at), RETENTION_MS)
    for (const path of ['', '.json', '/download', '/thumbnail', '/-/update']) {
      assert.equal((await ask('GET', `/-/files/${file.id}${path}`, 'bob')).status, 404, path)
    }
    assert.equal((await ask('GET', `/-/files/${file.id}/download`)).status, 404)
    assert.equal((await ask('GET', `/-/files/batch.json?id=${file.id}`)).body.files[file.id], undefined)
    const seen = await ask('GET', `/-/files/${file.id}.json`)
    assert.deepEqual([seen.status, seen.body.filename, seen.body.trashed_by], [200, 'gone.txt', 'alice'])
    assert.ok(existsSync(join(room.root, file.path)))
    assert.equal(await found('gone'), 0)
  })

  test('may be said twice, and by POST', async () => {
    const file = await put('twice.txt')
    const first = await ask('POST', `/-/files/${file.id}/-/delete`)
    const second = await ask('DELETE', `/-/files/${file.id}`)
    assert.deepEqual([first.status, second.status], [200, 200])
    assert.deepEqual(second.body, first.body)
  })

  test('is for who may: 404 to who may not see it, 401 and 403 to others, and never by GET', async () => {
    const file = await put('guarded.txt')
    const hidden = await put('hidden.txt', { source: 'closed' })
    for (const [path, method] of [
      ['', 'DELETE'],
      ['/-/delete', 'POST'],
      ['/-/restore', 'POST'],
      ['/-/purge', 'POST'],
      ['/-/purge', 'GET'],
    ] as const) {
      const at = (id: string) => `/-/files/${id}${path}`
      assert.deepEqual((await ask(method, at(file.id), 'bob')).body.code, 'permission_denied', path)
      assert.deepEqual((await ask(method, at(file.id), 'dora')).status, 404, 'a file that one may not browse is none')
      assert.deepEqual((await ask(method, at(file.id), '')).status, 404)
      assert.deepEqual((await ask(method, at(hidden.id), 'alice')).status, 403)
      assert.deepEqual((await ask(method, at(hidden.id), 'bob')).status, 404)
      assert.deepEqual((await ask(method, at(`df-${'0'.repeat(26)}`))).status, 404)
    }
    for (const method of ['GET', 'HEAD', 'OPTIONS']) await ask(method, `/-/files/${file.id}/-/delete`)
    assert.ok(await rowOf(file.id))
  })

  test('from its page goes back to the library, which says so and undoes it', async () => {
    const file = await put('from page.txt')
    const answer = await form(`/-/files/${file.id}/-/delete`, [])
    assert.deepEqual([answer.status, answer.headers.get('Location')], [303, '/-/files/browse/photos'])
    assert.equal(await rowOf(file.id), undefined)
    const page = await (await app.request(`/-/files/${file.id}`, { headers: { Cookie: 'actor=alice' } })).text()
    assert.match(page, /In the trash until \d/)
    assert.match(page, /Restore file/)
    assert.match(page, /Jug &lt;1&gt;/, 'the rows that use it are still told')
  })
})

describe('restoring', () => {
  test('puts it back exactly as it was, its words too', async () => {
    const file = await put('kept words.txt')
    await ask('POST', `/-/files/${file.id}/-/update`, 'alice', {
      update: { search_text: 'a zephyr', metadata: { a: [1, null] } },
    })
    await room.database.write(async (trx) => {
      await trx.insertInto('datasette_files_text').values({ file_id: file.id, text: 'quixotic' }).execute()
      await trx
        .insertInto('datasette_files_work')
        .values({ file_id: file.id, kind: 'facts' })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    })
    const before = await rowOf(file.id)
    const work = await workOf(file.id)
    assert.ok(work.includes('facts'))
    assert.equal(await found('quixotic zephyr'), 1)
    await ask('DELETE', `/-/files/${file.id}`)
    assert.equal((await found('quixotic')) + (await found('zephyr')), 0)
    const restored = await ask('POST', `/-/files/${file.id}/-/restore`)
    assert.deepEqual([restored.status, restored.body], [200, { ok: true, id: file.id }])
    assert.deepEqual(await rowOf(file.id), before)
    assert.equal(await found('quixotic zephyr'), 1)
    assert.deepEqual(await workOf(file.id), work, 'what was still to be read is read after all')
    assert.equal((await ask('GET', `/-/files/${file.id}/download`)).body, 'bytes of kept words.txt')
    assert.equal((await ask('POST', `/-/files/${file.id}/-/restore`)).status, 200, 'twice is as good as once')
  })

  test('finds another place in the order where its own is taken', async () => {
    const [first, second] = [await put('seq one.txt'), await put('seq two.txt')]
    await ask('DELETE', `/-/files/${second.id}`)
    const third = await put('seq three.txt')
    assert.equal((await ask('POST', `/-/files/${second.id}/-/restore`)).status, 200)
    const seqs = await Promise.all([first, second, third].map(async ({ id }) => (await rowOf(id))?.seq))
    assert.equal(new Set(seqs).size, 3)
    assert.equal(await found('seq'), 3)
  })

  test('says so when another file has come to its place, and restores none', async () => {
    const [first, second] = [await put('place one.txt'), await put('place two.txt')]
    await ask('POST', '/-/files/-/delete', 'alice', { ids: [first.id, second.id] })
    const other = await put('newcomer.txt')
    await room.database.write((trx) =>
      trx.updateTable('datasette_files').set({ path: second.path }).where('id', '=', other.id).execute(),
    )
    const { status, body } = await ask('POST', '/-/files/-/restore', 'alice', { ids: [first.id, second.id] })
    assert.deepEqual([status, body.code], [409, 'restore_path_taken'])
    assert.equal(await rowOf(first.id), undefined)
  })
})

describe('many at once', () => {
  test('are all or none, and one press undoes them', async () => {
    const files = await Promise.all([1, 2, 3].map((at) => put(`many ${at}.txt`)))
    const ids = files.map(({ id }) => id)
    const stranger = `df-${'0'.repeat(26)}`
    const refused = await ask('POST', '/-/files/-/delete', 'alice', { ids: [...ids, stranger] })
    assert.deepEqual([refused.status, refused.body.code], [404, 'file_not_found'])
    assert.deepEqual(Object.keys(refused.body.errors_by_id), [stranger])
    assert.ok(await rowOf(ids[0] as string), 'one refusal refuses all')
    const denied = await ask('POST', '/-/files/-/delete', 'bob', { ids })
    assert.deepEqual([denied.status, denied.body.code], [403, 'permission_denied'])
    assert.equal((await ask('POST', '/-/files/-/delete', '', { ids })).status, 404)

    const done = await ask('POST', '/-/files/-/delete', 'alice', { ids: [...ids, ids[0]] })
    assert.deepEqual([done.status, done.body.trashed], [200, ids])
    const again = await ask('POST', '/-/files/-/delete', 'alice', { ids })
    assert.deepEqual([again.status, again.body.batch], [200, null])
    assert.equal((await ask('POST', '/-/files/-/restore', 'bob', { batch: done.body.batch })).status, 404)
    const undone = await ask('POST', '/-/files/-/restore', 'alice', { batch: done.body.batch })
    assert.deepEqual([undone.status, undone.body.restored.sort()], [200, ids.sort()])
    assert.equal(
      (await ask('POST', '/-/files/-/restore', 'alice', { batch: done.body.batch })).body.code,
      'undo_too_late',
    )
  })

  test('by a form with boxes, which goes back to where it came from', async () => {
    const files = await Promise.all([1, 2].map((at) => put(`boxes ${at}.txt`)))
    const back = '/-/files/browse/photos?q=boxes'
    const boxes = files.map(({ id }) => ['id', id] as const)
    const answer = await form('/-/files/-/delete', [...boxes, ['return', back]])
    assert.deepEqual([answer.status, answer.headers.get('Location')], [303, back])
    const { body } = await ask('GET', '/-/files/trash.json')
    assert.ok(files.every(({ id }) => body.files.some((file: { id: string }) => file.id === id)))
    const restored = await form('/-/files/-/restore', [...boxes, ['return', '//evil.example']])
    assert.deepEqual([restored.status, restored.headers.get('Location')], [303, '/'])
    assert.ok(await rowOf((files[0] as { id: string }).id))
  })

  test('are as many as the limit, and not one more', async () => {
    const ids = Array.from({ length: MAX_IDS }, (_, at) => `df-${String(at).padStart(26, '0')}`)
    assert.equal((await ask('POST', '/-/files/-/delete', 'alice', { ids })).status, 404)
    const more = await ask('POST', '/-/files/-/delete', 'alice', { ids: [...ids, `df-${'z'.repeat(26)}`] })
    assert.deepEqual([more.status, more.body.code], [400, 'bad_request'])
    for (const body of [{}, { ids: [] }, { ids: 'x' }, { ids: [1] }, { ids: null }]) {
      assert.equal((await ask('POST', '/-/files/-/delete', 'alice', body)).status, 400, JSON.stringify(body))
    }
    assert.equal((await ask('POST', '/-/files/-/delete', 'alice', { ids: ['df-x'] })).status, 404)
  })
})

describe('the trash', () => {
  test('is for who may delete somewhere, and lists only what they may', async () => {
    assert.equal((await ask('GET', '/-/files/trash.json', '')).status, 401)
    assert.equal((await ask('GET', '/-/files/trash.json', 'bob')).status, 403)
    assert.equal((await ask('GET', '/-/files/trash.json', 'erin')).status, 403, 'what one may not browse is not there')
    const { body } = await ask('GET', '/-/files/trash.json')
    assert.ok(body.files.every((file: { source_slug: string }) => file.source_slug === 'photos'))
  })

  test('is paged, last deleted first', async () => {
    const files = await Promise.all([1, 2, 3, 4, 5].map((at) => put(`paged ${at}.txt`)))
    for (const { id } of files) {
      await ask('DELETE', `/-/files/${id}`)
      // Of one millisecond, the ids say which is first.
      await sleep(2)
    }
    const seen: string[] = []
    let next: string | null = ''
    let total = 0
    do {
      const { body } = await ask('GET', `/-/files/trash.json?_size=2&_next=${next}`)
      seen.push(...body.files.map((file: { id: string }) => file.id))
      next = body.next
      total = body.total
    } while (next !== null)
    assert.deepEqual(seen.slice(0, 5), files.map(({ id }) => id).reverse())
    assert.deepEqual([new Set(seen).size, seen.length], [total, total])
    for (const query of ['_next=x', '_size=0', 'cursor=%00']) {
      assert.equal((await ask('GET', `/-/files/trash.json?${query}`)).status, 400, query)
    }
    const page = await (await app.request('/-/files/trash?_size=2', { headers: { Cookie: 'actor=alice' } })).text()
    assert.match(page, /1–2 of/)
    const named = await ask('GET', '/-/files/trash.json?q=PAGED+3')
    assert.deepEqual([named.body.total, named.body.files[0]?.filename], [1, 'paged 3.txt'])
    const first = await ask('GET', '/-/files/trash.json?q=paged&_size=4')
    const rest = await ask('GET', `/-/files/trash.json?q=paged&_size=4&_next=${first.body.next}`)
    assert.deepEqual(
      [first.body.total, first.body.files.length, rest.body.files.length, rest.body.next],
      [5, 4, 1, null],
    )
    const none = await (await app.request('/-/files/trash?q=%25', { headers: { Cookie: 'actor=alice' } })).text()
    assert.match(none, /No file in the trash has “%” in its name/)
    const found = await (
      await app.request('/-/files/trash?q=paged&_size=2', { headers: { Cookie: 'actor=alice' } })
    ).text()
    assert.match(found, /1–2 of 5.*q=paged&amp;_next=/s)
    assert.match(page, /Restore selected/)
  })

  test('a form in which nothing is ticked leads back to its page; programs are told what is wrong', async () => {
    for (const action of ['delete', 'restore', 'purge']) {
      const answer = await form(`/-/files/-/${action}`, [['return', '/-/files/trash?_next=x']])
      assert.deepEqual([answer.status, answer.headers.get('Location')], [303, '/-/files/trash?_next=x'], action)
      const refused = await ask('POST', `/-/files/-/${action}`, 'alice', { ids: [] })
      assert.deepEqual([refused.status, refused.body.code], [400, 'bad_request'], action)
    }
  })
})

describe('deleting for good', () => {
  test('is asked for first, and then removes exactly these bytes and all that was known of them', async () => {
    const picture = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#357' } })
      .png()
      .toBuffer()
    const upload = async (filename: string) => {
      const answer = await app.request(`/-/files/upload/photos?filename=${filename}`, {
        method: 'POST',
        headers: { 'X-Actor': 'alice' },
        body: new Uint8Array(picture),
      })
      return ((await answer.json()) as { file: { id: string; path: string } }).file
    }
    const file = await upload('a.png')
    const twin = await upload('b.png')
    const thumbnails = () =>
      readdirSync(join(room.folder, 'thumbnails'), { recursive: true }).filter((name) => String(name).includes('x200.'))
    assert.equal((await app.request(`/-/files/${file.id}/thumbnail`, { headers: { 'X-Actor': 'alice' } })).status, 200)
    const made = thumbnails().length
    await ask('DELETE', `/-/files/${file.id}`)
    const seen = await app.request(`/-/files/${file.id}/thumbnail`, { headers: { 'X-Actor': 'alice' } })
    assert.notEqual(seen.headers.get('Content-Type'), 'image/svg+xml', 'what is in the trash is seen there')
    const question = await app.request(`/-/files/${file.id}/-/purge`, { headers: { Cookie: 'actor=alice' } })
    assert.match(await question.text(), /Delete a\.png for good\?/)
    assert.ok(existsSync(join(room.root, file.path)), 'asking changes nothing')
    const { status } = await ask('POST', `/-/files/${file.id}/-/purge`)
    assert.equal(status, 200)
    assert.equal(existsSync(join(room.root, file.path)), false)
    assert.equal(existsSync(join(room.root, file.path, '..')), false, 'nor its folder')
    assert.ok(existsSync(join(room.root, twin.path)), 'the same bytes of another file stay')
    assert.equal((await ask('GET', `/-/files/${file.id}.json`)).status, 404)
    assert.equal((await ask('POST', `/-/files/${file.id}/-/restore`)).status, 404)
    assert.equal(thumbnails().length, made, 'its twin has the same pictures')
    await ask('DELETE', `/-/files/${twin.id}`)
    await ask('POST', `/-/files/${twin.id}/-/purge`)
    assert.equal(thumbnails().length, made - 1)
  })

  test('is not for files that are not in the trash', async () => {
    const file = await put('still used.txt')
    assert.equal((await ask('POST', `/-/files/${file.id}/-/purge`)).body.code, 'not_in_trash')
    assert.equal((await ask('GET', `/-/files/${file.id}/-/purge`)).body.code, 'not_in_trash')
    assert.equal((await ask('POST', '/-/files/-/purge', 'alice', { ids: [file.id] })).body.code, 'not_in_trash')
    assert.ok(await rowOf(file.id))
  })

  test('of many is asked for by a page with the same ids, without scripts', async () => {
    const files = await Promise.all([1, 2].map((at) => put(`for good ${at}.txt`)))
    const boxes = files.map(({ id }) => ['id', id] as const)
    await form('/-/files/-/delete', boxes)
    const question = await form('/-/files/-/purge', boxes)
    const page = await question.text()
    assert.match(page, /Delete 2 files for good\?/)
    for (const { id, path } of files) {
      assert.match(page, new RegExp(`name="id" value="${id}"`))
      assert.ok(existsSync(join(room.root, path)))
    }
    const done = await form('/-/files/-/purge', [...boxes, ['confirm', 'yes']])
    assert.deepEqual([done.status, done.headers.get('Location')], [303, '/-/files/trash'])
    for (const { path } of files) assert.equal(existsSync(join(room.root, path)), false)
  })

  test('happens by itself after 30 days, not before', async () => {
    const [due, early] = [await put('due.txt'), await put('early.txt')]
    await ask('POST', '/-/files/-/delete', 'alice', { ids: [due.id, early.id] })
    await makeDue(due.id)
    await room.files.trash.purgeDue()
    assert.deepEqual([existsSync(join(room.root, due.path)), existsSync(join(room.root, early.path))], [false, true])
    assert.equal((await ask('GET', `/-/files/${due.id}`)).status, 404)
    assert.equal((await ask('POST', `/-/files/${early.id}/-/restore`)).status, 200)
  })

  test('never touches bytes that another file has, nor bytes that were replaced', async () => {
    const owner = await put('owner.txt')
    await ask('DELETE', `/-/files/${owner.id}`)
    const newcomer = await put('comes to the path.txt')
    await room.database.write((trx) =>
      trx.updateTable('datasette_files').set({ path: owner.path }).where('id', '=', newcomer.id).execute(),
    )
    assert.equal((await ask('POST', `/-/files/${owner.id}/-/purge`)).status, 200)
    assert.ok(existsSync(join(room.root, owner.path)))

    const adopted = await put('adopted.txt')
    const full = join(room.root, adopted.path)
    const adopt = (id: string) =>
      room.database.write((trx) =>
        trx
          .updateTable('datasette_files')
          .set({ adopted: 1, version: `20 ${statSync(full).mtime.toISOString()}` })
          .where('id', '=', id)
          .execute(),
      )
    await adopt(adopted.id)
    const { body } = await ask('DELETE', `/-/files/${adopted.id}`)
    assert.equal(body.purge_after, null, 'what was there before us does not go by itself')
    writeFileSync(full, 'other bytes of x.txt')
    utimesSync(full, new Date(), new Date(Date.now() - 60_000))
    assert.equal((await ask('POST', `/-/files/${adopted.id}/-/purge`)).status, 200)
    assert.equal(readFileSync(full, 'utf8'), 'other bytes of x.txt')
    assert.equal((await ask('GET', `/-/files/${adopted.id}`)).status, 404)
  })

  test('nothing comes to a path whose bytes are being removed', async () => {
    const file = await put('under removal.txt')
    await ask('DELETE', `/-/files/${file.id}`)
    await room.database.write(async (trx) => {
      await trx.updateTable('datasette_files_trash').set({ purging: 1 }).where('id', '=', file.id).execute()
      await trx
        .insertInto('datasette_files')
        .values({ id: `df-${'1'.repeat(26)}`, source_id: file.source_id as number, path: file.path, filename: 'x' })
        .execute()
    })
    assert.equal(await rowOf(`df-${'1'.repeat(26)}`), undefined)
    await room.files.trash.purgeDue()
  })
})

test('a source that cannot delete keeps the bytes, says so, and can restore at any time', async () => {
  const file = await put('read only.txt')
  const source = room.sources.get('photos')
  const storage = await source.storage()
  const remove = Object.getOwnPropertyDescriptor(storage, 'delete') as PropertyDescriptor
  delete (storage as { delete?: unknown }).delete
  const look = async (path: string) => (await app.request(path, { headers: { Cookie: 'actor=alice' } })).text()
  try {
    for (const path of [`/-/files/browse/photos?q=${encodeURIComponent('read only')}`, `/-/files/${file.id}`]) {
      const shown = await look(path)
      assert.match(shown, /Move to trash</, path)
      assert.match(shown, /The files? (?:itself|themselves) stays? where (?:it|they) lies?\./i, path)
      assert.doesNotMatch(shown, /button[^"]* danger|for 30 days|hid(?:e|ing|den) /i, path)
    }
    assert.match(await look(`/-/files/${file.id}`), /Rename here/)
    assert.match(await look(`/-/files/${file.id}/-/update`), /In Photographs it stays /)
    const { body } = await ask('DELETE', `/-/files/${file.id}`)
    assert.deepEqual([body.purge_after, body.hidden], [null, true])
    const again = await ask('POST', '/-/files/-/delete', 'alice', { ids: [file.id] })
    assert.deepEqual([again.body.trashed, again.body.hidden], [[file.id], [file.id]])
    const refused = await ask('POST', `/-/files/${file.id}/-/purge`)
    assert.deepEqual([refused.status, refused.body.code], [400, 'source_keeps_files'])
    const page = await look(`/-/files/${file.id}`)
    assert.match(page, /In the trash\.<.*the file itself stays where it lies, and it can be restored at any time/s)
    assert.doesNotMatch(page, /Delete for good/)
    const trash = (await look('/-/files/trash')).replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')
    assert.match(trash, / \d+ \w+ \d+, [\d:]+ by alice until restored the file itself stays where it lies /)
    assert.doesNotMatch(trash, /for good/)
    const question = await app.request(`/-/files/${file.id}/-/purge`, { headers: { Cookie: 'actor=alice' } })
    assert.equal(question.status, 400, 'what is refused in the end is not asked')
    await makeDue(file.id)
    await room.files.trash.purgeDue()
    assert.equal((await ask('POST', `/-/files/${file.id}/-/restore`)).status, 200)
  } finally {
    Object.defineProperty(storage, 'delete', remove)
  }
})

test('a page of files whose bytes stay and of others names its button by what is true of all, and shows what was written of each', async () => {
  const [hidden, other] = [await put('stays.txt'), await put('goes.txt')]
  await room.database.write((trx) =>
    trx.updateTable('datasette_files').set({ adopted: 1 }).where('id', '=', hidden.id).execute(),
  )
  await room.database.write((trx) =>
    trx
      .updateTable('datasette_files')
      .set({ search_text: 'The quay, before 1904' })
      .where('id', '=', other.id)
      .execute(),
  )
  const page = await (await app.request('/-/files/unused', { headers: { Cookie: 'actor=alice' } })).text()
  const boxOf = (id: string) => new RegExp(`<input[^>]*value="${id}"[^>]*>`).exec(page)?.[0] ?? ''
  assert.match(boxOf(hidden.id), / data-kept/)
  assert.doesNotMatch(boxOf(other.id), / data-kept/)
  assert.match(page, /goes\.txt.*<span class="excerpt">The quay, before 1904<\/span>/s)
  const buttons = [...page.matchAll(/<button[^>]*data-selection-for="([\w ]+)"( hidden)?[^>]*>(.*?)<\/button>/gs)]
  assert.deepEqual(
    buttons.map(([, speaks, away, text]) => [speaks, away === undefined, text?.replace(/<[^>]*>/g, '').trim()]),
    [
      ['kept', false, 'Move to trash'],
      ['gone both', true, 'Move to trash'],
    ],
  )
})

test('of a selection for good goes what can, and it is said what stays', async () => {
  const two = await openTestFiles({
    permissions: { ...PERMISSIONS, 'files-delete': { id: 'alice' } },
  })
  try {
    const there = createHttp(two.routes, two.hooks)
    const headers = { Cookie: 'actor=alice', Accept: 'text/html', 'Sec-Fetch-Site': 'same-origin' }
    const upload = async (source: string) => {
      const init = { method: 'POST', headers: { 'X-Actor': 'alice' }, body: source }
      const answer = await there.request(`/-/files/upload/${source}?filename=${source}.txt`, init)
      return ((await answer.json()) as { file_id: string }).file_id
    }
    const [gone, kept] = [await upload('photos'), await upload('closed')]
    const storage = await two.sources.get('closed').storage()
    delete (storage as { delete?: unknown }).delete
    const press = (path: string, ...fields: [string, string][]) =>
      there.request(path, { method: 'POST', headers, body: new URLSearchParams(fields) })
    await press('/-/files/-/delete', ['id', gone], ['id', kept])
    const question = await (await press('/-/files/-/purge', ['id', gone], ['id', kept])).text()
    assert.match(question, /Delete photos\.txt for good\?/)
    assert.match(question, /1 more file stays in the trash: its source keeps its bytes\. It can be restored\./)
    const none = await press('/-/files/-/purge', ['id', kept])
    assert.deepEqual([none.status, none.headers.get('Location')], [303, '/-/files/trash'])
    const done = await press('/-/files/-/purge', ['id', gone], ['id', kept], ['confirm', 'yes'])
    assert.equal(done.status, 303)
    assert.deepEqual([...(await two.files.trash.byIds([gone, kept])).keys()], [kept])
  } finally {
    await two.close()
  }
})

test('before files are deleted that rows use, a form is told so, with the rows; it goes on when that was said', async () => {
  const used = new Set<string>()
  const asking = await openTestFiles({
    permissions: PERMISSIONS,
    findManyUses: async (_, ids) => ({
      seen: new Map(
        ids.flatMap((id) =>
          used.has(id)
            ? [[id, [{ database: 'db', table: 'objects', column: 'photo', label: 'Jug <1>', url: '/db/objects/1' }]]]
            : [],
        ),
      ),
      hidden: new Set<string>(),
      truncated: false,
    }),
  })
  try {
    const there = createHttp(asking.routes, asking.hooks)
    const upload = async (name: string) => {
      const init = { method: 'POST', headers: { 'X-Actor': 'alice' }, body: name }
      const answer = await there.request(`/-/files/upload/photos?filename=${name}.txt`, init)
      return ((await answer.json()) as { file_id: string }).file_id
    }
    const [one, two, free] = [await upload('one'), await upload('two'), await upload('free')]
    used.add(one).add(two)
    const headers = { Cookie: 'actor=alice', Accept: 'text/html', 'Sec-Fetch-Site': 'same-origin' }
    const press = (...fields: [string, string][]) =>
      there.request('/-/files/-/delete', { method: 'POST', headers, body: new URLSearchParams(fields) })
    const back = '/-/files/browse/photos?q=x'
    const question = await press(['id', one], ['id', two], ['id', free], ['return', back])
    assert.equal(question.status, 200)
    const page = await question.text()
    assert.match(page, /<h1>Move 3 files to trash\?<\/h1>/)
    assert.match(page, /2 of these 3 are used by 1 row\./)
    assert.match(
      page,
      /href="\/db\/objects\/1"[^>]*><strong>Jug &lt;1&gt;<\/strong><small>db \/ objects \/ photo · 2 files/,
    )
    assert.match(page, /href="\/-\/files\/browse\/photos\?q=x"/)
    const forms = [...page.matchAll(/<form[^>]*action="\/-\/files\/-\/delete".*?<\/form>/gs)].map(([form]) => ({
      ids: [...form.matchAll(/name="id" value="([^"]+)"/g)].map(([, id]) => id),
      label: /<button[^>]*>(.*?)<\/button>/s.exec(form)?.[1]?.replace(/<[^>]*>/g, ''),
    }))
    assert.deepEqual(forms, [
      { ids: [free], label: 'Move only the unused one to trash' },
      { ids: [one, two, free], label: 'Move 3 files to trash' },
    ])
    assert.equal((await asking.files.trash.byIds([one, two, free])).size, 0, 'nothing has happened')
    assert.equal((await press(['id', free])).status, 303, 'what no row uses needs no question')
    const done = await press(['id', one], ['id', two], ['confirm', 'yes'], ['return', back])
    assert.deepEqual([done.status, done.headers.get('Location')], [303, back])
    assert.equal((await asking.files.trash.byIds([one, two, free])).size, 3)
  } finally {
    await asking.close()
  }
})

test('owners delete, see and restore their own, where the configuration lets them', async () => {
  const owners = await openTestFiles({ permissions: PERMISSIONS, ownersCanDelete: true })
  const there = createHttp(owners.routes, owners.hooks)
  const as = (actor: string, method: string, path: string, body?: BodyInit) =>
    there.request(path, { method, headers: { 'X-Actor': actor, Accept: 'application/json' }, ...(body && { body }) })
  const upload = async (actor: string) =>
    ((await (await as(actor, 'POST', '/-/files/upload/photos?filename=a.txt', actor)).json()) as { file_id: string })
      .file_id
  const page = async (actor: string) =>
    await (await there.request('/-/files/upload/photos', { headers: { 'X-Actor': actor, Accept: 'text/html' } })).text()
  assert.match(await page('carol'), /<file-upload [^>]*\bdeletes\b/, 'her very first file she may remove again')
  const [own, other] = [await upload('carol'), await upload('alice')]
  assert.equal((await as('carol', 'GET', '/-/files/trash.json')).status, 403, 'there is nothing of hers yet')
  assert.equal((await as('carol', 'DELETE', `/-/files/${other}`)).status, 403)
  assert.equal((await as('carol', 'DELETE', `/-/files/${own}`)).status, 200)
  await as('alice', 'DELETE', `/-/files/${other}`)
  const listed = (await (await as('carol', 'GET', '/-/files/trash.json')).json()) as { files: { id: string }[] }
  assert.deepEqual(
    listed.files.map(({ id }) => id),
    [own],
  )
  assert.equal((await as('carol', 'GET', `/-/files/${other}.json`)).status, 404)
  assert.equal((await as('carol', 'POST', `/-/files/${other}/-/restore`)).status, 404)
  assert.equal((await as('carol', 'POST', `/-/files/${own}/-/restore`)).status, 200)
  await owners.close()
})
