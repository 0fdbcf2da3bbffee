import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { ORGANIZATION } from '../testing.ts'
import { datasetClient } from './test-client.ts'
import { large } from './test-parquet.ts'
import { startTestServer, type TestServer } from './test-server.ts'

/** How clients send nothing: `curl -X POST` says no length at all. */
const NOTHING = {
  'no length': '\r\n',
  'length 0': 'Content-Length: 0\r\n\r\n',
  'no chunk': 'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'JSON of no length': 'Content-Type: application/json\r\n\r\n',
} as const

let server: TestServer
let client: ReturnType<typeof datasetClient>
before(async () => {
  server = await startTestServer()
  client = datasetClient(server)
})
after(() => server.close())

/** @param rest what comes after the headers that every request has */
async function post(path: string, rest: string): Promise<{ readonly status: number; readonly text: string }> {
  const { hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  socket.write(`POST ${path} HTTP/1.1\r\nHost: ${hostname}\r\nX-User-Token: alice\r\nConnection: close\r\n${rest}`)
  let text = ''
  socket.on('data', (bytes) => {
    text += bytes
  })
  await once(socket, 'close')
  return { status: Number(text.split(' ')[1]), text }
}

for (const [name, rest] of Object.entries(NOTHING)) {
  test(`what needs no field is asked for without a body: ${name}`, async () => {
    const content = large()
    const at = `/public/uploads/${ORGANIZATION}/medicaid/multipart`
    const plan = await client.init(content, { part_urls: 2 })
    await client.send(plan, content, [2])
    const completed = await post(`${at}/${plan.upload_id}/complete`, rest)
    assert.equal(completed.status, 202, completed.text)
    assert.equal((await client.ended(plan.upload_id)).retryable, true)
    const retried = await post(`${at}/${plan.upload_id}/retry`, rest)
    assert.equal(retried.status, 202, retried.text)
    await client.ended(plan.upload_id)
    const confirmed = await post(`${at}/${plan.upload_id}/confirm`, rest)
    assert.match(confirmed.text, /"multipart_not_waiting"/)
    await client.abort(plan.upload_id)

    const prepared = await post(
      '/-/files/upload/files/-/prepare',
      'Content-Length: 71\r\n\r\n{"filename":"a.bin","size":20000000,"accept_methods":["MULTIPART"]}    ',
    )
    const file = /"upload_id":"(?<id>\w+)"/.exec(prepared.text)?.groups?.id
    const incomplete = await post(`/-/files/upload/files/-/sessions/${file}/complete`, rest)
    assert.match(incomplete.text, /"upload_parts_missing"/)
  })
}

test('what needs one is refused without a body, as JSON that does not parse', async () => {
  const at = `/public/uploads/${ORGANIZATION}/medicaid/multipart`
  for (const rest of Object.values(NOTHING)) {
    const refused = await post(`${at}/init`, rest)
    assert.deepEqual([refused.status, /"invalid_json"/.test(refused.text)], [400, true], refused.text)
  }
})
