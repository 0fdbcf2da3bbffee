import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openTestApp, type TestApp } from './test-app.ts'

let app: TestApp

before(async () => {
  app = await openTestApp({
    sql: `
      CREATE TABLE makers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, trade TEXT NOT NULL DEFAULT '', note TEXT DEFAULT 'It''s new',
        portrait TEXT, poster TEXT);
      INSERT INTO makers (id, name) VALUES (1, 'Elias Rask'), (2, 'Royal Mint'), (3, 'Royal Mint'), (4, 'Nobody');
      CREATE TABLE objects (id INTEGER PRIMARY KEY, title TEXT, maker_id INTEGER REFERENCES makers (id));
      INSERT INTO objects (title, maker_id) VALUES ('Jug', 1), ('Bowl', 1), ('Groat', 2);
      CREATE TABLE notes (id INTEGER PRIMARY KEY, about INTEGER REFERENCES objects (id) ON DELETE CASCADE);
      INSERT INTO notes (about) VALUES (3);
      CREATE TABLE tree (id INTEGER PRIMARY KEY, up INTEGER REFERENCES tree (id));
      INSERT INTO tree VALUES (1, 1);
    `,
    config: {
      databases: {
        data: { tables: { makers: { columns: { portrait: { file_column: true, file_accept: 'image/*' } } } } },
      },
      permissions: { 'update-row': { id: ['root', 'ann', 'ben'] }, 'files-browse': { id: ['root', 'ann'] } },
    },
  })
})

after(async () => {
  await app.close()
})

const main = (page: string) => page.slice(page.indexOf('<main'))

function shows(page: string, pattern: RegExp): void {
  assert.ok(pattern.test(page), `${pattern} is not in: ${main(page).slice(0, 3000)}`)
}

function hides(page: string, pattern: RegExp): void {
  assert.ok(!pattern.test(main(page)), `${pattern} is there: ${pattern.exec(main(page))?.[0]}`)
}

test('what refers to a row is counted before it is deleted, and what that means is said', async () => {
  const maker = await app.page('/data/makers/1/-/delete')
  shows(maker, /Elias Rask cannot be deleted yet/)
  shows(
    maker,
    /<a href="\/data\/objects\?maker_id__exact=1">2 rows of objects<\/a> refer to it as maker_id\. Change or/,
  )
  hides(maker, /<button[^>]*>Delete row/)
  const refused = await app.ask('/data/makers/1/-/delete', { actor: 'root', form: {} })
  const page = await refused.text()
  assert.equal(refused.status, 400)
  shows(page, /It is referred to by 2 rows of objects as maker_id\. Change or delete those first\./)
  hides(page, /FOREIGN KEY/)
  const single = await app.page('/data/makers/2/-/delete')
  shows(single, /1 row of objects<\/a> refers to it as maker_id\. Change or delete that one first: as long as it does/)
  const cascading = await app.page('/data/objects/3/-/delete')
  shows(cascading, /1 row of notes<\/a> refers to it as about\. It is deleted with it\./)
  shows(cascading, /<button[^>]*>Delete row/)
  shows(await app.page('/data/makers/4/-/delete'), /Delete Nobody for good\?/)
  // A row that refers to itself keeps nothing from going.
  shows(await app.page('/data/tree/1/-/delete'), /<button[^>]*>Delete row/)
  assert.equal((await app.ask('/data/tree/1/-/delete', { actor: 'root', form: {} })).status, 303)
})

test('a new row says in words what an empty field becomes, and names rows without their keys', async () => {
  const page = await app.page('/data/makers/-/insert')
  shows(page, /May be left empty\./)
  shows(page, /Left empty, it becomes It&#39;s new\./)
  hides(page, /Left empty: /)
  const form = await app.page('/data/objects/-/insert')
  shows(form, /<option value="1">Elias Rask<\/option>/)
  shows(form, /<option value="2">Royal Mint · 2<\/option>/)
})

test('who may not upload is told so, and offered the files that he may see', async () => {
  const withLibrary = await app.page('/data/makers/1/-/update', 'ann')
  shows(withLibrary, /You may not upload files for this column\. You can pick one that is in <a href="[^"]+">/)
  shows(withLibrary, /<file-column-input[^>]* pickable[^>]* library="files"/)
  const without = await app.page('/data/makers/1/-/update', 'ben')
  shows(without, /You may not upload files for this column, nor look through/)
  hides(without, /<file-column-input[^>]* (?:pickable|library)/)
  const root = await app.page('/data/makers/1/-/update')
  hides(root, /may not upload/)
  hides(root, / library="/)
  hides(await app.page('/data/makers', 'ann'), /<td[^>]*file-column[^>]*><span class="null">null/)
})

test('file columns take kinds of files from a list, and sizes in the unit beside them', async () => {
  const path = '/data/makers/-/file-columns'
  const settings = async () =>
    ((await (await app.ask(`${path}.json`, { actor: 'root' })).json()) as { columns: Record<string, object> }).columns
      .poster as { file_accept: string[]; file_max_size: number }
  const save = (form: Record<string, string>) =>
    app.ask(path, { actor: 'root', form: { 'holds.poster': 'file', ...form } })
  const cases: [Record<string, string>, string[], number | null][] = [
    [{ 'takes.poster': 'images', 'max_size.poster': '10', 'max_size_unit.poster': 'MB' }, ['image/*'], 10_000_000],
    [{ 'takes.poster': 'pdf', 'max_size.poster': '1.5', 'max_size_unit.poster': 'GB' }, ['application/pdf'], 1.5e9],
    [{ 'takes.poster': 'anything', 'accept.poster': '.doc', 'max_size.poster': '' }, [], null],
    [{ 'takes.poster': 'other', 'accept.poster': '.DOCX', 'max_size.poster': '10' }, ['.docx'], 10_000_000],
    [{ 'max_size.poster': '20 KB', 'max_size_unit.poster': 'GB' }, [], 20_000],
  ]
  for (const [form, accept, size] of cases) {
    assert.equal((await save(form)).status, 303)
    const { file_accept, file_max_size } = await settings()
    assert.deepEqual([file_accept, file_max_size], [accept, size], JSON.stringify(form))
  }
  await app.ask(path, { actor: 'root', json: { columns: { poster: { file_accept: 'video/*', file_max_size: 1500 } } } })
  const page = await app.page(path)
  shows(page, /name="takes\.poster".*<option value="video" selected>Video<\/option>/)
  shows(page, /name="max_size\.poster"[^>]*value="1\.5"/)
  shows(page, /<option value="KB" selected>/)
  assert.equal((await settings()).file_max_size, 1500)
  const refused = await save({ 'takes.poster': 'other', 'accept.poster': 'images', 'max_size.poster': 'x' })
  assert.equal(refused.status, 400)
  const again = await refused.text()
  shows(again, /<option value="other" selected>/)
  shows(again, /name="accept\.poster"[^>]*value="images"/)
})

test('every field that may be left empty says so', async () => {
  const hints = (page: string) =>
    Object.fromEntries(
      [...page.matchAll(/<p class="hint" id="field-([^"]+)-hint">(.*?)<\/p>/g)].map(([, name, hint]) => [name, hint]),
    )
  const added = hints(await app.page('/data/makers/-/insert'))
  assert.match(added.poster ?? '', /May be left empty\.$/)
  assert.match(added.portrait ?? '', /May be left empty\.$/)
  assert.equal(added.trade, 'May be left empty.')
  assert.equal(added.name, undefined)
  const changed = hints(await app.page('/data/makers/1/-/update'))
  assert.equal(changed.note, 'May be left empty.')
  assert.equal(changed.name, undefined)
  assert.equal(changed.trade, undefined)
  const objects = hints(await app.page('/data/objects/1/-/update'))
  assert.equal(objects.title, 'May be left empty.')
  assert.equal(objects.maker_id, 'May be left empty.')
})

test('a row says under its title how many rows refer to it', async () => {
  shows(await app.page('/data/makers/1'), /A row of makers · <a href="#linked">Used in 2 rows<\/a>/)
  shows(await app.page('/data/makers/1'), /<section id="linked">/)
  shows(await app.page('/data/makers/4'), /A row of makers<\/p>/)
})

test('what a source takes is said where a column has no rules of its own', async () => {
  const page = await app.page('/data/makers/-/file-columns')
  shows(page, /Files takes any file, up to [\d.]+ [GT]B\./)
  shows(page, /Of each file\. Empty: up to [\d.]+ [GT]B, the limit of Files\./)
})

test('a source that takes no new files is named as what it is, and a cell leads to what can be picked there', async () => {
  const folder = join(app.folder, 'harbour')
  mkdirSync(folder)
  const harbour = { label: 'Harbour archive', storage: 'filesystem', config: { root: folder, read_only: true } }
  const made = await app.ask('/-/files/sources', {
    actor: 'root',
    json: harbour,
    headers: { Accept: 'application/json' },
  })
  assert.equal(made.status, 201)
  const settings = await app.page('/data/makers/-/file-columns')
  hides(settings, /Harbour archive takes any file/)
  shows(settings, /Harbour archive takes no new files/)
  shows(settings, /<optgroup label="No new files: [^"]*"><option value="harbour-archive">Harbour archive<\/option>/)

  const columns = { poster: { file_column: true, file_source: 'harbour-archive' } }
  assert.equal((await app.ask('/data/makers/-/file-columns', { actor: 'root', json: { columns } })).status, 200)
  const table = await app.page('/data/makers')
  shows(
    table,
    /No file<\/span> <a class="fine" href="\/data\/makers\/1\/-\/update#field-poster"[^>]*>Pick from Harbour archive</,
  )
  const row = await app.page('/data/makers/1/-/update')
  shows(row, /Harbour archive takes no new files\. You can pick one that is in <a[^>]*>Harbour archive</)
  hides(await (await app.ask('/data/makers')).text(), /Pick from/)
})
