import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, afterEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { createHttp } from '../../app/http.ts'
import { openTestFiles, type TestFiles } from '../testing.ts'
import { isTold, isToldAlike } from './alike.ts'
import { ALIKE_READ } from './limits.ts'

const open: TestFiles[] = []
afterEach(async () => {
  for (const room of open.splice(0)) await room.close()
})
after(() => assert.deepEqual(open, []))

/** A folder that is synced while nothing reads its files, until `readAll`. */
async function opened() {
  const used = new Set<string>()
  const files = await openTestFiles({
    permissions: {
      'files-browse': { photos: { allow: { id: 'alice' } } },
      'files-edit': { photos: { allow: { id: 'alice' } } },
      'files-manage-sources': { id: 'alice' },
    },
    sources: { photos: { storage: 'filesystem', label: 'Scans', sync: 'manual', config: { root: 'photos' } } },
    findUsed: async (ids) => ({
      used: new Set(ids.filter((id) => room.usesAll || used.has(id))),
      truncated: false,
    }),
  })
  open.push(files)
  const { root, database, sources } = files
  mkdirSync(root, { recursive: true })
  const app = createHttp(files.routes, files.hooks)
  const source = sources.get('photos')
  let written = 0

  const ask = async (path: string, init: RequestInit = {}) =>
    await app.request(path, { ...init, headers: { 'X-Actor': 'alice', ...init.headers } })
  const post = async (path: string, body: unknown) =>
    await ask(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })
  const room = {
    files,
    source,
    /** Whether rows hold whatever there is. */
    usesAll: false,
    used,
    ask,
    /** @param time each has its own, if none is given */
    put(path: string, content: string, time?: number) {
      const full = join(root, path)
      mkdirSync(dirname(full), { recursive: true })
      writeFileSync(full, content)
      written += 1
      const at = time ?? 1_700_000_000 + written
      utimesSync(full, at, at)
    },
    move(from: string, to: string) {
      mkdirSync(dirname(join(root, to)), { recursive: true })
      renameSync(join(root, from), join(root, to))
    },
    remove: (path: string) => rmSync(join(root, path)),
    /** As `cp -p` does. */
    copy(from: string, to: string, time: number) {
      mkdirSync(dirname(join(root, to)), { recursive: true })
      copyFileSync(join(root, from), join(root, to))
      utimesSync(join(root, to), time, time)
    },
    async synced() {
      await (await files.files.sync.begin(source, 'alice')).ended
      const state = (await (await ask('/-/files/sync/photos.json')).json()) as Record<string, unknown>
      const { added, changed, missing, moved, missing_now } = state
      return { added, changed, missing, moved, missing_now }
    },
    async readAll() {
      files.files.start()
      for (;;) {
        const { rows } = await sql`SELECT 1 FROM datasette_files_work AS w JOIN datasette_files AS f ON f.id = w.file_id
          WHERE f.missing_since IS NULL LIMIT 1`.execute(database.read)
        if (rows.length === 0) break
        await sleep(10)
      }
      await files.files.moves.settle(source.id)
    },
    rows: async () => await database.read.selectFrom('datasette_files').selectAll().orderBy('id').execute(),
    async idOf(path: string) {
      const row = await database.read
        .selectFrom('datasette_files')
        .select('id')
        .where('path', '=', path)
        .executeTakeFirst()
      assert.ok(row, path)
      return row.id
    },
    describe: async (id: string, text: string) =>
      assert.equal((await post(`/-/files/${id}/-/update`, { update: { search_text: text } })).status, 200),
    page: async (id: string) => await (await ask(`/-/files/${id}`)).text(),
    async offered(id: string) {
      const page = await (await ask(`/-/files/${id}`)).text()
      return [...page.matchAll(/aria-label="It is this one: ([^"]+)"/g)].map(([, path]) => path)
    },
    say: async (id: string, path: string) =>
      post(`/-/files/${id}/-/moved`, {
        file: (await database.read.selectFrom('datasette_files').select('id').where('path', '=', path).execute())[0]
          ?.id,
      }),
  }
  return room
}

const NOTHING_NEW = { added: 0, changed: 0, missing: 0, moved: 0, missing_now: 0 }
const TIME = 1_650_000_000

describe('a folder that is renamed before its files were read', () => {
  test('has the same files, with what is known of them, at once', async () => {
    const room = await opened()
    for (let n = 0; n < 30; n += 1) room.put(`box/${n % 3}/plate ${n}.txt`, `picture ${n}`)
    room.put('other.txt', 'another')
    await room.synced()
    const before = await room.rows()
    const id = await room.idOf('box/0/plate 0.txt')
    await room.describe(id, 'harbour at dusk')
    room.move('box', 'boxes/1931')
    assert.deepEqual(await room.synced(), { ...NOTHING_NEW, moved: 30 })
    const to = (path: string) => path.replace('box/', 'boxes/1931/')
    assert.deepEqual(
      (await room.rows()).map((file) => [file.id, file.path, file.missing_since, file.content_hash]),
      before.map((file) => [file.id, to(file.path), null, null]),
    )
    const page = await room.page(id)
    assert.match(page, /Earlier places[\s\S]*box\/0\/plate 0\.txt[\s\S]*Known again at its new place/)
    assert.match(page, /harbour at dusk/)
    assert.deepEqual(await room.synced(), NOTHING_NEW)
    // They are read where they lie now.
    await room.readAll()
    assert.ok((await room.rows()).every(({ content_hash, width }) => content_hash !== null && width === null))
    room.move('boxes/1931', 'box')
    assert.deepEqual(await room.synced(), { ...NOTHING_NEW, added: 30, missing: 30, missing_now: 30 })
    await room.readAll()
    assert.equal(await room.idOf('box/0/plate 0.txt'), id, 'and back again, by their bytes')
  })

  test('has them too where the new entries were read first', async () => {
    const room = await opened()
    room.put('box/a.txt', 'one')
    room.put('box/b.txt', 'of these')
    await room.synced()
    const [a, b] = [await room.idOf('box/a.txt'), await room.idOf('box/b.txt')]
    room.move('box', 'Box 1')
    room.usesAll = true
    assert.deepEqual(await room.synced(), { ...NOTHING_NEW, added: 2, missing: 2, missing_now: 2 })
    await room.readAll()
    const hashOf = async (path: string) => (await room.rows()).find((file) => file.path === path)?.content_hash
    const hash = await hashOf('Box 1/a.txt')
    assert.deepEqual([typeof hash, await hashOf('box/a.txt')], ['string', null])
    room.usesAll = false
    assert.equal((await room.synced()).missing_now, 0)
    assert.deepEqual([await room.idOf('Box 1/a.txt'), await room.idOf('Box 1/b.txt')], [a, b])
    assert.equal(await hashOf('Box 1/a.txt'), hash)
  })
})

describe('a missing file that was never read', () => {
  test('is none of several of which the storage says the same: its page asks', async () => {
    const room = await opened()
    // Of one name, size and time, and of different bytes.
    for (const [folder, content] of [
      ['a', 'red'],
      ['b', 'tan'],
    ] as const) {
      room.put(`${folder}/cover.txt`, content, TIME)
    }
    await room.synced()
    const [a, b] = [await room.idOf('a/cover.txt'), await room.idOf('b/cover.txt')]
    room.move('a', 'c')
    room.move('b', 'd')
    assert.deepEqual(await room.synced(), { ...NOTHING_NEW, added: 2, missing: 2, missing_now: 2 })
    await room.readAll()
    assert.deepEqual([await room.idOf('a/cover.txt'), await room.idOf('b/cover.txt')], [a, b])
    assert.deepEqual((await room.offered(a)).sort(), ['c/cover.txt', 'd/cover.txt'])
    const page = await room.page(a)
    assert.match(page, /As large, and last written at the same time/)
    assert.match(page, /but has one that looks the same, though this one was never read, at another: say whether/)
    assert.doesNotMatch(page, /Byte for byte|its bytes at another/)
    const said = await room.say(a, 'c/cover.txt')
    assert.equal(said.status, 200)
    assert.equal(await room.idOf('c/cover.txt'), a)
    await room.files.files.moves.settle(room.source.id)
    assert.equal(await room.idOf('b/cover.txt'), b, 'what is left is not told by itself either')
    assert.deepEqual(await room.offered(b), ['d/cover.txt'])
  })

  test('is no copy, be it of itself or of another that looks the same', async () => {
    const room = await opened()
    room.put('a/x.txt', 'red', TIME)
    await room.synced()
    const a = await room.idOf('a/x.txt')
    room.copy('a/x.txt', 'b/x.txt', TIME)
    assert.deepEqual(await room.synced(), { ...NOTHING_NEW, added: 1 })
    // What it was copied from is there still; of two that are alike one goes, and there is a third.
    room.put('c/x.txt', 'tan', TIME)
    assert.deepEqual(await room.synced(), { ...NOTHING_NEW, added: 1 })
    room.remove('c/x.txt')
    room.copy('a/x.txt', 'd/x.txt', TIME)
    assert.deepEqual(await room.synced(), { ...NOTHING_NEW, added: 1, missing: 1, missing_now: 1 })
    assert.equal(await room.idOf('a/x.txt'), a)
    assert.deepEqual((await room.offered(await room.idOf('c/x.txt'))).sort(), ['a/x.txt', 'b/x.txt', 'd/x.txt'])
  })

  test('is asked about when the new one has another name, a row or a description, or was there for long', async () => {
    const room = await opened()
    for (const name of ['renamed', 'told', 'used', 'copied']) room.put(`${name}.txt`, `content of ${name}`)
    room.copy('copied.txt', 'copies/copied.txt', 1_700_000_004)
    await room.synced()
    await room.synced()
    const ids = new Map<string, string>()
    for (const name of ['renamed', 'told', 'used', 'copied']) ids.set(name, await room.idOf(`${name}.txt`))
    for (const [name, time] of [
      ['told', 1_700_000_002],
      ['used', 1_700_000_003],
    ] as const) {
      room.copy(`${name}.txt`, `new/${name}.txt`, time)
    }
    await room.synced()
    await room.describe(await room.idOf('new/told.txt'), 'mine')
    room.used.add(await room.idOf('new/used.txt'))
    room.move('renamed.txt', 'new/another name.txt')
    for (const name of ['told', 'used', 'copied']) room.remove(`${name}.txt`)
    assert.deepEqual(await room.synced(), { ...NOTHING_NEW, added: 1, missing: 4, missing_now: 4 })
    const offered = async (name: string) => await room.offered(ids.get(name) as string)
    assert.deepEqual(await offered('renamed'), ['new/another name.txt'])
    assert.deepEqual(await offered('copied'), ['copies/copied.txt'])
    assert.deepEqual([await offered('told'), await offered('used')], [[], []])
    assert.equal((await room.say(ids.get('told') as string, 'new/told.txt')).status, 409)
    assert.equal((await room.say(ids.get('used') as string, 'copies/copied.txt')).status, 409, 'it looks otherwise')
    assert.equal((await room.say(ids.get('renamed') as string, 'new/another name.txt')).status, 200)
    assert.equal(await room.idOf('new/another name.txt'), ids.get('renamed'))
  })

  test('is not one of another size or time, an empty one, or one whose bytes were read', async () => {
    const room = await opened()
    room.put('size.txt', 'long', TIME)
    room.put('time.txt', 'same', TIME + 1)
    room.put('empty.txt', '', TIME + 2)
    room.put('untimed.txt', 'same', 315_532_800)
    room.put('read.txt', 'red', TIME + 4)
    await room.synced()
    const read = await room.idOf('read.txt')
    const { database } = room.files
    await database.write((trx) =>
      trx
        .updateTable('datasette_files')
        .set({ content_hash: `sha256:${'1'.repeat(64)}` })
        .where('id', '=', read)
        .execute(),
    )
    const ids = (await room.rows()).map(({ id }) => id)
    for (const name of ['size', 'time', 'empty', 'untimed', 'read']) room.remove(`${name}.txt`)
    room.put('new/size.txt', 'longer', TIME)
    room.put('new/time.txt', 'same', TIME + 10)
    room.put('new/empty.txt', '', TIME + 2)
    // What archives write when they know no time tells nothing.
    room.put('new/untimed.txt', 'same', 315_532_800)
    room.put('new/read.txt', 'tan', TIME + 4)
    assert.deepEqual(await room.synced(), { ...NOTHING_NEW, added: 5, missing: 5, missing_now: 5 })
    await room.readAll()
    assert.equal((await room.rows()).filter(({ missing_since }) => missing_since !== null).length, 5)
    for (const id of ids) assert.deepEqual(await room.offered(id), [])
  })

  test('is found among more files of its size than are read in one go', async () => {
    const room = await opened()
    room.put('a/x.txt', 'same', TIME)
    room.put('a/y.txt', 'same', TIME + 1)
    room.put('a/other.txt', 'of another size')
    await room.synced()
    const before = (await room.rows()).map(({ id, path }) => [id, path.replace('a/', 'b/')])
    room.move('a', 'b')
    // On both sides in the order of ids, and one of them looks as `y` does.
    await room.files.database.write(async (trx) => {
      for (const prefix of ['df-000', 'df-zzz']) {
        await sql`INSERT INTO datasette_files (id, source_id, path, filename, size, version, adopted, created_at)
          SELECT ${prefix} || n.value, ${room.source.id}, ${prefix} || n.value || '/x.txt', 'x.txt', 4, '4 2001-01-01T00:00:00.000Z', 0, '2000-01-01'
          FROM json_each(${JSON.stringify(Array.from({ length: ALIKE_READ }, (_, at) => at))}) AS n`.execute(trx)
      }
      const alike = '4 2022-04-15T05:20:01.000Z'
      await sql`UPDATE datasette_files SET version = ${alike}, path = 'long/y.txt', filename = 'y.txt', adopted = 1,
        missing_since = '2000-01-02' WHERE id = 'df-0007'`.execute(trx)
    })
    await room.synced()
    const now = new Map((await room.rows()).map(({ id, path, missing_since }) => [id, [path, missing_since !== null]]))
    for (const [id, path] of before) {
      const isLeft = path === 'b/y.txt'
      assert.deepEqual(now.get(id as string), [isLeft ? 'a/y.txt' : path, isLeft])
    }
  })
})

test('a page promises nothing of files that were never read', async () => {
  const room = await opened()
  room.put('a.txt', 'one')
  room.put('b.txt', 'two')
  await room.synced()
  const a = await room.idOf('a.txt')
  room.move('a.txt', 'moved/another name.txt')
  room.move('b.txt', 'moved/a third.txt')
  await room.synced()
  const page = async () => await (await room.ask('/-/files/browse/photos')).text()
  assert.match(await page(), /2 missing now/)
  assert.doesNotMatch(await page(), /What is new is being read/)
  const { database } = room.files
  const hash = `sha256:${'1'.repeat(64)}`
  await database.write((trx) =>
    trx.updateTable('datasette_files').set({ content_hash: hash }).where('id', '=', a).execute(),
  )
  assert.match(await page(), /What is new is being read: of the missing files, those that had been read stay/)
  await database.write((trx) =>
    trx.updateTable('datasette_files').set({ content_hash: hash }).where('missing_since', 'is not', null).execute(),
  )
  assert.match(await page(), /What is new is being read: a file that was only renamed or moved stays the file it is/)
})

test('what a storage says tells a file from others with an ETag, or with a time that somebody knew', () => {
  const told = (size: number | null, version: string | null) => isTold({ size, version })
  assert.deepEqual(
    [told(3, 'etag "x"'), told(3, '3 2026-01-01T00:00:00.000Z'), told(3, '3 1980-01-03T00:00:00.000Z')],
    [true, true, true],
  )
  assert.deepEqual(
    [told(0, 'etag "x"'), told(null, 'etag "x"'), told(3, null), told(3, '3'), told(3, '3 1980-01-02T23:59:59.000Z')],
    [false, false, false, false, false],
  )
  const etag = { size: 3, version: 'etag "x"' }
  assert.equal(isToldAlike(etag, { ...etag }), true)
  assert.equal(isToldAlike(etag, { ...etag, size: 4 }), false, 'an ETag may be anything')
  assert.equal(isToldAlike(etag, { ...etag, version: 'etag "y"' }), false)
})
