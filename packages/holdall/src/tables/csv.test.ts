import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { allRead } from '../files/background/test-all-read.ts'
import { openTestApp, type TestApp } from './pages/test-app.ts'

const MANY = 2_500
let app: TestApp

before(async () => {
  app = await openTestApp({
    sql: `
      CREATE TABLE makers (id INTEGER PRIMARY KEY, name TEXT);
      INSERT INTO makers VALUES (1, 'Mortlake, Pottery');
      CREATE TABLE objects (id INTEGER PRIMARY KEY, title TEXT, photo TEXT, maker INTEGER REFERENCES makers (id), year INTEGER, raw BLOB);
      INSERT INTO objects VALUES (1, 'Jug, "large"', NULL, 1, 9007199254740993, x'0001'),
        (2, 'Zwei' || char(10) || 'Zeilen', NULL, NULL, 1.5, NULL), (3, 'Ærø', 'no file', 7, -1, NULL);
      CREATE TABLE many (id INTEGER PRIMARY KEY, name TEXT);
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MANY})
        INSERT INTO many SELECT i, 'name ' || (i % 10) FROM n;
      CREATE TABLE places (id INTEGER PRIMARY KEY, "limit" INTEGER, cursor TEXT);
      INSERT INTO places SELECT id, 5, CASE WHEN id % 2 THEN 'odd' ELSE 'even' END FROM many;
      CREATE VIEW names AS SELECT id, name FROM many;
      CREATE TABLE hidden (a TEXT);
    `,
    config: {
      databases: {
        data: {
          tables: {
            hidden: { allow: { id: 'ann' } },
            objects: { columns: { photo: { file_column: true, file_multiple: true } } },
          },
        },
      },
      permissions: {
        'execute-sql': { id: 'ann' },
        'update-row': { id: 'ann' },
        'files-browse': { files: { allow: { id: 'ann' } } },
      },
    },
  })
})
after(async () => await app.close())

async function csv(path: string, actor?: string): Promise<string> {
  const response = await app.ask(path, { ...(actor && { actor }) })
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('Content-Type'), 'text/csv; charset=utf-8')
  return await response.text()
}

test('cells are quoted where they must be; what is missing is empty, bytes are base64, long numbers stay whole', async () => {
  assert.equal(
    await csv('/data/objects.csv'),
    'id,title,photo,maker,year,raw\r\n1,"Jug, ""large""",,1,9007199254740993,AAE=\r\n2,"Zwei\nZeilen",,,1.5,\r\n3,Ærø,no file,7,-1,\r\n',
  )
  const labelled = await csv('/data/objects.csv?_labels=on&_col=maker&id=1')
  assert.equal(labelled, 'id,maker,maker_label\r\n1,1,"Mortlake, Pottery"\r\n')
})

test('all rows come that match, in their order, past the end of a page; with _size one page', async () => {
  for (const table of ['many', 'names']) {
    const lines = (await csv(`/data/${table}.csv`)).trim().split('\r\n')
    assert.deepEqual([lines.length, lines[1], lines.at(-1)], [MANY + 1, '1,name 1', `${MANY},name 0`], table)
  }
  const filtered = (await csv('/data/many.csv?name=name+3&_sort_desc=id')).trim().split('\r\n')
  assert.deepEqual([filtered.length, filtered[1], filtered.at(-1)], [MANY / 10 + 1, '2493,name 3', '3,name 3'])
  for (const size of ['_size', 'limit']) {
    assert.equal((await csv(`/data/many.csv?${size}=2`)).trim().split('\r\n').length, 3, size)
  }
  assert.equal(await csv('/data/many.csv?id=0'), 'id,name\r\n')
  const places = (await csv('/data/places.csv?limit=5&cursor=odd')).trim().split('\r\n')
  assert.deepEqual(
    [places.length, places.at(-1)],
    [MANY / 2 + 1, `${MANY - 1},5,odd`],
    'columns of these names are filters',
  )
})

test('the names of files stand where their ids do, for who may see them; the page offers that', async () => {
  const [one, two] = await Promise.all(
    ['front.txt', 'back.txt'].map(async (name) => {
      const sent = await app.ask(`/-/files/upload/files?filename=${name}`, {
        actor: 'root',
        body: name,
        headers: { Accept: 'application/json', 'Content-Type': 'text/plain' },
      })
      return ((await sent.json()) as { file_id: string }).file_id
    }),
  )
  app.look.prepare('UPDATE objects SET photo = ? WHERE id = 1').run(JSON.stringify([one, two]))
  const asked = '/data/objects.csv?_files=names&_col=photo'
  assert.equal(await csv(asked, 'ann'), 'id,photo\r\n1,front.txt; back.txt\r\n2,\r\n3,no file\r\n')
  assert.equal(await csv(asked), 'id,photo\r\n1,\r\n2,\r\n3,no file\r\n')
  assert.match(await csv('/data/objects.csv?_col=photo&id=1'), /"\[""df-/)
  const page = await app.page('/data/objects?year__gt=0&_size=2', 'ann')
  const href = /href="(\/data\/objects\.csv[^"]*)"/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? ''
  const saved = await app.ask(href, { actor: 'ann' })
  assert.match(saved.headers.get('Content-Disposition') ?? '', /^attachment; filename="objects.csv"/)
  const lines = (await saved.text()).trim().split('\r\n')
  assert.deepEqual(lines[1]?.includes('front.txt; back.txt'), true)
})

test('what is not right with files is said in a column beside their names, to who may know; Excel has its mark', async () => {
  const [there, missing, trashed, unreadable] = (await Promise.all(
    ['there.txt', 'missing.txt', 'trashed.txt', 'unreadable.txt'].map(async (name) => {
      const sent = await app.ask(`/-/files/upload/files?filename=${name}`, {
        actor: 'root',
        body: `Ærø ${name}`,
        headers: { Accept: 'application/json', 'Content-Type': 'text/plain' },
      })
      return ((await sent.json()) as { file_id: string }).file_id
    }),
  )) as [string, string, string, string]
  await app.ask(`/-/files/${trashed}/-/delete`, { actor: 'root', json: {}, headers: { Accept: 'application/json' } })
  await allRead(join(app.folder, 'state'))
  const internal = new DatabaseSync(join(app.folder, 'state', 'internal.db'))
  internal.exec('PRAGMA busy_timeout = 5000')
  internal.prepare("UPDATE datasette_files SET missing_since = '2026-01-01' WHERE id = ?").run(missing)
  internal.prepare("UPDATE datasette_files SET unreadable = 'cut_off' WHERE id = ?").run(unreadable)
  internal.close()
  const set = app.look.prepare('UPDATE objects SET photo = ? WHERE id = ?')
  const gone = `df-${'7'.repeat(26)}`
  set.run(JSON.stringify([there, missing, trashed, gone, unreadable]), 1)
  set.run(missing, 2)
  set.run(there, 3)
  const asked = '/data/objects.csv?_files=states&_col=photo'
  const all = 'there.txt; missing.txt; trashed.txt; unreadable.txt'
  const states = 'missing.txt: missing; trashed.txt: in the trash; gone for good; unreadable.txt: cannot be read'
  assert.equal(
    await csv(asked, 'root'),
    `id,photo,photo_state\r\n1,${all},${states}\r\n2,missing.txt,missing\r\n3,there.txt,\r\n`,
  )
  // Who may browse the files and not delete them knows nothing of the trash.
  const ann = await csv(asked, 'ann')
  assert.match(ann, /\r\n1,there\.txt; missing\.txt; unreadable\.txt,missing\.txt: missing; [^\r]*unreadable\.txt/)
  assert.doesNotMatch(ann, /trash/)
  assert.equal(await csv(asked), 'id,photo,photo_state\r\n1,,\r\n2,,\r\n3,,\r\n')
  assert.doesNotMatch(await csv('/data/objects.csv?_files=names&_col=photo', 'root'), /state|: missing/)

  const first = async (path: string) =>
    new Uint8Array(await (await app.ask(path, { actor: 'root' })).arrayBuffer()).slice(0, 5)
  assert.deepEqual([...(await first(`${asked}&_bom=1`))], [0xef, 0xbb, 0xbf, 0x69, 0x64])
  assert.deepEqual([...(await first(asked))].slice(0, 2), [0x69, 0x64])
  const page = await app.page('/data/objects', 'root')
  const links = [...page.matchAll(/href="(\/data\/objects\.csv[^"]*)"/g)].map(([, href]) =>
    href?.replaceAll('&amp;', '&'),
  )
  const plain = '/data/objects.csv?_files=states&_dl=1'
  assert.deepEqual(links, [plain, `${plain}&_bom=1`, `${plain}&_bom=1&_sep=semicolon`])
})

test('for Excel where decimals have a comma there are semicolons between columns; what is for Excel is named so', async () => {
  const set = app.look.prepare('UPDATE objects SET photo = ? WHERE id = ?')
  for (const id of [1, 2, 3]) set.run(id === 3 ? 'no; file' : null, id)
  assert.equal(
    await csv('/data/objects.csv?_sep=semicolon'),
    'id;title;photo;maker;year;raw\r\n1;"Jug, ""large""";;1;9007199254740993;AAE=\r\n2;"Zwei\nZeilen";;;1,5;\r\n3;Ærø;"no; file";7;-1;\r\n',
  )
  assert.match(await csv('/data/objects.csv?_sep=comma&id=2'), /,1\.5,/)
  const page = await app.page('/data/objects', 'ann')
  const names: string[] = []
  for (const [, href = ''] of page.matchAll(/href="(\/data\/objects\.csv[^"]*)"/g)) {
    const saved = await app.ask(href.replaceAll('&amp;', '&'), { actor: 'ann' })
    const [line = ''] = (await saved.text()).split('\r\n')
    const between = line.includes(';') ? 'semicolons' : 'commas'
    names.push(`${/filename="([^"]*)"/.exec(saved.headers.get('Content-Disposition') ?? '')?.[1]} with ${between}`)
  }
  assert.deepEqual(names, [
    'objects.csv with commas',
    'objects for Excel.csv with commas',
    'objects for Excel.csv with semicolons',
  ])
})

test('what cannot be asked is refused with words before anything is answered', async () => {
  for (const [path, status] of [
    ['/data/none.csv', 404],
    ['/none/many.csv', 404],
    ['/data/many.csv?_sort=none', 400],
    ['/data/many.csv?_next=strange', 400],
    ['/data/many.csv?_where=1', 403],
    ['/data/many.csv?_sep=tab', 400],
    ['/data/hidden.csv', 401],
  ] as const) {
    const response = await app.ask(path, { headers: { Accept: 'application/json' } })
    assert.equal(response.status, status, path)
    assert.equal(((await response.json()) as { ok: boolean }).ok, false, path)
  }
})
