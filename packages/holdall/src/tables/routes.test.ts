import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createHttp } from '../app/http.ts'
import { tildeEncode } from '../web/url.ts'
import { tableJsonRoutes } from './routes.ts'
import { openTestTables, type TestTables } from './testing.ts'

const NAUGHTY = [
  'a/b',
  'x.json',
  '~',
  '~2E',
  'a b',
  'ü,ñ',
  'q\'uo"te',
  '[x]',
  '%41',
  'select',
  'a+b',
  '名',
  'new\nline',
  '..',
  '-',
  "'; drop table x; --",
]

const SQL = `
  CREATE TABLE makers (id INTEGER PRIMARY KEY, name TEXT UNIQUE, born INTEGER);
  INSERT INTO makers VALUES (1, 'Ida', 1862), (2, 'Jo', NULL), (3, NULL, 1900);
  CREATE TABLE items (
    id INTEGER PRIMARY KEY, title TEXT NOT NULL, price REAL, tags TEXT, made TEXT, data BLOB, maker REFERENCES makers(id), big INTEGER
  );
  INSERT INTO items VALUES
    (1, 'Blue bowl', 5.0, '["blue","clay"]', '2024-01-02T03:04:05', x'00ff', 1, 9007199254740993),
    (2, 'red Bowl', 0.5, '["red"]', '2024-01-02', NULL, 1, -9223372036854775808),
    (3, 'Green_cup', NULL, '[]', '', x'', 2, 9223372036854775807),
    (4, '10% cup', 9e999, NULL, NULL, CAST('text' AS BLOB), NULL, 0),
    (5, '', -1.0, '["blue"]', '2023-12-31 23:59:59', NULL, 99, 10);
  CREATE INDEX items_maker ON items(maker);
  CREATE VIRTUAL TABLE items_fts USING fts5(title, tags, content="items", content_rowid="id");
  INSERT INTO items_fts(items_fts) VALUES ('rebuild');
  CREATE TABLE compound (a TEXT, b TEXT, n INTEGER, PRIMARY KEY (a, b));
  INSERT INTO compound VALUES ('a/b', '~', 1), ('', '', 2), ('a,b', 'c.json', 3), ('a b', 'ü', 4), ('', 'x', 5);
  CREATE TABLE texts (key TEXT PRIMARY KEY, v) WITHOUT ROWID;
  INSERT INTO texts VALUES ('', 1), ('a/b.json', 2), ('5', 3), ('$null', 4), ('+ ~', 5);
  CREATE TABLE untyped (k PRIMARY KEY, v);
  INSERT INTO untyped VALUES (5, 'integer'), (x'ff00', 'bytes'), ('x', 'text'), (NULL, 'null'), (NULL, 'null too'), (0.5, 'real');
  CREATE TABLE plain (v TEXT, n);
  INSERT INTO plain VALUES ('one', 1), ('two', 'x'), ('nul' || char(0) || 'nul', 2), (CAST(x'ff41' AS TEXT), 3);
  CREATE TABLE shadowed (rowid TEXT, v);
  INSERT INTO shadowed VALUES ('same', 1), ('same', 2), ('other', 3);
  CREATE VIEW cheap AS SELECT id, title, price * 2 AS twice, length(title) AS size FROM items;
  CREATE VIEW broken AS SELECT * FROM nowhere;
  CREATE TABLE _hidden (x);
  CREATE TABLE "" (x);
  INSERT INTO "" VALUES (1);
  ${NAUGHTY.map(
    (name) => `CREATE TABLE "${name.replaceAll('"', '""')}" ("${name.replaceAll('"', '""')}" TEXT PRIMARY KEY, v);
    INSERT INTO "${name.replaceAll('"', '""')}" VALUES ('${name.replaceAll("'", "''")}', 1), ('z', 2);`,
  ).join('\n')}
`

const CONFIG = `
title: Here
databases:
  data:
    tables:
      items:
        description: Things
        columns: { price: In crowns }
        column_types: { made: textarea }
      makers: { size: 2, sort_desc: born }
      secret: { allow: { id: alice } }
  closed:
    allow: { id: alice }
`

describe('table JSON', () => {
  let tables: TestTables
  let ask: (path: string, headers?: Record<string, string>) => Promise<Response>

  before(async () => {
    tables = await openTestTables({
      databases: {
        data: `${SQL}; CREATE TABLE secret (id INTEGER PRIMARY KEY, maker REFERENCES makers(id));`,
        closed: 'CREATE TABLE t (a)',
      },
      config: CONFIG,
    })
    const app = createHttp(tableJsonRoutes(tables.room), tables.hooks)
    ask = async (path, headers = {}) => app.request(`http://holdall.test${path}`, { headers })
  })
  after(() => tables.close())

  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely
  async function get(path: string, status = 200): Promise<any> {
    const response = await ask(path)
    const text = await response.text()
    assert.equal(response.status, status, text)
    return JSON.parse(text)
  }
  const ids = async (query: string) => (await get(`/data/items.json?_shape=arrayfirst&${query}`)) as unknown[]

  it('says that facets and SQL of one’s own are not served, instead of answering something else', async () => {
    for (const query of ['_facet=title', '_facet=nosuch', '_facet_array=tags', '_facet_date=made&_size=1']) {
      const { code, error } = await get(`/data/items.json?${query}`, 400)
      assert.deepEqual([code, error.includes('facets of tables are not served')], ['bad_request', true], query)
    }
    const { code, error } = await get('/data.json?sql=select+1', 400)
    assert.deepEqual([code, error.includes('databases answer no queries')], ['bad_request', true])
    assert.equal((await get('/data.json?sql=')).database, 'data')
    await get('/closed.json?sql=select+1', 401)
  })

  describe('filters', () => {
    const cases: readonly [string, unknown[]][] = [
      ['title=Blue+bowl', [1]],
      ['title__exact=Blue+bowl', [1]],
      ['id=3', [3]],
      ['price=5', [1]],
      ['big=9007199254740993', [1]],
      ['big=9007199254740992', []],
      ['title__not=Blue+bowl', [2, 3, 4, 5]],
      ['title__contains=bowl', [1, 2]],
      ['title__notcontains=bowl', [3, 4, 5]],
      ['title__endswith=CUP', [3, 4]],
      ['title__startswith=red', [2]],
      ['price__gt=0.5', [1, 4]],
      ['price__gte=0.5', [1, 2, 4]],
      ['price__lt=0.5', [5]],
      ['price__lte=0.5', [2, 5]],
      ['big__gt=9223372036854775806', [3]],
      ['title__like=%25cup', [3, 4]],
      ['title__notlike=%25cup', [1, 2, 5]],
      ['title__glob=*cup', [3, 4]],
      ['id__in=1,3', [1, 3]],
      ['id__in=1,+3', [1, 3]],
      ['title__in=["Blue+bowl","10%25+cup"]', [1, 4]],
      ['id__notin=[1,2,3]', [4, 5]],
      ['id__in=[]', []],
      ['tags__arraycontains=blue', [1, 5]],
      ['tags__arraynotcontains=blue', [2, 3, 4]],
      ['made__date=2024-01-02', [1, 2]],
      ['price__isnull=1', [3]],
      ['price__notnull=1', [1, 2, 4, 5]],
      ['made__isblank=1', [3, 4]],
      ['made__notblank=1', [1, 2, 5]],
      ['title__contains=bowl&price__gt=1', [1]],
      ['id__gt=1&id__gt=2&id__lt=5', [3, 4]],
      ['title__nonsense=1', [1, 2, 3, 4, 5]],
      ['_nothing=1', [1, 2, 3, 4, 5]],
    ]
    for (const [query, expected] of cases) {
      it(query, async () => assert.deepEqual(await ids(query), expected))
    }

    it('names the column that is not there', async () => {
      const { error, code } = await get('/data/items.json?colour=red', 400)
      assert.deepEqual([error, code], ['There is no column colour.', 'bad_request'])
    })
    it('refuses lists that are none', async () => {
      await get('/data/items.json?id__in=[1', 400)
      await get('/data/items.json?id__in=[[1]]', 400)
    })
    it('finds numbers in columns that have no type', async () => {
      assert.deepEqual(await get('/data/cheap.json?_shape=arrayfirst&size=9'), [1, 3])
      assert.deepEqual(await get('/data/cheap.json?_shape=arrayfirst&size__in=9,8'), [1, 2, 3])
      assert.deepEqual(await get('/data/cheap.json?_shape=arrayfirst&size__not=9&size__gt=0'), [2, 4])
      assert.deepEqual(await get('/data/untyped.json?_shape=arrays&_col=v&k=5').then((page) => page.rows), [
        [5, 'integer'],
      ])
    })
  })

  describe('search', () => {
    for (const [query, expected] of [
      ['_search=bowl', [1, 2]],
      ['_search=blue', [1, 5]],
      ['_search="blue+bowl"', [1]],
      ['_search=bowl+AND', []],
      ['_search="', [1, 2, 3, 4, 5]],
      ['_search=', [1, 2, 3, 4, 5]],
      ['_search=red+OR+blue&_searchmode=raw', [1, 2, 5]],
      ['_search_title=blue', [1]],
      ['_search_tags=blue&_search_title=bowl', [1]],
    ] as const) {
      it(query, async () => assert.deepEqual(await ids(query), expected))
    }
    it('refuses what is no query, and columns that are not there', async () => {
      assert.equal((await get('/data/items.json?_search=%22&_searchmode=raw', 400)).code, 'sql_error')
      assert.equal((await get('/data/items.json?_search_x=y', 400)).error, 'Cannot search by that column')
    })
  })

  describe('shapes', () => {
    it('objects', async () => {
      const page = await get('/data/makers.json?_sort=id&_size=1')
      assert.deepEqual(page, {
        ok: true,
        next: '1,1',
        next_url: 'http://holdall.test/data/makers.json?_size=1&_next=1%2C1&_sort=id',
        rows: [{ id: 1, name: 'Ida', born: 1862 }],
        truncated: false,
      })
    })
    it('arrays', async () =>
      assert.deepEqual((await get('/data/plain.json?_shape=arrays&_size=1')).rows, [[1, 'one', 1]]))
    it('array', async () =>
      assert.deepEqual(await get('/data/plain.json?_shape=array&_size=1'), [{ rowid: 1, v: 'one', n: 1 }]))
    it('array with _nl', async () => {
      const response = await ask('/data/plain.json?_shape=array&_nl=on&_size=2')
      assert.match(response.headers.get('Content-Type') ?? '', /^text\/plain/)
      assert.equal(await response.text(), '{"rowid": 1, "v": "one", "n": 1}\n{"rowid": 2, "v": "two", "n": "x"}')
    })
    it('arrayfirst', async () =>
      assert.deepEqual(await get('/data/compound.json?_shape=arrayfirst'), ['', '', 'a b', 'a,b', 'a/b']))
    it('object', async () => {
      assert.deepEqual(Object.keys(await get('/data/compound.json?_shape=object')), [
        ',',
        ',x',
        'a+b,~C3~BC',
        'a~2Cb,c~2Ejson',
        'a~2Fb,~7E',
      ])
      assert.match((await get('/data/plain.json?_shape=object', 400)).error, /no primary keys/)
    })
    it('no other', async () =>
      assert.equal((await get('/data/plain.json?_shape=round', 400)).error, 'Invalid _shape: round'))
    it('an object without prototype tricks', async () => {
      const { rows } = await get('/data/items.json?_size=0')
      assert.deepEqual(rows, [])
    })
  })

  it('writes every value exactly', async () => {
    const text = await (await ask('/data/items.json?_shape=arrays&_col=price&_col=data&_col=big')).text()
    assert.match(text, /\[1, 5\.0, \{"\$base64": true, "encoded": "AP8="\}, 9007199254740993\]/)
    assert.match(text, /\[2, 0\.5, null, -9223372036854775808\]/)
    assert.match(text, /\[4, null, \{"\$base64": true, "encoded": "dGV4dA=="\}, 0\]/)
    assert.match(text, /9223372036854775807/)
    assert.match(await (await ask('/data/items.json?_json_infinity=1&_shape=arrays&_col=price')).text(), /Infinity/)
    assert.deepEqual((await get('/data/plain.json?_shape=arrays')).rows[2], [3, 'nul\0nul', 2])
    assert.deepEqual((await get('/data/plain.json?_shape=arrays')).rows[3], [4, '\ufffdA', 3])
    assert.deepEqual((await get('/data/items.json?_json=tags&_col=tags')).rows[0], { id: 1, tags: ['blue', 'clay'] })
  })

  it('chooses columns', async () => {
    assert.deepEqual(Object.keys((await get('/data/items.json?_col=title&_col=id')).rows[0]), ['id', 'title'])
    assert.deepEqual(Object.keys((await get('/data/plain.json?_col=n')).rows[0]), ['rowid', 'n'])
    assert.deepEqual(Object.keys((await get('/data/makers.json?_nocol=born')).rows[0]), ['id', 'name'])
    assert.equal((await get('/data/items.json?_col=x&_col=y', 400)).error, '_col=x, y - invalid columns')
    assert.equal((await get('/data/items.json?_nocol=id', 400)).error, '_nocol=id - invalid columns')
  })

  it('sorts', async () => {
    assert.deepEqual(await ids('_sort=price'), [3, 5, 2, 1, 4])
    assert.deepEqual(await ids('_sort_desc=price'), [4, 1, 2, 5, 3])
    assert.equal((await get('/data/items.json?_sort=x', 400)).error, 'Cannot sort table by x')
    assert.match((await get('/data/items.json?_sort=id&_sort_desc=id', 400)).error, /same time/)
    assert.deepEqual(await get('/data/makers.json?_shape=arrayfirst'), [3, 1])
  })

  it('limits sizes', async () => {
    assert.equal((await get('/data/items.json?_size=1001', 400)).error, '_size must be <= 1000')
    assert.equal((await get('/data/items.json?_size=x', 400)).error, '_size must be a positive integer')
    assert.equal((await get('/data/items.json?_size=-1', 400)).error, '_size must be a positive integer')
    assert.equal((await get('/data/items.json?_size=max')).rows.length, 5)
    assert.equal((await get('/data/items.json?_size=0')).next, null)
    assert.equal((await get('/data/makers.json')).rows.length, 2)
  })

  it('shows labels where they are wanted', async () => {
    const [first, , third, fourth, fifth] = (await get('/data/items.json?_labels=on&_col=maker')).rows
    assert.deepEqual(first.maker, { value: 1, label: 'Ida' })
    assert.deepEqual([third.maker, fourth.maker, fifth.maker], [{ value: 2, label: 'Jo' }, null, 99])
    assert.deepEqual((await get('/data/items.json?_label=maker&_col=maker')).rows[0].maker, { value: 1, label: 'Ida' })
    assert.deepEqual((await get('/data/items.json?_col=maker')).rows[0].maker, 1)
  })

  it('tells what the extras ask for', async () => {
    const page = await get(
      '/data/items.json?_size=1&_col=title&_sort=price&title__contains=b&_extra=count,columns,all_columns&_extra=primary_keys,column_details,query,database,table,is_view,metadata,private,human_description_en,column_types,database_color',
    )
    assert.equal(page.count, 2)
    assert.equal(page.count_truncated, false)
    assert.deepEqual(page.columns, ['id', 'title'])
    assert.equal(page.all_columns.length, 8)
    assert.deepEqual(page.primary_keys, ['id'])
    assert.deepEqual(page.column_details.title, {
      type: 'TEXT',
      sqlite_type: 'TEXT',
      notnull: true,
      default: null,
      is_pk: false,
      pk_position: 0,
      hidden: 0,
    })
    assert.deepEqual(page.query.params, { p0: '%b%' })
    assert.deepEqual([page.database, page.table, page.is_view, page.private], ['data', 'items', false, false])
    assert.deepEqual(page.metadata, { description: 'Things', columns: { price: 'In crowns' } })
    assert.equal(page.human_description_en, 'where title contains "b" sorted by price')
    assert.deepEqual(page.column_types, { made: { type: 'textarea', config: null } })
    assert.equal(page.database_color, '8d777f')
    assert.equal((await get('/data/items.json?_extra=nonsense', 400)).error, 'Unknown _extra: nonsense')
    assert.equal((await get('/data/items.json?_extra=count&_nocount=1')).count, null)
  })

  it('says who may keep an answer, and where the next page is', async () => {
    const response = await ask('/data/items.json?_size=2')
    assert.equal(response.headers.get('Cache-Control'), 'max-age=5')
    assert.equal(response.headers.get('Link'), '<http://holdall.test/data/items.json?_size=2&_next=2>; rel="next"')
    assert.equal((await ask('/data/items.json?_ttl=0')).headers.get('Cache-Control'), 'no-cache')
    const own = await ask('/data/items.json', { 'X-Actor': 'alice' })
    assert.equal(own.headers.get('Cache-Control'), 'private, no-cache')
    assert.equal(
      (await ask('/closed/t.json', { 'X-Actor': 'alice' })).headers.get('Cache-Control'),
      'private, no-store',
    )
  })

  it('knows what is not there', async () => {
    for (const [path, message] of [
      ['/nothing.json', 'Database not found'],
      ['/nothing/items.json', 'Database not found'],
      ['/data/nothing.json', 'Table not found'],
      ['/data/items/99.json', 'Row not found'],
      ['/data/nothing/1.json', 'Table not found'],
      ['/data/cheap/1.json', 'Row not found'],
    ] as const) {
      const body = await get(path, 404)
      assert.deepEqual([body.ok, body.error, body.status], [false, message, 404])
    }
    await get('/data/items/1,2.json', 400)
    await get('/data/broken.json', 400)
  })

  it('asks for permission', async () => {
    assert.equal((await ask('/closed.json')).status, 401)
    assert.equal((await ask('/closed/t.json')).status, 401)
    assert.equal((await ask('/closed/t/1.json')).status, 401)
    assert.equal((await ask('/closed/t.json', { 'X-Actor': 'bob' })).status, 403)
    assert.equal((await ask('/closed/t.json', { 'X-Actor': 'alice' })).status, 200)
    assert.equal((await ask('/data/secret.json')).status, 401)
    const names = (await get('/data.json')).tables.map(({ name }: { name: string }) => name)
    assert(names.includes('items') && !names.includes('secret'))
    assert.deepEqual(
      (await get('/.json')).databases.map(({ name }: { name: string }) => name),
      ['data'],
    )
    const makers = (await get('/data.json')).tables.find(({ name }: { name: string }) => name === 'makers')
    assert.deepEqual(makers.foreign_keys.incoming, [{ other_table: 'items', column: 'id', other_column: 'maker' }])
  })

  it('runs SQL in _where only for who may', async () => {
    assert.deepEqual(await ids('_where=price>1+or+id=3'), [1, 3, 4])
    assert.deepEqual(await ids('_where=id<3+--+comment&_where=id>1'), [2])
    assert.equal((await get('/data/items.json?_where=nonsense(', 400)).code, 'sql_error')
    assert.equal((await get("/data/items.json?_where=load_extension('x')", 400)).code, 'sql_error')
    assert.equal((await get('/data/items.json?_where=1)+--', 400)).code, 'sql_error')
    assert.deepEqual(await ids('_size=2&_where=1)+or+(1'), [1, 2])
  })

  it('reads a row with what points to it', async () => {
    const row = await get('/data/makers/1.json?_extra=foreign_key_tables,columns')
    assert.deepEqual(row.rows, [{ id: 1, name: 'Ida', born: 1862 }])
    assert.deepEqual(
      [row.primary_keys, row.primary_key_values, row.database, row.table],
      [['id'], ['1'], 'data', 'makers'],
    )
    assert.deepEqual(row.foreign_key_tables, [
      { other_table: 'items', column: 'id', other_column: 'maker', count: 2, link: '/data/items?maker=1' },
    ])
    assert.deepEqual(row.columns, ['id', 'name', 'born'])
    assert.deepEqual((await get('/data/plain/2.json')).rows, [{ rowid: 2, v: 'two', n: 'x' }])
    assert.deepEqual((await get('/data/shadowed/2.json?_shape=arrays')).rows, [['same', 2]])
    assert.deepEqual(await get('/data/makers/1.json?_shape=object'), { 1: { id: 1, name: 'Ida', born: 1862 } })
  })

  it('finds rows by keys of every kind', async () => {
    for (const [key, n] of [
      ['a~2Fb,~7E', 1],
      [',', 2],
      ['a~2Cb,c~2Ejson', 3],
      ['a+b,~C3~BC', 4],
      [',x', 5],
    ] as const) {
      assert.equal((await get(`/data/compound/${key}.json`)).rows[0].n, n)
    }
    for (const [key, v] of [
      ['$s', 1],
      ['a~2Fb~2Ejson', 2],
      ['5', 3],
      ['~24null', 4],
      ['~2B+~7E', 5],
    ] as const) {
      assert.equal((await get(`/data/texts/${key}.json`)).rows[0].v, v)
    }
    for (const [key, v] of [
      ['$i5', 'integer'],
      ['5', 'integer'],
      ['$bff00', 'bytes'],
      ['x', 'text'],
      ['$f0.5', 'real'],
    ] as const) {
      assert.equal((await get(`/data/untyped/${key}.json`)).rows[0].v, v)
    }
    await get('/data/untyped/$zzz.json', 404)
  })

  it('takes every name and key', async () => {
    for (const name of NAUGHTY) {
      const address = tildeEncode(name)
      assert.deepEqual((await get(`/data/${address}.json?_shape=array`)).length, 2, name)
      assert.equal((await get(`/data/${address}/${address}.json`)).rows[0].v, 1, name)
      const filter = new URLSearchParams([[`${name}__exact`, name]])
      assert.equal((await get(`/data/${address}.json?_shape=array&${filter}`)).length, 1, name)
      const next = (await get(`/data/${address}.json?_size=1`)).next_url as string
      assert.equal((await get(next.slice('http://holdall.test'.length))).rows.length, 1, name)
    }
  })

  it('never fails at what it is asked', async () => {
    const parts = [
      '',
      '\0',
      '..',
      '~',
      '~ZZ',
      '%',
      '%FF',
      '$',
      '$b0',
      '$ix',
      ',',
      ',,',
      '1,2,3',
      '9'.repeat(400),
      'ü',
      "'",
      '"',
      '--',
      '[',
      '{}',
    ]
    for (const part of parts) {
      const encoded = encodeURIComponent(part)
      for (const path of [
        `/data/${encoded}.json`,
        `/data/items/${encoded}.json`,
        `/data/untyped/${encoded}.json`,
        `/data/items.json?_next=${encoded}`,
        `/data/items.json?_sort=price&_next=${encoded}`,
        `/data/compound.json?_next=${encoded}`,
        `/data/cheap.json?_next=${encoded}`,
        ...[
          '_size',
          '_sort',
          '_sort_desc',
          '_col',
          '_nocol',
          '_search',
          '_search_title',
          '_where',
          '_shape',
          '_extra',
          '_timelimit',
          '_ttl',
          'title',
          'title__in',
          'price__gt',
          'tags__arraycontains',
          'made__date',
          'title__glob',
        ].map((name) => `/data/items.json?${name}=${encoded}`),
        `/data/items.json?${encoded}=1`,
        `/data/items.json?${encoded}__in=1`,
      ]) {
        const { status } = await ask(path)
        assert(status < 500, `${path} gives ${status}`)
      }
    }
  })

  describe('paging', () => {
    for (const table of ['items', 'compound', 'texts', 'untyped', 'plain', 'shadowed', 'cheap']) {
      for (const order of ['', '_sort', '_sort_desc']) {
        it(`sees each row of ${table} once, ${order || 'in the order of its key'}`, async () => {
          const columns: string[] =
            order === '' ? [''] : (await get(`/data/${table}.json?_size=1&_extra=all_columns`)).all_columns
          for (const column of columns) {
            for (const size of [1, 2]) {
              const query = new URLSearchParams({
                _size: String(size),
                _shape: 'arrays',
                ...(order && { [order]: column }),
              })
              const all = (
                await get(`/data/${table}.json?${new URLSearchParams({ ...Object.fromEntries(query), _size: 'max' })}`)
              ).rows
              const seen: unknown[] = []
              let path: string | null = `/data/${table}.json?${query}`
              while (path !== null) {
                const page = await get(path)
                seen.push(...page.rows)
                path = page.next_url === null ? null : (page.next_url as string).slice('http://holdall.test'.length)
                assert(seen.length <= all.length, `${table} ${column} goes round: ${path}`)
              }
              assert.deepEqual(seen, all, `${table} ${column} ${size}`)
            }
          }
        })
      }
    }
    it('refuses cursors that are none', async () => {
      assert.equal((await get('/data/items.json?_next=1,2', 400)).code, 'invalid_cursor')
      assert.equal((await get('/data/items.json?_next=$x', 400)).code, 'invalid_cursor')
      assert.equal((await get('/data/cheap.json?_next=x', 400)).code, 'invalid_cursor')
      assert.equal((await get('/data/compound.json?_next=x', 400)).code, 'invalid_cursor')
      // A row id is a whole number, whatever comes after all of them.
      assert.equal((await get('/data/items.json?_next=garbage', 400)).code, 'invalid_cursor')
    })
    it('takes cursor and limit for _next and _size', async () => {
      const rows = async (query: string) => (await get(`/data/items.json?_shape=arrayfirst&${query}`)) as unknown
      assert.deepEqual(await rows('limit=2&cursor=1'), await rows('_size=2&_next=1'))
      assert.equal((await get('/data/items.json?cursor=garbage', 400)).code, 'invalid_cursor')
    })
  })

  it('sees a schema that has changed', async () => {
    const { DatabaseSync } = await import('node:sqlite')
    await get('/data/later.json', 404)
    const database = new DatabaseSync(tables.databases.get('data').path)
    database.exec('CREATE TABLE later (id INTEGER PRIMARY KEY, a); INSERT INTO later VALUES (1, 2)')
    assert.deepEqual((await get('/data/later.json')).rows, [{ id: 1, a: 2 }])
    database.exec('ALTER TABLE later ADD COLUMN b DEFAULT 3')
    assert.deepEqual((await get('/data/later.json')).rows, [{ id: 1, a: 2, b: 3 }])
    database.exec('DROP TABLE later')
    await get('/data/later.json', 404)
    database.close()
  })
})
