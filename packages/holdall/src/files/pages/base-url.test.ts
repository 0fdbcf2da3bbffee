import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Hono } from 'hono'
import sharp from 'sharp'
import { createHttp } from '../../app/http.ts'
import type { RouteEnv } from '../../web/route.ts'
import { openTestFiles, type TestFiles } from '../testing.ts'

const ALL = { photos: { allow: { id: 'alice' } } }
let room: TestFiles
let app: Hono<RouteEnv>

before(async () => {
  room = await openTestFiles({
    baseUrl: '/x/',
    permissions: { 'files-browse': ALL, 'files-upload': ALL, 'files-edit': ALL, 'files-delete': ALL },
  })
  app = createHttp(room.routes, room.hooks)
})
after(() => room.close())

async function ask(path: string, init: RequestInit & { accept?: string } = {}): Promise<string> {
  const headers = { 'X-Actor': 'alice', Accept: init.accept ?? 'application/json', ...init.headers }
  const answer = await app.request(`/x/${path}`, { ...init, headers })
  const text = await answer.text()
  assert.ok(answer.status < 400, `${path}: ${answer.status} ${text.slice(0, 300)}`)
  return text
}

async function upload(filename: string, body: BodyInit): Promise<{ text: string; id: string }> {
  const text = await ask(`-/files/upload/photos?filename=${filename}`, { method: 'POST', body })
  return { text, id: JSON.parse(text).file_id }
}

test('every address of the pages and answers about files carries base_url', async () => {
  const picture = await sharp({ create: { width: 300, height: 200, channels: 3, background: '#357' } })
    .jpeg()
    .toBuffer()
  const { text: stored, id } = await upload('a.jpg', new Uint8Array(picture))
  for (let n = 0; n < 3; n += 1) await upload(`note-${n}.txt`, 'words')
  const { id: deleted } = await upload('gone.txt', 'words')
  await ask(`-/files/${deleted}`, { method: 'DELETE' })

  const prepared = await ask('-/files/upload/photos/-/prepare', {
    method: 'POST',
    body: '{"filename":"b.txt"}',
    headers: { 'Content-Type': 'application/json' },
  })
  const answers = [stored, prepared]
  for (const path of [
    `-/files/${id}.json`,
    '-/files/browse/photos.json',
    '-/files/trash.json',
    '-/files/search.json',
  ]) {
    answers.push(await ask(path))
  }
  for (const answer of answers) {
    const addresses = [...answer.matchAll(/"(?:\w*_)?url":\s*"([^"]+)"/g)].map(([, address]) => address as string)
    assert.ok(addresses.length > 0, answer)
    assert.deepEqual(
      addresses.filter((address) => !address.startsWith('/x/')),
      [],
    )
  }

  for (const path of [
    '-/files',
    '-/files/browse/photos?_size=1&q=note',
    '-/files/browse/photos?view=list',
    `-/files/${id}`,
    `-/files/${id}/-/update`,
    `-/files/${deleted}`,
    `-/files/${deleted}/-/purge`,
    '-/files/upload/photos',
    '-/files/search?q=note',
    '-/files/search?q=note+nothing',
    '-/files/trash',
  ]) {
    const page = await ask(path, { accept: 'text/html' })
    const found = [...page.matchAll(/\b(?:href|src|srcset|action|formaction|base|data-[\w-]+)="(\/[^"]*)"/g)]
    assert.ok(found.length > 5, path)
    assert.deepEqual(
      found.map(([, address]) => address as string).filter((address) => !address.startsWith('/x/')),
      [],
      path,
    )
  }
})
