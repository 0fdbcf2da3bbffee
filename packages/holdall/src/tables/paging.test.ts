import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { readTablePage } from './page.ts'
import { openTestTables, type TestTables } from './testing.ts'

const ROWS = process.env.HOLDALL_TEST_LONG ? 1_000_000 : 100_000

/** Few different values, many NULLs, texts and numbers in one column: what makes paging skip or repeat. */
const SQL = `
  CREATE TABLE big (
    id INTEGER PRIMARY KEY, few INTEGER, sparse REAL, text TEXT COLLATE NOCASE, mixed, wide INTEGER
  );
  INSERT INTO big
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})
    SELECT i, i * 7919 % 13, CASE WHEN i % 3 = 0 THEN i * 31 % 1000 / 8.0 END, char(65 + i % 26 + (i / 26 % 2) * 32),
      CASE i % 4 WHEN 0 THEN i % 50 WHEN 1 THEN 'T' || (i % 50) WHEN 2 THEN i % 50 / 4.0 END,
      9223372036854775807 - i % 1000
    FROM n;
  CREATE INDEX big_few ON big(few);
  CREATE INDEX big_sparse ON big(sparse);
  CREATE TABLE pairs (a TEXT, b INTEGER, v TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;
  INSERT INTO pairs SELECT 'key/' || (id % 300), id, text FROM big;
  CREATE TABLE loose (v TEXT);
  INSERT INTO loose SELECT text FROM big;
  CREATE TABLE nullable (k TEXT PRIMARY KEY, v);
  INSERT INTO nullable SELECT CASE WHEN id % 2 THEN 'k' || id END, id FROM big WHERE id <= ${ROWS / 20};
`

describe(`paging to the end of ${ROWS} rows`, () => {
  let tables: TestTables
  before(async () => {
    tables = await openTestTables({ databases: { data: SQL }, timeLimit: 20_000 })
  })
  after(() => tables.close())

  const ORDERS: readonly (readonly [table: string, query: string, key: number])[] = [
    ['big', '', 0],
    ['big', '_sort=few', 0],
    ['big', '_sort_desc=few', 0],
    ['big', '_sort=sparse', 0],
    ['big', '_sort_desc=sparse', 0],
    ['big', '_sort=text', 0],
    ['big', '_sort=mixed', 0],
    ['big', '_sort_desc=mixed', 0],
    ['big', '_sort_desc=wide', 0],
    ['big', '_sort=few&few__gt=5', 0],
    ['pairs', '', 1],
    ['pairs', '_sort=v', 1],
    ['loose', '', 0],
    ['loose', '_sort_desc=v', 0],
    ['nullable', '', 1],
    ['nullable', '_sort_desc=k', 1],
  ]

  for (const [table, query, key] of ORDERS) {
    it(`${table} ${query || 'in the order of its key'}`, async () => {
      const parameters = new URLSearchParams(`${query}&_size=max`)
      const seen = new Set<unknown>()
      let rows = 0
      for (let next: string | null = ''; next !== null; ) {
        if (next !== '') parameters.set('_next', next)
        const page: Awaited<ReturnType<typeof readTablePage>> = await readTablePage(
          tables.databases.get('data'),
          table,
          {
            parameters,
            mayExecuteSql: false,
            mayView: () => false,
            count: false,
            labels: 'none',
          },
        )
        for (const row of page.rows) seen.add(row[key])
        rows += page.rows.length
        next = page.next
        assert(rows <= ROWS, 'more rows than there are')
      }
      const { results } = await tables.databases.get('data').read(() => ({
        statements: [{ sql: `SELECT count(*) FROM ${table}${query.includes('few__gt') ? ' WHERE few > 5' : ''}` }],
      }))
      const expected = results[0]?.rows[0]?.[0]
      assert.equal(rows, expected)
      assert.equal(seen.size, expected)
    })
  }
})
