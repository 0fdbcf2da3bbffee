import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { readNeighbours } from './neighbours.ts'
import { readTablePage } from './page.ts'
import { readRow } from './row.ts'
import { openTestTables, type TestTables } from './testing.ts'

/** Few different values, NULLs, texts and numbers in one column, keys of several columns and keys that may be NULL. */
const SQL = `
  CREATE TABLE big (id INTEGER PRIMARY KEY, few INTEGER, sparse REAL, text TEXT COLLATE NOCASE NOT NULL, mixed);
  INSERT INTO big
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
    SELECT i, i * 7919 % 5, CASE WHEN i % 3 = 0 THEN i * 31 % 10 / 8.0 END, char(65 + i % 6 + (i / 6 % 2) * 32),
      CASE i % 4 WHEN 0 THEN i % 5 WHEN 1 THEN 'T' || (i % 5) WHEN 2 THEN i % 5 / 4.0 END
    FROM n;
  CREATE INDEX big_sparse ON big(sparse);
  CREATE TABLE pairs (a TEXT, b INTEGER, v TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;
  INSERT INTO pairs SELECT 'key/' || (id % 7), id, text FROM big;
  CREATE TABLE loose (v TEXT);
  INSERT INTO loose SELECT text FROM big;
  CREATE TABLE nullable (k TEXT PRIMARY KEY, v);
  INSERT INTO nullable SELECT CASE WHEN id > 3 THEN 'k' || id END, id % 4 FROM big;
`

const LISTS = [
  ['big', ''],
  ['big', '_sort=few'],
  ['big', '_sort_desc=few'],
  ['big', '_sort=sparse'],
  ['big', '_sort_desc=sparse'],
  ['big', '_sort=text'],
  ['big', '_sort_desc=text&_col=few'],
  ['big', '_sort=mixed'],
  ['big', '_sort_desc=mixed'],
  ['big', '_sort_desc=id'],
  ['big', '_sort=few&few__gt=2&_size=3&_next=9,9'],
  ['big', 'mixed__isnull=1&_sort_desc=sparse'],
  ['pairs', ''],
  ['pairs', '_sort=v'],
  ['pairs', '_sort_desc=a'],
  ['loose', ''],
  ['loose', '_sort_desc=v'],
  ['loose', '_sort_desc=rowid'],
  ['nullable', ''],
  ['nullable', '_sort_desc=k'],
  ['nullable', '_sort=v'],
] as const

describe('the rows before and after one', () => {
  let tables: TestTables
  before(async () => {
    tables = await openTestTables({ databases: { data: SQL }, timeLimit: 20_000 })
  })
  after(() => tables.close())

  const common = { mayExecuteSql: false, mayView: () => false } as const

  async function beside(table: string, rowKey: string, parameters: URLSearchParams) {
    const database = tables.databases.get('data')
    const row = await readRow(database, table, rowKey, { ...common, labels: false, linked: false })
    const { before, after } = await readNeighbours(database, row, { parameters, mayExecuteSql: false })
    return [before[0]?.rowKey, after[0]?.rowKey]
  }

  for (const [table, query] of LISTS) {
    test(`are those of the list: ${table} ${query || 'in the order of its key'}`, async () => {
      const parameters = new URLSearchParams(query)
      const all = new URLSearchParams(query)
      for (const name of ['_size', '_next']) all.delete(name)
      all.set('_size', 'max')
      const database = tables.databases.get('data')
      const { rowKeys } = await readTablePage(database, table, {
        ...common,
        parameters: all,
        count: false,
        labels: 'none',
      })
      assert.ok(rowKeys.length > 5)
      for (const [at, rowKey] of rowKeys.entries()) {
        // Rows whose key is NULL share their address.
        if (rowKey === '$null') continue
        assert.deepEqual(await beside(table, rowKey, parameters), [rowKeys[at - 1], rowKeys[at + 1]], rowKey)
      }
    })
  }

  for (const [table, query] of LISTS) {
    test(`and the page that the row is on: ${table} ${query || 'in the order of its key'}`, async () => {
      const database = tables.databases.get('data')
      const list = (changes: Record<string, string>) => {
        const parameters = new URLSearchParams(query)
        for (const name of ['_size', '_next']) parameters.delete(name)
        for (const [name, value] of Object.entries({ _size: '7', ...changes })) parameters.set(name, value)
        return readTablePage(database, table, { ...common, parameters, count: false, labels: 'none' })
      }
      let pages = 0
      for (let next: string | null = ''; next !== null; pages += 1) {
        const page = await list(next === '' ? {} : { _next: next })
        for (const rowKey of page.rowKeys) {
          if (rowKey === '$null') continue
          const parameters = new URLSearchParams(query)
          parameters.set('_size', '7')
          const row = await readRow(database, table, rowKey, { ...common, labels: false, linked: false })
          const found = await readNeighbours(database, row, { parameters, mayExecuteSql: false })
          assert.equal(found.page ?? '', next, rowKey)
        }
        next = page.next
      }
      assert.ok(pages > 1)
    })
  }

  test('are none where the address names no list that one may have', async () => {
    for (const query of ['_sort=nowhere', '_where=1', '_sort=few&_sort_desc=few']) {
      assert.deepEqual(await beside('big', '5', new URLSearchParams(query)), [undefined, undefined], query)
    }
  })
})
