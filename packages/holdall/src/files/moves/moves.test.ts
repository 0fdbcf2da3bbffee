import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, afterEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Hono } from 'hono'
import { sql } from 'kysely'
import { createHttp } from '../../app/http.ts'
import type { RouteEnv } from '../../web/route.ts'
import { openTestFiles, type TestFiles } from '../testing.ts'
import { COMPARED, UNDO_MS } from './limits.ts'
import { createMoves } from './moves.ts'
import { pairsOf } from './pairs.ts'

const open: TestFiles[] = []
afterEach(async () => {
  for (const room of open.splice(0)) await room.close()
})
after(() => assert.deepEqual(open, []))

interface Room {
  readonly files: TestFiles
  /** Files that rows hold. */
  readonly used: Set<string>
  put(path: string, content?: string): void
  move(from: string, to: string): void
  /** A sync, until everything that it found is read and what has moved is known. */
  synced(): Promise<Record<string, unknown>>
  ask(path: string, init?: RequestInit & { readonly actor?: string }): Promise<Response>
  /** The path and what is missing, by id. */
  listed(): Promise<Map<string, { path: string; filename: string; missing: boolean }>>
  idOf(path: string): Promise<string>
}

/** @param looked is waited for whenever rows were looked through, before anything moves */
async function opened(looked: () => Promise<unknown> | undefined = () => undefined): Promise<Room> {
  const used = new Set<string>()
  const files = await openTestFiles({
    permissions: {
      'files-browse': { photos: { allow: { id: ['alice', 'bob'] } } },
      'files-edit': { photos: { allow: { id: 'alice' } } },
      'files-manage-sources': { id: 'alice' },
    },
    sources: { photos: { storage: 'filesystem', label: 'Scans', sync: 'manual', config: { root: 'photos' } } },
    async findUsed(ids) {
      const found = new Set(ids.filter((id) => used.has(id)))
      await looked()
      return { used: found, truncated: false }
    },
  })
  open.push(files)
  files.files.start()
  const { root, database, sources } = files
  mkdirSync(root, { recursive: true })
  const app: Hono<RouteEnv> = createHttp(files.routes, files.hooks)
  let written = 0
  const source = sources.get('photos')

  const room: Room = {
    files,
    used,
    put(path, content = `content of ${path}`) {
      const full = join(root, path)
      mkdirSync(dirname(full), { recursive: true })
      writeFileSync(full, content)
      written += 1
      utimesSync(full, 1_700_000_000 + written, 1_700_000_000 + written)
    },
    move(from, to) {
      mkdirSync(dirname(join(root, to)), { recursive: true })
      renameSync(join(root, from), join(root, to))
    },
    async synced() {
      const { ended } = await files.files.sync.begin(source, 'alice')
      await ended
      for (;;) {
        const [left] = await database.read.selectFrom('datasette_files_work').select('file_id').limit(1).execute()
        if (left === undefined) break
        await sleep(10)
      }
      // Whatever was read last is looked at, too, without the pause before.
      await files.files.moves.settle(source.id)
      return (await (await room.ask('/-/files/sync/photos.json')).json()) as Record<string, unknown>
    },
    ask: async (path, { actor = 'alice', ...init } = {}) =>
      await app.request(path, { ...init, headers: { 'X-Actor': actor, ...init.headers } }),
    async listed() {
      const rows = await database.read.selectFrom('datasette_files').selectAll().execute()
      return new Map(
        rows.map(({ id, path, filename, missing_since }) => [id, { path, filename, missing: missing_since !== null }]),
      )
    },
    async idOf(path) {
      const row = await database.read
        .selectFrom('datasette_files')
        .select('id')
        .where('path', '=', path)
        .executeTakeFirstOrThrow()
      return row.id
    },
  }
  return room
}

function found({ added, changed, missing, moved, missing_now }: Record<string, unknown>) {
  return { added, changed, missing, moved, missing_now }
}

const NOTHING_NEW = { added: 0, changed: 0, missing: 0, moved: 0, missing_now: 0 }

async function describeFile(room: Room, id: string, text: string): Promise<Response> {
  return await room.ask(`/-/files/${id}/-/update`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ update: { search_text: text } }),
  })
}

async function search(room: Room, q: string): Promise<string[]> {
  const answer = await room.ask(`/-/files/search.json?q=${encodeURIComponent(q)}`)
  return ((await answer.json()) as { files: { id: string }[] }).files.map(({ id }) => id)
}

describe('files that somebody has renamed or moved', () => {
  test('stay the files they were, with what is known of them, and are found where they lie', async () => {
    const room = await opened()
    for (let n = 0; n < 5; n += 1) room.put(`box/plate ${n}.txt`, `the picture ${n}`)
    room.put('box/other.txt')
    room.put('album/deep/quay.txt', 'a quay')
    await room.synced()
    const before = await room.listed()
    const plate = await room.idOf('box/plate 0.txt')
    await describeFile(room, plate, 'harbour at dusk')
    for (let n = 0; n < 5; n += 1) room.move(`box/plate ${n}.txt`, `box/heliotrope ${n}.txt`)
    room.move('album', 'archive/1932')
    const lying = readdirSync(room.files.root, { recursive: true }).sort()
    assert.deepEqual(found(await room.synced()), { ...NOTHING_NEW, moved: 6 })
    assert.deepEqual(readdirSync(room.files.root, { recursive: true }).sort(), lying, 'nothing there was touched')
    const now = await room.listed()
    assert.deepEqual([...now.keys()].sort(), [...before.keys()].sort(), 'the same files, and no other')
    for (const [id, { path }] of before) {
      const to = path.replace('plate', 'heliotrope').replace('album', 'archive/1932')
      assert.deepEqual(now.get(id), { path: to, filename: to.split('/').at(-1), missing: false })
    }
    const file = (await (await room.ask(`/-/files/${plate}.json`)).json()) as Record<string, unknown>
    assert.deepEqual([file.search_text, file.missing_since], ['harbour at dusk', null])
    assert.equal(await (await room.ask(`/-/files/${plate}/download`)).text(), 'the picture 0')
    // By name, folder and words, where it is now and not where it was.
    assert.equal((await search(room, 'heliotrope')).length, 5)
    assert.deepEqual(await search(room, 'plate'), [])
    const [quay] = await search(room, 'quay')
    assert.deepEqual(await search(room, '1932'), [quay])
    assert.deepEqual(await search(room, 'album'), [])
    const page = await (await room.ask(`/-/files/${plate}`)).text()
    assert.match(page, /Earlier places[\s\S]*box\/plate 0\.txt[\s\S]*Known again at its new place/)
    assert.doesNotMatch(page, /Missing since/)
    assert.match(await (await room.ask('/-/files/browse/photos')).text(), /Synced[\s\S]*: 6 moved</)
    assert.deepEqual(found(await room.synced()), NOTHING_NEW)
    room.move('box/heliotrope 0.txt', 'box/plate 0.txt')
    assert.deepEqual(found(await room.synced()), { ...NOTHING_NEW, moved: 1 }, 'and back again')
    assert.equal(await room.idOf('box/plate 0.txt'), plate)
  })

  test('in a folder of many are all known, and doubles by the folders they lie in', async () => {
    const room = await opened()
    for (let n = 0; n < 18; n += 1) room.put(`roll/${n % 3}/${n}.txt`)
    for (let n = 0; n < 3; n += 1) room.put(`roll/${n}/cover.txt`, 'the same cover')
    await room.synced()
    const before = await room.listed()
    room.move('roll', 'rolls/1931')
    assert.deepEqual(found(await room.synced()), { ...NOTHING_NEW, moved: 21 })
    const now = await room.listed()
    for (const [id, { path }] of before) assert.equal(now.get(id)?.path, path.replace('roll', 'rolls/1931'))
    const totals = await room.files.files.registry.totals()
    assert.equal(totals.get(room.files.sources.get('photos').id)?.files, 21)
  })

  test('doubles in folders with new names are known by what else was in them, and by nothing less', async () => {
    const room = await opened()
    for (const name of ['one', 'two', 'alone', 'lonely']) room.put(`${name}/deep/cover.txt`, 'the same cover')
    room.put('one/first.txt')
    room.put('two/second.txt')
    await room.synced()
    const before = await room.listed()
    const renamed = new Map([
      ['one', 'Box 1'],
      ['two', 'Box 2'],
      ['alone', 'Box 3'],
      ['lonely', 'Box 4'],
    ])
    for (const [from, to] of renamed) room.move(from, to)
    assert.deepEqual(found(await room.synced()), { added: 2, changed: 0, missing: 2, moved: 4, missing_now: 2 })
    const now = await room.listed()
    for (const [id, { path }] of before) {
      const folder = path.split('/')[0] as string
      const isKnown = ['one', 'two'].includes(folder)
      const to = isKnown ? path.replace(folder, renamed.get(folder) as string) : path
      assert.deepEqual([now.get(id)?.path, now.get(id)?.missing], [to, !isKnown])
    }
  })

  test('of doubles nothing is said before all that is new was read', async () => {
    const room = await opened()
    for (const name of ['one', 'two']) room.put(`${name}/cover.txt`, 'the same cover')
    room.put('one/first.txt')
    room.put('late.txt')
    await room.synced()
    const [id, late] = [await room.idOf('one/cover.txt'), await room.idOf('late.txt')]
    const { database, files, sources } = room.files
    const source = sources.get('photos')
    await database.write(async (trx) => {
      await trx.updateTable('datasette_files').set({ content_hash: null }).where('id', '=', late).execute()
      const work = { file_id: late, kind: 'facts', attempts: 0, not_before: '9999' } as const
      await trx.insertInto('datasette_files_work').values(work).execute()
    })
    room.move('one', 'Box 1')
    room.move('two', 'Box 2')
    await (await files.sync.begin(source, 'alice')).ended
    const left = () => database.read.selectFrom('datasette_files_work').select('file_id').execute()
    while ((await left()).length > 1) await sleep(10)
    await files.moves.settle(source.id)
    assert.equal(await room.idOf('one/cover.txt'), id)
    await database.write((trx) => trx.deleteFrom('datasette_files_work').execute())
    await files.moves.settle(source.id)
    assert.equal(await room.idOf('Box 1/cover.txt'), id)
  })

  test('files of two folders that became one are not told apart by it', async () => {
    const room = await opened()
    for (const name of ['one', 'two']) {
      room.put(`${name}/cover.txt`, 'the same cover')
      room.put(`${name}/${name}.txt`)
    }
    await room.synced()
    for (const name of ['one', 'two']) room.move(`${name}/${name}.txt`, `both/${name}.txt`)
    room.move('one/cover.txt', 'both/cover.txt')
    room.move('two/cover.txt', 'both/more/cover.txt')
    assert.deepEqual(found(await room.synced()), { added: 2, changed: 0, missing: 2, moved: 2, missing_now: 2 })
  })

  test('keep a name that somebody gave them here, and a file that was uploaded is one of them', async () => {
    const room = await opened()
    room.put('a.txt')
    await room.synced()
    const id = await room.idOf('a.txt')
    await room.files.files.registry.update(id, { filename: 'The harbour.txt' })
    await room.files.database.write((trx) =>
      trx.updateTable('datasette_files').set({ adopted: 0, version: null }).where('id', '=', id).execute(),
    )
    room.move('a.txt', 'b/c.txt')
    assert.deepEqual(found(await room.synced()), { ...NOTHING_NEW, moved: 1 })
    assert.deepEqual((await room.listed()).get(id), { path: 'b/c.txt', filename: 'The harbour.txt', missing: false })
    room.put('b/c.txt', 'other bytes')
    assert.equal((await room.synced()).changed, 1, 'what lies there is followed from now on')
  })
})

describe('what is no move', () => {
  test('is left to a person where it could be several, or is used, described, or there for long', async () => {
    const room = await opened()
    for (const name of ['two', 'used', 'told', 'copied']) room.put(`${name}.txt`)
    room.put('copies/long.txt', 'content of copied.txt')
    await room.synced()
    await room.synced()
    const ids = new Map<string, string>()
    for (const name of ['two', 'used', 'told', 'copied']) ids.set(name, await room.idOf(`${name}.txt`))
    room.put('new/first.txt', 'content of two.txt')
    room.put('new/second.txt', 'content of two.txt')
    room.put('new/used by a row.txt', 'content of used.txt')
    room.put('new/described.txt', 'content of told.txt')
    await room.synced()
    room.used.add(await room.idOf('new/used by a row.txt'))
    await describeFile(room, await room.idOf('new/described.txt'), 'mine')
    for (const name of ids.keys()) rmSync(join(room.files.root, `${name}.txt`))
    const state = await room.synced()
    assert.deepEqual(found(state), { ...NOTHING_NEW, missing: 4, missing_now: 4 })

    const candidates = async (name: string) => {
      const page = await (await room.ask(`/-/files/${ids.get(name)}`)).text()
      return [...page.matchAll(/aria-label="It is this one: ([^"]+)"/g)].map(([, path]) => path).sort()
    }
    assert.deepEqual(await candidates('two'), ['new/first.txt', 'new/second.txt'])
    assert.deepEqual(await candidates('used'), [])
    assert.deepEqual(await candidates('told'), [])
    assert.deepEqual(await candidates('copied'), ['copies/long.txt'])
    const page = await (await room.ask(`/-/files/${ids.get('two')}`)).text()
    assert.doesNotMatch(page, /kept\.|stay as they are/)
    assert.match(page, /but has its bytes at another/)
    const reader = await (await room.ask(`/-/files/${ids.get('two')}`, { actor: 'bob' })).text()
    assert.doesNotMatch(reader, /It is this one/)

    const say = async (name: string, path: string, actor = 'alice') =>
      await room.ask(`/-/files/${ids.get(name)}/-/moved`, {
        method: 'POST',
        actor,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'text/html' },
        body: new URLSearchParams({ file: await room.idOf(path) }).toString(),
      })
    assert.equal((await say('two', 'new/second.txt', 'bob')).status, 403)
    for (const path of ['new/used by a row.txt', 'new/described.txt', 'copies/long.txt']) {
      assert.equal((await say('two', path)).status, 409, path)
    }
    assert.equal((await say('used', 'new/used by a row.txt')).status, 409)
    const said = await say('two', 'new/second.txt')
    assert.deepEqual([said.status, said.headers.get('Location')], [303, `/-/files/${ids.get('two')}`])
    assert.equal(await room.idOf('new/second.txt'), ids.get('two'))
    assert.match(await (await room.ask(`/-/files/${ids.get('two')}`)).text(), /Somebody said where it is/)
    assert.equal((await say('two', 'new/first.txt')).status, 409, 'it is missing no more')
  })

  test('is one empty file for another: only one that is called the same is asked about', async () => {
    const room = await opened()
    room.put('a/empty.note', '')
    await room.synced()
    const id = await room.idOf('a/empty.note')
    rmSync(join(room.files.root, 'a/empty.note'))
    room.put('b/other.note', '')
    assert.deepEqual(found(await room.synced()), { added: 1, changed: 0, missing: 1, moved: 0, missing_now: 1 })
    const page = async () => await (await room.ask(`/-/files/${id}`)).text()
    assert.doesNotMatch(await page(), /It is this one/)
    room.put('c/empty.note', '')
    assert.deepEqual(found(await room.synced()), { added: 1, changed: 0, missing: 0, moved: 0, missing_now: 1 })
    const offered = [...(await page()).matchAll(/aria-label="It is this one: ([^"]+)"/g)].map(([, path]) => path)
    assert.deepEqual(offered, ['c/empty.note'])
    assert.match(await page(), /Empty as well, and called the same/)
    assert.match(await page(), /but has an empty file that is called the same at another: say whether/)
    assert.match(await page(), /Other empty files: 1<.*Empty files have the same bytes, whatever they are for\./s)
    assert.doesNotMatch(await page(), /its bytes at another|Byte for byte|Other files with its bytes/)
    const said = await room.ask(`/-/files/${id}/-/moved`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ file: await room.idOf('c/empty.note') }),
    })
    assert.equal(said.status, 200)
    assert.equal(await room.idOf('c/empty.note'), id)
  })

  test('is two files that swap their names, nor a file that is back in its place', async () => {
    const room = await opened()
    room.put('a.txt')
    room.put('b.txt')
    room.put('c.txt')
    await room.synced()
    const before = await room.listed()
    room.move('a.txt', 'x')
    room.move('b.txt', 'a.txt')
    room.move('x', 'b.txt')
    assert.deepEqual(found(await room.synced()), { ...NOTHING_NEW, changed: 2 })
    assert.deepEqual(await room.listed(), before)
    // Somebody who wanted to read it found it missing; now it lies there again, and beside it.
    const id = await room.idOf('c.txt')
    room.move('c.txt', 'd.txt')
    assert.equal((await room.ask(`/-/files/${id}/download`)).status, 410)
    room.put('c.txt')
    await room.files.database.write((trx) =>
      trx
        .insertInto('datasette_files')
        .values({
          id: `df-${'0'.repeat(26)}`,
          source_id: room.files.sources.get('photos').id,
          path: 'd.txt',
          filename: 'd.txt',
          size: 16,
          adopted: 1,
          content_hash: 'sha256:0',
        })
        .execute(),
    )
    await room.files.database.write((trx) =>
      trx.updateTable('datasette_files').set({ content_hash: 'sha256:0', size: 16 }).where('id', '=', id).execute(),
    )
    assert.equal(await room.files.files.moves.settle(room.files.sources.get('photos').id), 0)
    assert.equal(await room.idOf('c.txt'), id)
  })
})

describe('a folder with a name of its own', () => {
  test('takes its empty files along, whatever other empty files there are', async () => {
    const room = await opened()
    room.put('box/plate.txt')
    for (const name of ['first.note', 'deep/second.note']) room.put(`box/${name}`, '')
    for (const path of ['first.note', 'other/first.note', 'other/gone.note', 'other/deep/second.note'])
      room.put(path, '')
    await room.synced()
    const before = await room.listed()
    const gone = await room.idOf('other/gone.note')
    room.move('box', 'Box 1')
    // Of this one nothing says where it went, of the new one nothing where it was.
    rmSync(join(room.files.root, 'other/gone.note'))
    room.put('other/new.note', '')
    assert.deepEqual(found(await room.synced()), { added: 1, changed: 0, missing: 1, moved: 3, missing_now: 1 })
    const now = await room.listed()
    for (const [id, { path }] of before) {
      assert.deepEqual([now.get(id)?.path, now.get(id)?.missing], [path.replace('box/', 'Box 1/'), id === gone])
    }
  })

  test('is looked for once after a sync, however many empty files there are, and not where they are too many', async () => {
    let looks = 0
    const room = await opened(() => {
      looks += 1
      return undefined
    })
    for (let n = 0; n < 3; n += 1) room.put(`old/${n}.note`, '')
    await room.synced()
    for (let n = 0; n < 3; n += 1) rmSync(join(room.files.root, `old/${n}.note`))
    room.put('new/0.note', '')
    await room.synced()
    const { database, files, sources } = room.files
    const photos = sources.get('photos')
    const before = looks
    await files.moves.settle(photos.id)
    assert.deepEqual([before > 0, looks], [true, before])
    const add = (count: number) =>
      database.write((trx) =>
        sql`INSERT INTO datasette_files (id, source_id, path, filename, size, content_hash, adopted, created_at)
          SELECT 'df-added' || n.value, f.source_id, n.value || '.note', n.value || '.note', 0, f.content_hash, 1, '2999-01-01'
          FROM datasette_files AS f CROSS JOIN json_each(${JSON.stringify(Array.from({ length: count }, (_, at) => count + at))}) AS n
          WHERE f.path = 'new/0.note'`.execute(trx),
      )
    await add(1)
    await files.moves.settle(photos.id)
    assert.equal(looks, before + 1, 'there is one more')
    await add(COMPARED)
    await files.moves.settle(photos.id)
    assert.equal(looks, before + 1)
  })

  test('moves as a whole, whatever other copies of its files there are', async () => {
    const room = await opened()
    const files = Math.ceil(COMPARED / 3) + 50
    for (let n = 0; n < files; n += 1) room.put(`new/${n}.txt`, `${n}`)
    await room.synced()
    // Three entries of each: the one that came, the one that went, and a copy that has always lain elsewhere.
    const { database, sources } = room.files
    const photos = sources.get('photos')
    await database.write(async (trx) => {
      for (const [folder, ids, missing] of [
        ['old', 'df-old', '2999-01-01'],
        ['copies', 'df-copy', null],
      ] as const) {
        await sql`INSERT INTO datasette_files (id, source_id, path, filename, size, content_hash, adopted, created_at, missing_since)
          SELECT ${ids} || row_number() OVER (ORDER BY seq), source_id, ${folder} || substr(path, 4), filename, size, content_hash, 1, '2000-01-01', ${missing}
          FROM datasette_files WHERE path LIKE 'new/%' AND source_id = ${photos.id}`.execute(trx)
      }
    })
    assert.equal(await room.files.files.moves.settle(photos.id), files)
    assert.equal(await room.idOf('new/0.txt'), 'df-old1')
    const left = [...(await room.listed()).values()].filter(({ missing }) => missing)
    assert.deepEqual(left, [])
  })
})

describe('who uses the new entry in the same moment', () => {
  test('with a description keeps it: it is no move any more', async () => {
    let describing: Promise<Response> | undefined
    const room = await opened(() => {
      if (late !== undefined) describing ??= describeFile(room, late, 'mine')
      return describing
    })
    let late: string | undefined
    room.put('a.txt')
    await room.synced()
    const id = await room.idOf('a.txt')
    // Copied first, so that nothing moves before somebody is there to describe it.
    room.put('copy.txt', 'content of a.txt')
    await room.synced()
    late = await room.idOf('copy.txt')
    rmSync(join(room.files.root, 'a.txt'))
    assert.equal((await room.synced()).moved, 0)
    assert.equal((await describing)?.status, 200)
    const now = await room.listed()
    assert.deepEqual([now.get(id)?.missing, now.get(late)?.path], [true, 'copy.txt'])
  })

  test('by writing its id into a row gets it back', async () => {
    const room = await opened()
    room.put('a.txt')
    await room.synced()
    const id = await room.idOf('a.txt')
    room.put('b.txt', 'content of a.txt')
    await room.synced()
    const other = await room.idOf('b.txt')
    rmSync(join(room.files.root, 'a.txt'))
    assert.equal((await room.synced()).moved, 1)
    assert.deepEqual([...(await room.listed())].length, 1)
    // Whoever had looked that the file is there writes it now.
    room.used.add(other)
    const { database, sources } = room.files
    const later = createMoves({
      database,
      sources,
      findUsed: async (ids) => ({ used: new Set(ids.filter((one) => room.used.has(one))), truncated: false }),
      log: room.files.hooks.log,
      now: () => Date.now() + UNDO_MS,
    })
    later.start()
    for (;;) {
      if ((await room.listed()).has(other)) break
      await sleep(10)
    }
    await later.close()
    const now = await room.listed()
    assert.deepEqual(now.get(id), { path: 'a.txt', filename: 'a.txt', missing: true })
    assert.deepEqual(now.get(other), { path: 'b.txt', filename: 'b.txt', missing: false })
    assert.equal((await room.synced()).moved, 0, 'it is used now')
  })
})

test('what belongs together is told by the name, then by the folders, and else left alone', () => {
  const pairs = (missing: string[], fresh: string[]) =>
    pairsOf(
      missing.map((path) => ({ path })),
      fresh.map((path) => ({ path })),
    ).map(([from, to]) => `${from.path} → ${to.path}`)
  assert.deepEqual(pairs(['a'], ['b']), ['a → b'])
  assert.deepEqual(pairs(['a'], ['b', 'c']), [])
  assert.deepEqual(pairs(['a'], ['b', 'x/a']), ['a → x/a'])
  assert.deepEqual(pairs(['a', 'b'], ['c']), [])
  assert.deepEqual(pairs(['x/1/a', 'x/2/a'], ['y/2/a', 'y/1/a']), ['x/1/a → y/1/a', 'x/2/a → y/2/a'])
  assert.deepEqual(pairs(['1/a', '2/a'], ['3/a', '4/a']), [])
})
