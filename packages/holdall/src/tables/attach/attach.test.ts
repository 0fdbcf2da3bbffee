import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestApp, type TestApp } from '../pages/test-app.ts'

let app: TestApp

before(async () => {
  app = await openTestApp({
    sql: `
      CREATE TABLE objects (id INTEGER PRIMARY KEY, inventory TEXT, title TEXT, year INTEGER, photo TEXT, papers TEXT);
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
        INSERT INTO objects (inventory, title, year) SELECT printf('1862-%03d', i), 'Object ' || i, 1862 FROM n;
      CREATE TABLE closed (id INTEGER PRIMARY KEY, inventory TEXT, photo TEXT);
      INSERT INTO closed (inventory) VALUES ('1862-001');
    `,
    config: {
      databases: {
        data: {
          tables: {
            objects: {
              columns: {
                photo: { file_column: true, file_accept: 'text/plain' },
                papers: { file_column: true, file_multiple: true },
              },
            },
            closed: { columns: { photo: { file_column: true } }, permissions: { 'view-table': false } },
          },
        },
      },
      permissions: {
        'update-row': { id: ['root', 'ann'] },
        'files-browse': { files: { allow: { id: ['root'] } } },
      },
    },
  })
})

after(async () => {
  await app.close()
})

/** Uploads files of these names and gives their ids. */
async function upload(...names: string[]): Promise<string[]> {
  const form = new FormData()
  for (const name of names) form.append('file', new Blob([`file ${name} ${Math.random()}`]), name)
  const response = await app.ask('/-/files/upload/files', {
    actor: 'root',
    form,
    headers: { Accept: 'application/json' },
  })
  const body = (await response.json()) as { file_id: string; files?: { file_id: string }[] }
  assert.equal(response.status, 201, JSON.stringify(body))
  return body.files?.map(({ file_id }) => file_id) ?? [body.file_id]
}

interface Answer {
  readonly status: number
  readonly body: { readonly [member: string]: unknown }
}

async function post(path: string, json: unknown, actor = 'root'): Promise<Answer> {
  const response = await app.ask(path, { actor, json, headers: { Accept: 'application/json' } })
  return { status: response.status, body: (await response.json()) as Answer['body'] }
}

const cells = (where: string, column = 'photo') =>
  app.look
    .prepare(`SELECT ${column} AS cell FROM objects WHERE ${where} ORDER BY id`)
    .all()
    .map(({ cell }) => cell)

test('files find their rows by their names, are attached and undone as one', async () => {
  const [one, two, back, stray] = await upload('1862-001.txt', 'HM_1862-2.TXT', '1862-003 back.txt', 'stray.txt')
  const files = [one, two, back, stray]
  const match = { column: 'inventory', how: 'equal' }
  const plan = await post('/data/objects/-/attach', { column: 'photo', files, match, dry_run: true })
  assert.equal(plan.status, 200, JSON.stringify(plan.body))
  assert.deepEqual(plan.body.pairs, [[one, '1']])
  assert.equal(plan.body.rows_without_file, 39)
  assert.deepEqual(cells('id < 4'), [null, null, null])

  const prefix = await post('/data/objects/-/attach', {
    column: 'photo',
    files,
    match: { ...match, how: 'prefix' },
    dry_run: true,
  })
  assert.deepEqual(prefix.body.pairs, [
    [one, '1'],
    [back, '3'],
  ])
  const pattern = await post('/data/objects/-/attach', {
    column: 'photo',
    files,
    match: { ...match, how: 'pattern', pattern: 'hm_{value}.txt' },
    dry_run: true,
  })
  assert.deepEqual(pattern.body.pairs, [[two, '2']])

  const applied = await post('/data/objects/-/attach', { column: 'photo', files, match: { ...match, how: 'prefix' } })
  assert.equal(applied.status, 200, JSON.stringify(applied.body))
  assert.deepEqual(cells('id < 4'), [one, null, back])
  const run = applied.body.run as { id: string; status: string }
  assert.equal(run.status, 'applied')

  app.look.exec('UPDATE objects SET photo = NULL WHERE id = 3')
  const undone = await post(`/data/objects/-/attach/${run.id}/-/undo`, {})
  assert.equal(undone.status, 200, JSON.stringify(undone.body))
  assert.deepEqual(undone.body.changed, [])
  assert.deepEqual(cells('id < 4'), [null, null, null])
  assert.equal((await post(`/data/objects/-/attach/${run.id}/-/undo`, {})).body.code, 'attach_not_applied')
})

test('nothing of all this was a failure', () => assert.deepEqual(app.failures, []))
