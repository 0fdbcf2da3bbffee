import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { requestJson } from './request.ts'

let server: Server
let url: string

before(async () => {
  server = createServer((request, response) => {
    if (request.url === '/page') return response.writeHead(200, { 'content-type': 'text/html' }).end('<p>')
    if (request.url === '/hang') return undefined
    const status = request.url === '/refused' ? 403 : 200
    return response
      .writeHead(status)
      .end(JSON.stringify({ ok: status === 200, method: request.method, error: 'Not yours.' }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

after(() => {
  server.closeAllConnections()
  server.close()
})

test('a body makes it a POST', async () => {
  assert.equal((await requestJson(`${url}/`)).method, 'GET')
  assert.equal((await requestJson(`${url}/`, { a: 1 })).method, 'POST')
})

test('a refusal has the server’s words; what is not JSON is no success', async () => {
  await assert.rejects(requestJson(`${url}/refused`), { name: 'RequestError', message: 'Not yours.', status: 403 })
  await assert.rejects(requestJson(`${url}/page`), { name: 'RequestError', status: 200 })
})

test('no server is said as such, and an abort is not an error of ours', async () => {
  await assert.rejects(requestJson('http://127.0.0.1:1/'), { name: 'RequestError', status: 0 })
  const stop = new AbortController()
  setTimeout(() => stop.abort(), 50)
  await assert.rejects(requestJson(`${url}/hang`, undefined, stop.signal), { name: 'AbortError' })
})
