import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { allRead } from '../../files/background/test-all-read.ts'
import { openTestApp, type TestApp } from '../pages/test-app.ts'

/** Rows beside the first ones, more than are written at once. */
const MANY = 450

let app: TestApp

before(async () => {
  app = await openTestApp({
    sql: `CREATE TABLE objects (id INTEGER PRIMARY KEY, photo TEXT);
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${100 + MANY})
        INSERT INTO objects (id) SELECT i FROM n`,
    config: {
      databases: { data: { tables: { objects: { columns: { photo: { file_column: true } } } } } },
      sources: {
        open: { storage: 'filesystem', config: { root: './open' } },
        closed: { storage: 'filesystem', config: { root: './closed' } },
      },
      permissions: {
        'view-table': true,
        'update-row': { id: ['root', 'ann', 'carl'] },
        'files-browse': { open: { allow: true }, closed: { allow: { id: 'root' } } },
        'files-upload': { id: 'root' },
        'files-edit': { id: ['root', 'ann'] },
      },
    },
  })
})
after(() => app.close())

async function upload(description: string, source = 'open'): Promise<string> {
  const stored = await app.ask(`/-/files/upload/${source}?filename=scan.txt`, {
    actor: 'root',
    body: `a scan ${Math.random()}`,
    headers: { Accept: 'application/json', 'Content-Type': 'text/plain' },
  })
  const { file_id: id } = (await stored.json()) as { file_id: string }
  if (description !== '') await write(id, description)
  return id
}

async function post(path: string, json: unknown, actor = 'root') {
  const answer = await app.ask(path, { actor, json, headers: { Accept: 'application/json' } })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

const write = (id: string, description: string) =>
  post(`/-/files/${id}/-/update`, { update: { search_text: description } })

async function described(...ids: string[]): Promise<unknown[]> {
  const files = ids.map(async (id) => (await app.ask(`/-/files/${id}.json`, { actor: 'root' })).json())
  return (await Promise.all(files)).map((file) => (file as { search_text: string }).search_text)
}

/** Rows hold the files, others take their places. @returns the address of the run */
async function replace(files: readonly (readonly [row: number, before: string, now: string])[]): Promise<string> {
  const put = app.look.prepare('UPDATE objects SET photo = ? WHERE id = ?')
  for (const [row, before] of files) put.run(before, row)
  const { status, body } = await post('/data/objects/-/attach', {
    column: 'photo',
    pairs: files.map(([row, , now]) => [now, row]),
  })
  assert.equal(status, 200, JSON.stringify(body))
  return `/data/objects/-/attach/${(body.run as { id: string }).id}`
}

/** What the page of a run says of descriptions: sentences and buttons. */
async function said(run: string, actor = 'root'): Promise<string[]> {
  const page = await app.page(run, actor)
  const notices = [...page.matchAll(/<div class="notice [a-z]+">(.*?)<\/form><\/div><\/div>/gs)]
  return notices
    .map(([, notice = '']) =>
      notice
        .replace(/<[^>]*>/g, ' ')
        .replace(/\s+/g, ' ')
        .trim(),
    )
    .filter((words) => words.includes('description'))
}

test('the descriptions of replaced files are offered where the new files have none, copied at once, and taken out again', async () => {
  const [one, two, three, four] = await Promise.all(['', 'Mine', '', ''].map((text) => upload(text)))
  const files = [one, two, three, four] as [string, string, string, string]
  const run = await replace([
    [1, await upload('The stag, from the left'), files[0]],
    [2, await upload('Old words'), files[1]],
    [3, await upload(''), files[2]],
    [4, await upload('The hounds', 'closed'), files[3]],
  ])
  assert.deepEqual(await said(run), [
    '2 replaced files have descriptions, and the new ones have none. Copy them if the new files show the same. Copy 2 descriptions',
  ])
  assert.deepEqual(await described(...files), ['', 'Mine', '', ''], 'looking changes nothing')

  const copied = await app.ask(`${run}/-/descriptions`, { actor: 'root', form: {} })
  assert.deepEqual([copied.status, copied.headers.get('Location')], [303, run])
  const [Cookie = ''] = (copied.headers.getSetCookie()[0] ?? '').split(';')
  assert.match(
    await (await app.ask(run, { actor: 'root', headers: { Cookie } })).text(),
    /<div class="toast said".*2 descriptions copied/s,
  )
  assert.deepEqual(await described(...files), ['The stag, from the left', 'Mine', '', 'The hounds'])
  assert.deepEqual(await said(run), ['2 descriptions were copied from replaced files. Take them out again'])
  assert.deepEqual((await post(`${run}/-/descriptions`, {})).body, { ok: true, descriptions: 0 }, 'once is enough')
  for (const misspelt of [{ take_out: 'true' }, { takeout: true }, { take_out: 1 }])
    assert.equal((await post(`${run}/-/descriptions`, misspelt)).status, 400, JSON.stringify(misspelt))

  await write(files[3], 'Corrected since')
  assert.deepEqual(await said(run), ['1 description was copied from a replaced file. Take it out again'])
  const out = await app.ask(`${run}/-/descriptions`, { actor: 'root', form: { take_out: 'on' } })
  assert.equal(out.status, 303)
  assert.deepEqual(await described(...files), ['', 'Mine', '', 'Corrected since'], 'what was written since stays')
  assert.deepEqual(await said(run), [
    '1 replaced file has a description, and the new one has none. Copy it if the new file shows the same. Copy the description',
  ])
})

test('what was there before this copied anything is not taken out, though it is the same', async () => {
  const now = await upload('The same words')
  const run = await replace([[5, await upload('The same words'), now]])
  assert.deepEqual(await said(run), [])
  assert.deepEqual((await post(`${run}/-/descriptions`, { take_out: true })).body, { ok: true, descriptions: 0 })
  assert.deepEqual(await described(now), ['The same words'])
})

test('not offered: where a row has changed since, where one file took the places of two, and after undoing', async () => {
  const [first, second, other] = [await upload(''), await upload(''), await upload('')]
  const run = await replace([
    [11, await upload('eleven'), first],
    [12, await upload('twelve'), second],
    [13, await upload('thirteen'), second],
  ])
  assert.match((await said(run))[0] as string, /^1 replaced file has a description/)
  app.look.prepare('UPDATE objects SET photo = ? WHERE id = 11').run(other)
  assert.deepEqual(await said(run), [])
  assert.equal((await post(`${run}/-/descriptions`, {})).body.descriptions, 0)
  assert.deepEqual(await described(first, second, other), ['', '', ''])

  const undone = await replace([[14, await upload('fourteen'), first]])
  assert.equal((await post(`${undone}/-/descriptions`, {})).body.descriptions, 1)
  assert.equal((await post(`${undone}/-/undo`, {})).status, 200)
  assert.deepEqual(await said(undone), [])
  const refused = await post(`${undone}/-/descriptions`, { take_out: true })
  assert.deepEqual([refused.status, refused.body.code], [409, 'attach_not_applied'])
  assert.deepEqual(await described(first), ['fourteen'], 'the file that is in no row any more keeps it')
})

test('who may not see the file before, or not edit the new one, is offered nothing of it and copies nothing', async () => {
  const [one, two] = [await upload(''), await upload('')]
  const run = await replace([
    [21, await upload('in the open'), one],
    [22, await upload('behind closed doors', 'closed'), two],
  ])
  assert.match((await said(run))[0] as string, /^2 replaced files have/)
  assert.match((await said(run, 'ann'))[0] as string, /^1 replaced file has/)
  assert.deepEqual(await said(run, 'carl'), [])
  assert.equal((await post(`${run}/-/descriptions`, {}, 'carl')).body.descriptions, 0)
  assert.equal((await post(`${run}/-/descriptions`, {}, 'bob')).status, 403)
  assert.deepEqual(await described(one, two), ['', ''])
  assert.equal((await post(`${run}/-/descriptions`, {}, 'ann')).body.descriptions, 1)
  assert.deepEqual(await described(one, two), ['in the open', ''])
  assert.equal((await post(`${run}/-/descriptions`, { take_out: true }, 'carl')).body.descriptions, 0)
  assert.deepEqual(await described(one, two), ['in the open', ''])
})

test('many of them, and the search finds the new files by them', async () => {
  await allRead(join(app.folder, 'state'))
  const internal = new DatabaseSync(join(app.folder, 'state', 'internal.db'), { timeout: 5_000 })
  const source = internal.prepare("SELECT id FROM datasette_files_sources WHERE slug = 'open'").get()?.id as number
  const insert = internal.prepare(
    "INSERT INTO datasette_files (id, source_id, path, filename, content_type, search_text) VALUES (?, ?, ?, 'many.txt', 'text/plain', ?)",
  )
  const id = (kind: string, at: number) => `df-${kind.repeat(20)}${String(at).padStart(6, '0')}`
  internal.exec('BEGIN')
  for (let at = 0; at < MANY; at += 1) {
    insert.run(id('a', at), source, `before ${at}`, `Quagga number ${at}`)
    insert.run(id('b', at), source, `now ${at}`, '')
  }
  internal.exec('COMMIT')
  internal.close()
  const run = await replace(Array.from({ length: MANY }, (_, at) => [101 + at, id('a', at), id('b', at)] as const))
  assert.equal((await post(`${run}/-/descriptions`, {})).body.descriptions, MANY)
  assert.deepEqual(await described(id('b', 0), id('b', MANY - 1)), ['Quagga number 0', `Quagga number ${MANY - 1}`])
  const found = await app.ask('/-/files/search.json?q=quagga', { actor: 'root' })
  assert.equal(((await found.json()) as { total: number }).total, 2 * MANY)
  assert.equal((await post(`${run}/-/descriptions`, { take_out: true })).body.descriptions, MANY)
  assert.deepEqual(await described(id('a', 0), id('b', 0)), ['Quagga number 0', ''])
})
