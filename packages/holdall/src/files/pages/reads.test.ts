import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Hono } from 'hono'
import { createHttp } from '../../app/http.ts'
import type { RouteEnv } from '../../web/route.ts'
import { openTestFiles, type TestFiles } from '../testing.ts'

const SIZE = 30_000_000
const MOST = 1_000_000

let room: TestFiles
let app: Hono<RouteEnv>

before(async () => {
  room = await openTestFiles()
  app = createHttp(room.routes, room.hooks)
})
after(() => room.close())

async function get(path: string): Promise<string> {
  const answer = await app.request(path, { headers: { 'X-Actor': 'alice', Accept: 'text/html' } })
  assert.equal(answer.status, 200, path)
  return await answer.text()
}

test('the pages of a large file read the beginning of it and no more', async () => {
  for (const [filename, type, line] of [
    ['a.txt', 'text/plain', 'a line of words\n'],
    ['b.csv', 'text/csv', '1,2,"three"\n'],
    ['c.json', 'application/json', '[[1,2],[3]],\n'],
  ] as const) {
    const stored = await app.request(`/-/files/upload/photos?filename=${filename}`, {
      method: 'POST',
      headers: { 'X-Actor': 'alice', 'Content-Type': type },
      body: Buffer.alloc(SIZE, line),
    })
    const { file_id: id } = (await stored.json()) as { file_id: string }
    // What is read in the background is none of the pages'.
    const storage = await room.sources.get('photos').storage()
    const { read } = storage
    let bytes = 0
    Object.defineProperty(storage, 'read', {
      configurable: true,
      async value(...asked: Parameters<typeof read>) {
        const counter = new TransformStream<Uint8Array, Uint8Array>({
          transform(chunk, controller) {
            bytes += chunk.byteLength
            controller.enqueue(chunk)
          },
        })
        return (await read(...asked)).pipeThrough(counter)
      },
    })
    try {
      await get(`/-/files/${id}`)
      assert.ok(bytes > 1_000, `${filename}: it is shown from its bytes`)
      await get(`/-/files/${id}/thumbnail`)
      await get('/-/files/browse/photos')
    } finally {
      Object.defineProperty(storage, 'read', { configurable: true, value: read })
    }
    assert.ok(bytes < MOST, `${filename}: ${bytes} of ${SIZE} bytes were read`)
  }
})
