import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openTestBrowse } from './test-browse.ts'

const browse = await openTestBrowse()
after(browse.close)
const { DuckDBInstance } = await import('@duckdb/node-api')
const instance = await DuckDBInstance.create(':memory:')
const duckdb = await instance.connect()
await duckdb.run("SET TimeZone='UTC'")
after(() => {
  duckdb.closeSync()
  instance.closeSync()
})

const EVERYTHING = `SELECT range AS id,
    (range % 200 - 100)::TINYINT AS tiny, (range * 1000003)::BIGINT * 1000003 AS big,
    (range * 7)::HUGEINT * 1000000000000000000000 AS huge, (range % 5)::UBIGINT AS un,
    CASE range % 7 WHEN 0 THEN NULL WHEN 1 THEN 'nan'::DOUBLE WHEN 2 THEN '-inf'::DOUBLE ELSE (range % 11) / 8.0 END AS d,
    ((range % 10) / 10.0)::FLOAT AS f, ((range % 13) * 0.25)::DECIMAL(10, 2) AS price,
    CASE WHEN range % 3 = 0 THEN NULL ELSE 'Name ' || (range % 20) END AS name, '' AS blank,
    range % 2 = 0 AS flag, DATE '2020-01-01' + (range % 40)::INTEGER AS day,
    TIMESTAMP '2020-01-01 00:00:00.25' + INTERVAL (range * 7) HOUR AS at,
    TIMESTAMPTZ '2020-01-01 00:00:00+00' + INTERVAL (range) MINUTE AS tz,
    TIME '01:02:03' + INTERVAL (range) SECOND AS clock, uuid_generate(range) AS u,
    ('x' || range)::BLOB AS bytes, {'a': range % 4, 'b': 'q'} AS point, [range % 3, 7] AS list,
    MAP {'k': range % 2} AS m, CASE WHEN range % 2 = 0 THEN '["red", "' || range || '"]' ELSE 'no json' END AS tags
  FROM range(300)`.replace(
  'uuid_generate(range)',
  "('00000000-0000-4000-8000-' || lpad(range::VARCHAR, 12, '0'))::UUID",
)
const { dataset, at } = await browse.fill(EVERYTHING)
await duckdb.run(`CREATE VIEW t AS SELECT * FROM read_parquet('${join(browse.root, dataset.files[0]?.path ?? '')}')`)

async function idsOf(where: string, order = 'id'): Promise<number[]> {
  const result = await duckdb.run(`SELECT id::INTEGER FROM t WHERE ${where} ORDER BY ${order}`)
  return (await result.getRows()).map(([id]) => Number(id))
}

async function page(parameters: Record<string, string | string[]>) {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) for (const one of [value].flat()) query.append(name, one)
  return await browse.ask(`${at}/rows.json?${query}`)
}

// Each as DuckDB itself says it, and what the table API calls it.
const FILTERS: readonly (readonly [parameters: Record<string, string>, sql: string])[] = [
  [{ id: '17' }, 'id = 17'],
  [{ id__not: '17' }, 'id <> 17'],
  [{ id__gt: '290.5' }, 'id > 290.5'],
  [{ id__gte: '9'.repeat(30) }, 'false'],
  [{ id__lt: '9'.repeat(60) }, 'true'],
  [{ id__lte: '1e1' }, 'id <= 10'],
  [{ tiny__lt: '-98' }, 'tiny < -98'],
  [{ tiny__gt: '1000' }, 'false'],
  [{ big__gte: '299000897000672' }, 'big >= 299000897000672'],
  [{ huge__in: '7000000000000000000000,14000000000000000000000' }, 'id IN (1, 2)'],
  [{ un__in: '[1, 2]' }, 'un IN (1, 2)'],
  [{ un__notin: '1, 2' }, 'un NOT IN (1, 2)'],
  [{ un__in: '[]' }, 'false'],
  [{ d: 'nan' }, "d = 'nan'::DOUBLE"],
  [{ d__gt: '1' }, 'd > 1'],
  [{ d__lt: '0' }, 'd < 0'],
  [{ d__isnull: '1' }, 'd IS NULL'],
  [{ d__notnull: '1' }, 'd IS NOT NULL'],
  [{ f: '0.1' }, 'f = 0.1::FLOAT'],
  [{ price: '1.25' }, 'price = 1.25'],
  [{ price__gt: '1.249' }, 'price > 1.249'],
  [{ price__in: '0.5, 0.75' }, 'price IN (0.5, 0.75)'],
  [{ name: 'Name 4' }, "name = 'Name 4'"],
  [{ name__not: 'Name 4' }, "name <> 'Name 4'"],
  [{ name__contains: 'AME 1' }, "name ILIKE '%ame 1%'"],
  [{ name__notcontains: '1' }, "name NOT ILIKE '%1%'"],
  [{ name__startswith: 'name' }, "name ILIKE 'name%'"],
  [{ name__endswith: '9' }, "name ILIKE '%9'"],
  [{ name__like: 'name _' }, "name ILIKE 'name _'"],
  [{ name__notlike: 'name _' }, "name NOT ILIKE 'name _'"],
  [{ name__glob: 'Name 1[0-3]' }, "name GLOB 'Name 1[0-3]'"],
  [{ name__isblank: '1' }, 'name IS NULL'],
  [{ name__notblank: '1' }, 'name IS NOT NULL'],
  [{ blank__isblank: '1' }, 'true'],
  [{ name: "'; DROP TABLE t; --" }, 'false'],
  [{ flag: 'true', id__lt: '9' }, 'flag AND id < 9'],
  [{ day: '2020-01-05' }, "day = '2020-01-05'"],
  [{ day__gt: '2020-02' }, "day > '2020-02-01'"],
  [{ at__date: '2020-01-03' }, `"at"::DATE = '2020-01-03'`],
  [{ at__gt: '2020-03-01T00:00:00.25' }, `"at" > '2020-03-01 00:00:00.25'`],
  [{ tz__lte: '2020-01-01T00:05:00Z' }, 'id <= 5'],
  [{ clock: '01:02:05' }, 'id = 2'],
  [{ u: '00000000-0000-4000-8000-000000000007' }, 'id = 7'],
  [{ bytes: 'x12' }, 'id = 12'],
  [{ point__contains: "'a': 2" }, 'point.a = 2'],
  [{ list__arraycontains: '2' }, 'list_contains(list, 2)'],
  [{ list__arraynotcontains: '2' }, 'NOT list_contains(list, 2)'],
  [{ tags__arraycontains: 'red' }, 'id % 2 = 0'],
  [{ tags__arraycontains: '44' }, 'id = 44'],
  [
    { _search: 'name 13' },
    "name ILIKE '%name%' AND (name ILIKE '%13%' OR clock::VARCHAR LIKE '%13%' OR u::VARCHAR LIKE '%13%' OR tags LIKE '%13%')",
  ],
  [{ _search: '"Name 1" %' }, 'false'],
  [{ _where: 'id < 3 or id = 7' }, 'id < 3 OR id = 7'],
]

test('each filter leaves the rows that DuckDB leaves, and as many as it counts', async () => {
  for (const [at, [parameters, sql]] of FILTERS.entries()) {
    const counted = at % 4 === 0
    const { status, body, text } = await page({
      ...{ ...parameters, _size: 'max', _col: 'id' },
      ...(counted && { _extra: 'count' }),
    })
    assert.equal(status, 200, `${JSON.stringify(parameters)}: ${text}`)
    const wanted = await idsOf(sql)
    assert.deepEqual(
      body.rows.map(({ id }: { id: number }) => id),
      wanted,
      JSON.stringify(parameters),
    )
    if (counted) assert.equal(body.count, wanted.length)
  }
})

test('values are written as a query writes them', async () => {
  const { body } = await page({ id: '8' })
  const { u, ...row } = body.rows[0]
  assert.deepEqual(row, {
    ...{
      id: 8,
      tiny: -92,
      big: 8000048000072,
      huge: 5.6e22,
      un: 3,
      d: 'NaN',
      f: 0.8,
      price: '2.00',
    },
    ...{ name: 'Name 8', blank: '', flag: true, day: '2020-01-09', at: '2020-01-03T08:00:00.25' },
    ...{ tz: '2020-01-01T00:08:00Z', clock: '01:02:11', bytes: { $base64: 'eDg=' }, point: { a: 0, b: 'q' } },
    ...{ list: [2, 7], m: [{ key: 'k', value: 0 }], tags: '["red", "8"]' },
  })
  assert.equal(u, '00000000-0000-4000-8000-000000000008')
  assert.deepEqual((await page({ id: '8', _json: 'tags', _col: 'tags' })).body.rows, [{ tags: ['red', '8'] }])
})

test('pages follow each other without a row twice or left out, whatever orders them', async () => {
  const sorts = ['', ...dataset.columns.map(({ name }) => name)]
  for (const [at, sort] of sorts.entries()) {
    const parameter = at % 2 === 0 ? '_sort_desc' : '_sort'
    const seen: number[] = []
    for (let next: string | null = ''; next !== null; ) {
      const { status, body, text } = await page({
        ...{ _size: '150', _col: 'id', id__gte: '4' },
        ...(sort !== '' && { [parameter]: sort }),
        ...(next !== '' && { _next: next }),
      })
      assert.equal(status, 200, `${sort}: ${text}`)
      seen.push(...body.rows.map(({ id }: { id: number }) => id))
      next = body.next
      assert.equal(body.next_url === null, next === null)
    }
    const order = parameter === '_sort' ? 'ASC NULLS FIRST' : 'DESC NULLS LAST'
    const wanted = await idsOf('id >= 4', sort === '' ? 'id' : `"${sort}" ${order}, id`)
    assert.deepEqual(seen, wanted, `${parameter} ${sort}`)
  }
})

test('NULL and NaN have their places in an order, both ways, and on the border of two pages', async () => {
  for (const parameter of ['_sort', '_sort_desc']) {
    const order = parameter === '_sort' ? 'ASC NULLS FIRST' : 'DESC NULLS LAST'
    const wanted = await idsOf('id < 21', `d ${order}, id`)
    const seen: number[] = []
    for (let next: string | null = ''; next !== null; ) {
      const { body } = await page({
        _size: '2',
        _col: 'id',
        id__lt: '21',
        [parameter]: 'd',
        ...(next && { _next: next }),
      })
      seen.push(...body.rows.map(({ id }: { id: number }) => id))
      next = body.next
    }
    assert.deepEqual(seen, wanted)
  }
})

test('shapes, columns, sizes and what is wrong with them', async () => {
  const small = { id__lt: '2', _col: ['id', 'name'] }
  assert.deepEqual((await page({ ...small, _shape: 'arrays' })).body.rows, [
    [0, null],
    [1, 'Name 1'],
  ])
  assert.deepEqual((await page({ ...small, _shape: 'array' })).body, [
    { id: 0, name: null },
    { id: 1, name: 'Name 1' },
  ])
  assert.deepEqual((await page({ ...small, _shape: 'arrayfirst' })).body, [0, 1])
  assert.equal(
    (await page({ ...small, _shape: 'array', _nl: 'on' })).text,
    '{"id":0,"name":null}\n{"id":1,"name":"Name 1"}',
  )
  const told = (await page({ _size: '0', _extra: 'count,columns,column_types,human_description_en', id__gt: '5' })).body
  assert.deepEqual([told.rows, told.next, told.count, told.columns.length], [[], null, 294, dataset.columns.length])
  assert.equal(told.column_types.price, 'DECIMAL(10,2)')
  assert.equal(told.human_description_en, 'where id > 5')
  assert.equal((await page({ _nocol: ['tags', 'm'] })).body.rows[0].tags, undefined)
  assert.equal((await page({})).body.rows.length, 100)
  const most = await page({ _where: Array.from({ length: 100 }, () => 'id > 1'), _col: 'id', _size: '1' })
  assert.deepEqual(most.body.rows, [{ id: 2 }])
  const wrong: Record<string, string | string[]>[] = [
    { _size: '1001' },
    { _size: '-1' },
    { _col: 'nothing' },
    { _where: Array.from({ length: 101 }, () => 'id > 1') },
    { _sort: 'nothing' },
    { _sort: 'id', _sort_desc: 'id' },
    { nothing__gt: '1' },
    { _shape: 'object' },
    { _extra: 'secrets' },
    { _next: 'x' },
    { _next: 'v2.0.5' },
    { _facet: 'point' },
    { id: 'seventeen' },
    { day__gt: 'today' },
    { un__in: '[[1]]' },
    { _where: 'nothing = 1' },
    { _where: "1) UNION SELECT * FROM read_text('/etc/passwd') --" },
  ]
  for (const bad of wrong) {
    const { status, body } = await page(bad)
    assert.equal(status, 400, JSON.stringify(bad))
    assert(body.error.length > 10)
  }
})

test('facets count the most frequent values of what the filters leave', async () => {
  const { body } = await page({ _facet: ['un', 'name', 'd'], _facet_size: '3', id__lt: '100', _size: '1' })
  assert.deepEqual(body.facet_results.results.un, {
    ...{ name: 'un', type: 'column', truncated: true },
    results: [0, 1, 2].map((value) => ({ value, count: 20 })),
  })
  assert.deepEqual(body.facet_results.results.name.results[0], { value: null, count: 34 })
  assert.deepEqual(body.facet_results.timed_out, [])
})

test('rows of several files follow each other; a later one may have columns more', async () => {
  const { at: here } = await browse.fill(
    "SELECT range AS id, 'a' AS s FROM range(5)",
    "SELECT range + 100 AS id, 'b' AS s FROM range(5)",
    "SELECT range + 50 AS id, 'a' AS s FROM range(5)",
  )
  const all: number[] = []
  for (let next: string | null = ''; next !== null; ) {
    const { body } = await browse.ask(`${here}/rows.json?_size=4${next === '' ? '' : `&_next=${next}`}`)
    all.push(...body.rows.map(({ id }: { id: number }) => id))
    next = body.next
  }
  assert.deepEqual(all, [0, 1, 2, 3, 4, 100, 101, 102, 103, 104, 50, 51, 52, 53, 54])
  const sorted: number[] = []
  for (let next: string | null = ''; next !== null; ) {
    const { body } = await browse.ask(`${here}/rows.json?_sort=s&_size=4${next === '' ? '' : `&_next=${next}`}`)
    sorted.push(...body.rows.map(({ id }: { id: number }) => id))
    next = body.next
  }
  assert.deepEqual(sorted, [0, 1, 2, 3, 4, 50, 51, 52, 53, 54, 100, 101, 102, 103, 104])
})

test('columns with the names of our own, or of DuckDB, are columns like others', async () => {
  const { at: here } = await browse.fill(
    'SELECT range AS file_row_number, range * 2 AS "File_Index", \'x\' AS holdall_row, 1 AS holdall_last, 2 AS "from", 3 AS tab, 4 AS format FROM range(9)',
  )
  const { status, body, text } = await browse.ask(`${here}/rows.json?_sort_desc=File_Index&_size=4&tab=3&from=2`)
  assert.equal(status, 200, text)
  assert.deepEqual(body.rows[0], {
    ...{ file_row_number: 8, File_Index: 16, holdall_row: 'x', holdall_last: 1, from: 2, tab: 3, format: 4 },
  })
  const second = await browse.ask(`${here}/rows.json?_sort_desc=File_Index&_size=4&_next=${body.next}`)
  assert.deepEqual(
    second.body.rows.map((row: Record<string, number>) => row.file_row_number),
    [4, 3, 2, 1],
  )
  assert.equal(
    (await browse.ask(`${here}/-/export?format=ndjson&format__exact=4&_col=tab`)).text.split('\n').length,
    10,
  )
})

test('the page has the controls of a table; its filters lead on, and into the export', async () => {
  const html = await browse.ask(`${at}/rows?un=3&_sort=name&_facet=flag&_size=20`, { html: true })
  assert.equal(html.status, 200)
  assert.match(html.text, /60 of 300 rows match 1 filter/)
  assert.match(html.text, /aria-sort="ascending"/)
  assert.match(html.text, /Rows 1–20 of 60/)
  const exported = /href="([^"]*-\/export[^"]*format=csv[^"]*)"/.exec(html.text)?.[1]?.replaceAll('&amp;', '&') ?? ''
  assert.match(exported, /un__exact=3/)
  const csv = await browse.ask(exported)
  assert.equal(csv.text.trim().split('\n').length, 61)
  const wanted = await idsOf('un = 3', 'name NULLS FIRST, id')
  assert.deepEqual(
    csv.text
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => Number.parseInt(line, 10)),
    wanted,
  )

  const added = await browse.ask(
    `${at}/rows?_filter_column=id&_filter_op_number=between&_filter_value=5&_filter_until=7`,
    { html: true },
  )
  assert.equal(added.headers.get('Location'), `${at}/rows?id__gte=5&id__lte=7`)
  const none = await browse.ask(`${at}/rows?id=9999`, { html: true })
  assert.match(none.text, /No rows match.*Without the id filter there are 300 rows/s)
  const two = await browse.ask(`${at}/rows?id=9999&un__exact=3`, { html: true })
  assert.match(two.text, /No rows match.*Without the id filter there are 60 rows/s)
  const wrong = await browse.ask(`${at}/rows?id=seventeen`, { html: true })
  assert.equal(wrong.status, 400)
  assert.match(wrong.text, /The rows cannot be shown\..*seventeen/s)
  assert.match(wrong.text, /Remove filter: id is seventeen/)
  assert.equal((await browse.ask(`${at}?tab=preview`, { html: true })).headers.get('Location'), `${at}/rows`)
})

test('pages are turned back as they were turned, and each says which rows it shows', async () => {
  const { at: here } = await browse.fill(
    "SELECT range AS id, range % 4 AS k, 'a' AS s FROM range(7)",
    "SELECT range + 7 AS id, range % 3 AS k, 'b' AS s FROM range(6)",
  )
  async function shown(address: string) {
    const { status, text } = await browse.ask(address, { html: true })
    assert.equal(status, 200, text)
    const linkTo = (label: string) =>
      new RegExp(`<a class="button" href="([^"]*)">${label}`).exec(text)?.[1]?.replaceAll('&amp;', '&')
    const [, words] = /class="tabular">(Rows [^<]*)</.exec(text) ?? []
    const json = /href="([^"]*)">These rows as JSON/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? ''
    const ids = [...text.matchAll(/data-label="id">(\d+)</g)].map(([, id]) => Number(id))
    return {
      next: linkTo('Next page'),
      previous: linkTo('Previous page'),
      last: linkTo('Last page'),
      json,
      page: { words, ids },
    }
  }
  for (const [query, total] of [
    ['_size=5&_col=id', 13],
    ['_size=5&_col=id&_sort_desc=k&id__gt=1', 11],
  ] as const) {
    const there: unknown[] = []
    const back: unknown[] = []
    let last = ''
    for (let next: string | undefined = `${here}/rows?${query}`; next !== undefined; ) {
      last = next
      const one = await shown(next)
      there.push(one.page)
      next = one.next
    }
    for (let previous: string | undefined = last; previous !== undefined; ) {
      const one = await shown(previous)
      back.unshift(one.page)
      previous = one.previous
    }
    assert.deepEqual(back, there)
    const { words, ids } = there[1] as { words: string; ids: number[] }
    assert.deepEqual([words, ids.length], [`Rows 6–10 of ${total}`, 5])
    const { json, page } = await shown(last)
    assert.deepEqual((await browse.ask(json)).body.rows.flatMap(Object.values), page.ids)
    // The last page is full, and nothing follows it.
    const end = await shown((await shown(`${here}/rows?${query}`)).last ?? '')
    const all = (there as { ids: number[] }[]).flatMap((one) => one.ids)
    assert.deepEqual(end.page, { words: `Rows ${total - 4}–${total} of ${total}`, ids: all.slice(-5) })
    assert.deepEqual([end.next, end.last, (await shown(last)).last], [undefined, undefined, undefined])
    assert.deepEqual((await shown(end.previous ?? '')).page.ids, all.slice(-10, -5))
  }
  const { previous = '' } = await shown(
    `${here}/rows?_size=3&_next=${(await browse.ask(`${here}/rows.json?_size=3`)).body.next}`,
  )
  const cursor = new URLSearchParams(previous.split('?')[1]).get('_before') ?? ''
  assert.equal((await browse.ask(`${here}/rows.json?_before=${cursor}&_next=${cursor}`)).status, 400)
  assert.equal((await browse.ask(`${here}/rows.json?_before=x`)).body.code, 'invalid_cursor')
  // Where less than a page stands before a row, it is the first page.
  const first = await browse.ask(`${here}/rows.json?_before=${cursor}&_size=5`)
  assert.deepEqual(first.body.rows.length, 5)
})

test('who may only look, or nobody, reads no rows', async () => {
  assert.equal((await browse.ask(`${at}/rows.json`, { as: 'ann' })).body.code, 'permission_denied')
  assert.equal((await browse.ask(`${at}/rows.json`, { as: null })).status, 401)
  const columns = await browse.ask(at, { as: 'ann', html: true })
  assert.doesNotMatch(columns.text, /\/rows"/)
  assert.deepEqual(browse.failures, [])
})

test('a value that a column cannot hold is named with its filter and what that wants, without SQL of our own', async () => {
  for (const [parameters, reason] of [
    [{ price__gt: 'abc' }, 'The filter price__gt wants a number (DECIMAL(10,2)), and “abc” is none.'],
    [{ id__lt: '1000', big__in: '1, x' }, 'The filter big__in wants a number (BIGINT), and “x” is none.'],
    [{ day__gte: 'soon' }, 'The filter day__gte wants a date, as 2020-01-31 (DATE), and “soon” is none.'],
    [{ flag: 'maybe' }, 'The filter flag__exact wants true or false (BOOLEAN), and “maybe” is none.'],
  ] as const) {
    const answer = await page(parameters)
    assert.equal(answer.status, 400)
    assert.ok(answer.text.includes(reason), answer.text)
    assert.doesNotMatch(answer.text, /CAST|\$p\d/)
  }
})
