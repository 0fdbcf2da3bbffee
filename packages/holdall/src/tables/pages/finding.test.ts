import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestApp, type TestApp } from './test-app.ts'

let app: TestApp

before(async () => {
  app = await openTestApp({
    sql: `
      CREATE TABLE makers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, note TEXT);
      INSERT INTO makers VALUES (1, 'Elias Rask', 'potter'), (6, 'Tobias Rask', '100% tin'), (7, 'Royal Mint', NULL);
      CREATE TABLE objects (id INTEGER PRIMARY KEY, title TEXT NOT NULL, description TEXT, material TEXT, place TEXT,
        maker_id INTEGER REFERENCES makers (id), year_made INTEGER, photo TEXT);
      CREATE TABLE visits (id INTEGER PRIMARY KEY, visited_on TEXT);
      INSERT INTO objects (title, maker_id, year_made) VALUES ('Jug', 6, 1862), ('Bowl', 6, 1870), ('Groat', 7, 1682);
      CREATE VIRTUAL TABLE objects_fts USING fts5 (title, description, material, place, content = 'objects');
      INSERT INTO objects_fts (objects_fts) VALUES ('rebuild');
      CREATE TABLE secret (id INTEGER PRIMARY KEY, name TEXT);
      INSERT INTO secret VALUES (1, 'Hidden name');
      CREATE TABLE leads (id INTEGER PRIMARY KEY, secret_id INTEGER REFERENCES secret (id));
      INSERT INTO leads VALUES (1, 1);
      CREATE TABLE numbers (a INTEGER, b REAL);
    `,
    config: {
      databases: { data: { tables: { objects: { columns: { photo: { file_column: true } } } } } },
      permissions: { 'view-table': { id: ['root', 'ann'] } },
    },
  })
  app.look.exec('CREATE VIEW old AS SELECT title FROM objects')
})

after(async () => {
  await app.close()
})

const main = (page: string) => page.slice(page.indexOf('<main'))

function shows(page: string, pattern: RegExp): void {
  assert.ok(pattern.test(page), `${pattern} is not in: ${main(page).slice(0, 2500)}`)
}

function hides(page: string, pattern: RegExp): void {
  assert.ok(!pattern.test(page), `${pattern} is there: ${pattern.exec(page)?.[0]}`)
}

async function filtered(column: string, operator: string, value: string): Promise<string | null> {
  const query = new URLSearchParams({ _filter_column: column, _filter_op: operator, _filter_value: value })
  return (await app.ask(`/data/objects?${query}`, { actor: 'root' })).headers.get('Location')
}

test('a filter of a foreign key takes the name of a row, and says it', async () => {
  shows(await app.page('/data/objects'), /<input[^>]*name="_filter_value"[^>]*list="filter-values"/)
  shows(
    await app.page('/data/objects'),
    /<datalist id="filter-values">.*<option value="Tobias Rask">maker_id<\/option>/,
  )
  assert.equal(await filtered('maker_id', 'exact', 'Tobias Rask'), '/data/objects?maker_id__exact=6')
  assert.equal(await filtered('maker_id', 'not', ' tobias rask '), '/data/objects?maker_id__not=6')
  assert.equal(await filtered('maker_id', 'exact', '7'), '/data/objects?maker_id__exact=7')
  assert.equal(await filtered('title', 'exact', 'Tobias Rask'), '/data/objects?title__exact=Tobias+Rask')
  const page = await app.page('/data/objects?maker_id__exact=6')
  shows(page, /2 of 3 rows match 1 filter/)
  shows(page, /<span>maker_id<\/span><span class="operator">is<\/span><b>Tobias Rask<\/b>/)
  const open = await app.page('/data/objects?maker_id__exact=6&_change=maker_id__exact%3D6')
  shows(open, /name="_filter_value"[^>]*value="Tobias Rask"/)
})

test('a name that no row has is said to be none, with those that may be meant', async () => {
  assert.equal(await filtered('maker_id', 'exact', 'Rask'), '/data/objects?maker_id__exact=Rask')
  const page = await app.page('/data/objects?maker_id__exact=Rask&year_made__gt=1')
  shows(page, /maker_id is a row of makers, and the database knows it by a number/)
  shows(
    page,
    /Did you mean <a href="\/data\/objects\?year_made__gt=1&amp;maker_id__exact=1">Elias Rask<\/a>, <a href="[^"]*maker_id__exact=6">Tobias Rask<\/a>\?/,
  )
  hides(await app.page('/data/objects?maker_id__exact=6&year_made__gt=3000'), /knows it by a number/)
})

test('names of rows that somebody may not see are neither offered nor found', async () => {
  const closed = await openTestApp({
    sql: `CREATE TABLE secret (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO secret VALUES (1, 'Hidden name');
      CREATE TABLE leads (id INTEGER PRIMARY KEY, secret_id INTEGER REFERENCES secret (id)); INSERT INTO leads VALUES (1, 1);`,
    config: { databases: { data: { tables: { secret: { allow: { id: 'root' } } } } } },
  })
  const asked = '/data/leads?_filter_column=secret_id&_filter_op=exact&_filter_value=Hidden+name'
  assert.equal((await closed.ask(asked, { actor: 'root' })).headers.get('Location'), '/data/leads?secret_id__exact=1')
  assert.equal(
    (await closed.ask(asked, { actor: 'ann' })).headers.get('Location'),
    '/data/leads?secret_id__exact=Hidden+name',
  )
  for (const query of ['', '?secret_id=1', '?secret_id=Hidden']) {
    hides(await closed.page(`/data/leads${query}`, 'ann'), /Hidden name/)
  }
  await closed.close()
})

test('conditions are in words, and addresses keep their operators', async () => {
  const page = await app.page('/data/objects?year_made__lt=1700&id__lt=9')
  shows(page, /<span>year_made<\/span><span class="operator">is before<\/span>/)
  shows(page, /<span>id<\/span><span class="operator">is less than<\/span>/)
  hides(page, />(?:!=|≥|glob|array contains|is null|matches[^<]*)<\/option>/)
  // A condition without a value shows none, whatever the address gives along.
  shows(
    await app.page('/data/objects?title__notnull=1'),
    /<span>title<\/span><span class="operator">[^<]*<\/span><\/a>/,
  )
})

/** The conditions that the form offers for a kind of column. */
function offered(page: string, kind: string): string[] {
  const list = new RegExp(`<select[^>]*name="_filter_op_${kind}">(.*?)</select>`).exec(page)?.[1] ?? ''
  return [...list.matchAll(/>([^<]+)<\/option>/g)].map(([, label]) => label as string)
}

test('each kind of column is asked what makes sense of it, in plain words', async () => {
  const page = await app.page('/data/objects')
  shows(page, /<option value="title" data-kind="text">/)
  shows(page, /<option value="maker_id" data-kind="row">/)
  shows(page, /<option value="year_made" data-kind="year">/)
  shows(page, /<option value="id" data-kind="number">/)
  shows(page, /<option value="photo" data-kind="file">/)
  assert.deepEqual(offered(page, 'row'), ['is', 'is not', 'is empty', 'is not empty'])
  assert.deepEqual(offered(page, 'file'), [
    ...['has a file', 'has no file', 'has a file that is not right'],
    ...['has a file that is missing', 'has a file that cannot be read'],
    ...['has a file in the trash', 'has a file that is gone for good', 'has a file that has changed'],
  ])
  const text = 'contains, does not contain, is, is not, starts with, ends with, is one of (commas between)'
  assert.equal(offered(page, 'text').join(), `${text}, is empty, is not empty`.replaceAll(', ', ','))
  for (const words of ['is more than', 'is between']) assert.ok(offered(page, 'number').includes(words), words)
  assert.ok(offered(page, 'year').includes('is before'))
  assert.deepEqual(offered(page, 'date'), [])
  assert.ok(offered(await app.page('/data/visits'), 'date').includes('is on the day'))
})

test('the list that fits the column counts, whatever the hidden ones hold', async () => {
  const sent = (column: string, more = {}) =>
    app
      .ask(
        `/data/objects?${new URLSearchParams({
          _filter_column: column,
          _filter_op_text: 'startswith',
          _filter_op_number: 'gt',
          _filter_op_year: 'between',
          _filter_op_file: 'isblank',
          _filter_value: '1800',
          _filter_until: '1900',
          ...more,
        })}`,
        { actor: 'root' },
      )
      .then((answer) => answer.headers.get('Location'))
  assert.equal(await sent('title'), '/data/objects?title__startswith=1800')
  assert.equal(await sent('id'), '/data/objects?id__gt=1800')
  assert.equal(await sent('photo'), '/data/objects?photo__isblank=1')
  assert.equal(await sent('year_made'), '/data/objects?year_made__gte=1800&year_made__lte=1900')
  assert.equal(await sent('year_made', { _filter_value: ' ' }), '/data/objects?year_made__lte=1900')
  assert.equal(await sent('nothing', { _filter_op_number: 'constructor' }), '/data/objects')
})

test('an address with any operator is shown in words, and changing it keeps that operator', async () => {
  for (const [query, words] of [
    ['title__isnull=1', 'is null'],
    ['title__isblank=1', 'is empty'],
    ['title__exact=', 'is an empty text'],
    ['photo__isblank=1', 'has no file'],
    ['photo__notblank=1', 'has a file'],
    ['title__glob=J*', 'matches, with \\* for any text,'],
  ]) {
    const page = await app.page(`/data/objects?${query}`)
    shows(page, new RegExp(`<span class="operator">${words}</span>`))
  }
  const open = await app.page('/data/objects?title__glob=J*&_change=title__glob%3DJ*')
  shows(open, /<option value="glob" selected>matches, with \* for any text<\/option>/)
})

test('the search says where it looks, finds without an index too, and can be cleared', async () => {
  const objects = await app.page('/data/objects?_search=jug&_size=20')
  shows(objects, /placeholder="Search title, description, material, …"/)
  shows(objects, /<a class="search-clear" href="\/data\/objects\?_size=20" aria-label="Clear search"/)
  hides(await app.page('/data/objects'), /search-clear/)
  shows(await app.page('/data/objects?_search=ju'), /The search finds whole words\./)
  const makers = await app.page('/data/makers?_search=rask+elias')
  shows(makers, /placeholder="Search name, note"/)
  shows(makers, /1 of 3 rows matches the search/)
  shows(makers, /Elias Rask/)
  const cases: [string, number][] = [
    ['asK', 2],
    ['%25', 1],
    ['_', 0],
    ['%22elias+rask%22', 1],
    ['%22rask+elias%22', 0],
    ['%22', 3],
    ['%5C', 0],
  ]
  for (const [text, count] of cases) {
    const answer = await app.ask(`/data/makers.json?_shape=array&_search=${text}`, { actor: 'root' })
    assert.equal(((await answer.json()) as unknown[]).length, count, text)
  }
  shows(await app.page('/data/old?_search=jug'), /Rows? 1–1|1 of 3 rows/)
  hides(await app.page('/data/numbers'), /name="_search"/)
})

test('the full-text table of a table is hidden however its SQL is spaced', async () => {
  const page = await app.page('/data')
  shows(page, /hidden tables/)
  hides(page.slice(0, page.indexOf('hidden tables')), /href="\/data\/objects_fts"/)
})

test('the label of a row leads to it, as its key does', async () => {
  const page = await app.page('/data/objects')
  shows(
    page,
    /<td role="cell" class="row-title"[^>]*><a class="row-link" href="\/data\/objects\/1">Jug<\/a>|<a class="row-link" href="\/data\/objects\/1"><span class="two-lines">Jug<\/span><\/a>/,
  )
})
