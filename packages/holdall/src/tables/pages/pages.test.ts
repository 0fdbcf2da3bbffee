import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fingerprint } from '../../access/was.ts'
import { tildeEncode } from '../../web/url.ts'
import { encodeRowKey } from '../keys.ts'
import { openTestApp, type TestApp } from './test-app.ts'

const JPEG = Buffer.from(
  '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=',
  'base64',
)

const ORGANIZATION = '550e8400-e29b-41d4-a716-446655440000'
let app: TestApp

before(async () => {
  app = await openTestApp({
    sql: `
      CREATE TABLE makers (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
      INSERT INTO makers VALUES (1, 'Mortlake Pottery'), (2, 'Royal Mint');
      CREATE TABLE objects (id INTEGER PRIMARY KEY, title TEXT NOT NULL UNIQUE, description TEXT, photo TEXT, photos TEXT,
        report TEXT, maker INTEGER REFERENCES makers (id), year INTEGER, weight REAL, made DATE DEFAULT '1900-01-01', raw BLOB,
        shout TEXT GENERATED ALWAYS AS (upper(title)) VIRTUAL);
      INSERT INTO objects (title, description, maker, year, weight, raw) VALUES ('Jug', 'a' || char(13, 10) || 'b', 1, 1862, 1.5, x'0001'),
        ('Bowl', NULL, 9, 'c. 1790', NULL, NULL), ('Groat', '', 2, 9007199254740993, 2, NULL);
      CREATE VIRTUAL TABLE objects_fts USING fts5 (title, content='objects');
      INSERT INTO objects_fts (objects_fts) VALUES ('rebuild');
      CREATE TABLE loans (id INTEGER PRIMARY KEY, object INTEGER REFERENCES objects (id));
      INSERT INTO loans (object) VALUES (1), (1);
      CREATE TABLE numbers (n INTEGER);
      CREATE TABLE empty (a TEXT);
      CREATE VIEW old AS SELECT title, year FROM objects;
      CREATE TABLE odd (k1 TEXT, k2 TEXT, v TEXT, "a/b ~""'<c>" TEXT, PRIMARY KEY (k1, k2));
      CREATE TABLE other (id INTEGER PRIMARY KEY, ref TEXT);
    `,
    config: {
      databases: {
        data: {
          tables: {
            empty: { allow: { id: 'ann' } },
            objects: { columns: { report: { file_column: true, file_accept: '.pdf' } } },
            numbers: { columns: { n: 'How many <there are>' }, units: { n: 'pieces' } },
          },
        },
      },
      permissions: {
        'update-row': { id: ['root', 'ann'] },
        'files-browse': { files: { allow: { id: ['root'] } } },
        'view-table': true,
      },
    },
  })
})

after(async () => {
  await app.close()
})

/** `assert.match` for pages: what fails to show is said without the whole page. */
function shows(page: string, pattern: RegExp): void {
  assert.ok(
    pattern.test(page),
    `${pattern} is not in: ${page.slice(page.indexOf('<main'), page.indexOf('<main') + 1500)}`,
  )
}

function hides(page: string, pattern: RegExp): void {
  assert.ok(!pattern.test(page), `${pattern} is there: ${pattern.exec(page)?.[0]}`)
}

const rows = (sql: string) =>
  app.look
    .prepare(sql)
    .all()
    .map((row) => ({ ...row }))

test('what the configuration says of a column stands at its head, beside its value and at its field', async () => {
  const said = 'How many &lt;there are&gt;'
  app.look.exec('INSERT INTO numbers VALUES (7)')
  shows(await app.page('/data/numbers'), new RegExp(`<th [^>]*title="${said}"[^>]*>.*integer · pieces<`))
  shows(await app.page('/data/numbers/1'), new RegExp(`integer · pieces</span><p class="hint">${said}</p>`))
  shows(
    await app.page('/data/numbers/-/insert', 'root'),
    new RegExp(`<p class="hint" id="field-n-hint">${said}\\. May be left empty\\.`),
  )
  app.look.exec('DELETE FROM numbers')
})

test('an old link to a query says that there are none, one to facets shows the rows', async () => {
  const asked = await app.ask('/data?sql=select+1')
  assert.equal(asked.status, 400)
  shows(await asked.text(), /databases answer no queries/)
  shows(await app.page('/data/objects?_facet=maker'), /Mortlake Pottery/)
})

test('the list of databases, a database and a table say how much there is', async () => {
  shows(await app.page('/'), /<a class="grow" href="\/data"><strong>data<\/strong>/)
  const database = await app.page('/data')
  shows(database, /href="\/data\/objects">objects<\/a>/)
  shows(database, /hidden tables/)
  const table = await app.page('/data/objects')
  shows(table, /<p class="lede">3 rows<\/p>/)
  shows(table, /Rows 1–3 of 3/)
  shows(table, /<a class="foreign" href="\/data\/makers\/1">Mortlake Pottery<\/a>/)
  shows(table, /9007199254740993/)
  shows(table, /2 bytes of data/)
  shows(table, /href="\/data\/objects\/1\/-\/update" aria-label="Edit Jug"/)
})

test('who may see a database and a table is said to those who let people in, with the way there', async () => {
  const said = (page: string) =>
    /<p class="muted">([^<]*may see[^<]*)<a href="([^"]*)">Change who may/.exec(page)?.slice(1)
  const change = '/-/people#everybody'
  assert.deepEqual(said(await app.page('/data')), ['Everybody, signed in or not, may see this database. ', change])
  assert.deepEqual(said(await app.page('/data/objects')), ['Everybody, signed in or not, may see this table. ', change])
  assert.deepEqual(said(await app.page('/data/empty')), ['Only ann and root may see this table. ', change])
  for (const path of ['/data', '/data/objects', '/data/empty'])
    assert.equal(said(await app.page(path, 'ann')), undefined)
})

test('to who may not write, nothing that writes is there', async () => {
  const page = await (await app.ask('/data/objects')).text()
  hides(page, /Insert row|-\/update|file-columns|<file-cell/)
  assert.equal((await app.ask('/data/objects/-/insert')).status, 401)
  assert.equal((await app.ask('/data/objects/1/-/delete', { actor: 'ann' })).status, 403)
  shows(await app.page('/data/objects/1', 'ann'), /Edit row/)
  hides(await app.page('/data/objects/1', 'ann'), /Delete row/)
})

test('filters, search, sort and columns are in the address, and each can be taken out', async () => {
  const page = await app
    .page('/data/objects?title__contains=o&year__gt=1800&_sort_desc=title&_col=title&_search=')
    .catch((error: Error) => error.message)
  shows(page, /302/)
  const added = await app.ask('/data/objects?_sort=title&_filter_column=year&_filter_op=gt&_filter_value=1800', {
    actor: 'root',
  })
  assert.equal(added.headers.get('Location'), '/data/objects?_sort=title&year__gt=1800')
  const ordered = await app.ask('/data/objects?year__gt=1&_order=-title', { actor: 'root' })
  assert.equal(ordered.headers.get('Location'), '/data/objects?year__gt=1&_sort_desc=title')
  const filtered = await app.page('/data/objects?title__contains=o&_sort_desc=title&_col=title')
  shows(filtered, /2 of 3 rows match 1 filter/)
  shows(filtered, /aria-sort="descending"/)
  shows(
    filtered,
    /href="\/data\/objects\?_sort_desc=title&amp;_col=title" aria-label="Remove filter: title contains o"/,
  )
  hides(filtered, /Mortlake Pottery<\/a>/)
  shows(
    filtered,
    /<a href="\/data\/objects\?title__contains=o&amp;_sort_desc=title&amp;_col=title&amp;_change=title__contains%3Do">/,
  )
  const open = await app.page('/data/objects?title__contains=o&year__gt=1&_change=title__contains%3Do')
  shows(open, /<details class="menu" open><summary class="chip-add">.*Change filter/)
  shows(open, /<option value="contains" selected>/)
  shows(open, /name="_filter_value"[^>]*value="o"/)
  hides(open, /<form class="menu-panel filter-form"[^>]*><input type="hidden" name="title__contains"/)
  shows(await app.page('/data/objects?_search=jug'), /1 of 3 rows matches the search/)
  shows(await app.page('/data/objects?_size=1'), /href="\/data\/objects\?_size=1&amp;_next=1"/)
})

test('when nothing matches, the page says which filter to drop and what that gives', async () => {
  const page = await app.page('/data/objects?title__contains=o&year__lt=0')
  shows(page, /No rows match/)
  shows(page, /Without the year filter there are 2 rows\./)
  shows(page, /href="\/data\/objects\?title__contains=o">Remove year filter/)
  const single = await app.page('/data/objects?title=zz')
  shows(single, /Without the title filter there are 3 rows\./)
  shows(await app.page('/data/empty'), /No rows in empty/)
  shows(await app.page('/data/objects?_search=zz&title=Jug'), /Without the search there is 1 row\./)
})

test('file columns are configured in a form and in JSON, as far as the file is silent', async () => {
  const path = '/data/objects/-/file-columns'
  shows(await app.page(path), /Declared in <code>the configuration<\/code>/)
  const saved = await app.ask(path, {
    actor: 'root',
    form: {
      'holds.photo': 'file',
      'accept.photo': 'Image/*',
      'max_size.photo': '1.5 MB',
      'holds.photos': 'files',
      'holds.title': 'text',
    },
  })
  assert.equal(saved.status, 303)
  shows(await (await app.ask('/data/objects', { actor: 'root', headers: { Cookie: '' } })).text(), /objects/)
  assert.deepEqual(await (await app.ask(`${path}.json`, { actor: 'root' })).json(), {
    ok: true,
    columns: {
      photo: {
        file_column: true,
        file_source: null,
        file_multiple: false,
        file_accept: ['image/*'],
        file_max_size: 1500000,
        declared: false,
      },
      photos: {
        file_column: true,
        file_source: null,
        file_multiple: true,
        file_accept: [],
        file_max_size: null,
        declared: false,
      },
      report: {
        file_column: true,
        file_source: null,
        file_multiple: false,
        file_accept: ['.pdf'],
        file_max_size: null,
        declared: true,
      },
    },
  })
  const cases: [Record<string, unknown>, string][] = [
    [{ nope: {} }, 'Column not found: nope'],
    [
      { year: {} },
      "Column type 'file' is only applicable to SQLite types TEXT but data.objects.year has SQLite type INTEGER",
    ],
    [{ report: null }, 'report is declared in the configuration. Change it there.'],
    [{ photo: { file_source: 'nowhere' } }, 'photo: There is no source nowhere.'],
    [{ photo: { file_accept: 'x y' } }, 'photo: Must be types or extensions, for example image/*, .pdf.'],
    [{ photo: { file_max_size: '-1' } }, 'photo: Must be a size, for example 20 MB.'],
    [{ photo: { zz: 1 } }, 'photo has an invalid key: zz'],
    [{ photo: 7 }, 'photo must be a dictionary or null'],
  ]
  for (const [columns, error] of cases) {
    const answer = await app.ask(path, { actor: 'root', json: { columns } })
    assert.deepEqual([answer.status, ((await answer.json()) as { error: string }).error], [400, error])
  }
  const refused = await app.ask(path, {
    actor: 'root',
    form: { 'holds.description': 'file', 'max_size.description': 'many' },
  })
  assert.equal(refused.status, 400)
  const page = await refused.text()
  shows(page, /value="many"/)
  shows(page, /Must be a size, for example 20 MB\./)
  assert.equal((await app.ask(path, { actor: 'ann' })).status, 403)
  const made = await app.ask('/data/-/create', { actor: 'root', json: { table: 'fresh', columns: [{ name: 'f' }] } })
  assert.equal(made.status, 201)
  assert.equal(
    (await app.ask('/data/fresh/-/file-columns', { actor: 'root', json: { columns: { f: {} } } })).status,
    200,
  )
  assert.equal(
    (await app.ask('/data/fresh/-/file-columns', { actor: 'root', json: { columns: { f: null } } })).status,
    200,
  )
})

test('a form without scripts uploads its files, keeps everything when refused, and saves only what changed', async () => {
  const path = '/data/objects/2/-/update'
  const form = new FormData()
  form.set('title', 'Bowl of “tin” <glaze> & more')
  form.set('description', 'one\r\ntwo')
  form.set('year', 'around 1800')
  form.set('$was.year', fingerprint('c. 1790'))
  form.set('weight', 'x')
  form.set('photo', '')
  form.set('photos', '')
  form.append('$upload.photo', new File([JPEG], 'new <photo>.jpg', { type: 'image/jpeg' }))
  form.append('$upload.photos', new File([JPEG], 'a.jpg', { type: 'image/jpeg' }))
  form.append('$upload.photos', new File([JPEG], 'b.jpg', { type: 'image/jpeg' }))
  form.append('$upload.report', new File([], ''))
  const refused = await app.ask(path, { actor: 'root', form })
  const page = await refused.text()
  assert.equal(refused.status, 400, page.slice(0, 300))
  shows(page, /Not saved\. 2 fields need a change\./)
  shows(page, /<a href="#field-year">year<\/a>: Must be a whole number, for example 1862\./)
  shows(page, /value="around 1800"/)
  shows(page, /value="Bowl of “tin” &lt;glaze&gt; &amp; more"/)
  const photo = /<file-column-input id="field-photo"[^>]* value="(df-[a-z0-9]{26})"/.exec(page)?.[1] as string
  const photos = /<file-column-input id="field-photos"[^>]* value="([^"]*)"/
    .exec(page)?.[1]
    ?.replaceAll('&quot;', '"') as string
  assert.equal(JSON.parse(photos).length, 2)
  assert.equal(rows('SELECT title FROM objects WHERE id = 2')[0]?.title, 'Bowl')

  const again = await app.ask(path, {
    actor: 'root',
    form: {
      title: 'Bowl',
      description: 'one\r\ntwo',
      year: 'c. 1790',
      '$was.year': fingerprint('c. 1790'),
      weight: '2.5',
      photo,
      photos,
      maker: '9',
    },
  })
  assert.equal(again.status, 303)
  assert.equal(again.headers.get('Location'), '/data/objects/2')
  assert.deepEqual(rows('SELECT title, description, year, weight, photo, photos, maker FROM objects WHERE id = 2'), [
    { title: 'Bowl', description: 'one\ntwo', year: 'c. 1790', weight: 2.5, photo, photos, maker: 9 },
  ])
  // What is taken off the row comes back with Undo, and what else was saved stays.
  const without = await app.ask(path, {
    actor: 'root',
    form: { title: 'Bowl', weight: '3', photo: '', photos: JSON.stringify([JSON.parse(photos)[1]]) },
  })
  const cookie = without.headers.getSetCookie().find((one) => one.startsWith('holdall_once=')) as string
  const headers = { Cookie: cookie.split(';', 1)[0] as string }
  const landed = await (await app.ask('/data/objects/2', { actor: 'root', headers })).text()
  shows(landed, /Row saved, 2 files detached.*data-undo/s)
  const undo = Object.fromEntries(
    [...landed.slice(landed.indexOf('2 files detached')).matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(
      ([, name, value]) => [name, String(value).replaceAll('&quot;', '"')],
    ),
  )
  assert.equal((await app.ask(path, { actor: 'root', form: undo })).status, 303)
  assert.deepEqual(rows('SELECT weight, photo, photos FROM objects WHERE id = 2'), [{ weight: 3, photo, photos }])
  const table = await app.page('/data/objects')
  shows(table, /aria-label="new &lt;photo&gt;.jpg"/)
  shows(table, /<img class="thumb" src="\/-\/files\/df-[a-z0-9]+\/thumbnail"/)

  const references = await (await app.ask(`/-/files/${photo}/references.json`, { actor: 'root' })).json()
  assert.deepEqual(references, {
    ok: true,
    references: [
      { database: 'data', table: 'objects', column: 'photo', key: '2', label: 'Bowl', url: '/data/objects/2' },
    ],
    truncated: false,
  })
  const listed = JSON.parse(photos)[1] as string
  assert.equal(
    (
      (await (await app.ask(`/-/files/${listed}/references.json`, { actor: 'root' })).json()) as {
        references: unknown[]
      }
    ).references.length,
    1,
  )
  assert.equal((await app.ask(`/-/files/${photo}/references.json`, { actor: 'ann' })).status, 404)
  // Who may not see a file sees that something is there, and can save the row all the same.
  const seen = await app.page('/data/objects/2', 'ann')
  shows(seen, /title="It is not there, or you may not see its source\.[^"]*".*Not shown to you/s)
  hides(seen, /new &lt;phot/)
  const byAnn = await app.ask(path, {
    actor: 'ann',
    form: { title: 'Bowl', photo, photos, '$was.photo': fingerprint(photo), '$was.photos': fingerprint(photos) },
  })
  assert.equal(byAnn.status, 303)
  const stolen = await app.ask('/data/objects/1/-/update', { actor: 'ann', form: { photo } })
  assert.equal(stolen.status, 400)
  shows(await stolen.text(), /does not exist, or you may not see it/)
})

test('what nobody touched is not written, even when somebody else has changed it meanwhile', async () => {
  const was = (text: string) => fingerprint(text)
  app.look.exec("UPDATE objects SET title = 'Jug, repaired' WHERE id = 1")
  const answer = await app.ask('/data/objects/1/-/update', {
    actor: 'root',
    form: {
      title: 'Jug',
      '$was.title': was('Jug'),
      description: 'a\r\nb',
      '$was.description': was('a\r\nb'),
      year: '1863',
      '$was.year': was('1862'),
    },
  })
  assert.equal(answer.status, 303)
  assert.deepEqual(rows('SELECT title, description, year FROM objects WHERE id = 1'), [
    { title: 'Jug, repaired', description: 'a\r\nb', year: 1863 },
  ])
  app.look.exec("UPDATE objects SET title = 'Jug' WHERE id = 1")
})

test('a new row takes defaults for what is left empty, and says what is missing', async () => {
  const page = await app.page('/data/objects/-/insert')
  shows(page, /Left empty, the next number is taken\./)
  shows(page, /Left empty, it becomes 1900-01-01\./)
  hides(page, /shout/)
  const refused = await app.ask('/data/objects/-/insert', {
    actor: 'root',
    form: { title: '', year: '7', weight: '1e3' },
  })
  assert.equal(refused.status, 400)
  shows(await refused.text(), /Must not be empty\./)
  const taken = await app.ask('/data/objects/-/insert', { actor: 'root', form: { title: 'Groat', year: '12' } })
  const text = await taken.text()
  assert.equal(taken.status, 400)
  shows(text, /Another row has this value already\./)
  shows(text, /value="12"/)
  const made = await app.ask('/data/objects/-/insert', {
    actor: 'root',
    form: { id: '', title: 'Spoon', year: '', maker: '2', weight: ' 3 ', made: '' },
  })
  assert.deepEqual([made.status, made.headers.get('Location')], [303, '/data/objects/4'])
  assert.deepEqual(rows('SELECT year, maker, weight, typeof(weight) AS t, made FROM objects WHERE id = 4'), [
    { year: null, maker: 2, weight: 3, t: 'real', made: '1900-01-01' },
  ])
  const said = await app.ask('/data/objects/4', { actor: 'root', headers: {} })
  assert.equal(said.status, 200)
})

test('a row is deleted after a question, and a refusal is told on the same page', async () => {
  const question = await app.page('/data/objects/1/-/delete')
  shows(question, /Jug cannot be deleted yet/)
  shows(question, /2 rows of loans<\/a> refer to it as object\./)
  const refused = await app.ask('/data/objects/1/-/delete', { actor: 'root', form: {} })
  assert.equal(refused.status, 400)
  shows(await refused.text(), /It is referred to by 2 rows of loans as object\./)
  const done = await app.ask('/data/objects/4/-/delete', { actor: 'root', form: {} })
  assert.deepEqual([done.status, done.headers.get('Location')], [303, '/data/objects'])
  assert.equal((await app.ask('/data/objects/4', { actor: 'root' })).status, 404)
  assert.equal((await app.ask('/data/objects/4/-/delete', { actor: 'root', form: {} })).status, 404)
})

const NAUGHTY = [
  '',
  ' ',
  'null',
  'undefined',
  '\\',
  "'",
  '"',
  '`',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'; DROP TABLE odd; --",
  '%00',
  '%s%s%n',
  '../../etc/passwd',
  '.',
  '..',
  '/',
  'a/b',
  '~',
  '~2F',
  '+',
  'a+b',
  ',',
  'a,b',
  '$null',
  '$i5',
  '$',
  '?',
  '#',
  '&amp;',
  '&',
  '田中さんにあげて下さい',
  'نص',
  '‮test‬',
  'Ω≈ç√∫',
  '👩‍👩‍👧‍👦',
  '\u200b',
  '\ufeff',
  'ﬀ',
  'İ',
  '1e400',
  '0x1F',
  'NaN',
  '-',
  '__proto__',
  'constructor',
  'x'.repeat(500),
  '\t',
  'a\nb',
  'a\r\nb',
  '{{7*7}}',
  '#{7*7}',
]

test('rows with any key and any value are shown, linked, changed and deleted', async () => {
  const insert = await app.ask('/data/odd/-/insert', {
    actor: 'root',
    json: { rows: NAUGHTY.map((text, index) => ({ k1: text, k2: String(index), v: text, 'a/b ~"\'<c>': text })) },
  })
  assert.equal(insert.status, 201, await insert.clone().text())
  const table = await app.page('/data/odd')
  hides(table, /<script>alert|<img src=x/)
  const field = tildeEncode('a/b ~"\'<c>')
  for (const [index, text] of NAUGHTY.entries()) {
    const address = `/data/odd/${encodeRowKey([text, String(index)], ['TEXT', 'TEXT'])}`
    assert.ok(table.includes(`href="${address}"`), address)
    const row = await app.page(address)
    hides(row, /<script>alert|<img src=x/)
    const form = await app.page(`${address}/-/update`)
    const was = new RegExp(`name="\\$was\\.${field.replace(/[+.]/g, '\\$&')}" value="([^"]*)"`).exec(
      form,
    )?.[1] as string
    const untouched = await app.ask(`${address}/-/update`, {
      actor: 'root',
      form: { [field]: text.replace(/\r?\n/g, '\r\n'), [`$was.${field}`]: was, v: `${text}!` },
    })
    assert.equal(untouched.status, 303, address)
    const [stored] = app.look.prepare('SELECT v, "a/b ~""\'<c>" AS same FROM odd WHERE k2 = ?').all(String(index))
    assert.deepEqual({ ...stored }, { v: `${text}!`, same: text }, address)
    const gone = await app.ask(`${address}/-/delete`, { actor: 'root', form: {} })
    assert.equal(gone.status, 303, address)
  }
  assert.deepEqual(rows('SELECT count(*) AS n FROM odd'), [{ n: 0 }])
})

test('forms that no browser sends are refused, not failed', async () => {
  const broken: [string, string][] = [
    ['title=%ff', 'application/x-www-form-urlencoded'],
    ['--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nno end', 'multipart/form-data; boundary=x'],
    ['', 'multipart/form-data'],
  ]
  for (const [body, type] of broken) {
    const answer = await app.ask('/data/objects/1/-/update', { actor: 'root', body, headers: { 'Content-Type': type } })
    assert.equal(answer.status, 400, type)
  }
  for (const form of [{ title: 'a\0b' }, { year: '9'.repeat(30) }, { weight: '1e999' }]) {
    const answer = await app.ask('/data/objects/1/-/update', {
      actor: 'root',
      form: form as unknown as Record<string, string>,
    })
    assert.equal(answer.status, 400, JSON.stringify(form))
  }
  const unknown = await app.ask('/data/objects/1/-/update', {
    actor: 'root',
    form: { nope: '1', __proto__: 'x' } as Record<string, string>,
  })
  assert.equal(unknown.status, 303)
  assert.equal((await app.ask('/data/old/-/insert', { actor: 'root' })).status, 404)
  assert.equal((await app.ask('/data/objects/zz/-/update', { actor: 'root' })).status, 404)
  assert.equal((await app.ask('/data/old', { actor: 'root' })).status, 200)
  assert.deepEqual(app.failures, [])
})

test('without a database, the first page offers ways to begin', async () => {
  const bare = await openTestApp({ sql: '', database: false })
  const page = await bare.page('/')
  shows(page, /<h1>No databases yet<\/h1>/)
  shows(page, /href="\/-\/files\/upload\/files"/)
  shows(page, /holdall serve collection\.db/)
  await bare.close()
})

test('on a closed server, the start page of who was let in further down lists what that is', async () => {
  const closed = await openTestApp({
    sql: 'CREATE TABLE prints (id INTEGER PRIMARY KEY); CREATE TABLE wages (id INTEGER PRIMARY KEY)',
    config: {
      allow: { id: 'root' },
      sources: { scans: { storage: 'filesystem', label: 'Scans', config: { root: 'scans' } } },
      collections: [
        { organization: ORGANIZATION, id: 'visits', label: 'Visits' },
        { organization: ORGANIZATION, id: 'wages', label: 'Salaries' },
      ],
    },
  })
  const grant = async (actor: string, resource: string) => {
    const json = { op: 'grant', actor, level: 'view', resource }
    const headers = { Accept: 'application/json' }
    assert.equal((await closed.ask('/-/people', { actor: 'root', json, headers })).status, 200)
  }
  await grant('anna', 'table:data/prints')
  const page = await closed.page('/', 'anna')
  shows(page, /<h1>What you may see<\/h1>.*<h2>Tables<\/h2>.*href="\/data\/prints"/s)
  hides(page, /wages|Databases<\/h2>|href="\/data"|Scans|Visits|Salaries/)
  assert.equal((await closed.ask('/data/prints', { actor: 'anna' })).status, 200)
  // The way up from the table leads to what she may see of the database.
  const up = await closed.page('/data', 'anna')
  shows(up, /href="\/data\/prints"/)
  shows(up, /1 table\. You may see a part of this database\.</)
  hides(up, /wages/)
  const asked = await closed.ask('/data.json', { actor: 'anna' })
  const json = (await asked.json()) as Record<string, unknown> & { tables: { name: string }[] }
  assert.deepEqual([asked.status, json.size, json.allow_execute_sql, json.table_columns], [200, null, false, {}])
  assert.deepEqual(
    json.tables.map(({ name }) => name),
    ['prints'],
  )
  for (const path of ['/data', '/data.json']) {
    assert.equal((await closed.ask(path, { actor: 'nemo' })).status, 403)
    assert.equal((await closed.ask(path)).status, 401)
  }

  await grant('anna', 'source:scans')
  await grant('anna', `collection:visits/${ORGANIZATION}`)
  const more = await closed.page('/', 'anna')
  shows(more, /href="\/-\/files\/browse\/scans".*>Scans<.*href="\/-\/datasets\/[^"]+\/visits".*>Visits</s)
  hides(more, /wages|Salaries/)
  await grant('anna', 'database:data')
  const database = await closed.page('/', 'anna')
  shows(database, /<h2>Databases<\/h2>.*href="\/data"/s)
  hides(database, /<h2>Tables<\/h2>/)

  assert.equal((await closed.ask('/.json', { actor: 'anna' })).status, 403)
  assert.equal((await closed.ask('/', { actor: 'anna', headers: { Accept: 'application/json' } })).status, 403)
  assert.equal((await closed.ask('/', { actor: 'nemo' })).status, 403)
  assert.equal((await closed.ask('/')).status, 401)
  shows(await closed.page('/'), /<h1>Databases<\/h1>/)
  await closed.close()
})

test('every address of every page carries base_url', async () => {
  const based = await openTestApp({
    sql: "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, photo TEXT); INSERT INTO t (name) VALUES ('a'), ('b')",
    config: {
      settings: { base_url: '/x/' },
      databases: { data: { tables: { t: { columns: { photo: { file_column: true } } } } } },
    },
  })
  const paths = [
    '',
    'data',
    'data/t?_size=1&name__contains=a',
    'data/t/1',
    'data/t/-/insert',
    'data/t/1/-/update',
    'data/t/1/-/delete',
    'data/t/-/file-columns',
  ]
  for (const path of paths) {
    const page = await based.page(`/x/${path}`)
    const addresses = [...page.matchAll(/(?:href|src|action|row-url|base)="(\/[^"]*)"/g)].map(
      (found) => found[1] as string,
    )
    assert.ok(addresses.length > 5, path)
    assert.deepEqual(
      addresses.filter((address) => !address.startsWith('/x/')),
      [],
      path,
    )
  }
  const saved = await based.ask('/x/data/t/1/-/update', { actor: 'root', form: { name: 'c' } })
  assert.equal(saved.headers.get('Location'), '/x/data/t/1')
  await based.close()
})
