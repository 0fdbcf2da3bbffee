import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Hono } from 'hono'
import { createHttp } from '../../app/http.ts'
import { hashOf } from '../../sources/contract/bodies.ts'
import type { RouteEnv } from '../../web/route.ts'
import { openTestFiles, type TestFiles } from '../testing.ts'
import { allRead } from './test-all-read.ts'

const MIB = 1_024 * 1_024
const SIZE = 16 * MIB + 1

describe('files whose bytes did not pass through here in one piece', () => {
  let room: TestFiles
  let app: Hono<RouteEnv>
  const folder = mkdtempSync(join(tmpdir(), 'holdall-hash-'))
  before(async () => {
    const source = (name: string, hash: string) => ({
      [name]: { storage: 'filesystem', config: { root: join(folder, name) }, hash },
    })
    room = await openTestFiles({
      sources: {
        ...source('photos', 'background'),
        ...source('bare', 'none'),
        ...source('small', 'up to 16MB'),
      },
      permissions: { 'files-browse': { id: 'alice' }, 'files-upload': { id: 'alice' } },
    })
    app = createHttp(room.routes, room.hooks)
    room.files.start()
  })
  after(async () => {
    await room.close()
    rmSync(folder, { recursive: true })
  })

  async function ask(path: string, body?: object, method = body === undefined ? 'GET' : 'POST') {
    const response = await app.request(path, {
      method,
      headers: { 'X-Actor': 'alice', Accept: 'application/json', 'Content-Type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return (await response.json()) as never
  }

  interface FileJson {
    readonly id: string
    readonly content_hash: string | null
    readonly content_type: string
    readonly duplicates: { readonly id: string }[]
  }

  async function upload(source: string, content: Uint8Array): Promise<FileJson> {
    const prepare = { filename: 'big.txt', size: content.length, accept_methods: ['MULTIPART'] }
    const plan: { session_url: string; part_size: number } = await ask(`/-/files/upload/${source}/-/prepare`, prepare)
    const answer: { part_urls: { part_number: number; url: string }[] } = await ask(`${plan.session_url}/parts`, {
      part_numbers: [1, 2, 3],
    })
    for (const { part_number: number, url } of answer.part_urls) {
      const part = content.slice((number - 1) * plan.part_size, number * plan.part_size)
      assert.equal((await app.request(url, { method: 'PUT', body: part })).status, 200)
    }
    const { file }: { file: FileJson } = await ask(`${plan.session_url}/complete`, {})
    return file
  }

  const read = async (id: string): Promise<FileJson> => await ask(`/-/files/${id}.json`)

  test('are served at once, and get their hash; then the others with the same bytes are known', async () => {
    const content = new Uint8Array(SIZE).fill(97)
    const [one, other] = [await upload('photos', content), await upload('photos', content)]
    assert.deepEqual([one.content_hash, one.content_type, one.duplicates], [null, 'text/plain', []])
    const download = await app.request(`/-/files/${one.id}/download`, { headers: { 'X-Actor': 'alice' } })
    assert.equal(download.status, 200)
    assert.match(download.headers.get('ETag') ?? '', /^".+"$/)
    assert.equal(download.headers.get('Cache-Control'), 'private, max-age=3600')
    assert.equal((await download.arrayBuffer()).byteLength, SIZE)
    const etag = download.headers.get('ETag') as string
    const headers = { 'X-Actor': 'alice', 'If-None-Match': etag }
    await allRead(room.folder)
    const hashed = await read(one.id)
    assert.equal(hashed.content_hash, hashOf(content))
    assert.deepEqual(
      hashed.duplicates.map(({ id }) => id),
      [other.id],
    )
    const again = await app.request(`/-/files/${one.id}/download`, { headers })
    await again.body?.cancel()
    assert.equal(again.headers.get('ETag'), `"${hashOf(content).slice('sha256:'.length)}"`)
  })

  test('stay without where their source does not want them read whole', async () => {
    const content = new Uint8Array(SIZE).fill(98)
    for (const source of ['bare', 'small']) {
      const { id } = await upload(source, content)
      await allRead(room.folder)
      assert.equal((await read(id)).content_hash, null, source)
    }
  })
})
