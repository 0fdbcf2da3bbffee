import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestObjects, type TestObjects } from './test-objects.ts'

let app: TestObjects
let jug = ''
let bowl = ''

before(async () => {
  app = await openTestObjects({ 'view-table': true, 'files-browse': true, 'files-delete': { id: 'root' } })
  jug = await app.upload('jug')
  bowl = await app.upload('bowl')
  app.look
    .prepare('INSERT INTO objects (title, photo, papers) VALUES (?, ?, ?)')
    .run('Jug', jug, `["${bowl}","${jug}"]`)
})
after(() => app.close())

async function remove(id: string): Promise<void> {
  assert.ok((await app.ask(`/-/files/${id}/-/delete`, { actor: 'root', json: {} })).ok)
}

/** Presses the button that restores a file, with what the form that it belongs to sends. */
async function restore(page: string, id: string): Promise<string> {
  const button = new RegExp(`<button[^>]* form="([^"]*)" formaction="(/-/files/${id}/-/restore)"[^>]*>Restore</button>`)
  const [, form = '', action = ''] = button.exec(page) ?? []
  assert.ok(action, 'there is such a button')
  assert.equal(page.split(` id="${form}"`).length, 2, 'the form is there once')
  const [, fields = ''] = new RegExp(`<form method="post" id="${form}" hidden>(.*?)</form>`).exec(page) ?? []
  const [, back = ''] = /<input type="hidden" name="return" value="([^"]*)">/.exec(fields) ?? []
  const answer = await app.ask(action, { actor: 'root', form: { return: back.replaceAll('&amp;', '&') } })
  assert.equal(answer.status, 303)
  const location = answer.headers.get('Location') ?? ''
  const said = await app.ask(location, { actor: 'root', headers: { Cookie: cookieIn(answer) } })
  assert.match(await said.text(), /(?:jug|bowl)\.txt restored/)
  return location
}

const cookieIn = (answer: Response) =>
  answer.headers
    .getSetCookie()
    .map((one) => one.split(';', 1)[0])
    .join('; ')

test('a file in the trash is restored from its cell, and the list that it stands in says so', async () => {
  await remove(jug)
  const list = '/data/objects?title__exact=Jug&_sort_desc=title'
  const page = await app.page(list)
  assert.match(page, new RegExp(`<a href="/-/files/${jug}\\?from=table[^"]*" aria-label="jug.txt"`))
  assert.match(page, new RegExp(`<a href="/-/files/${jug}\\?from=table[^"]*" aria-label="jug.txt: In the trash"`))
  assert.equal(await restore(page, jug), list)
  assert.doesNotMatch(await app.page(list), /In the trash|restore-file/)
})

test('where the list asks for just that as well, and from the page of the row', async () => {
  await remove(jug)
  const list = '/data/objects?photo__filetrashed=1'
  assert.equal(await restore(await app.page(list), jug), list)
  await remove(bowl)
  const row = '/data/objects/1?title__exact=Jug'
  assert.equal(await restore(await app.page(row), bowl), row)
})

test('on its own page it is restored and stays in the list that it was opened from', async () => {
  await remove(jug)
  const page = await app.page('/data/objects')
  const [, href = ''] = new RegExp(`<a href="(/-/files/${jug}\\?[^"]*)"`).exec(page) ?? []
  const own = await app.page(href.replaceAll('&amp;', '&'))
  assert.ok(own.includes(`<input type="hidden" name="return" value="${href}">`))
  const answer = await app.ask(`/-/files/${jug}/-/restore`, { actor: 'root', form: { return: '//evil.example/' } })
  assert.equal(answer.headers.get('Location'), '/')
  await remove(jug)
  const plain = await app.ask(`/-/files/${jug}/-/restore`, { actor: 'root', form: {} })
  assert.equal(plain.headers.get('Location'), `/-/files/${jug}`)
})

test('who may not restore it sees neither the file nor a way to do so', async () => {
  await remove(jug)
  for (const path of ['/data/objects', '/data/objects/1']) {
    const page = await app.page(path, 'ann')
    assert.doesNotMatch(page, /Restore|restore-file|jug\.txt/, path)
    assert.match(page, /Not shown to you/)
  }
  assert.deepEqual(app.failures, [])
})
