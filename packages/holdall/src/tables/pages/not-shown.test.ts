import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestObjects, type TestObjects } from './test-objects.ts'

let app: TestObjects
const WORDS = /On this page, [^<]*/g

before(async () => {
  app = await openTestObjects({
    'view-table': true,
    'files-browse': { id: ['root', 'bob'] },
    'files-delete': { id: 'root' },
  })
  const insert = app.look.prepare('INSERT INTO objects (title, photo, papers) VALUES (?, ?, ?)')
  for (let at = 0; at < 20; at += 1) {
    insert.run(`Jug ${at}`, await app.upload(`jug ${at}`), at > 0 ? null : JSON.stringify([await app.upload('letter')]))
  }
})
after(() => app.close())

test('that files are not shown is said once above the rows; each cell has a sign, with its words for who looks closely', async () => {
  const page = await app.page('/data/objects', 'ann')
  const hint = 'It is not there, or you may not see its source\\. Ask who manages this server\\.'
  assert.deepEqual(page.match(WORDS), [
    'On this page, photo and papers: the files are not shown to you. You may not see their source, or they are not there. Ask who manages this server.',
  ])
  assert.equal(
    page.match(new RegExp(`class="file-cell absent not-shown" title="${hint}".*?Not shown to you`, 'g'))?.length,
    20,
  )
  assert.match(page, new RegExp(`class="type-tile not-shown" title="${hint}".*?<span class="unseen">Not shown to you`))
  assert.doesNotMatch(page, /\.txt/)
})

test('of a column some of whose files are shown the others are counted, and where all are shown nothing is said', async () => {
  const said = async (query: string, actor: string) =>
    (await app.page(`/data/objects?${query}`, actor)).match(WORDS)?.map((words) => words.split(' You may')[0])
  assert.equal(await said('', 'bob'), undefined)
  const { photo } = app.look.prepare('SELECT photo FROM objects WHERE id = 3').get() as { photo: string }
  assert.ok((await app.ask(`/-/files/${photo}/-/delete`, { actor: 'root', json: {} })).ok)
  assert.deepEqual(await said('', 'bob'), ['On this page, photo: 1 file is not shown to you.'])
  assert.deepEqual(await said('id=3', 'bob'), ['On this page, photo: the files are not shown to you.'])
  assert.equal(await said('id=4', 'bob'), undefined)
  assert.deepEqual(await said('id=4', 'ann'), ['On this page, photo: the files are not shown to you.'])
})

test('the page of a row has the words themselves', async () => {
  const page = await app.page('/data/objects/2', 'ann')
  assert.match(page, /Not shown to you/)
  assert.doesNotMatch(page, /On this page/)
})
