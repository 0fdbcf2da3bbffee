import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { after, afterEach, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type FaultProxy, s3Error, startFaultProxy } from './support/fault-proxy.ts'

const heard: { method: string; bytes: number; whole: boolean }[] = []
const server = createServer((request, response) => void answer(request).then((body) => response.end(body)))
let proxy: FaultProxy

async function answer(request: IncomingMessage): Promise<string> {
  const one = { method: request.method ?? '', bytes: 0, whole: false }
  heard.push(one)
  request.on('data', (chunk: Buffer) => {
    one.bytes += chunk.byteLength
  })
  request.on('error', () => {})
  await new Promise((resolve) => request.on('close', resolve))
  one.whole = request.complete
  return 'x'.repeat(1_000)
}

before(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  proxy = await startFaultProxy(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
afterEach(() => {
  proxy.clear()
  heard.length = 0
})
after(async () => {
  await proxy.close()
  server.closeAllConnections()
  server.close()
})

const put = (bytes = 100_000) => fetch(`${proxy.url}/a?part=1`, { method: 'PUT', body: 'y'.repeat(bytes) })
const codeOf = (error: unknown) => (error as { cause?: { code?: string } }).cause?.code

test('what no rule names passes as it is, and is counted', async () => {
  assert.equal((await (await put()).text()).length, 1_000)
  const [only] = proxy.passed
  assert.deepEqual(
    [only?.method, only?.path, only?.query.get('part'), only?.sent, only?.received, only?.status],
    ['PUT', '/a', '1', 100_000, 1_000, 200],
  )
  assert.deepEqual(heard, [{ method: 'PUT', bytes: 100_000, whole: true }])
})

test('rules are used up in order, and only by what they match', async () => {
  proxy.add({ match: ({ method }) => method === 'GET', fault: { kind: 'answer', answer: { status: 500 } } })
  proxy.add({ times: 1, fault: { kind: 'answer', answer: s3Error(503, 'SlowDown') } })
  const slow = await put()
  assert.equal(slow.status, 503)
  assert.match(await slow.text(), /<Code>SlowDown<\/Code>/)
  assert.equal((await put()).status, 200)
  assert.equal((await fetch(proxy.url)).status, 500)
  assert.equal(heard.length, 1, 'the server has heard of one')
})

test('an answer in place of another comes after the server has done what it was asked', async () => {
  proxy.add({ fault: { kind: 'answer', answer: s3Error(200, 'InternalError'), done: true } })
  assert.match(await (await put()).text(), /InternalError/)
  assert.deepEqual(heard, [{ method: 'PUT', bytes: 100_000, whole: true }])
})

test('a request is reset in its middle: on both sides', async () => {
  proxy.add({ fault: { kind: 'reset', of: 'request', after: 70_000 } })
  await assert.rejects(put(2_000_000), (error) => /ECONNRESET|EPIPE|UND_ERR_SOCKET/.test(codeOf(error) ?? ''))
  assert.equal(proxy.passed[0]?.sent, 70_000)
  assert.equal(heard[0]?.whole ?? false, false)
})

test('an answer is reset, truncated, or never comes', async () => {
  proxy.add({ times: 1, fault: { kind: 'reset', of: 'answer' } })
  await assert.rejects(put(), (error) => /ECONNRESET|UND_ERR_SOCKET/.test(codeOf(error) ?? ''))
  assert.equal(heard[0]?.whole, true, 'the server has done it')

  proxy.add({ times: 1, fault: { kind: 'truncate', after: 300 } })
  const cut = await put()
  assert.equal(cut.status, 200)
  await assert.rejects(cut.text())
  assert.equal(proxy.passed[1]?.received, 300)

  proxy.add({ times: 1, fault: { kind: 'stall', of: 'answer', after: 300 } })
  const stop = new AbortController()
  const stalled = await fetch(proxy.url, { signal: stop.signal })
  const reading = stalled.text().then(() => 'ended')
  assert.equal(await Promise.race([reading, sleep(300, 'still waiting')]), 'still waiting')
  stop.abort(new Error('enough'))
  await assert.rejects(reading, /enough/)
  assert.equal(proxy.passed[2]?.received, 300)
})

test('a request stalls: the server has a part of it, and nobody closes anything', async () => {
  proxy.add({ fault: { kind: 'stall', of: 'request', after: 65_536 } })
  const body = 'y'.repeat(4_000_000)
  const stop = new AbortController()
  const sending = fetch(proxy.url, { method: 'PUT', body, signal: stop.signal })
  while ((heard[0]?.bytes ?? 0) < 65_536) await sleep(5)
  assert.equal(await Promise.race([sending, sleep(300, 'still waiting')]), 'still waiting')
  assert.deepEqual(heard, [{ method: 'PUT', bytes: 65_536, whole: false }])
  stop.abort(new Error('enough'))
  await assert.rejects(sending, /enough/)
})

test('half-closed: the client is told that nothing will come, and may still send', async () => {
  proxy.add({ fault: { kind: 'half-close' } })
  const socket = connect({ port: Number(new URL(proxy.url).port), host: '127.0.0.1', allowHalfOpen: true })
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  socket.resume()
  await once(socket, 'end')
  assert.equal(socket.writable, true)
  socket.end()
  assert.deepEqual(heard, [])
})

test('latency, and other headers on either way', async () => {
  proxy.add({ times: 1, fault: { kind: 'latency', ms: 150 } })
  const began = performance.now()
  await put()
  assert.ok(performance.now() - began >= 145)
  const date = new Date(0).toUTCString()
  proxy.add({ times: 1, fault: { kind: 'headers', headers: { Date: date, connection: undefined } } })
  assert.equal((await put()).headers.get('date'), date)
})
