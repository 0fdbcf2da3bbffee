import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import type { Hono } from 'hono'
import { ulid } from 'ulid'
import { createHttp } from '../../app/http.ts'
import { createLog } from '../../web/log.ts'
import type { RouteEnv } from '../../web/route.ts'
import { openTestFiles, type TestFiles } from '../testing.ts'
import { createTrash } from './trash.ts'

const EMPTY = '/-/files/trash/empty'
/** alice may delete everywhere, bob nowhere, dora in `photos` alone; carol uploads there and may delete her own. */
const PERMISSIONS = {
  'files-browse': { photos: { allow: { id: ['alice', 'bob', 'carol', 'dora'] } }, closed: { allow: { id: 'alice' } } },
  'files-upload': { photos: { allow: { id: ['alice', 'carol'] } }, closed: { allow: { id: 'alice' } } },
  'files-delete': { photos: { allow: { id: ['alice', 'dora'] } }, closed: { allow: { id: 'alice' } } },
}

interface Put {
  readonly id: string
  readonly path: string
  readonly filename: string
}

interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: each test says what it expects of the answer
  readonly body: any
}

const used = new Set<string>()
let room: TestFiles
let app: Hono<RouteEnv>

before(async () => {
  room = await openTestFiles({
    permissions: PERMISSIONS,
    ownersCanDelete: true,
    findUsed: async (ids) => ({ used: new Set(ids.filter((id) => used.has(id))), truncated: false }),
  })
  app = createHttp(room.routes, room.hooks)
})
after(() => room.close())
afterEach(async () => {
  used.clear()
  await room.files.trash.purgeDue()
  await room.database.write((trx) => trx.deleteFrom('datasette_files_trash').execute())
})

async function put(filename: string, { source = 'photos', actor = 'alice' } = {}): Promise<Put> {
  const answer = await app.request(`/-/files/upload/${source}?filename=${encodeURIComponent(filename)}`, {
    method: 'POST',
    headers: { 'X-Actor': actor, 'Content-Type': 'text/plain' },
    body: filename,
  })
  return ((await answer.json()) as { file: Put }).file
}

/** Each with as many bytes as its name. */
async function trashed(filename: string, options?: { source?: string; actor?: string }): Promise<Put> {
  const file = await put(filename, options)
  assert.equal((await ask('DELETE', `/-/files/${file.id}`)).status, 200)
  return file
}

async function ask(method: string, path: string, actor = 'alice', body?: unknown): Promise<Answer> {
  const answer = await app.request(path, {
    method,
    headers: { ...(actor && { 'X-Actor': actor }), Accept: 'application/json', 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: await answer.json() }
}

async function look(path: string): Promise<string> {
  return await (await app.request(path, { headers: { Cookie: 'actor=alice' } })).text()
}

function press(fields: Readonly<Record<string, string>>): Promise<Response> {
  const headers = { Cookie: 'actor=alice', Accept: 'text/html', 'Sec-Fetch-Site': 'same-origin' }
  return Promise.resolve(app.request(EMPTY, { method: 'POST', headers, body: new URLSearchParams(fields) }))
}

function wordsOf(page: string): string {
  return page
    .replace(/<(script|style).*?<\/\1>/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/ ([.,])/g, '$1')
}

function stateIn(page: string): string {
  return /name="state" value="([^"]*)"/.exec(page)?.[1] ?? ''
}

async function inTrash(): Promise<string[]> {
  return (await ask('GET', '/-/files/trash.json')).body.files.map(({ filename }: Put) => filename).sort()
}

async function adopt({ id }: Put): Promise<void> {
  await room.database.write((trx) =>
    trx.updateTable('datasette_files').set({ adopted: 1 }).where('id', '=', id).execute(),
  )
}

describe('emptying the trash', () => {
  test('is asked for first, with how much it is and what rows use of it, and removes the bytes', async () => {
    const files = await Promise.all(['one.txt', 'two.txt', 'three.txt'].map((name) => trashed(name)))
    used.add((files[1] as Put).id)
    const trash = await look('/-/files/trash')
    assert.match(trash, /href="\/-\/files\/trash\/empty"[^>]*>.*?Empty trash…/s)
    const question = await look(EMPTY)
    const words = wordsOf(question)
    assert.match(words, /Empty the trash\?/)
    assert.match(words, /3 files, 23 bytes, are deleted for good\. They cannot be restored afterwards\./)
    assert.match(words, /Rows still use 1 of them\. What holds it will say “Gone for good”/)
    assert.match(words, /What comes to the trash from now on stays in it\./)
    assert.doesNotMatch(words, /original/)
    assert.equal((await inTrash()).length, 3, 'asking changes nothing')
    const done = await press({ state: stateIn(question) })
    assert.deepEqual([done.status, done.headers.get('Location')], [303, '/-/files/trash'])
    assert.deepEqual(await inTrash(), [])
    await room.files.trash.purgeDue()
    for (const { path } of files) assert.equal(existsSync(join(room.root, path)), false)
    assert.equal((await ask('GET', '/-/files/trash.json')).body.going, 0)
    assert.match(wordsOf(await look(EMPTY)), /Nothing here can be deleted for good/)
    assert.doesNotMatch(await look('/-/files/trash'), /Empty trash/)
  })

  test('takes nothing that came to the trash after it was asked about, and nothing that was restored', async () => {
    const [kept, gone] = [await trashed('kept.txt'), await trashed('gone.txt')]
    const again = await trashed('again.txt')
    const state = stateIn(await look(EMPTY))
    const late = await trashed('late.txt')
    await ask('POST', `/-/files/${kept.id}/-/restore`)
    await ask('POST', `/-/files/${again.id}/-/restore`)
    await ask('DELETE', `/-/files/${again.id}`)
    // As of a clock that went back.
    await room.database.write((trx) =>
      trx.updateTable('datasette_files_trash').set({ trashed_at: '2000-01-01T00:00:00.000Z' }).execute(),
    )
    assert.equal((await press({ state })).status, 303)
    await room.files.trash.purgeDue()
    assert.deepEqual(await inTrash(), ['again.txt', 'late.txt'])
    const there = ({ path }: Put) => existsSync(join(room.root, path))
    assert.deepEqual([kept, gone, again, late].map(there), [true, false, true, true])
  })

  test('leaves what was there before Holdall, unless that is asked for as well', async () => {
    const [original, other] = [await put('original.txt'), await put('other.txt')]
    await adopt(original)
    await ask('POST', '/-/files/-/delete', 'alice', { ids: [original.id, other.id] })
    used.add(original.id)
    const question = await look(EMPTY)
    assert.match(wordsOf(question), /1 file, 9 bytes, is deleted for good\..*Also delete the original, 12 bytes/)
    assert.match(wordsOf(question), /removes your original from its folder or bucket\. A row uses it\./)
    assert.match(question, /<input type="checkbox" name="hidden" value="yes">/)
    await press({ state: stateIn(question) })
    assert.deepEqual(await inTrash(), ['original.txt'])
    const alone = await look(EMPTY)
    assert.match(alone, /<input type="checkbox" name="hidden" value="yes" required>/)
    await press({ state: stateIn(alone) })
    assert.deepEqual(await inTrash(), ['original.txt'])
    await press({ state: stateIn(alone), hidden: 'yes' })
    await room.files.trash.purgeDue()
    assert.equal(existsSync(join(room.root, original.path)), false)
  })

  test('of what was found takes no more than that', async () => {
    await trashed('IMG_1.txt')
    await trashed('IMG_2.txt')
    await trashed('letter.txt')
    assert.match(
      await look('/-/files/trash?q=img'),
      /href="\/-\/files\/trash\/empty\?q=img"[^>]*>.*?Delete all found for good…/s,
    )
    const question = await look(`${EMPTY}?q=img`)
    assert.match(wordsOf(question), /Delete all with “img” in their names for good\?/)
    assert.match(wordsOf(question), /2 files, 18 bytes,/)
    await press({ state: stateIn(question), q: 'img' })
    assert.deepEqual(await inTrash(), ['letter.txt'])
  })

  test('as JSON: the same, with what the question said', async () => {
    const [first, second] = [await trashed('first.txt'), await trashed('second.txt')]
    used.add(first.id).add(second.id)
    const { status, body } = await ask('GET', `${EMPTY}.json`)
    assert.equal(status, 200)
    const { state, ...facts } = body
    assert.deepEqual(facts, {
      ok: true,
      gone: { files: 2, bytes: 19, used: 2 },
      hidden: { files: 0, bytes: 0, used: 0 },
      kept: 0,
      unreachable: 0,
      looked_up: 2,
      truncated: false,
    })
    for (const wrong of [undefined, 1, '', 'x', '1.2', '1.2.3.4', '-1.0.0']) {
      const refused = await ask('POST', EMPTY, 'alice', { state: wrong })
      assert.deepEqual([refused.status, refused.body.code], [400, 'bad_request'], String(wrong))
    }
    assert.equal((await inTrash()).length, 2)
    assert.deepEqual((await ask('POST', EMPTY, 'alice', { state })).body, { ok: true, files: 2 })
    assert.deepEqual(
      (await ask('POST', EMPTY, 'alice', { state })).body,
      { ok: true, files: 0 },
      'twice is as good as once',
    )
  })

  test('that would take more than was said is asked again', async () => {
    await trashed('photo.txt')
    const { state } = (await ask('GET', `${EMPTY}.json`, 'dora')).body
    await trashed('closed.txt', { source: 'closed' })
    const [upTo] = (await ask('GET', `${EMPTY}.json`)).body.state.split('.')
    const more = state.replace(/^\d+/, upTo)
    const refused = await ask('POST', EMPTY, 'alice', { state: more })
    assert.deepEqual([refused.status, refused.body.code], [409, 'trash_changed'])
    const again = await press({ state: more })
    assert.equal(again.status, 200)
    const page = await again.text()
    assert.match(page, /More would go than was said before, and nothing was deleted\./)
    assert.equal((await inTrash()).length, 2)
    await press({ state: stateIn(page) })
    assert.deepEqual(await inTrash(), [])
  })

  test('is for who may delete, and of what they may', async () => {
    const [own, other] = [await trashed('own.txt', { actor: 'carol' }), await trashed('other.txt')]
    const closed = await trashed('closed.txt', { source: 'closed' })
    for (const method of ['GET', 'POST']) {
      const path = method === 'GET' ? `${EMPTY}.json` : EMPTY
      const body = method === 'GET' ? undefined : { state: '99.99.99' }
      assert.equal((await ask(method, path, '', body)).status, 401, method)
      assert.equal((await ask(method, path, 'bob', body)).status, 403, method)
    }
    assert.equal((await inTrash()).length, 3)
    const mine = (await ask('GET', `${EMPTY}.json`, 'carol')).body
    assert.deepEqual(mine.gone, { files: 1, bytes: 7, used: 0 })
    assert.equal((await ask('POST', EMPTY, 'carol', { state: '99.99.99' })).body.files, 1)
    const left = async () => [...(await room.files.trash.byIds([own.id, other.id, closed.id])).keys()].sort()
    assert.deepEqual(await left(), [other.id, closed.id].sort())
    assert.equal((await ask('POST', EMPTY, 'dora', { state: '99.99.99' })).body.files, 1)
    assert.deepEqual(await left(), [closed.id])
  })

  test('leaves what its source cannot delete, and says so; files of several sources are counted by source', async () => {
    await trashed('here.txt')
    await trashed('there.txt', { source: 'closed' })
    const places = wordsOf(await look(EMPTY))
    assert.match(places, /Photographs 1 file · 8 bytes/)
    const storage = await room.sources.get('closed').storage()
    const remove = Object.getOwnPropertyDescriptor(storage, 'delete') as PropertyDescriptor
    delete (storage as { delete?: unknown }).delete
    try {
      const question = await look(EMPTY)
      assert.match(wordsOf(question), /1 file, 8 bytes, is deleted for good/)
      assert.match(wordsOf(question), /1 file stays in the trash: its source keeps its bytes\./)
      await press({ state: stateIn(question) })
      assert.deepEqual(await inTrash(), ['there.txt'])
      assert.match(wordsOf(await look(EMPTY)), /Nothing here can be deleted for good 1 file stays in the trash/)
    } finally {
      Object.defineProperty(storage, 'delete', remove)
    }
  })

  test('says what is not gone yet', async () => {
    await trashed('slow.txt')
    const storage = await room.sources.get('photos').storage()
    const remove = storage.delete?.bind(storage)
    const [begun, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    storage.delete = async (path) => {
      begun.resolve()
      await held.promise
      await remove?.(path)
    }
    try {
      await press({ state: stateIn(await look(EMPTY)) })
      await begun.promise
      const page = wordsOf(await look('/-/files/trash'))
      assert.match(page, /1 file is being deleted for good\. Its bytes are removed in the background/)
      assert.match(page, /The trash is empty/)
      assert.equal((await ask('GET', '/-/files/trash.json')).body.going, 1)
    } finally {
      held.resolve()
      storage.delete = remove as typeof storage.delete
    }
    await room.files.trash.purgeDue()
    assert.equal((await ask('GET', '/-/files/trash.json')).body.going, 0)
  })
})

test('what is emptied is marked page by page, between which others write, and is gone on with where it was interrupted', async () => {
  const { files, sources, database, close } = await openTestFiles({ permissions: PERMISSIONS })
  try {
    const source = sources.get('photos').id
    const toTrash = async (...names: string[]) => {
      const rows = names.map((name) => ({
        id: `df-${ulid().toLowerCase()}`,
        path: name,
        filename: name,
        source_id: source,
      }))
      await database.write((trx) => trx.insertInto('datasette_files').values(rows).execute())
      await files.trash.move(
        rows.map(({ id }) => id),
        null,
      )
    }
    const scope = { sources: [source], own: null }
    const left = async () => (await files.trash.list(scope, { limit: 10 })).files.map(({ filename }) => filename).sort()
    await toTrash('1', '2', '3', '4', '5')
    const writes: string[] = []
    const stopped = createTrash({
      database,
      sources,
      log: createLog(() => {}),
      condemnBatch: 2,
      forgetPictures: async () => {},
      before(write) {
        writes.push(write)
        if (writes.length === 3) throw new Error('the process ends here')
      },
    })
    const { upTo } = await stopped.emptying.amounts({ scope, q: '' })
    await assert.rejects(stopped.emptying.begin({ scope, q: '', upTo, hidden: false, by: null }), /ends here/)
    assert.deepEqual(writes, ['database: empty trash', 'database: condemn', 'database: condemn'])
    assert.equal((await left()).length, 3)
    await toTrash('later')
    await files.trash.purgeDue()
    assert.deepEqual(await left(), ['later'])
    assert.deepEqual(await database.read.selectFrom('datasette_files_emptyings').selectAll().execute(), [])
  } finally {
    await close()
  }
})
