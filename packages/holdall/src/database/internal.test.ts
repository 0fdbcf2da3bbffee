import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { HoldallError } from '../web/error.ts'
import { openInternalDatabase } from './internal.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdall-internal-'))
after(() => rmSync(folder, { recursive: true }))

test('is created with every migration and opens again as it was', async () => {
  const path = join(folder, 'new.db')
  const first = await openInternalDatabase(path)
  await first.write((trx) =>
    trx.insertInto('actors').values({ id: 'alice', name: null, created_by: null, last_seen_at: null }).execute(),
  )
  await first.close()
  const second = await openInternalDatabase(path)
  assert.equal((await second.read.selectFrom('actors').select('id').executeTakeFirstOrThrow()).id, 'alice')
  await second.close()
})

test('opening what is up to date writes nothing: no index is made again', async () => {
  const path = join(folder, 'again.db')
  const first = await openInternalDatabase(path)
  await first.write(async (trx) => {
    await sql`INSERT INTO datasette_files_sources (id, slug, storage_type, origin)
      VALUES (1, 'photos', 'filesystem', 'configuration')`.execute(trx)
    await sql`INSERT INTO datasette_files (id, source_id, path, filename) VALUES ('df-1', 1, '1', 'a.jpg')`.execute(trx)
  })
  await first.close()
  // It changes with every transaction that another connection commits.
  const watching = new DatabaseSync(path)
  const version = () => watching.prepare('PRAGMA data_version').get()?.data_version
  const before = version()
  await (await openInternalDatabase(path)).close()
  assert.equal(version(), before)
  watching.close()
})

test('leaves a file that is not its own untouched', async () => {
  const path = join(folder, 'foreign.db')
  const foreign = new DatabaseSync(path)
  foreign.exec('CREATE TABLE catalog_databases (name TEXT)')
  foreign.close()
  await assert.rejects(
    openInternalDatabase(path),
    (error) => error instanceof HoldallError && error.code === 'internal_database_unknown',
  )
  const again = new DatabaseSync(path)
  assert.deepEqual(
    again
      .prepare('SELECT name FROM sqlite_schema')
      .all()
      .map((row) => row.name),
    ['catalog_databases'],
  )
  again.close()
})

test('two connections that write at once both succeed', async () => {
  const path = join(folder, 'shared.db')
  const [one, two] = [await openInternalDatabase(path), await openInternalDatabase(path)]
  const write = (db: typeof one, from: string) =>
    Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        db.write((trx) =>
          trx
            .insertInto('actors')
            .values({ id: `${from}${n}`, name: null, created_by: null, last_seen_at: null })
            .execute(),
        ),
      ),
    )
  await Promise.all([write(one, 'a'), write(two, 'b')])
  const { count } = await one.read
    .selectFrom('actors')
    .select(sql<number>`count(*)`.as('count'))
    .executeTakeFirstOrThrow()
  assert.equal(count, 100)
  await Promise.all([one.close(), two.close()])
})

test('a transaction that fails leaves nothing', async () => {
  const db = await openInternalDatabase(join(folder, 'rollback.db'))
  const failing = db.write(async (trx) => {
    await trx.insertInto('actors').values({ id: 'bob', name: null, created_by: null, last_seen_at: null }).execute()
    throw new Error('no')
  })
  await assert.rejects(failing, /no/)
  assert.deepEqual(await db.read.selectFrom('actors').selectAll().execute(), [])
  await db.close()
})

test('a transaction that waits for anything but its queries is refused', async () => {
  const db = await openInternalDatabase(join(folder, 'waiting.db'))
  const waiting = db.write(async (trx) => {
    await trx.insertInto('actors').values({ id: 'carol', name: null, created_by: null, last_seen_at: null }).execute()
    await sleep(5)
  })
  await assert.rejects(waiting, /waited/)
  assert.deepEqual(await db.read.selectFrom('actors').selectAll().execute(), [])
  await db.close()
})

test('the reading connection cannot write', async () => {
  const db = await openInternalDatabase(join(folder, 'readonly.db'))
  await assert.rejects(db.read.deleteFrom('actors').execute(), /readonly/)
  await db.close()
})

test('an object as a parameter is an error, not a NULL', async () => {
  const db = await openInternalDatabase(join(folder, 'parameters.db'))
  await assert.rejects(sql`SELECT ${{ a: 1 }}`.execute(db.read), /not object/)
  await db.close()
})

test('a full disk is said as what it is, and nothing of the transaction stays', async () => {
  const database = await openInternalDatabase(join(folder, 'full.db'))
  const person = { name: null, created_by: null, last_seen_at: null }
  await assert.rejects(
    database.write(async (trx) => {
      await sql`PRAGMA max_page_count = 1`.execute(trx)
      await trx
        .insertInto('actors')
        .values({ ...person, id: 'small' })
        .execute()
      await trx
        .insertInto('actors')
        .values({ ...person, id: 'large', name: 'x'.repeat(1_000_000) })
        .execute()
    }),
    (error) => error instanceof HoldallError && error.code === 'database_full' && error.status === 507,
  )
  assert.deepEqual(await database.read.selectFrom('actors').select('id').execute(), [])
  await database.write((trx) => sql`PRAGMA max_page_count = 1000000`.execute(trx))
  await database.write((trx) =>
    trx
      .insertInto('actors')
      .values({ ...person, id: 'later' })
      .execute(),
  )
  await database.close()
})

function person(id: string) {
  return { id, name: null, created_by: null, last_seen_at: null }
}

test('a transaction is told of when it is on the disk, and only what says that it need not last is not waited for', async () => {
  const disk = Promise.withResolvers<void>()
  const flushed: string[] = []
  const database = await openInternalDatabase(join(folder, 'lasting.db'), {
    flushOf: (log) => ({ flush: () => disk.promise.then(() => void flushed.push(log)), close: async () => {} }),
  })
  const add = (id: string, lasting?: boolean) =>
    database
      .write((trx) => trx.insertInto('actors').values(person(id)).execute(), lasting === undefined ? {} : { lasting })
      .then(() => id)
  assert.equal(await add('passing', false), 'passing')
  const lasting = add('lasting')
  assert.equal(await Promise.race([lasting, sleep(50, 'still waiting')]), 'still waiting')
  // Nobody else is kept waiting by that.
  assert.equal(await add('meanwhile', false), 'meanwhile')
  disk.resolve()
  assert.equal(await lasting, 'lasting')
  assert.deepEqual(flushed, [join(folder, 'lasting.db-wal')])
  await database.close()
})

test('a disk that refuses is said, and the next transaction asks it again', async () => {
  const answers = [new Error('EIO: the disk is gone'), Object.assign(new Error('no space'), { code: 'ENOSPC' })]
  const database = await openInternalDatabase(join(folder, 'refused.db'), {
    flushOf: () => ({
      async flush() {
        const answer = answers.shift()
        if (answer !== undefined) throw answer
      },
      close: async () => {},
    }),
  })
  const add = (id: string) => database.write((trx) => trx.insertInto('actors').values(person(id)).execute())
  await assert.rejects(add('one'), /the disk is gone/)
  await assert.rejects(add('two'), (error) => error instanceof HoldallError && error.code === 'database_full')
  await add('three')
  await database.close()
})

test('what need not last is brought into the database by many transactions at once, or by the next that lasts', async () => {
  const path = join(folder, 'bulk.db')
  const database = await openInternalDatabase(path)
  const megabytes = 6
  const add = (id: string, lasting: boolean) => {
    const name = 'x'.repeat(megabytes * 1024 * 1024)
    return database.write(
      (trx) =>
        trx
          .insertInto('actors')
          .values({ ...person(id), name })
          .execute(),
      { lasting },
    )
  }
  await add('first', true)
  const before = statSync(path).size
  await add('one', false)
  await add('two', false)
  assert.equal(statSync(path).size, before)
  await add('three', true)
  assert.ok(statSync(path).size > before + 3 * megabytes * 1024 * 1024)
  await database.close()
})
