import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { CompiledQuery, sql, type Transaction } from 'kysely'
import { HoldallError } from '../../web/error.ts'
import { openInternalDatabase } from '../internal.ts'
import { ROOM_FOR_OTHERS_MS } from '../patiently.ts'
import type { Schema } from '../schema.ts'
import { createBulkConnection } from './connection.ts'
import { transactionThrough } from './transaction.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdall-bulk-'))
after(() => rmSync(folder, { recursive: true }))

const add = (trx: Transaction<Schema>, id: string, name: string | null = null) =>
  trx.insertInto('actors').values({ id, name, created_by: null, last_seen_at: null }).executeTakeFirst()

const names = async (path: string) => {
  const database = await openInternalDatabase(path)
  const rows = await database.read.selectFrom('actors').select('id').orderBy('id').execute()
  await database.close()
  return rows.map(({ id }) => id)
}

test('the event loop turns while SQLite works, and what was written is told', async () => {
  const path = join(folder, 'turning.db')
  const database = await openInternalDatabase(path)
  let turns = 0
  const counting = setInterval(() => {
    turns += 1
  }, 1)
  const counted = await database.writeInBulk(async (trx) => {
    const { numInsertedOrUpdatedRows } = await add(trx, 'alice')
    assert.equal(numInsertedOrUpdatedRows, 1n)
    const { rows } = await sql<{
      n: number
    }>`WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1000000)
      SELECT count(*) AS n FROM n`.execute(trx)
    return rows[0]?.n
  })
  clearInterval(counting)
  assert.equal(counted, 1_000_000)
  assert.ok(turns > 0)
  await database.close()
  assert.ok(!existsSync(`${path}-wal`))
  assert.deepEqual(await names(path), ['alice'])
})

test('whoever writes meanwhile has their turn after it, and before the one that is asked for later', async () => {
  const path = join(folder, 'turns.db')
  const database = await openInternalDatabase(path)
  const order: string[] = []
  const told = (name: string) => () => void order.push(name)
  await Promise.all([
    database
      .writeInBulk(async (trx) => {
        await add(trx, 'one')
        await sleep(20)
        await add(trx, 'two')
      })
      .then(told('bulk')),
    database.write((trx) => add(trx, 'three'), { lasting: false }).then(told('write')),
    database.writeInBulk((trx) => add(trx, 'four')).then(told('bulk again')),
  ])
  assert.deepEqual(order, ['bulk', 'write', 'bulk again'])
  await database.close()
  assert.deepEqual(await names(path), ['four', 'one', 'three', 'two'])
})

test('between any two of them another process that waits finds a moment', async () => {
  const path = join(folder, 'moments.db')
  const [bulk, other] = [await openInternalDatabase(path), await openInternalDatabase(path)]
  const times: number[] = []
  const note = async () => void times.push(performance.now())
  await Promise.all([bulk.writeInBulk(note), bulk.writeInBulk(note)])
  // Longer than the pauses of whoever waits; a timer may be a millisecond early.
  assert.ok((times[1] as number) - (times[0] as number) >= ROOM_FOR_OTHERS_MS - 1)

  let going = true
  const writing = (async () => {
    for (let n = 0; n < 20; n += 1) {
      await bulk.writeInBulk((trx) =>
        sql`WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 200000)
          SELECT count(*) FROM n`.execute(trx),
      )
    }
    going = false
  })()
  let written = 0
  for (; going; written += 1) {
    await other.write((trx) => add(trx, `other ${written}`), { lasting: false })
    await sleep(1)
  }
  await writing
  assert.ok(written >= 10, `${written} while there were 20`)
  await Promise.all([bulk.close(), other.close()])
})

test('one that fails leaves nothing, whatever failed, and the next is as if it had not been', async () => {
  const path = join(folder, 'failing.db')
  const database = await openInternalDatabase(path)
  const failing = (fail: (trx: Transaction<Schema>) => unknown) =>
    database.writeInBulk(async (trx) => {
      await add(trx, 'bob')
      await fail(trx)
    })
  await assert.rejects(
    failing(() => Promise.reject(new Error('no'))),
    /no/,
  )
  await assert.rejects(
    failing((trx) => add(trx, 'bob')),
    /UNIQUE constraint failed: actors.id/,
  )
  await assert.rejects(
    failing((trx) => sql`SELECT ${{ a: 1 }}`.execute(trx)),
    /not object/,
  )
  await assert.rejects(
    failing((trx) => sql`SELECT ${Symbol('none')}`.execute(trx)),
    /could not be cloned/,
  )
  await assert.rejects(
    failing(async (trx) => {
      await sql`PRAGMA max_page_count = 1`.execute(trx)
      await add(trx, 'large', 'x'.repeat(1_000_000))
    }),
    (error) => error instanceof HoldallError && error.code === 'database_full',
  )
  await database.writeInBulk((trx) => sql`PRAGMA max_page_count = 1000000`.execute(trx))
  await database.writeInBulk((trx) => add(trx, 'carol'))
  await database.close()
  assert.deepEqual(await names(path), ['carol'])
})

test('a transaction of another process is waited for', async () => {
  const path = join(folder, 'waiting.db')
  const database = await openInternalDatabase(path)
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  const writing = database.writeInBulk((trx) => add(trx, 'dora'))
  assert.equal(await Promise.race([writing, sleep(50, 'waiting')]), 'waiting')
  other.exec('COMMIT')
  other.close()
  await writing
  await database.close()
  assert.deepEqual(await names(path), ['dora'])
})

test('without work the thread brings what it wrote into the database, and ends; the next transaction has a new one', async () => {
  const path = join(folder, 'idle.db')
  const database = await openInternalDatabase(path)
  const bulk = createBulkConnection({ path, pragmas: [], isWriting: true }, 1)
  const before = statSync(path).size
  await bulk.use((ask) => transactionThrough(ask, (trx) => add(trx, 'eve', 'x'.repeat(500_000))))
  while (statSync(path).size === before) await sleep(5)
  assert.equal(bulk.isRunning, false)
  await bulk.use((ask) => transactionThrough(ask, (trx) => add(trx, 'frank')))
  await bulk.close()
  await bulk.close()
  await database.close()
  assert.deepEqual(await names(path), ['eve', 'frank'])
})

test('what is read is as it is in the database, and nothing is written there', async () => {
  const path = join(folder, 'reading.db')
  const database = await openInternalDatabase(path)
  await database.write((trx) => add(trx, 'gina'), { lasting: false })
  const all = CompiledQuery.raw('SELECT id FROM actors WHERE id >= ?', ['a'])
  assert.deepEqual(await Promise.all([database.readInBulk(all), database.readInBulk(all)]), [
    [{ id: 'gina' }],
    [{ id: 'gina' }],
  ])
  await assert.rejects(database.readInBulk(CompiledQuery.raw('DELETE FROM actors')), /readonly/)
  await database.close()
})

test('that the log cannot be brought into the database when the thread ends is nobody’s loss, and no error', async () => {
  const path = join(folder, 'end.db')
  const database = await openInternalDatabase(path)
  const bulk = createBulkConnection({ path, pragmas: [], isWriting: true }, 1)
  await bulk.use(async (ask) => {
    await transactionThrough(ask, (trx) => add(trx, 'hana'))
    // SQLite refuses with one open, as it does on a full disk.
    await ask({ sql: 'BEGIN IMMEDIATE', parameters: [] })
  })
  while (bulk.isRunning) await sleep(5)
  await bulk.close()
  await database.write((trx) => add(trx, 'ines'))
  await database.close()
  assert.deepEqual(await names(path), ['hana', 'ines'])
})

test('nobody gets it once it is closed', async () => {
  const database = await openInternalDatabase(join(folder, 'closed.db'))
  const closing = database.close()
  await assert.rejects(
    database.writeInBulk((trx) => add(trx, 'jana')),
    /closed/,
  )
  await closing
  await assert.rejects(database.readInBulk(CompiledQuery.raw('SELECT 1')), /closed/)
})
