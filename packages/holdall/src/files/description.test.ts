import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Hono } from 'hono'
import { createHttp } from '../app/http.ts'
import type { RouteEnv } from '../web/route.ts'
import { openTestFiles, type TestFiles } from './testing.ts'

/** alice may see and edit everything, bob sees `photos`, carol sees and edits `photos`. */
const PERMISSIONS = {
  'files-browse': { photos: { allow: { id: ['alice', 'bob', 'carol'] } }, closed: { allow: { id: 'alice' } } },
  'files-upload': { id: 'alice' },
  'files-edit': { photos: { allow: { id: ['alice', 'carol'] } }, closed: { allow: { id: 'alice' } } },
  'files-delete': { id: 'alice' },
}

let room: TestFiles
let app: Hono<RouteEnv>

before(async () => {
  room = await openTestFiles({ permissions: PERMISSIONS })
  app = createHttp(room.routes, room.hooks)
})
after(() => room.close())

async function put(description: string, source = 'photos'): Promise<string> {
  const answer = await app.request(`/-/files/upload/${source}?filename=scan.txt`, {
    method: 'POST',
    headers: { 'X-Actor': 'alice' },
    body: `${description} ${Math.random()}`,
  })
  const { file_id: id } = (await answer.json()) as { file_id: string }
  if (description !== '') await ask(`/-/files/${id}/-/update`, 'alice', { update: { search_text: description } })
  return id
}

async function ask(path: string, actor: string, body?: unknown) {
  const answer = await app.request(path, {
    headers: { ...(actor && { 'X-Actor': actor }), Accept: 'application/json', 'Content-Type': 'application/json' },
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

async function offered(to: string, from: string, actor = 'alice'): Promise<unknown> {
  const { status, body } = await ask(`/-/files/${to}/-/description.json?from=${encodeURIComponent(from)}`, actor)
  assert.equal(status, 200)
  return body.description
}

const copy = (to: string, from: unknown, actor = 'alice') => ask(`/-/files/${to}/-/description`, actor, { from })

async function described(id: string): Promise<unknown> {
  return (await ask(`/-/files/${id}.json`, 'alice')).body.search_text
}

test('a file without a description gets that of another, which keeps it', async () => {
  const [old, better] = [await put('Two women at a\nwell'), await put('')]
  assert.equal(await offered(better, old), 'Two women at a\nwell')
  assert.equal(await described(better), '', 'asking changes nothing')
  const copied = await copy(better, old)
  assert.deepEqual([copied.status, copied.body], [200, { ok: true, description: 'Two women at a\nwell' }])
  assert.deepEqual([await described(better), await described(old)], ['Two women at a\nwell', 'Two women at a\nwell'])
  const list = await room.files.registry.list({ sources: room.sources.list().map(({ id }) => id), q: 'women well' })
  assert.equal(list.total, 2, 'it is found by it')
  assert.equal((await copy(better, old)).status, 200, 'twice is as good as once')
})

test('what was written is never replaced, and nothing is copied from a file without a description', async () => {
  const [old, other, none] = [await put('old words'), await put('other words'), await put('')]
  assert.equal(await offered(other, old), null)
  const refused = await copy(other, old)
  assert.deepEqual([refused.status, refused.body.code], [409, 'file_described'])
  assert.equal(await described(other), 'other words')
  assert.equal(await offered(none, none), null)
  assert.deepEqual((await copy(none, none)).body.code, 'file_not_described')
  assert.equal(await offered(none, 'no id'), null)
  for (const from of [undefined, 'no id', '', 1, null, [old]]) {
    assert.deepEqual((await copy(none, from)).body.code, 'bad_request', String(from))
  }
  assert.deepEqual((await copy(none, `df-${'0'.repeat(26)}`)).body.code, 'file_not_found')
})

test('is for who may edit the one and see the other; others are offered nothing', async () => {
  const [old, secret, better] = [await put('words'), await put('secret words', 'closed'), await put('')]
  for (const actor of ['bob', '']) {
    assert.equal(await offered(better, old, actor), null)
    assert.notEqual((await copy(better, old, actor)).status, 200)
  }
  assert.equal(await offered(better, secret, 'carol'), null)
  assert.deepEqual((await copy(better, secret, 'carol')).body.code, 'file_not_found')
  await ask(`/-/files/${old}/-/delete`, 'alice', {})
  assert.equal(await offered(better, old), null, 'nor of what is in the trash')
  assert.equal(await described(better), '')
  const other = await put('words')
  assert.equal(await offered(better, other, 'carol'), 'words')
  assert.equal((await copy(better, other, 'carol')).status, 200)
})
