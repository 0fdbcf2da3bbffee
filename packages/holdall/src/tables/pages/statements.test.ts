import assert from 'node:assert/strict'
import { StatementSync } from 'node:sqlite'
import { after, before, mock, test } from 'node:test'
import { openTestApp, type TestApp } from './test-app.ts'

const ROWS = 40
const TRIES = 8
let app: TestApp

before(async () => {
  app = await openTestApp({
    sql: 'CREATE TABLE items (id INTEGER PRIMARY KEY, title TEXT, photo TEXT, extra TEXT)',
    config: {
      databases: {
        data: { tables: { items: { columns: { photo: { file_column: true }, extra: { file_column: true } } } } },
      },
    },
  })
  const insert = app.look.prepare('INSERT INTO items (title, photo, extra) VALUES (?, ?, ?)')
  for (let n = 0; n < ROWS; n += 1) {
    const stored = await app.ask(`/-/files/upload/files?filename=note-${n}.txt`, {
      actor: 'root',
      body: `note ${n}`,
      headers: { Accept: 'application/json', 'Content-Type': 'text/plain' },
    })
    assert.equal(stored.status, 201)
    const { file_id } = (await stored.json()) as { file_id: string }
    insert.run(`Item ${n}`, file_id, n % 2 ? file_id : null)
  }
})
after(() => app.close())

/**
 * How many statements of the internal database a page takes; those of the served one are one batch by their design. What
 * the server does in the background meanwhile can only add to it, so the fewest of some tries are the page's own.
 */
async function statementsFor(path: string): Promise<number> {
  await app.page(path)
  let fewest = Number.POSITIVE_INFINITY
  for (let n = 0; n < TRIES; n += 1) {
    const all = mock.method(StatementSync.prototype, 'all')
    try {
      assert.match(await app.page(path), /note-3\.txt/)
      fewest = Math.min(fewest, all.mock.callCount())
    } finally {
      all.mock.restore()
    }
  }
  return fewest
}

test('a table page takes as many statements for forty rows of files as for five', async (t) => {
  const few = await statementsFor('/data/items?_size=5')
  const many = await statementsFor(`/data/items?_size=${ROWS}`)
  t.diagnostic(`${many} statements of the internal database a page`)
  assert.ok(few > 0)
  assert.equal(many, few)
})
