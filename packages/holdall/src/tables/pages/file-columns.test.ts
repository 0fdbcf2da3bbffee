import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { MAX_COLUMN_NAME } from '../file-columns/add.ts'
import { openTestApp, type TestApp } from './test-app.ts'

const FILE = `df-${'0'.repeat(26)}`
const OBJECTS = '/data/objects/-/file-columns'

let app: TestApp
before(async () => {
  app = await openTestApp({
    sql: `
      CREATE TABLE objects (id INTEGER PRIMARY KEY, place TEXT, note TEXT, empty TEXT, files TEXT, declared TEXT);
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
        INSERT INTO objects (place) SELECT 'Place ' || i FROM n;
      UPDATE objects SET empty = '' WHERE id < 10;
      UPDATE objects SET note = 'one' WHERE id = 1;
      UPDATE objects SET files = '${FILE}', declared = 'x' WHERE id = 1;
      UPDATE objects SET files = ' ["${FILE}", "${FILE}"]', declared = '${FILE}' WHERE id = 2;
      UPDATE objects SET files = '[]' WHERE id = 3;
      CREATE TABLE odd (id INTEGER PRIMARY KEY, texts TEXT);
      INSERT INTO odd (texts) VALUES ('["a"]'), ('[1]'), ('{"a": "${FILE}"}'), ('["${FILE}", "b"]'), ('[broken'), ('df-1'),
        ('${FILE}'), (NULL), (''), (x'00');
      CREATE TABLE numbers (id INTEGER PRIMARY KEY);
      CREATE VIEW shown AS SELECT place FROM objects;
    `,
    config: {
      permissions: { 'set-column-type': { id: ['root', 'ann'] }, 'create-table': { id: ['root'] } },
      databases: { data: { tables: { objects: { columns: { declared: { file_column: true } } } } } },
    },
  })
})
after(async () => {
  await app.close()
})

async function post(path: string, json: unknown, actor = 'root') {
  const response = await app.ask(path, { actor, json, headers: { Accept: 'application/json' } })
  return { status: response.status, body: (await response.json()) as { [key: string]: unknown; errors?: string[] } }
}

async function submit(path: string, form: Readonly<Record<string, string>>, actor = 'root') {
  const response = await app.ask(path, { actor, form })
  return { status: response.status, text: await response.text() }
}

const configured = async () =>
  Object.keys(((await (await app.ask(`${OBJECTS}.json`, { actor: 'root' })).json()) as { columns: object }).columns)

test('a column whose rows hold text becomes a file column only when that was said', async () => {
  const asked = { columns: { place: {}, note: {}, empty: {}, files: { file_multiple: true } } }
  const refused = await post(OBJECTS, asked)
  assert.equal(refused.status, 409, JSON.stringify(refused.body))
  assert.equal(refused.body.code, 'file_columns_hold_text')
  assert.deepEqual(refused.body.errors, [
    'place: 2,000 rows hold text that is no file. Send "confirm": true to use it all the same.',
    'note: 1 row holds text that is no file. Send "confirm": true to use it all the same.',
  ])
  assert.deepEqual(await configured(), ['declared'], 'nothing of it is saved')
  assert.match(String((await post(OBJECTS, { ...asked, confirm: 1 })).body.error), /confirm must be true or false/)

  // What holds files or nothing is not asked about.
  const fine = await post(OBJECTS, { columns: { empty: {}, files: { file_multiple: true } } })
  assert.equal(fine.status, 200, JSON.stringify(fine.body))
  const confirmed = await post(OBJECTS, { columns: { place: {} }, confirm: true })
  assert.equal(confirmed.status, 200, JSON.stringify(confirmed.body))
  // Once it is one, its settings change without the question.
  assert.equal((await post(OBJECTS, { columns: { place: { file_multiple: true } } })).status, 200)
  const page = await app.page(OBJECTS)
  assert.match(page, /2,000 rows hold text that is no file\./)
  assert.match(page, /Declared in <code>[^<]*<\/code>\. Change it there\. 1 row holds text that is no file\./)
  await post(OBJECTS, { columns: { place: null, empty: null, files: null } })
})

test('every text that no cell reads as files counts', async () => {
  const refused = await post('/data/odd/-/file-columns', { columns: { texts: {} } })
  assert.match(refused.body.errors?.[0] ?? '', /^texts: 7 rows hold text that is no file\./)
})

test('on the page the refusal brings the box that says so, for its column alone', async () => {
  const fields = { 'holds.place': 'file', 'holds.note': 'files' }
  assert.doesNotMatch(await app.page(OBJECTS), /name="confirm\./)
  const refused = await submit(OBJECTS, fields)
  assert.equal(refused.status, 409)
  assert.match(refused.text, /<a href="#field-holds~2Eplace">place<\/a>: 2,000 rows hold text that is no file\./)
  for (const name of ['place', 'note'])
    assert.match(refused.text, new RegExp(`name="confirm\\.${name}"[^>]*>Use it all the same`))
  assert.doesNotMatch(refused.text, /name="confirm\.empty"/)
  const half = await submit(OBJECTS, { ...fields, 'confirm.place': 'yes' })
  assert.equal(half.status, 409)
  assert.deepEqual(await configured(), ['declared'])
  assert.equal((await submit(OBJECTS, { ...fields, 'confirm.place': 'yes', 'confirm.note': 'yes' })).status, 303)
  assert.deepEqual((await configured()).sort(), ['declared', 'note', 'place'])
  await post(OBJECTS, { columns: { place: null, note: null } })
})

const columnsOf = (table: string) =>
  app.look
    .prepare('SELECT name, type, "notnull" AS required FROM pragma_table_info(?)')
    .all(table)
    .map(({ name, type, required }) => `${name} ${type}${required ? ' NOT NULL' : ''}`)

test('a column is added on the page and by JSON, and holds files at once', async () => {
  const path = '/data/numbers/-/file-columns'
  const page = await app.page(path)
  assert.match(page, /No column can hold files.*action="\/data\/numbers\/-\/file-columns\/-\/add".*Add a column/s)
  assert.equal((await submit(`${path}/-/add`, { name: ' photo of "it" ', holds: 'file' })).status, 303)
  const many = await post(`${path}/-/add`, { name: 'scans', multiple: true })
  assert.equal(many.status, 201, JSON.stringify(many.body))
  assert.equal(many.body.column, 'scans')
  assert.deepEqual(columnsOf('numbers'), ['id INTEGER', 'photo of "it" TEXT', 'scans TEXT'])
  const { columns } = many.body as { columns: Record<string, { file_multiple: boolean }> }
  assert.deepEqual(
    Object.entries(columns).map(([name, rule]) => [name, rule.file_multiple]),
    [
      ['photo of "it"', false],
      ['scans', true],
    ],
  )
  assert.match(await app.page('/data/numbers'), /Attach many files/)
})

test('bad and taken names are refused in words, in JSON and on the page', async () => {
  const before = columnsOf('objects')
  const refusals: [string, RegExp][] = [
    ['', /A column needs a name\./],
    [' photo', /no space before or after/],
    ['PLACE', /objects has a column place already\. Choose another name\./],
    ['rowid', /rowid is SQLite's own name of a row\./],
    ['two\nlines', /one line of letters and signs/],
    ['half \ud800', /one line of letters and signs/],
    ['x'.repeat(MAX_COLUMN_NAME + 1), /at most 100 letters/],
  ]
  for (const [name, words] of refusals) {
    const refused = await post(`${OBJECTS}/-/add`, { name })
    assert.equal(refused.status, 400, name)
    assert.match(String(refused.body.error), words)
  }
  assert.equal((await post(`${OBJECTS}/-/add`, { name: 7 })).status, 400)
  assert.equal((await post(`${OBJECTS}/-/add`, { name: 'a', nope: 1 })).status, 400)
  const page = await submit(`${OBJECTS}/-/add`, { name: 'Place', holds: 'files' })
  assert.equal(page.status, 400)
  assert.match(page.text, /Not added\. One field needs a change\..*objects has a column place already/s)
  assert.match(page.text, /name="name"[^>]*value="Place"|value="Place"[^>]*name="name"/)
  assert.match(page.text, /<option value="files" selected>/)
  assert.equal((await post('/data/shown/-/file-columns/-/add', { name: 'photo' })).status, 404)
  assert.doesNotMatch(await app.page('/data/shown/-/file-columns'), /-\/add"/)
  assert.deepEqual(columnsOf('objects'), before)
  assert.equal((await post(`${OBJECTS}/-/add`, { name: 'y'.repeat(MAX_COLUMN_NAME) })).status, 201)
})

test('who may configure and not make tables is not offered a column, and is refused', async () => {
  assert.doesNotMatch(await app.page(OBJECTS, 'ann'), /Add a column/)
  const before = columnsOf('objects')
  const refused = await post(`${OBJECTS}/-/add`, { name: 'photo' }, 'ann')
  assert.equal(refused.status, 403)
  assert.deepEqual(refused.body.errors, ['Permission denied: need create-table to add a column'])
  assert.deepEqual(columnsOf('objects'), before)
})

test('where the settings cannot be kept, the answer says that the column was added', async () => {
  const internal = new DatabaseSync(join(app.folder, 'state', 'internal.db'))
  internal.exec(`CREATE TRIGGER no BEFORE INSERT ON metadata_columns WHEN NEW.column_name = 'doomed'
    BEGIN SELECT RAISE(ABORT, 'no'); END`)
  try {
    const half = await post(`${OBJECTS}/-/add`, { name: 'doomed' })
    assert.deepEqual([half.status, half.body.code], [503, 'file_column_only_added'])
    assert.match(String(half.body.error), /^doomed was added as a column for text\. Make it a file column/)
    assert.ok(columnsOf('objects').includes('doomed TEXT'))
    assert.equal((await configured()).includes('doomed'), false)
  } finally {
    internal.exec('DROP TRIGGER no')
    internal.close()
  }
  assert.equal((await post(OBJECTS, { columns: { doomed: {} } })).status, 200)
})
