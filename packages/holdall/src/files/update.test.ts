import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Hono } from 'hono'
import { createHttp } from '../app/http.ts'
import type { RouteEnv } from '../web/route.ts'
import { openTestFiles, type TestFiles } from './testing.ts'
import { MAX_SEARCH_TEXT } from './update.ts'

let room: TestFiles
let app: Hono<RouteEnv>

before(async () => {
  room = await openTestFiles()
  app = createHttp(room.routes, room.hooks)
})
after(() => room.close())

async function put(content: string | Uint8Array<ArrayBuffer>, filename = 'scan.txt'): Promise<string> {
  const answer = await app.request(`/-/files/upload/photos?filename=${filename}`, {
    method: 'POST',
    headers: { 'X-Actor': 'alice' },
    body: content,
  })
  return ((await answer.json()) as { file_id: string }).file_id
}

async function update(id: string, changes: object) {
  return await app.request(`/-/files/${id}/-/update`, {
    method: 'POST',
    headers: { 'X-Actor': 'alice', 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify({ update: changes }),
  })
}

async function page(path: string): Promise<string> {
  return await (await app.request(path, { headers: { 'X-Actor': 'alice', Accept: 'text/html' } })).text()
}

async function file(id: string) {
  const answer = await app.request(`/-/files/${id}.json`, { headers: { 'X-Actor': 'alice' } })
  return (await answer.json()) as { filename: string; search_text: string; metadata: Record<string, unknown> }
}

/** The fields of a page's form as a browser sends them, with what somebody has typed. */
function formOf(html: string, typed: Record<string, string> = {}): Record<string, string> {
  const form = /<form[^>]*action="[^"]*\/-\/update[^"]*"[\s\S]*?<\/form>/.exec(html)?.[0] ?? ''
  const fields = [...form.matchAll(/<input[^>]* name="([^"]*)"[^>]* value="([^"]*)"/g)].map(([, name, value]) => [
    name,
    value,
  ])
  const [, name, text] = /<textarea[^>]* name="([^"]*)"[^>]*>\n([^<]*)</.exec(form) ?? []
  return { ...Object.fromEntries(fields), ...(name !== undefined && { [name]: text }), ...typed }
}

async function send(id: string, fields: Record<string, string>) {
  const answer = await app.request(`/-/files/${id}/-/update`, {
    method: 'POST',
    headers: { 'X-Actor': 'alice', 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'text/html' },
    body: new URLSearchParams(fields).toString(),
  })
  return { status: answer.status, text: await answer.text() }
}

describe('a form', () => {
  test('changes what was touched in it, and nothing that somebody else has changed since', async () => {
    const id = await put('one')
    const form = formOf(await page(`/-/files/${id}/-/update`), { filename: 'renamed.txt' })
    await update(id, { search_text: 'A long description' })
    assert.equal((await send(id, form)).status, 303)
    const { filename, search_text } = await file(id)
    assert.deepEqual([filename, search_text], ['renamed.txt', 'A long description'])
    assert.equal((await send(id, formOf(await page(`/-/files/${id}/-/update`)))).status, 303)
    assert.equal((await file(id)).search_text, 'A long description')
  })

  test('does not replace a description that was written meanwhile until it was seen', async () => {
    for (const from of ['', '/-/update']) {
      const id = await put(`two ${from}`)
      const form = formOf(await page(`/-/files/${id}${from}`), { search_text: 'mine' })
      await update(id, { search_text: 'theirs' })
      const refused = await send(id, form)
      assert.equal(refused.status, 409)
      assert.match(
        refused.text,
        /It was changed after you opened this page\. It says now: “theirs”\. Save again to have yours in its place\./,
      )
      assert.equal((await file(id)).search_text, 'theirs')
      assert.equal(formOf(refused.text).search_text, 'mine')
      assert.equal((await send(id, formOf(refused.text))).status, 303)
      assert.equal((await file(id)).search_text, 'mine')
    }
  })

  test('does not do so either where both are sent at one moment', async () => {
    for (let round = 0; round < 10; round += 1) {
      const id = await put(`at once ${round}`)
      const seen = await page(`/-/files/${id}/-/update`)
      const words = ['mine', 'theirs', 'whose']
      const answers = await Promise.all(words.map((search_text) => send(id, formOf(seen, { search_text }))))
      assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 409, 409])
      const kept = words[answers.findIndex(({ status }) => status === 303)]
      assert.equal((await file(id)).search_text, kept)
      for (const { status, text } of answers) if (status === 409) assert.ok(text.includes(`It says now: “${kept}”`))
    }
  })

  test('of a script, which has seen no page, changes what it names', async () => {
    const id = await put('three')
    await update(id, { search_text: 'before' })
    assert.equal((await send(id, { search_text: 'after' })).status, 303)
    assert.equal((await file(id)).search_text, 'after')
  })

  test('takes as many letters as a description may have, of any script, and keeps what is too long', async () => {
    const id = await put('four')
    for (const letter of ['x', 'д', '日', '𝔄']) {
      const most = letter.repeat(MAX_SEARCH_TEXT / letter.length)
      assert.equal((await send(id, { search_text: most })).status, 303, letter)
      assert.equal((await file(id)).search_text, most)
      const refused = await send(id, { search_text: `${most}${letter}` })
      assert.equal(refused.status, 400)
      assert.ok(refused.text.includes(`${most}${letter}</textarea>`), letter)
      assert.equal((await update(id, { search_text: most })).status, 200, letter)
    }
  })
})

test('a file keeps its name when it is given none, and that is said in words for who asked', async () => {
  const id = await put('unnamed')
  const refused = await send(id, { filename: '', search_text: 'kept' })
  assert.equal(refused.status, 400)
  assert.match(refused.text, />Name<\/a>: A file needs a name\.</)
  assert.doesNotMatch(refused.text, /X-Filename|filename is required/)
  assert.equal(formOf(refused.text).search_text, 'kept')
  const answer = await update(id, { filename: '' })
  const { code, error } = (await answer.json()) as { code: string; error: string }
  assert.deepEqual([answer.status, code, error], [400, 'filename_required', 'filename: A file needs a name.'])
  assert.equal((await file(id)).filename, 'scan.txt')
})

test('metadata of one’s own leaves what was read from the bytes, unless it names it', async () => {
  const id = await put(new Uint8Array(Buffer.from('Bj\xf6rk und Stra\xdfe', 'latin1')))
  const read = (await file(id)).metadata
  assert.ok(read.charset)
  await update(id, { metadata: { shelf: 'B7', room: 1 } })
  assert.deepEqual((await file(id)).metadata, { ...read, shelf: 'B7', room: 1 })
  await update(id, { metadata: { shelf: 'C1', charset: 'iso-8859-2' } })
  assert.deepEqual((await file(id)).metadata, { ...read, charset: 'iso-8859-2', shelf: 'C1' })
})

test('a parameter with a NUL or without UTF-8 is refused by its name', async () => {
  const id = await put('five')
  for (const [query, named, reason] of [
    ['q=%ff', 'q', 'must be UTF-8.'],
    ['q=a%C3', 'q', 'must be UTF-8.'],
    ['source=photos&q=%00', 'q', 'must not have a NUL character.'],
    ['source=%00', 'source', 'must not have a NUL character.'],
    ['folder=%ff', 'folder', 'must be UTF-8.'],
  ] as const) {
    for (const path of [
      '/-/files/search.json',
      '/-/files/browse/photos.json',
      '/-/files/duplicates.json',
      `/-/files/${id}.json`,
    ]) {
      const answer = await app.request(`${path}?${query}`, { headers: { 'X-Actor': 'alice' } })
      const body = (await answer.json()) as { code: string; error: string; fields: object }
      assert.deepEqual(
        [answer.status, body.code, body.fields],
        [400, 'bad_request', { [named]: reason }],
        `${path}?${query}`,
      )
      assert.equal(body.error, `${named}: ${reason}`)
    }
  }
  for (const query of ['q=100%25', 'q=50%', 'q=%zz', 'q=K%C3%B6ln+am+Rhein', 'q=%E6%97%A5']) {
    const answer = await app.request(`/-/files/search.json?${query}`, { headers: { 'X-Actor': 'alice' } })
    assert.equal(answer.status, 200, query)
  }
})
