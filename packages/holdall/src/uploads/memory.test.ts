import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { after, before, test } from 'node:test'
import { bytes } from '../sources/contract/bodies.ts'
import { startTestServer, type TestServer } from './test-server.ts'

const SIZE = 256 * 1024 * 1024
/** What sends is in this process too. */
const MOST = 128 * 1024 * 1024
const CHUNK = bytes(256 * 1024)
const BOUNDARY = 'B'
const FORM_START = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n`
const FORM_END = `\r\n--${BOUNDARY}--\r\n`

let server: TestServer
before(async () => {
  server = await startTestServer({ settings: { max_upload_bytes: 2 * SIZE } })
})
after(() => server.close())

async function send(type: string, start: string, end: string): Promise<{ status: number; body: string }> {
  const sending = request(`${server.url}/-/files/upload/files?filename=a.bin`, {
    method: 'POST',
    headers: { Authorization: 'alice', 'Content-Type': type, 'Content-Length': start.length + SIZE + end.length },
  })
  const answered = once(sending, 'response')
  sending.write(start)
  for (let sent = 0; sent < SIZE; sent += CHUNK.length) if (!sending.write(CHUNK)) await once(sending, 'drain')
  sending.end(end)
  const [response] = await answered
  let body = ''
  for await (const chunk of response) body += chunk
  return { status: response.statusCode, body }
}

for (const [what, type, start, end] of [
  ['the bytes themselves', 'application/octet-stream', '', ''],
  ['a form', `multipart/form-data; boundary=${BOUNDARY}`, FORM_START, FORM_END],
] as const) {
  test(`a large upload goes through memory in pieces: ${what}`, async (t) => {
    const idle = process.memoryUsage.rss()
    let most = 0
    const watching = setInterval(() => {
      most = Math.max(most, process.memoryUsage.rss() - idle)
    }, 10)
    const { status, body } = await send(type, start, end).finally(() => clearInterval(watching))
    assert.equal(status, 201, body)
    assert.equal(JSON.parse(body).size, SIZE)
    t.diagnostic(`${Math.round(most / 2 ** 20)} MiB more for ${SIZE / 2 ** 20} MiB`)
    assert.ok(most < MOST, `${most} bytes more for ${SIZE}`)
  })
}
