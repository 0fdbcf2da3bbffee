import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createUrls } from '../../web/url.ts'
import { openTestApp, type TestApp } from '../pages/test-app.ts'
import { openTestTables } from '../testing.ts'
import { createFindRows } from './find-rows.ts'
import { MAX_LOOKED_THROUGH, ROWS_AT_ONCE } from './limits.ts'

interface Found {
  readonly tables: readonly {
    readonly database: string
    readonly table: string
    readonly url: string
    readonly count: number
    readonly more: boolean
    readonly rows: readonly { label: string; url: string; column: string | null; excerpt: string[] | null }[]
  }[]
  readonly searched: number
  readonly unsearched: readonly { table: string; reason: string; rows_searched: number }[]
}

describe('rows found from the search of files', () => {
  let app: TestApp

  before(async () => {
    app = await openTestApp({
      sql: `
        CREATE TABLE objects (id INTEGER PRIMARY KEY, title TEXT, note TEXT);
        INSERT INTO objects (title, note) VALUES
          ('Jug with a blue rim', 'Bought of Ida Vestergård in 1904'),
          ('Bowl', 'Vestergard & sons, "NEAR" the quay'),
          ('Vestergaard, portrait', ''),
          ('Groat', '');
        CREATE VIRTUAL TABLE objects_fts USING fts5 (title, note, content=objects, content_rowid=id);
        INSERT INTO objects_fts (objects_fts) VALUES ('rebuild');
        CREATE TABLE makers (id INTEGER PRIMARY KEY, name TEXT, life TEXT);
        INSERT INTO makers (name, life) VALUES ('Ida Vestergård', 'Potter'), ('Nobody', 'Taught by Ida 100% of the time'),
          ('Øystein Müller', 'Lived in Große Straße');
        CREATE TABLE letters (code TEXT PRIMARY KEY, body TEXT) WITHOUT ROWID;
        INSERT INTO letters VALUES ('a/1', 'Dear Ida,'), ('b,2', ${"printf('%.6000c', 'x')"} || ' Ida answered');
        CREATE TABLE "odd ""name"" %" ("select" TEXT, "a b" TEXT);
        INSERT INTO "odd ""name"" %" VALUES ('<b>Ida</b>', 'x');
        CREATE TABLE _hidden (a TEXT); INSERT INTO _hidden VALUES ('Ida');
        CREATE TABLE numbers (id INTEGER PRIMARY KEY, a REAL);
        CREATE TABLE nameless (rowid TEXT, _rowid_ TEXT, oid TEXT); INSERT INTO nameless VALUES ('Ida', '', '');
        CREATE VIEW seen AS SELECT * FROM makers;
        CREATE TABLE many (id INTEGER PRIMARY KEY, word TEXT);
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS_AT_ONCE + 60})
          INSERT INTO many (word) SELECT CASE WHEN i % 2 = 0 THEN 'common ' || i ELSE 'rare' || iif(i < 525, ' often', '') END FROM n;
        CREATE TABLE edge (word TEXT); INSERT INTO edge SELECT 'edgeword' FROM many WHERE id <= 1000;
        CREATE TABLE edge_passed (word TEXT); INSERT INTO edge_passed SELECT 'edgeword' FROM many WHERE id <= 1001;
        CREATE TABLE broken (id INTEGER PRIMARY KEY, a TEXT);
      `,
      config: {
        // As long as a busy machine may take.
        settings: { sql_time_limit_ms: 60_000 },
        databases: {
          data: {
            permissions: { 'view-table': { id: 'root' } },
            tables: {
              objects: { searchmode: 'raw', permissions: { 'view-table': { id: ['root', 'ann'] } } },
              broken: { fts_table: 'gone' },
            },
          },
        },
      },
    })
  })
  after(() => app.close())

  async function find(q: string, actor?: string): Promise<Found> {
    const answer = await app.ask(
      `/-/rows/search.json?${new URLSearchParams({ q })}`,
      actor === undefined ? {} : { actor },
    )
    assert.equal(answer.status, 200)
    return (await answer.json()) as Found
  }

  /** `table: count`, and of each row what it is called and where. */
  const inShort = ({ tables }: Found) =>
    Object.fromEntries(tables.map(({ table, rows }) => [table, rows.map(({ label, url }) => `${label} ${url}`)]))
  const marked = (excerpt: readonly string[] | null | undefined) =>
    excerpt?.map((piece, at) => (at % 2 === 1 ? `[${piece}]` : piece)).join('')

  test('of every table, by full text or by its texts, with the rows and where the words stand', async () => {
    const found = await find('ida', 'root')
    assert.deepEqual(inShort(found), {
      letters: ['a/1 /data/letters/a~2F1', 'b,2 /data/letters/b~2C2'],
      makers: ['Ida Vestergård /data/makers/1', 'Nobody /data/makers/2'],
      objects: ['Jug with a blue rim /data/objects/1'],
      'odd "name" %': ['1 /data/odd+~22name~22+~25/1'],
    })
    const rowsOf = (name: string) => found.tables.find(({ table }) => table === name)?.rows ?? []
    assert.equal(marked(rowsOf('objects')[0]?.excerpt), 'Bought of [Ida] Vestergård in 1904')
    assert.equal(rowsOf('objects')[0]?.column, 'note')
    assert.equal(marked(rowsOf('letters')[1]?.excerpt)?.endsWith('[Ida] answered'), true, 'far behind in a long text')
    assert.deepEqual(
      rowsOf('makers').map(({ column }) => column),
      ['name', 'life'],
    )
    assert.deepEqual(
      found.unsearched.map(({ table, reason }) => [table, reason]),
      [['broken', 'error']],
    )
  })

  test('all words are there, in the table that is linked to the same rows', async () => {
    for (const q of ['vestergård', 'ida vestergård', 'ida potter', '"blue rim"', '100%', 'common', 'o', 'portrait,']) {
      const { tables } = await find(q, 'root')
      for (const { table, url, count, more } of tables) {
        assert.match(url, /_search=/)
        const json = await app.ask(url.replace(/\?/, '.json?').concat('&_extra=count'), { actor: 'root' })
        const answer = (await json.json()) as { count: number }
        if (more) assert.ok(answer.count >= count, `${q} in ${table}`)
        else assert.equal(answer.count, count, `${q} in ${table}`)
      }
    }
    assert.deepEqual(Object.keys(inShort(await find('ida potter', 'root'))), ['makers'])
  })

  test('marks on letters may be left out, or written as Germans do', async () => {
    for (const q of ['muller', 'Mueller', 'MÜLLER', 'oystein', 'strasse grosse', 'øYSTEIN Straße']) {
      assert.deepEqual(inShort(await find(q, 'root')), { makers: ['Øystein Müller /data/makers/3'] }, q)
    }
    const [row] = (await find('Grosse strasse', 'root')).tables[0]?.rows ?? []
    assert.deepEqual(row?.excerpt, ['Lived in ', 'Große', ' ', 'Straße', ''])
    for (const q of ['vestergard', 'Vestergaard', 'VESTERGAARD']) {
      assert.deepEqual(inShort(await find(q, 'root')).makers, ['Ida Vestergård /data/makers/1'], q)
    }
    assert.deepEqual(inShort(await find('müllerin', 'root')), {})
  })

  test('counts to a thousand, past the rows that are looked through at once', async () => {
    const [many] = (await find('common', 'root')).tables
    assert.deepEqual([many?.table, many?.count, many?.more, many?.rows.length], ['many', 1_000, true, 3])
    const [often] = (await find('often', 'root')).tables
    assert.deepEqual([often?.count, often?.more], [262, false])
    // As many as are counted are not more; one more is.
    const { tables } = await find('edgeword', 'root')
    assert.deepEqual(
      tables.map(({ table, count, more }) => [table, count, more]),
      [
        ['edge', 1_000, false],
        ['edge_passed', 1_000, true],
      ],
    )
    const [last] = (await find(`common ${ROWS_AT_ONCE + 60}`, 'root')).tables
    assert.deepEqual([last?.count, last?.more, last?.rows[0]?.url], [1, false, `/data/many/${ROWS_AT_ONCE + 60}`])
  })

  test('only tables that the actor may see are searched, and named', async () => {
    const ann = await find('ida', 'ann')
    assert.deepEqual([Object.keys(inShort(ann)), ann.searched, ann.unsearched], [['objects'], 1, []])
    for (const actor of [undefined, 'bob']) {
      const { tables, searched, unsearched } = await find('ida', actor)
      assert.deepEqual([tables, searched, unsearched], [[], 0, []])
      assert.doesNotMatch(
        await (await app.ask('/-/files/search?q=ida', actor ? { actor } : {})).text(),
        /Rows of tables/,
      )
    }
  })

  test('whatever is typed is words', async () => {
    for (const q of ['"', 'AND', 'NEAR(', 'a"b', '*', '^x', 'title:', '-', '%', '_', '\\', "'", '{', '\ud800', '()'])
      await find(q, 'root')
    assert.deepEqual(Object.keys(inShort(await find('"near" quay', 'root'))), ['objects'])
    for (const q of ['', ' ', '""']) assert.deepEqual((await find(q, 'root')).tables, [])
    await find('x'.repeat(9000), 'root')
    assert.deepEqual(app.failures, [])
  })

  test('stand on the page of the search behind the files, but not where files are filtered', async () => {
    const page = await app.page('/-/files/search?q=ida')
    const section = page.slice(page.indexOf('Rows of tables</h2>'))
    assert.match(
      section,
      /<h3><a href="\/data\/makers\?_search=ida">makers<\/a> <span class="count">2 rows<\/span><\/h3>/,
    )
    assert.match(section, /href="\/data\/objects\?_search=ida&amp;_searchmode=escaped"/)
    assert.match(section, /note: Bought of <mark>Ida<\/mark> Vesterg/)
    assert.match(section, /&lt;b&gt;<mark>Ida<\/mark>&lt;\/b&gt;/)
    assert.match(section, /Could not be searched: <a[^>]*>broken<\/a>/)
    assert.match(page, /<\/html>$/)
    assert.match(
      await app.page('/-/files/search?q=common'),
      />more than 1,000 rows<.*<a href="\/data\/many\?_search=common">All that are found, counted</s,
    )
    assert.match(await app.page('/-/files/search?q=often'), />262 rows<.*>All 262 rows</s)
    assert.match(await app.page('/-/files/search?q=nowhere'), /No row that was looked at holds “nowhere”/)
    for (const other of ['', '?q=ida&content_type=images', '?q=ida&source=files'])
      assert.doesNotMatch(await app.page(`/-/files/search${other}`), /Rows of tables/, other)
  })
})

test('files are sent before the rows are searched', async () => {
  const app = await openTestApp({
    sql: "CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('ida')",
    config: { settings: { sql_time_limit_ms: 60_000 } },
  })
  const answer = await app.ask('/-/files/search?q=ida', { actor: 'root' })
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  const first = String((await reader?.read())?.value)
  assert.match(first, /No files are found/)
  assert.ok(first.endsWith('<div data-later>'), first.slice(-200))
  assert.match(String((await reader?.read())?.value), /^<div class="found-table">.*<\/html>$/s)
  await app.close()
})

test('without tables there is no word of rows', async () => {
  for (const database of [undefined, false] as const) {
    const app = await openTestApp({ sql: '', ...(database === false && { database }) })
    assert.doesNotMatch(await app.page('/-/files/search?q=ida'), /Rows of tables/)
    assert.deepEqual(await (await app.ask('/-/rows/search.json?q=ida', { actor: 'root' })).json(), {
      ok: true,
      q: 'ida',
      tables: [],
      searched: 0,
      unsearched: [],
    })
    await app.close()
  }
})

test('what is too large or comes too late is named, not passed over', async () => {
  const tables = await openTestTables({
    databases: {
      data: `CREATE TABLE large (id INTEGER PRIMARY KEY, a TEXT);
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MAX_LOOKED_THROUGH + 1})
          INSERT INTO large (a) SELECT 'row ' || i FROM n;
        CREATE TABLE small (a TEXT); INSERT INTO small VALUES ('row ${MAX_LOOKED_THROUGH + 1}')`,
    },
    timeLimit: 60_000,
  })
  const { databases, permissions } = tables
  const find = createFindRows({ databases, permissions, urls: createUrls('/') }, 60_000)
  const search = await find(null, `row ${MAX_LOOKED_THROUGH + 1}`)
  const found = await search?.(new AbortController().signal)
  assert.deepEqual([found?.tables.map(({ table }) => table), found?.searched], [['small'], 2])
  const named = (list: NonNullable<typeof found>['unsearched'] | undefined) =>
    list?.map(({ table, reason, rowsSearched }) => [table, reason, rowsSearched])
  assert.deepEqual(named(found?.unsearched), [['large', 'size', MAX_LOOKED_THROUGH]])
  const late = await search?.(AbortSignal.abort())
  assert.deepEqual(
    [late?.tables, late?.searched, named(late?.unsearched)],
    [
      [],
      0,
      [
        ['large', 'time', 0],
        ['small', 'time', 0],
      ],
    ],
  )
  await tables.close()
})
