import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestObjects, type TestObjects } from './test-objects.ts'

let app: TestObjects

before(async () => {
  app = await openTestObjects()
})
after(() => app.close())

async function order(id: number): Promise<string[]> {
  const page = await app.page(`/data/objects/${id}`)
  return [...page.matchAll(/<span class="field-label">([^<]*)<\/span>/g)].map(([, name = '']) => name)
}

test('what a row holds stands first on its page, where it is not very much; what holds nothing stays in its place', async () => {
  const files = await Promise.all(Array.from({ length: 7 }, (_, at) => app.upload(`file ${at}`)))
  const insert = app.look.prepare('INSERT INTO objects (title, photo, papers) VALUES (?, ?, ?)')
  insert.run('both', files[0] as string, JSON.stringify(files.slice(0, 6)))
  insert.run('papers', null, JSON.stringify(files.slice(0, 2)))
  insert.run('many', files[0] as string, JSON.stringify(files))
  insert.run('none', null, '')
  insert.run('no file', 'in the box', null)
  insert.run('gone', `df-${'7'.repeat(26)}`, null)
  assert.deepEqual(await order(1), ['photo', 'papers', 'id', 'title', 'note'])
  assert.deepEqual(await order(2), ['papers', 'id', 'title', 'photo', 'note'])
  assert.deepEqual(await order(3), ['photo', 'id', 'title', 'note', 'papers'])
  const asTheTable = ['id', 'title', 'photo', 'note', 'papers']
  assert.deepEqual(await order(4), asTheTable)
  assert.deepEqual(await order(5), asTheTable, 'a text that is no file')
  assert.deepEqual(await order(6), ['photo', 'id', 'title', 'note', 'papers'], 'that it is gone is to be seen')
})
