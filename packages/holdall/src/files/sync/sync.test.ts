import assert from 'node:assert/strict'
import { chmodSync, chownSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Transaction } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import { HoldallError } from '../../web/error.ts'
import { MISSING_BATCH } from './limits.ts'
import { type Listed, toListed } from './listed.ts'
import { recordChanges } from './registered.ts'
import type { SyncRun } from './runs.ts'
import { openTestSync, type TestSync, type TestSyncOptions } from './testing.ts'

const NOBODY = 65_534
const open: TestSync[] = []
afterEach(async () => {
  for (const room of open.splice(0)) await room.close()
})
after(() => assert.deepEqual(open, []))

async function opened(options?: TestSyncOptions): Promise<TestSync> {
  const room = await openTestSync(options)
  open.push(room)
  return room
}

function counts({ status, listed, added, changed, missing, returned }: SyncRun) {
  return { status, listed, added, changed, missing, returned }
}

function found(part: Partial<ReturnType<typeof counts>>) {
  return { status: 'completed', listed: 0, added: 0, changed: 0, missing: 0, returned: 0, ...part }
}

describe('a run', () => {
  test('adopts what lies in the source, in its place, and touches nothing', async () => {
    const room = await opened()
    room.put('2019/summer/beach.jpg', 'x'.repeat(11))
    room.put('notes.md')
    room.put('no ending')
    room.put('.holdall-tmp/half-written.jpg')
    const before = inventory(room.root)
    assert.deepEqual(counts(await room.run()), found({ listed: 3, added: 3 }))
    assert.deepEqual(inventory(room.root), before)
    const rows = await room.rows()
    assert.deepEqual(
      rows.map(({ path, filename, size, content_type, adopted }) => [path, filename, size, content_type, adopted]),
      [
        ['2019/summer/beach.jpg', 'beach.jpg', 11, 'image/jpeg', 1],
        ['no ending', 'no ending', 20, null, 1],
        ['notes.md', 'notes.md', 19, 'text/markdown', 1],
      ],
    )
    const work = await room.database.read.selectFrom('datasette_files_work').select(['file_id', 'kind']).execute()
    const kinds = (name: string) =>
      work.filter(({ file_id }) => rows.find(({ id }) => id === file_id)?.filename === name).map(({ kind }) => kind)
    assert.deepEqual(kinds('beach.jpg'), ['facts'])
    assert.deepEqual(kinds('notes.md'), ['facts', 'text'])
    assert.deepEqual(kinds('no ending'), ['facts', 'text'])
  })

  test('over what has not changed writes no file, and over what has, only that', async () => {
    const room = await opened()
    for (let n = 0; n < 25; n += 1) room.put(`${n % 5}/${n}.txt`)
    await room.run()
    const first = await room.rows()
    assert.deepEqual(counts(await room.run()), found({ listed: 25 }))
    assert.deepEqual(await room.rows(), first)

    room.put('1/6.txt', 'other bytes')
    room.remove('2/7.txt')
    room.put('new.txt')
    assert.deepEqual(counts(await room.run()), found({ listed: 25, added: 1, changed: 1, missing: 1 }))
    const second = new Map((await room.rows()).map((row) => [row.path, row]))
    assert.equal(second.size, 26)
    for (const row of first) {
      const now = second.get(row.path)
      assert.equal(now?.id, row.id, 'a file keeps its id')
      if (row.path === '1/6.txt') {
        assert.equal(now?.size, 11)
        assert.notEqual(now?.changed_at, null)
      } else if (row.path === '2/7.txt') {
        assert.notEqual(now?.missing_since, null)
      } else {
        assert.deepEqual(now, row)
      }
    }
    assert.deepEqual(counts(await room.run()), found({ listed: 25 }), 'what is missing is not found missing again')

    room.put('2/7.txt')
    const returned = await room.run()
    assert.deepEqual(counts(returned), found({ listed: 26, returned: 1, changed: 1 }))
    assert.deepEqual(
      (await room.rows()).filter(({ missing_since }) => missing_since !== null),
      [],
    )
  })

  test('keeps what a changed file was, and wants it read again', async () => {
    const room = await opened()
    room.put('a.txt', 'first')
    await room.run()
    const [{ id = '' } = {}] = await room.rows()
    await room.database.write(async (trx) => {
      await trx.deleteFrom('datasette_files_work').execute()
      await trx.updateTable('datasette_files').set({ content_hash: 'sha256:1', width: 5, height: 5 }).execute()
      await trx.insertInto('datasette_files_text').values({ file_id: id, text: 'heliotrope' }).execute()
    })
    room.put('a.txt', 'second, longer')
    await room.run()
    const [former, ...older] = await room.sync.history(id)
    assert.deepEqual([former?.size, former?.contentHash, older.length], [5, 'sha256:1', 0])
    const row = await room.database.read.selectFrom('datasette_files').selectAll().executeTakeFirstOrThrow()
    assert.deepEqual([row.size, row.content_hash, row.width, row.height], [14, null, null, null])
    const work = await room.database.read.selectFrom('datasette_files_work').select('kind').orderBy('kind').execute()
    assert.deepEqual(
      work.map(({ kind }) => kind),
      ['facts', 'text'],
    )
    const words = await room.database.read
      .selectFrom('datasette_files_fts')
      .select('rowid')
      .where('datasette_files_fts', '=', 'heliotrope')
      .execute()
    assert.deepEqual(words, [], 'the words of the old bytes are found no more')
  })

  test('a changed file that is told of twice in one transaction has changed once', async () => {
    const room = await opened()
    room.put('a.txt', 'first')
    await room.run()
    const [{ id = '' } = {}] = await room.rows()
    const to = toListed({ path: 'a.txt', size: 14, etag: 'another' }) as Listed
    const change = (trx: Transaction<Schema>) =>
      recordChanges(
        trx,
        [
          { id, to },
          { id, to },
        ],
        new Date(),
      )
    assert.equal(await room.database.write(change), 1)
    assert.equal((await room.sync.history(id)).length, 1)
  })

  test('takes names of every kind as they are', async () => {
    const room = await opened()
    const names = [
      'it\'s "quoted".txt',
      'a%20b',
      '表ポあA鷗.txt',
      '👩‍👩‍👧‍👦.png',
      '\\back\\slash',
      'tab\there',
      "'; DROP TABLE files;--",
      '{"a":[1]}',
      ' ',
    ]
    for (const name of names) room.put(`${name}/${name}`, name)
    assert.equal((await room.run()).added, names.length)
    assert.deepEqual((await room.rows()).map(({ filename }) => filename).sort(), [...names].sort())
    assert.deepEqual(counts(await room.run()), found({ listed: names.length }))
  })

  test('of more files than a page holds misses none', async () => {
    const room = await opened()
    for (let n = 0; n < 2_500; n += 1) room.put(`${n % 7}-${n % 3}/${n % 2 ? '.' : ''}${n}`, '')
    assert.deepEqual(counts(await room.run()), found({ listed: 2_500, added: 2_500 }))
    for (let n = 0; n < 2_500; n += 10) room.remove(`${n % 7}-${n % 3}/${n % 2 ? '.' : ''}${n}`)
    assert.deepEqual(counts(await room.run()), found({ listed: 2_250, missing: 250 }))
    assert.equal((await room.database.read.selectFrom('sync_seen').selectAll().execute()).length, 0)
  })
})

describe('what is not adopted', () => {
  test('the path of an upload, whatever became of it', async () => {
    const room = await opened()
    const paths: string[] = []
    for (const status of ['initiated', 'completing', 'completed', 'failed', 'aborted', 'expired'] as const) {
      const path = `${status}/file.txt`
      paths.push(path)
      room.put(path)
      await room.database.write((trx) =>
        trx
          .insertInto('upload_sessions')
          .values({
            id: status,
            source_id: room.source.id,
            file_id: `df-${status}`,
            path,
            filename: 'f',
            status,
            ttl: 2e9,
          })
          .execute(),
      )
    }
    room.put('free.txt')
    assert.equal((await room.run()).added, 1)
    const rows = await room.rows()
    assert.deepEqual(
      rows.map(({ path }) => path),
      ['free.txt'],
    )
    const work = await room.database.read.selectFrom('datasette_files_work').select('file_id').distinct().execute()
    assert.deepEqual(
      work.map(({ file_id }) => file_id),
      rows.map(({ id }) => id),
      'nothing is to be read of what was not entered',
    )
  })

  test('a path in the trash, nor one whose bytes went for good since it was listed', async () => {
    const room = await opened({
      wrap: (storage) => ({
        ...storage,
        async list(options) {
          const page = await storage.list?.(options)
          assert.ok(page)
          // Purged between the listing and the look at the trash: first the bytes, then the row.
          if (page.files.some(({ path }) => path === 'purged.txt')) {
            room.remove('purged.txt')
            await room.database.write((trx) =>
              trx.deleteFrom('datasette_files_trash').where('path', '=', 'purged.txt').execute(),
            )
          }
          return page
        },
      }),
    })
    for (const path of ['trashed.txt', 'purged.txt']) {
      room.put(path)
      await room.database.write((trx) =>
        trx
          .insertInto('datasette_files_trash')
          .values({
            id: `df-${path}`,
            source_id: room.source.id,
            path,
            filename: path,
            size: 1,
            batch: 'b',
            purge_after: '2999',
            record: '{}',
          })
          .execute(),
      )
    }
    room.put('free.txt')
    assert.equal((await room.run()).added, 1)
    assert.deepEqual(
      (await room.rows()).map(({ path }) => path),
      ['free.txt'],
    )
  })

  test('an uploaded file is found at its path: not entered twice, not changed by other bytes, missed when it is gone', async () => {
    const room = await opened()
    room.put('01/up.txt', 'uploaded')
    await room.database.write((trx) =>
      trx
        .insertInto('datasette_files')
        .values({ id: 'df-up', source_id: room.source.id, path: '01/up.txt', filename: 'up.txt', size: 8 })
        .execute(),
    )
    await sleep(5)
    assert.deepEqual(counts(await room.run()), found({ listed: 1 }))
    room.put('01/up.txt', 'something else')
    assert.deepEqual(counts(await room.run()), found({ listed: 1 }))
    room.remove('01/up.txt')
    assert.deepEqual(counts(await room.run()), found({ missing: 1 }))
  })
})

describe('what is missing', () => {
  test('is only what the storage says it is without: a listing that forgets files takes none away', async () => {
    let forgetful = false
    const room = await opened({
      wrap: (storage) => ({
        ...storage,
        async list(options) {
          const page = await storage.list?.(options)
          assert.ok(page)
          return forgetful ? { ...page, files: page.files.filter(({ path }) => !path.startsWith('a')) } : page
        },
      }),
    })
    for (const path of ['a1', 'a2', 'b1']) room.put(path)
    await room.run()
    forgetful = true
    room.remove('a2')
    assert.deepEqual(counts(await room.run()), found({ listed: 1, missing: 1 }))
    const missing = (await room.rows()).filter(({ missing_since }) => missing_since !== null)
    assert.deepEqual(
      missing.map(({ path }) => path),
      ['a2'],
    )
  })

  test('is each file that was forgotten, wherever in the order of registration it stands', async () => {
    const gone = new Set<string>()
    const all = Array.from({ length: 2 * MISSING_BATCH + 1 }, (_, n) => `${n}.jpg`)
    const room = await opened({
      wrap: (storage) => ({
        ...storage,
        async list({ cursor = '0', limit = 1 } = {}) {
          const next = Number(cursor) + limit
          const files = all.slice(Number(cursor), next).filter((path) => !gone.has(path))
          return { files: files.map((path) => ({ path, size: 1 })), next: next < all.length ? `${next}` : null }
        },
        stat: async (path) => (gone.has(path) ? undefined : { path, size: 1 }),
      }),
    })
    await room.run()
    for (const n of [0, 1, MISSING_BATCH - 1, MISSING_BATCH, MISSING_BATCH + 1, all.length - 1]) gone.add(`${n}.jpg`)
    const { status, listed, missing } = await room.run()
    assert.deepEqual({ status, listed, missing }, { status: 'completed', listed: all.length - 6, missing: 6 })
    const rows = await room.rows()
    assert.deepEqual(new Set(rows.filter((row) => row.missing_since !== null).map(({ path }) => path)), gone)
  })

  test('is nothing while the storage fails: the run has failed, and says why', async () => {
    let broken = false
    const room = await opened({
      wrap: (storage) => ({
        ...storage,
        stat: async (path, options) => {
          if (broken && path !== 'holdall-probe') throw Object.assign(new Error('gone'), { code: 'EIO' })
          return await storage.stat(path, options)
        },
        list: async (options) => (broken ? { files: [], next: null } : ((await storage.list?.(options)) as never)),
      }),
    })
    for (let n = 0; n < 100; n += 1) room.put(`${n}`)
    await room.run()
    broken = true
    const run = await room.run()
    assert.deepEqual([run.status, run.missing], ['failed', 0])
    assert.match(run.failure_reason ?? '', /EIO/)
    assert.ok((await room.rows()).every(({ missing_since }) => missing_since === null))
    broken = false
    assert.deepEqual(counts(await room.run()), found({ listed: 100 }))
  })
})

describe('who works on a run', () => {
  test('two who ask at once get one run', async () => {
    const room = await opened()
    for (let n = 0; n < 50; n += 1) room.put(`${n}`)
    const begun = await Promise.all([room.sync.begin(room.source, 'a'), room.sync.begin(room.source, 'b')])
    assert.equal(begun[0].run.id, begun[1].run.id)
    await Promise.all(begun.map(({ ended }) => ended))
    assert.equal((await room.rows()).length, 50)
  })

  test('a run that is stopped goes on from where it was, and knows what it had seen', async () => {
    const reached = Promise.withResolvers<void>()
    let listings = 0
    const cursors: (string | undefined)[] = []
    const room = await opened({
      wrap: (storage) => ({
        ...storage,
        async list(options) {
          cursors.push(options?.cursor)
          listings += 1
          if (listings === 8) {
            reached.resolve()
            await new Promise((_, reject) =>
              options?.signal?.addEventListener('abort', () => reject(options.signal?.reason)),
            )
          }
          return (await storage.list?.({ ...options, limit: 100 })) as never
        },
      }),
    })
    for (let n = 100; n < 600; n += 1) room.put(`${n}`)
    // Registered already and seen by the part of the run that comes before the stop.
    assert.equal((await room.run()).added, 500)
    room.put('100', 'changed')
    const { ended } = await room.sync.begin(room.source, null)
    await reached.promise
    await room.sync.close()
    assert.equal((await ended)?.status, 'running')
    const { createSync } = await import('./sync.ts')
    const { createLog } = await import('../../web/log.ts')
    const next = createSync({ database: room.database, sources: room.sources, log: createLog(() => {}) })
    const begun = await next.begin(room.source, null)
    const run = await begun.ended
    assert.deepEqual(run && counts(run), found({ listed: 500, changed: 1 }))
    assert.notEqual(cursors.at(8), undefined, 'it did not begin again')
    assert.ok((await room.rows()).every(({ missing_since }) => missing_since === null))
    await next.close()
  })

  test('that is begun while everything stops is given back', async () => {
    const room = await opened()
    room.put('a')
    // The storage has answered when it is closed, and the run is not entered yet.
    const begun = room.sync.begin(room.source, null)
    await Promise.resolve().then(() => undefined)
    await room.sync.close()
    const { status } = (await begun.then(({ ended }) => ended).catch(() => undefined)) ?? {}
    assert.notEqual(status, 'completed')
    const rows = await room.database.read.selectFrom('sync_runs').select('lease_owner').execute()
    assert.ok(rows.every(({ lease_owner }) => lease_owner === null))
    assert.deepEqual(await room.rows(), [])
    await assert.rejects(room.run(), (error) => error instanceof HoldallError && error.code === 'unavailable')
  })

  test('a source that cannot list has nothing to sync', async () => {
    const room = await opened({ wrap: ({ list, ...storage }) => storage })
    await assert.rejects(room.run(), (error) => error instanceof HoldallError && error.code === 'source_not_listable')
  })
})

describe('a folder that may not be read', () => {
  test('is passed over and named once, and nothing below it counts as missing', async () => {
    const room = await opened()
    for (let n = 0; n < 30; n += 1) room.put(`locked/${n}`)
    room.put('names only/a')
    room.put('open/b')
    assert.equal((await room.run()).added, 32)
    room.remove('open/b')
    room.put('zz')
    chmodSync(join(room.root, 'locked'), 0o000)
    chmodSync(join(room.root, 'names only'), 0o444)
    const run = await asNobody(room.folder, () => room.run())
    assert.deepEqual(counts(run), found({ listed: 1, added: 1, missing: 1 }))
    const missing = (await room.rows()).filter(({ missing_since }) => missing_since !== null)
    assert.deepEqual(
      missing.map(({ path }) => path),
      ['open/b'],
    )
    const said = room.log.filter((line) => line.includes('may not be read'))
    assert.deepEqual(
      said.map((line) => (JSON.parse(line) as { path: string }).path),
      ['locked', 'names only'],
    )
    assert.ok(room.log.some((line) => line.includes('sync completed') && line.includes('"unreadable":2')))
    for (const folder of ['locked', 'names only']) chmodSync(join(room.root, folder), 0o755)
    assert.deepEqual(counts(await room.run()), found({ listed: 32 }))
  })

  test('fails the run when it is the root: then nothing is known', async () => {
    const room = await opened()
    room.put('a')
    await room.run()
    chmodSync(room.root, 0o111)
    const run = await asNobody(room.folder, () => room.run())
    chmodSync(room.root, 0o755)
    assert.deepEqual([run.status, run.failure_reason?.includes('EACCES')], ['failed', true])
    assert.equal((await room.rows())[0]?.missing_since, null)
  })

  /** Root may read everything; so it is somebody else for a moment. */
  async function asNobody<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
    if (process.getuid?.() !== 0) return await work()
    for (const name of ['.', ...(readdirSync(folder, { recursive: true }) as string[])]) {
      chownSync(join(folder, name), NOBODY, NOBODY)
    }
    process.seteuid?.(NOBODY)
    try {
      return await work()
    } finally {
      process.seteuid?.(0)
    }
  }
})

describe('when', () => {
  async function adoptedBy(room: TestSync, milliseconds: number): Promise<number> {
    for (const deadline = Date.now() + milliseconds; Date.now() < deadline; await sleep(20)) {
      const { length } = await room.rows()
      if (length > 0) return length
    }
    return 0
  }

  test('at the start where that is wanted, and not otherwise', async () => {
    const [start, manual] = [await opened({ when: 'start' }), await opened({ when: 'manual' })]
    for (const room of [start, manual]) {
      room.put('a')
      room.sync.start()
    }
    assert.equal(await adoptedBy(start, 5_000), 1)
    assert.equal((await manual.sync.state(manual.source)).run, undefined)
  })

  test('a look that is under way is waited for, and begins nothing once it is to stop', async () => {
    const room = await opened({ when: 'start' })
    room.put('a')
    let looks = 0
    const looking = Promise.withResolvers<void>()
    const { createSync } = await import('./sync.ts')
    const { createLog } = await import('../../web/log.ts')
    const slow = {
      ...room.source,
      async storage() {
        looking.resolve()
        await sleep(200)
        looks += 1
        return await room.source.storage()
      },
    }
    const lines: string[] = []
    const log = createLog((line) => lines.push(line))
    const sync = createSync({ database: room.database, sources: { list: () => [slow], byId: () => slow }, log })
    sync.start()
    await looking.promise
    await sync.close()
    assert.equal(looks, 1, 'it was waited for')
    assert.deepEqual(await room.sync.state(room.source), {
      run: undefined,
      expected: undefined,
      missingNow: 0,
      changedSince: 0,
      comparing: false,
    })
    await sleep(300)
    assert.deepEqual([looks, lines], [1, []])
    assert.equal((await room.sync.state(room.source)).run, undefined)
  })

  test('every so often, counted from the last time, whichever process that was', async () => {
    let time = Date.now()
    const room = await opened({ when: 'every 6h', now: () => time })
    room.put('a')
    await room.run()
    room.put('b')
    room.sync.start()
    await sleep(100)
    assert.equal((await room.rows()).length, 1)
    await room.sync.close()
    time += 6 * 3_600_000
    const { createSync } = await import('./sync.ts')
    const { createLog } = await import('../../web/log.ts')
    const later = createSync({
      database: room.database,
      sources: room.sources,
      log: createLog(() => {}),
      now: () => time,
    })
    later.start()
    for (const deadline = Date.now() + 5_000; Date.now() < deadline && (await room.rows()).length < 2; ) await sleep(20)
    await later.close()
    assert.equal((await room.rows()).length, 2)
  })
})

function inventory(root: string) {
  return (readdirSync(root, { recursive: true }) as string[]).sort().map((path) => {
    const { size, mtimeMs, ino } = statSync(join(root, path))
    return [path, size, mtimeMs, ino]
  })
}
