import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { HoldallError } from '../../web/error.ts'
import { createFileColumns } from '../file-columns/settings.ts'
import { openTestRoom, type TestRoom, testFileId } from '../test-room.ts'
import { MAX_BODY_BYTES } from './limits.ts'
import { createWriteRoutes } from './routes.ts'
import { createWriters, type Writers } from './writers.ts'

let room: TestRoom
let writers: Writers
let ask: ReturnType<TestRoom['serve']>
let look: DatabaseSync

before(async () => {
  room = await openTestRoom({
    sql: `
      CREATE TABLE t (id INTEGER PRIMARY KEY, title TEXT NOT NULL, n INTEGER, any_thing, photo TEXT, gallery TEXT);
      CREATE UNIQUE INDEX t_title ON t (title);
      CREATE TABLE plain (a, b TEXT DEFAULT 'bee');
      CREATE TABLE keyed (a TEXT, b INTEGER, c TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;
      CREATE TABLE parent (id INTEGER PRIMARY KEY); CREATE TABLE child (id INTEGER PRIMARY KEY, p INTEGER REFERENCES parent(id));
      CREATE TABLE slow (x); CREATE TRIGGER wait AFTER INSERT ON slow BEGIN
        SELECT count(*) FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 100000000) SELECT n FROM c);
      END;
      CREATE VIEW v AS SELECT id FROM t;
      CREATE VIRTUAL TABLE words USING fts5(body);
    `,
    config: {
      permissions: {
        'insert-row': { id: ['root', 'ann', 'eve'] },
        'update-row': { id: ['root', 'eve'] },
        'delete-row': { id: ['root'] },
        'create-table': { id: ['root'] },
        'files-browse': { open: { allow: true }, closed: { allow: { id: 'other' } } },
      },
      sources: {
        open: { storage: 'filesystem', config: { root: '.' } },
        closed: { storage: 'filesystem', config: { root: '.' } },
      },
      databases: {
        data: {
          tables: {
            t: {
              columns: {
                photo: { file_column: true, file_accept: 'image/*', file_max_size: 5000 },
                gallery: { file_column: true, file_multiple: true },
              },
            },
          },
        },
      },
    },
  })
  await room.addFile({ id: testFileId(1), source: 'open' })
  await room.addFile({ id: testFileId(2), source: 'open', filename: 'b.png', contentType: 'image/png' })
  await room.addFile({ id: testFileId(3), source: 'closed' })
  await room.addFile({ id: testFileId(4), source: 'open', filename: 'r.pdf', contentType: 'application/pdf' })
  await room.addFile({ id: testFileId(5), source: 'open', size: 5001 })
  writers = createWriters()
  const path = join(room.folder, 'data.db')
  look = new DatabaseSync(path, { readBigInts: true })
  const databases = new Map([
    ['data', { name: 'data', path, immutable: false }],
    ['fixed', { name: 'fixed', path, immutable: true }],
  ])
  ask = room.serve(
    createWriteRoutes(
      {
        database(name) {
          const found = databases.get(name)
          if (!found) throw new HoldallError('database_not_found')
          return found
        },
        writers,
        fileColumns: createFileColumns(room.config, room.internal),
        files: room.registry,
        permissions: room.permissions,
        urls: room.urls,
        proxy: { trustProxy: false },
      },
      {
        insert: async (c) => c.text('form'),
        update: async (c) => c.text('form'),
        remove: async (c) => c.text('form'),
      },
    ),
  )
})

after(async () => {
  look.close()
  await writers.close()
  await room.close()
})

async function post(path: string, body: unknown, actor = 'root') {
  const response = await ask(path, {
    method: 'POST',
    actor,
    body: typeof body === 'string' || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body),
  })
  const text = await response.text()
  return { status: response.status, text, body: JSON.parse(text) as Record<string, unknown> }
}

function rows(sql: string, ...parameters: (string | bigint)[]) {
  return look
    .prepare(sql)
    .all(...parameters)
    .map((row) => ({ ...row }))
}

test('one row comes back as it is stored, many only when asked', async () => {
  const one = await post('/data/t/-/insert', { row: { id: 1, title: 'one', n: 9007199254740993n.toString() } })
  assert.equal(one.status, 201)
  assert.match(one.text, /"n": 9007199254740993[,}]/)
  const many = await post('/data/t/-/insert', {
    rows: [
      { id: 2, title: 'two' },
      { id: 3, title: 'three' },
    ],
  })
  assert.deepEqual([many.status, many.body], [201, { ok: true }])
  const asked = await post('/data/t/-/insert', { rows: [{ title: 'four' }], return: true })
  assert.deepEqual((asked.body.rows as { id: number }[])[0]?.id, 4)
})

test('integers past 2^53, reals, booleans, bytes and documents are exact', async () => {
  const answer = await post(
    '/data/plain/-/insert',
    '{"rows": [{"a": 9223372036854775807}, {"a": 1}, {"a": 1.0}, {"a": true}, {"a": {"$base64": true, "encoded": "AAH/"}}, {"a": {"x": [9007199254740993]}}, {"a": {"$raw": {"$base64": true}}}], "return": true}',
  )
  assert.equal(answer.status, 201, answer.text)
  assert.match(answer.text, /"a": 9223372036854775807/)
  assert.deepEqual(rows("SELECT typeof(a) t, CASE typeof(a) WHEN 'blob' THEN hex(a) ELSE a END v FROM plain"), [
    { t: 'integer', v: 9223372036854775807n },
    { t: 'integer', v: 1n },
    { t: 'real', v: 1 },
    { t: 'integer', v: 1n },
    { t: 'blob', v: '0001FF' },
    { t: 'text', v: '{"x":[9007199254740993]}' },
    { t: 'text', v: '{"$base64":true}' },
  ])
  assert.deepEqual(rows('SELECT DISTINCT b FROM plain'), [{ b: 'bee' }])
})

test('bodies that are wrong are 400 in Datasette’s words', async () => {
  const cases: [unknown, string | RegExp][] = [
    [{}, 'JSON must have one or other of "row" or "rows"'],
    [{ row: {}, rows: [] }, 'Cannot use "row" and "rows" at the same time'],
    [{ row: [] }, '"row" must be a dictionary'],
    [{ rows: {} }, '"rows" must be a list'],
    [{ rows: [1] }, '"rows" must be a list of dictionaries'],
    [{ rows: Array(101).fill({}) }, 'Too many rows, maximum allowed is 100'],
    [{ row: {}, x: 1 }, 'Invalid parameter: "x"'],
    [{ row: {}, ignore: true, replace: true }, 'Cannot use "ignore" and "replace" at the same time'],
    [[], 'JSON must be a dictionary'],
    ['null', 'JSON must be a dictionary'],
    ['{', /^Invalid JSON: /],
    ['', /^Invalid JSON: /],
    [new Uint8Array([0x7b, 0xff, 0x7d]), 'Invalid JSON: the body is not UTF-8'],
    ['['.repeat(100_000) + ']'.repeat(100_000), 'Invalid JSON: it is nested too deeply'],
    [{ row: { title: 'a\0b' } }, /NUL/],
    ['{"row": {"title": "\\ud800"}}', /not valid Unicode/],
    ['{"row": {"title": "x", "n": 9223372036854775808}}', /does not fit 64 bits/],
    ['{"row": {"title": "x", "n": 1e999}}', /too large/],
    [{ row: { title: 'x', n: { $base64: true, encoded: '*' } } }, /base64/],
    [{ row: { 'a\0b': 1 } }, /NUL/],
    [
      { rows: [{ zz: 1, yy: 2 }, { title: 'x' }, { zz: 3 }] },
      'Row 0 has invalid columns: yy, zz; Row 2 has invalid columns: zz',
    ],
    [{ row: { id: 1, title: 'again' } }, 'UNIQUE constraint failed: t.id'],
    [{ row: {} }, 'NOT NULL constraint failed: t.title'],
    ['{"row": {"title": "p", "__proto__": 1}}', 'Row 0 has invalid columns: __proto__'],
  ]
  for (const [body, expected] of cases) {
    const answer = await post('/data/t/-/insert', body)
    assert.equal(answer.status, 400, `${JSON.stringify(body).slice(0, 80)}: ${answer.text}`)
    if (typeof expected === 'string') assert.equal(answer.body.error, expected)
    else assert.match(answer.body.error as string, expected)
  }
  const two = await post('/data/t/-/insert', { rows: [{ zz: 1 }, { zz: 3 }] })
  assert.deepEqual(two.body.errors, ['Row 0 has invalid columns: zz', 'Row 1 has invalid columns: zz'])
})

test('a request is done whole or not at all', async () => {
  const [{ count }] = rows('SELECT count(*) AS count FROM t') as [{ count: bigint }]
  const answer = await post('/data/t/-/insert', { rows: [{ title: 'fresh' }, { title: 'one' }] })
  assert.deepEqual([answer.status, answer.body.error], [400, 'UNIQUE constraint failed: t.title'])
  assert.deepEqual(rows('SELECT count(*) AS count FROM t'), [{ count }])
})

test('ignore keeps what is there, replace takes its place and needs update-row', async () => {
  const ignored = await post('/data/t/-/insert', { row: { id: 1, title: 'other' }, ignore: true })
  assert.equal((ignored.body.rows as { title: string }[])[0]?.title, 'one')
  const replaced = await post('/data/t/-/insert', { row: { id: 1, title: 'ONE' }, replace: true })
  assert.equal(replaced.status, 201)
  assert.deepEqual(rows('SELECT title, n FROM t WHERE id = 1'), [{ title: 'ONE', n: null }])
  const refused = await post('/data/t/-/insert', { row: { id: 1, title: 'x' }, replace: true }, 'ann')
  assert.deepEqual([refused.status, refused.body.error], [403, 'Permission denied: need update-row to use "replace"'])
})

test('upsert inserts and updates, and needs every key', async () => {
  const answer = await post('/data/keyed/-/upsert', {
    rows: [
      { a: 'x', b: 1, c: 'old' },
      { a: 'x', b: 1, c: 'new' },
      { a: '', b: 2 },
    ],
  })
  assert.deepEqual([answer.status, answer.body], [200, { ok: true }])
  assert.deepEqual(rows('SELECT a, c FROM keyed ORDER BY b'), [
    { a: 'x', c: 'new' },
    { a: '', c: null },
  ])
  const missing = await post('/data/keyed/-/upsert', { rows: [{ a: 'x' }, { c: 1 }, { a: null, b: 1 }] })
  assert.deepEqual(missing.body.errors, [
    'Row 0 is missing primary key column(s): "b"',
    'Row 1 is missing primary key column(s): "a", "b"',
    'Row 2 is missing primary key column(s): "a"',
  ])
  const option = await post('/data/keyed/-/upsert', { rows: [], ignore: true })
  assert.equal(option.body.error, 'Upsert does not support ignore or replace')
  const partial = await post('/data/t/-/upsert', { row: { id: 2, n: 5 } })
  assert.equal((partial.body.rows as { title: string }[])[0]?.title, 'two')
  assert.equal(
    (await post('/data/t/-/upsert', { row: { id: 2 } }, 'ann')).body.error,
    'Permission denied: need both insert-row and update-row',
  )
  const rowid = await post('/data/plain/-/upsert', { row: { rowid: 1, b: 'first' } })
  assert.deepEqual((rowid.body.rows as { rowid: number; b: string }[])[0]?.b, 'first')
})

test('a row is updated and deleted at its address, whatever its key', async () => {
  const keys: [string, string][] = [
    ['a/b', 'a~2Fb,7'],
    ['~', '~7E,7'],
    ['', ',7'],
    ['.', '~2E,7'],
    [',', '~2C,7'],
    ['é "\'', '~C3~A9+~22~27,7'],
  ]
  await post('/data/keyed/-/insert', { rows: keys.map(([a]) => ({ a, b: 7 })) })
  for (const [a, address] of keys) {
    const updated = await post(`/data/keyed/${address}/-/update`, { update: { c: `was ${a}` }, return: true })
    assert.equal(updated.status, 200, address + updated.text)
    assert.deepEqual(updated.body.rows, [{ a, b: 7, c: `was ${a}` }])
    assert.deepEqual((await post(`/data/keyed/${address}/-/delete`, '')).body, { ok: true })
    const gone = await post(`/data/keyed/${address}/-/delete`, '')
    assert.deepEqual([gone.status, gone.body.code], [404, 'record_not_found'])
  }
  const renamed = await post('/data/keyed/x,1/-/update', { update: { b: 11 }, return: true })
  assert.equal((renamed.body.rows as { b: number }[])[0]?.b, 11)
})

test('updates that cannot be are refused', async () => {
  const cases: [string, unknown, number, string][] = [
    ['/data/t/99/-/update', { update: {} }, 404, "Record not found: ['99']"],
    ['/data/keyed/x/-/update', { update: {} }, 404, "Record not found: ['x']"],
    ['/data/t/1/-/update', {}, 400, 'JSON must contain an update dictionary'],
    ['/data/t/1/-/update', { update: [] }, 400, 'JSON must contain an update dictionary'],
    ['/data/t/1/-/update', { update: {}, zz: 1 }, 400, 'Invalid keys: zz'],
    ['/data/t/1/-/update', { update: { zz: 1 } }, 400, 'no such column: zz'],
    ['/data/t/1/-/update', { update: { title: null } }, 400, 'NOT NULL constraint failed: t.title'],
    ['/data/t/1/-/update', { update: { id: 'x' } }, 400, 'datatype mismatch'],
    ['/data/nothing/1/-/update', { update: {} }, 404, 'Table not found'],
    ['/nowhere/t/1/-/update', { update: {} }, 404, 'Database not found'],
    ['/data/v/1/-/update', { update: {} }, 404, 'Table not found'],
    ['/fixed/t/1/-/update', { update: {} }, 403, 'Database is immutable'],
    ['/data/child/-/insert', { row: { p: 77 } }, 400, 'FOREIGN KEY constraint failed'],
  ]
  for (const [path, body, status, error] of cases) {
    const answer = await post(path, body)
    assert.deepEqual([answer.status, answer.body.error], [status, error], path)
  }
})

test('who may not is told so before the body is read', async () => {
  assert.equal((await post('/data/t/-/insert', '{', '')).status, 401)
  assert.equal((await post('/data/t/-/insert', '{', 'bob')).status, 403)
  assert.equal((await post('/data/t/1/-/update', '{', 'ann')).status, 403)
  assert.equal((await post('/data/t/1/-/delete', '{', 'ann')).status, 403)
  assert.equal((await post('/data/-/create', '{', 'ann')).status, 403)
  const alter = await post('/data/t/-/insert', { row: { more: 1 }, alter: true }, 'ann')
  assert.equal(alter.status, 403)
})

test('alter adds the columns that are missing', async () => {
  const answer = await post('/data/t/-/insert', {
    row: { id: 50, title: 'wide', more: 1, 'odd " name': 1.5 },
    alter: true,
  })
  assert.equal(answer.status, 201, answer.text)
  assert.deepEqual(rows("SELECT type FROM pragma_table_info('t') WHERE name IN ('more', 'odd \" name')"), [
    { type: 'INTEGER' },
    { type: 'FLOAT' },
  ])
  assert.equal((await post('/data/t/50/-/update', { update: { later: 'x' }, alter: true })).status, 200)
})

test('a body of exactly the limit is read, one byte more is 413', async () => {
  const frame = '{"row": {"title": ""}}'
  const full = frame.replace('""', `"${'x'.repeat(MAX_BODY_BYTES - frame.length)}"`)
  assert.equal((await post('/data/t/-/insert', full)).status, 201)
  assert.equal((await post('/data/t/-/insert', full.replace('xx', 'xxy'))).status, 413)
})

test('tables are created from columns and from rows', async () => {
  const made = await post('/data/-/create', {
    table: 'new table',
    pk: 'id',
    columns: [
      { name: 'id', type: 'integer' },
      { name: 'name', not_null: true, default: "it's" },
      { name: 'at', default_expr: 'current_timestamp' },
      { name: 'parent', type: 'integer', fk_table: 'parent', fk_column: 'id' },
    ],
  })
  assert.equal(made.status, 201, made.text)
  assert.deepEqual(
    { ...made.body, schema: undefined },
    {
      ok: true,
      database: 'data',
      table: 'new table',
      table_url: 'http://holdall.test/data/new+table',
      table_api_url: 'http://holdall.test/data/new+table.json',
      schema: undefined,
    },
  )
  assert.match(made.body.schema as string, /"id" INTEGER PRIMARY KEY,\n {3}"name" TEXT NOT NULL DEFAULT 'it''s'/)
  assert.equal((await post('/data/new~20table/-/insert', { row: {} })).status, 201)
  const filled = await post('/data/-/create', {
    table: 'filled',
    rows: [
      { a: 1, b: 'x' },
      { a: 1.5, c: null },
    ],
    pk: 'id',
  })
  assert.deepEqual([filled.status, filled.body.row_count], [201, 2])
  assert.match(filled.body.schema as string, /"id" INTEGER PRIMARY KEY,\n {3}"a" FLOAT,\n {3}"b" TEXT,\n {3}"c" TEXT/)
  const more = await post('/data/-/create', { table: 'filled', row: { id: 1, a: 9 }, pk: 'id', replace: true })
  assert.equal(more.status, 201)
  assert.deepEqual(rows('SELECT a FROM filled ORDER BY id'), [{ a: 9 }, { a: 1.5 }])
  const cases: [unknown, string][] = [
    [{}, 'Table is required'],
    [{ table: 'sqlite_x', columns: [{ name: 'a' }] }, 'Invalid table name'],
    [{ table: 'x' }, 'columns, rows or row is required'],
    [{ table: 'x', columns: [{ name: 'a' }, { name: 'A' }] }, 'Duplicate column name: A'],
    [{ table: 'x', columns: [{ name: 'a', type: 'z' }] }, 'Unsupported column type: z'],
    [{ table: 'x', columns: [{}] }, 'Column name is required'],
    [{ table: 'x', zz: 1 }, 'Invalid keys: zz'],
    [{ table: 'filled', rows: [{ a: 1 }], pk: 'a' }, 'pk cannot be changed for existing table'],
    [{ table: 'filled', columns: [{ name: 'a' }] }, 'table "filled" already exists'],
    [
      { table: 'x', columns: [{ name: 'a', default_expr: 'randomblob(1000000000)' }] },
      'Unsupported default_expr: randomblob(1000000000). It takes current_timestamp, current_date, current_time',
    ],
  ]
  for (const [body, error] of cases) {
    const answer = await post('/data/-/create', body)
    assert.deepEqual([answer.status, answer.body.error], [400, error])
  }
})

test('a full-text table takes rows', async () => {
  assert.equal((await post('/data/words/-/insert', { row: { body: 'hello' } })).status, 201)
  assert.deepEqual(rows("SELECT body FROM words WHERE words MATCH 'hello'"), [{ body: 'hello' }])
})

test('a file column takes files that exist, that one may see and that fit', async () => {
  const [jpeg, png, hidden, pdf, large, unknown] = [1, 2, 3, 4, 5, 6].map(testFileId) as [
    string,
    string,
    string,
    string,
    string,
    string,
  ]
  const set = (update: unknown) => post('/data/t/2/-/update', { update, return: true }, 'eve')
  const cases: [unknown, string][] = [
    [{ photo: unknown }, `photo: ${unknown} does not exist, or you may not see it.`],
    [{ photo: pdf }, 'photo: This column takes image/*. r.pdf is application/pdf.'],
    [{ photo: large }, 'photo: This column takes files up to 5 KB. photo.jpg has 5 KB.'],
    [{ photo: [jpeg] }, 'photo: This column takes one file, not a list.'],
    [{ photo: 'hello' }, 'photo: “hello” is not the id of a file.'],
    [{ photo: jpeg.toUpperCase() }, `photo: “${jpeg.toUpperCase()}” is not the id of a file.`],
    [{ photo: 5 }, 'photo: The id of a file is text.'],
    [{ gallery: [jpeg, 'x'] }, 'gallery: “x” is not the id of a file.'],
    [{ gallery: [[jpeg]] }, 'gallery: “[["'],
  ]
  for (const [update, error] of cases) {
    const answer = await set(update)
    assert.equal(answer.status, 400, JSON.stringify(update))
    assert.ok((answer.body.error as string).startsWith(error), answer.body.error as string)
    assert.equal(answer.body.code, 'file_column_refused')
  }
  assert.equal((await set({ photo: jpeg, gallery: png })).status, 200)
  assert.deepEqual(rows('SELECT photo, gallery FROM t WHERE id = 2'), [{ photo: jpeg, gallery: `["${png}"]` }])
  assert.equal((await set({ gallery: [png, jpeg, png] })).status, 200)
  assert.deepEqual(rows('SELECT gallery FROM t WHERE id = 2'), [{ gallery: `["${png}","${jpeg}"]` }])
  assert.equal((await set({ photo: '' })).status, 200)
  assert.equal((await set({ photo: null, gallery: null })).status, 200)
  assert.deepEqual(rows('SELECT photo FROM t WHERE id = 2'), [{ photo: null }])
  // What is stored already is not checked again, even when nobody could put it there now.
  look.exec(`UPDATE t SET photo = 'old text', gallery = '["${hidden}"]' WHERE id = 2`)
  assert.equal((await set({ photo: 'old text', gallery: `["${hidden}"]` })).status, 200)
  assert.equal((await set({ gallery: [hidden, jpeg] })).status, 200)
  assert.equal((await set({ photo: hidden })).status, 400)
  const elsewhere = await post('/data/t/3/-/update', { update: { gallery: [hidden] } }, 'eve')
  assert.equal(elsewhere.status, 400)
  const many = await post('/data/t/-/insert', {
    rows: [
      { title: 'f1', photo: jpeg },
      { title: 'f2', photo: pdf },
    ],
  })
  assert.equal(many.body.error, 'Row 1: photo: This column takes image/*. r.pdf is application/pdf.')
  assert.equal((await post('/data/t/-/upsert', { row: { id: 2, photo: 'old text' } })).status, 200)
  assert.equal((await post('/data/t/-/upsert', { row: { id: 3, photo: 'old text' } })).status, 400)
})

test('a slow write holds up neither the server nor what it may not see', async () => {
  const quick = createWriters({ limitMs: 300 })
  const target = { path: join(room.folder, 'data.db') }
  const started = performance.now()
  const slow = quick.write(target, {
    kind: 'insert',
    table: 'slow',
    rows: [[['x', 1n]]],
    conflict: 'abort',
    alter: false,
    returning: false,
  })
  const refused = assert.rejects(slow, (error) => error instanceof HoldallError && error.code === 'write_too_slow')
  let turns = 0
  let isRefused = false
  refused.finally(() => {
    isRefused = true
  })
  // Where it were done in this process, there would be one turn before it and one after.
  for (; !isRefused; turns += 1) await turn()
  await refused
  assert.ok(turns > 10, `the event loop turned ${turns} times`)
  assert.ok(performance.now() - started < 5_000)
  assert.deepEqual(rows('SELECT count(*) AS n FROM slow'), [{ n: 0n }])
  // On a busy machine so short a time may be too little for any write.
  const next = () =>
    quick.write(target, {
      kind: 'insert',
      table: 'plain',
      rows: [[['a', 'after']]],
      conflict: 'abort',
      alter: false,
      returning: false,
    })
  assert.ok((await next().catch(next).catch(next)).key)
  await quick.close()
})

test('a database that somebody else keeps locked is busy, not broken', { timeout: 20_000 }, async () => {
  const path = join(room.folder, 'data.db')
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  const answer = await post('/data/plain/-/insert', { row: { a: 'locked' } })
  assert.deepEqual([answer.status, answer.body.code], [503, 'database_busy'])
  other.exec('ROLLBACK')
  other.close()
  assert.equal((await post('/data/plain/-/insert', { row: { a: 'free' } })).status, 201)
})

test('forms go where forms are answered, and `curl -d` is JSON', async () => {
  const send = async (headers: Record<string, string>, body: string) =>
    (await ask('/data/plain/-/insert', { method: 'POST', headers, body })).text()
  const urlencoded = { 'Content-Type': 'application/x-www-form-urlencoded' }
  assert.equal(await send({ ...urlencoded, Accept: 'text/html,*/*' }, 'a=1'), 'form')
  assert.equal(await send({ 'Content-Type': 'multipart/form-data; boundary=x' }, '--x--'), 'form')
  assert.match(await send({ ...urlencoded, Accept: '*/*' }, '{"row": {"a": 1}}'), /"ok": true/)
})
