import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { allRead } from '../../files/background/test-all-read.ts'
import { MAX_COUNT } from '../../files/list.ts'
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
      permissions: {
        'files-browse': { id: ['ann', 'bob'] },
        'files-delete': { id: 'ann' },
        'update-row': { id: ['ann', 'bob', 'eve'] },
      },
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

async function unused(actor = 'ann', type = ''): Promise<string[]> {
  const response = await app.ask(`/-/files/unused.json?content_type=${type}`, { actor })
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
  for (const type of ['documents', 'text/*', 'text/plain']) {
    assert.deepEqual((await unused('ann', type)).sort(), [free, named].sort(), type)
  }
  assert.deepEqual(await unused('ann', 'images'), [])
  assert.match(await app.page('/-/files/unused?content_type=images', 'ann'), /Every file of this type is used/)
  assert.equal((await app.ask('/-/files/unused.json?content_type=none', { actor: 'ann' })).status, 400)
})

test('whoever is about to delete files is told which rows hold them, each once, and no more than there are of those that one may not see', async () => {
  const [both, listed, secret, free] = await Promise.all(
    ['both.txt', 'in list.txt', 'out of sight.txt', 'free 2.txt'].map(put),
  )
  app.look
    .prepare('UPDATE objects SET photo = ?, papers = ? WHERE id = 1')
    .run(both as string, JSON.stringify([both, listed]))
  app.look.prepare('UPDATE objects SET photo = ? WHERE id = 2').run(both as string)
  app.look.prepare('INSERT INTO hidden VALUES (?), (?)').run(secret as string, both as string)
  const uses = async (ids: readonly (string | undefined)[], actor = 'ann') => {
    const response = await app.ask('/-/files/-/uses', { actor, json: { ids } })
    return { status: response.status, body: await response.json() }
  }
  const { status, body } = await uses([both, listed, secret, free])
  assert.equal(status, 200)
  assert.equal(
    body.says,
    '2 of these 4 are used by 2 rows and by others that you may not see; 1 more by rows that you may not see',
  )
  const rows = body.rows.map(({ label, url, files }: { label: string; url: string; files: string[] }) => [
    label,
    url,
    files,
  ])
  assert.deepEqual(
    rows.sort(),
    [
      ['bowl', '/data/objects/2', [both]],
      ['jug', '/data/objects/1', [both, listed]],
    ],
    'a row is one row, in however many columns and lists it holds them',
  )
  assert.deepEqual(new Set(body.hidden), new Set([both, secret]))
  assert.deepEqual(await Promise.all([[listed], [secret], [free]].map(async (ids) => (await uses(ids)).body.says)), [
    'It is used by 1 row',
    'It is used by rows that you may not see',
    null,
  ])
  assert.equal((await uses([listed], 'root')).body.says, 'It is used by 1 row')
  assert.equal((await uses([both, secret], 'root')).body.says, 'Both are used by 4 rows')
  assert.equal((await uses([listed], 'bob')).status, 403, 'only who may delete them')
  assert.equal((await uses([], 'ann')).status, 400)
  for (const id of [both, secret]) {
    const page = await app.page(`/-/files/${id}`, 'ann')
    assert.match(
      page,
      id === both ? /<a href="#used">the 2 rows that use it/ : /Rows that you may not see use this file/,
    )
  }
  await app.ask('/-/files/-/delete', { actor: 'ann', json: { ids: [both, secret, free] } })
  const trash = await app.page('/-/files/trash', 'ann')
  const rowOf = (id: string | undefined) => {
    const row = trash.match(/<tr\b.*?<\/tr>/gs)?.find((line) => line.includes(`/-/files/${id}`)) ?? ''
    return row.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')
  }
  assert.match(rowOf(both), / jug in objects and 1 more and some that you may not see $/)
  assert.match(rowOf(secret), /, \d\d:\d\d some that you may not see $/)
  assert.match(rowOf(free), / none $/)
})

test('the cell of a deleted file says so to who could restore it, and nothing to others', async () => {
  const id = await put('deleted jug.txt')
  app.look.prepare('UPDATE objects SET photo = ? WHERE id = 1').run(id)
  const moved = await app.ask(`/-/files/${id}/-/delete`, { actor: 'ann', json: {} })
  assert.equal(moved.status, 200)
  for (const address of ['/data/objects', '/data/objects/1', '/data/objects/1/-/update']) {
    assert.match(await app.page(address, 'ann'), /In the trash until \d+ \w+/, address)
    const other = await app.page(address, 'bob')
    // A form names what it may not show in the component alone.
    if (!address.endsWith('update')) assert.match(other, /Not shown to you/, address)
    assert.doesNotMatch(other, /In the trash|deleted jug/, address)
  }
  const refused = await app.ask('/data/objects/2/-/update', { actor: 'root', json: { update: { photo: id } } })
  assert.equal(refused.status, 400, 'what is in the trash cannot be attached')
  await app.ask(`/-/files/${id}/-/restore`, { actor: 'ann', json: {} })
  assert.match(await app.page('/data/objects/1', 'bob'), /deleted jug/)
})

test('the cell of a file that was deleted for good says so to who may see every source, and nothing to others', async () => {
  const id = await put('purged jug.txt')
  app.look.prepare('UPDATE objects SET photo = ?, papers = ? WHERE id = 3').run(id, JSON.stringify([id]))
  for (const step of ['delete', 'purge']) {
    const done = await app.ask(`/-/files/${id}/-/${step}`, { actor: 'root', json: {} })
    assert.equal(done.status, 200, await done.text())
  }
  for (const address of ['/data/objects', '/data/objects/3']) {
    for (const actor of ['root', 'ann']) {
      const page = await app.page(address, actor)
      assert.match(page, /Gone for good<.*No source has this file any more/s, address)
      assert.match(page, /<span class="unseen">Gone for good<|class="file-cell absent"/, address)
      assert.doesNotMatch(page, /Not shown to you/, address)
    }
    const other = await app.page(address, 'eve')
    assert.match(other, /Not shown to you/, address)
    assert.doesNotMatch(other, /Gone for good/, address)
  }
  const form = '/data/objects/3/-/update'
  for (const actor of ['root', 'ann']) {
    const page = await app.page(form, actor)
    assert.equal(page.match(/<li>Gone for good <span class="file-facts">No source has this file any more/g)?.length, 2)
    assert.equal(page.split(`[{"id":"${id}","state":"gone"}]`).length, 3, 'the component of each column is told')
  }
  const other = await app.page(form, 'eve')
  assert.equal(other.match(/<script type="application\/json">\[\]<\/script>/g)?.length, 2)
  assert.doesNotMatch(other, /Gone for good|"gone"/)
})

test('how much is unused in all is said, and that there may be more where not all was looked at', async () => {
  const counted = async (query = '') => {
    const body = await (await app.ask(`/-/files/unused.json?${query}`, { actor: 'ann' })).json()
    return [body.total, body.total_bytes, body.total_truncated, body.files.length, body.next !== null]
  }
  // One of those to come is used.
  app.look.prepare('UPDATE objects SET papers = ? WHERE id = 1').run(JSON.stringify([`df-${'7'.padStart(26, '0')}`]))
  const [files, bytes] = await counted()
  const enter = async (from: number, to: number, { folder = 'many', type = 'text/csv', size = 1000 } = {}) => {
    await allRead(join(app.folder, 'state'))
    const internal = new DatabaseSync(join(app.folder, 'state', 'internal.db'), { timeout: 5_000 })
    internal.exec(`INSERT INTO datasette_files (id, source_id, path, filename, content_type, size)
      WITH RECURSIVE n(i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${to})
      SELECT printf('df-%026d', i), (SELECT id FROM datasette_files_sources WHERE slug = 'files'), '${folder}/' || i,
        '${folder}' || i, '${type}', ${size} FROM n`)
    internal.close()
  }
  await enter(1, 1_200)
  const first = await counted()
  assert.deepEqual(first.slice(0, 3), [files + 1_199, bytes + 1_199_000, false])
  assert.ok(first[3] < first[0] && first[4], 'more than one page')
  assert.deepEqual((await counted('content_type=text/csv')).slice(0, 3), [1_199, 1_199_000, false])
  assert.match(
    await app.page('/-/files/unused?content_type=text/csv', 'ann'),
    /1,199 files, 1\.2 MB, are in no row of any table\. (?:1,\d{3}|\d+) of them are on this page\./,
  )
  await enter(1_201, MAX_COUNT + 1)
  const [total, , truncated] = await counted('content_type=text/csv')
  assert.deepEqual([total > 9_000 && total < MAX_COUNT, truncated], [true, true])
  assert.match(
    await app.page('/-/files/unused?content_type=text/csv', 'ann'),
    /At least 9,\d{3} files, [\d.]+ MB, are in no row of any table\./,
  )

  // Where others come first in the registry, the total is at least what the page shows, and said there only.
  app.look.exec(`INSERT INTO hidden WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MAX_COUNT + 1})
    SELECT printf('df-%026d', i) FROM n`)
  await enter(MAX_COUNT + 2, MAX_COUNT + 1_201, { folder: 'zz', type: 'image/png', size: 1 })
  assert.deepEqual((await counted('content_type=image/png')).slice(0, 3), [1_200, 1_200, false], 'of its type all')
  const page = await (await app.ask('/-/files/unused.json', { actor: 'ann' })).json()
  assert.ok(page.files.length >= 1_000 && page.next !== null, 'there is another page')
  assert.ok(page.total >= page.files.length && page.total_bytes >= page.files.length, `${page.total}`)
  assert.equal(page.total_truncated, true)
  assert.deepEqual((await counted(`_next=${page.next}`)).slice(0, 2), [null, null])
  assert.match(
    await app.page(`/-/files/unused?_next=${page.next}`, 'ann'),
    /[\d,]+ files? on this page (?:is|are) in no row of any table\./,
  )
})
