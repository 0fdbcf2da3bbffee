import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createToken } from '../access/tokens.ts'
import { loadConfig } from '../config/config.ts'
import { openInternalDatabase } from '../database/internal.ts'
import { createLog } from '../web/log.ts'
import { type Assembled, assemble } from './holdall.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdall-inactive-'))
const data = join(folder, 'data')
const log = createLog(() => {})
after(() => rmSync(folder, { recursive: true, force: true }))

let token = ''

async function start(...slugs: string[]): Promise<Assembled> {
  const sources = Object.fromEntries(
    slugs.map((slug) => [slug, { storage: 'filesystem', config: { root: join(folder, slug) } }]),
  )
  const { config } = loadConfig({ env: {}, cwd: folder, overrides: { sources } })
  const holdall = await assemble({ config, data, env: {}, log })
  await holdall.start()
  return holdall
}

async function ask(holdall: Assembled, method: string, path: string, body?: string, accept = 'application/json') {
  const headers = {
    Authorization: `Bearer ${token}`,
    Accept: accept,
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
  }
  const request = new Request(`http://holdall.test${path}`, { method, headers, ...(body !== undefined && { body }) })
  const response = await holdall.http.fetch(request)
  const text = await response.text()
  return { status: response.status, text, json: text.startsWith('{') ? JSON.parse(text) : {} }
}

test('files of a source that has left the configuration are known, cannot be opened, lose nothing, and come back', async () => {
  let holdall = await start('photos', 'other')
  const db = await openInternalDatabase(join(data, 'internal.db'))
  token = (await createToken(db, Date.now, { actorId: 'root', name: 'test', by: null })).token
  await db.close()
  const { json } = await ask(holdall, 'POST', '/-/files/upload/photos?filename=a.txt', 'words')
  const { id, path } = json.file as { id: string; path: string }
  await holdall.close()

  holdall = await start('other')
  const code = async (method: string, address: string, body?: string) => {
    const answer = await ask(holdall, method, address, body)
    return [answer.status, answer.json.code]
  }
  assert.equal((await ask(holdall, 'GET', `/-/files/${id}.json`)).json.filename, 'a.txt')
  const page = await ask(holdall, 'GET', `/-/files/${id}`, undefined, 'text/html')
  assert.equal(page.status, 200)
  assert.match(page.text, /no longer configured/)
  assert.doesNotMatch(page.text, new RegExp(`${id}/download`), 'what cannot be opened is not offered')
  const found = (await ask(holdall, 'GET', '/-/files/search.json?q=a.txt')).json.files as { id: string }[]
  assert.deepEqual(
    found.map((file) => file.id),
    [id],
  )
  for (const [method, address] of [
    ['GET', `/-/files/${id}/download`],
    ['POST', '/-/files/upload/photos?filename=b.txt'],
    ['POST', '/-/files/sync/photos'],
  ] as const) {
    assert.deepEqual(
      await code(method, address, method === 'POST' ? 'x' : undefined),
      [503, 'source_inactive'],
      address,
    )
  }
  assert.equal((await ask(holdall, 'GET', `/-/files/${id}/thumbnail`)).status, 200)
  assert.equal((await ask(holdall, 'POST', `/-/files/${id}/-/update`, '{"update":{"search_text":"quay"}}')).status, 200)
  assert.equal((await ask(holdall, 'DELETE', `/-/files/${id}`)).status, 200)
  assert.deepEqual(await code('POST', `/-/files/${id}/-/purge`), [503, 'source_inactive'])
  assert.ok(existsSync(join(folder, 'photos', path)))
  assert.equal((await ask(holdall, 'POST', `/-/files/${id}/-/restore`)).status, 200)
  await holdall.close()

  holdall = await start('photos')
  assert.equal((await ask(holdall, 'GET', `/-/files/${id}/download`)).text, 'words')
  assert.equal((await ask(holdall, 'GET', `/-/files/${id}.json`)).json.search_text, 'quay')
  await holdall.close()
})
