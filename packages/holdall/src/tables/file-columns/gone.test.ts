import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import type { ServedDatabase } from '../databases.ts'
import { openTestTables, type TestTables } from '../testing.ts'
import { createGone } from './gone.ts'

/** More than two chunks of them. */
const ROWS = 5_000
const idOf = (n: number) => `df-${String(n).padStart(26, '0')}`
const GONE = [idOf(17), idOf(2_000), idOf(2_001), idOf(ROWS)]

let tables: TestTables

before(async () => {
  tables = await openTestTables({
    databases: {
      data: (database) => {
        database.exec(`CREATE TABLE objects (id INTEGER PRIMARY KEY, photo TEXT);
          CREATE TABLE keyed (code TEXT PRIMARY KEY, photo TEXT) WITHOUT ROWID;
          CREATE VIEW seen AS SELECT * FROM objects WHERE id < 100`)
        const insert = database.prepare('INSERT INTO objects VALUES (?, ?)')
        database.exec('BEGIN')
        // Rows that were deleted leave gaps among the row ids.
        for (let n = 1; n <= ROWS; n += 1) insert.run(n * 3, n % 5 === 0 ? `["${idOf(n)}"]` : idOf(n))
        database.exec('COMMIT')
        database.prepare('INSERT INTO keyed VALUES (?, ?)').run('a', idOf(17))
      },
    },
  })
})

after(() => tables.close())

/** When nobody has written to the database for long. */
const LATER_MS = 60_000

/** The registry, with what of it was asked, and the database, with how often it was read. */
function counted(now = () => Date.now() + LATER_MS) {
  const done = { vanished: 0, reads: 0, largest: 0 }
  const registry = {
    vanished: async () => done.vanished,
    async nowhere(ids: readonly string[]) {
      done.largest = Math.max(done.largest, ids.length)
      return ids.filter((id) => GONE.includes(id))
    },
  }
  const gone = createGone(registry, now)
  const database = tables.databases.get('data')
  const counting: ServedDatabase = {
    ...database,
    read(plan, options) {
      done.reads += 1
      return database.read(plan, options)
    },
  }
  return { done, look: (table: string) => gone(counting, table, 'photo') }
}

test('a column is looked through a few rows at a time, once for as many as ask', async () => {
  const { done, look } = counted()
  const both = await Promise.all([look('objects'), look('objects')])
  assert.deepEqual(
    both.map((ids) => [...(ids ?? [])].sort()),
    [GONE, GONE],
  )
  assert.equal(done.reads, 3)
  assert.equal(done.largest, 2_000)
})

test('it is not looked through again before an id has vanished or rows were written', async () => {
  const { done, look } = counted()
  await look('objects')
  const { reads } = done
  assert.deepEqual([...((await look('objects')) ?? [])].sort(), GONE)
  assert.equal(done.reads, reads)
  done.vanished += 1
  await look('objects')
  assert.equal(done.reads, 2 * reads)
  const database = new DatabaseSync(tables.databases.get('data').path, { timeout: 5_000 })
  database.exec('DELETE FROM objects WHERE id = 51')
  database.close()
  assert.deepEqual([...((await look('objects')) ?? [])].sort(), GONE.slice(1))
  assert.equal(done.reads, 3 * reads)
})

test('right after a write it is looked through each time: another may follow that the file does not tell', async () => {
  const writtenAt = statSync(tables.databases.get('data').path).mtimeMs
  for (const [later, looks] of [
    [1_990, 2],
    [2_010, 1],
  ] as const) {
    const { done, look } = counted(() => writtenAt + later)
    await look('objects')
    const { reads } = done
    await look('objects')
    assert.equal(done.reads, looks * reads, `${later} ms after it`)
  }
})

test('tables without row ids and views are looked through as well', async () => {
  const { look } = counted()
  assert.deepEqual(await look('keyed'), [idOf(17)])
  assert.deepEqual(await look('seen'), [])
})

test('a look that failed is no answer for the next who asks', async () => {
  const { done, look } = counted()
  const read = tables.databases.get('data').read
  let isBroken = true
  const broken: ServedDatabase = {
    ...tables.databases.get('data'),
    read(plan, options) {
      if (isBroken) throw new Error('no reader')
      return read(plan, options)
    },
  }
  const gone = createGone({ vanished: async () => done.vanished, nowhere: async () => [] }, () => Date.now() + LATER_MS)
  await assert.rejects(gone(broken, 'objects', 'photo'), /no reader/)
  isBroken = false
  assert.deepEqual(await gone(broken, 'objects', 'photo'), [])
  assert.deepEqual(await look('nothing'), [])
})
