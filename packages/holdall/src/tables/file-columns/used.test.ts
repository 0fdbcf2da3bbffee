import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestApp, type TestApp } from '../pages/test-app.ts'

let app: TestApp
before(async () => {
  app = await openTestApp({
    sql: `CREATE TABLE objects (id INTEGER PRIMARY KEY, name TEXT, photo TEXT, papers TEXT);
      CREATE TABLE hidden (photo TEXT);
      INSERT INTO objects (name) VALUES ('jug'), ('bowl'), ('cup')`,
    config: {
      databases: {
        data: {
          tables: {
            objects: { columns: { photo: { file_column: true }, papers: { file_column: true, file_multiple: true } } },
            hidden: { allow: { id: 'nobody' }, columns: { photo: { file_column: true } } },
          },
        },
      },
      permissions: { 'files-browse': { id: ['ann', 'bob'] }, 'files-delete': { id: 'ann' } },
    },
  })
})
after(() => app.close())

async function put(filename: string): Promise<string> {
  const response = await app.ask(`/-/files/upload/files?filename=${filename}`, {
    actor: 'root',
    body: `bytes of ${filename}`,
    headers: { Accept: 'application/json', 'Content-Type': 'text/plain' },
  })
  return ((await response.json()) as { file_id: string }).file_id
}

interface Unused {
  readonly files: readonly { id: string }[]
  readonly truncated: boolean
  readonly next: string | null
}

async function unused(actor = 'ann'): Promise<string[]> {
  const response = await app.ask('/-/files/unused.json', { actor })
  assert.equal(response.status, 200)
  const body = (await response.json()) as Unused
  assert.deepEqual([body.truncated, body.next], [false, null])
  return body.files.map(({ id }) => id)
}

test('a file is unused that no row holds: neither alone, nor in a list, nor where one may not look', async () => {
  const [alone, listed, secret, free, named] = await Promise.all(
    ['alone.txt', 'listed.txt', 'secret.txt', 'free.txt', 'named.txt'].map(put),
  )
  app.look.prepare('UPDATE objects SET photo = ? WHERE id = 1').run(alone as string)
  app.look.prepare('UPDATE objects SET papers = ? WHERE id = 2').run(JSON.stringify(['df-x', listed]))
  app.look.prepare('INSERT INTO hidden VALUES (?)').run(secret as string)
  app.look.prepare('UPDATE objects SET name = ?, papers = ? WHERE id = 3').run(named as string, '[broken')
  assert.deepEqual((await unused()).sort(), [free, named].sort())
  assert.match(await app.page('/-/files/unused', 'ann'), /data-selecting/)
  assert.equal((await app.ask('/-/files/unused.json', { actor: 'bob' })).status, 403)
  assert.equal((await app.ask('/-/files/unused.json')).status, 401)
  assert.deepEqual(await unused('root'), await unused())
})

test('the cell of a deleted file says so to who could restore it, and nothing to others', async () => {
  const id = await put('deleted jug.txt')
  app.look.prepare('UPDATE objects SET photo = ? WHERE id = 1').run(id)
  const moved = await app.ask(`/-/files/${id}/-/delete`, { actor: 'ann', json: {} })
  assert.equal(moved.status, 200)
  for (const address of ['/data/objects', '/data/objects/1']) {
    assert.match(await app.page(address, 'ann'), /In the trash until \d+ \w+/, address)
    const other = await app.page(address, 'bob')
    assert.match(other, /Unavailable/, address)
    assert.doesNotMatch(other, /In the trash|deleted jug/, address)
  }
  const refused = await app.ask('/data/objects/2/-/update', { actor: 'root', json: { update: { photo: id } } })
  assert.equal(refused.status, 400, 'what is in the trash cannot be attached')
  await app.ask(`/-/files/${id}/-/restore`, { actor: 'ann', json: {} })
  assert.match(await app.page('/data/objects/1', 'bob'), /deleted jug/)
})
