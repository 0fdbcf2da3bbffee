import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { UploadSource } from './types.ts'
import { upload } from './upload.ts'

/** What a test does with one request instead of what the server would. */
type Fault = (what: string, before: number, request: IncomingMessage, response: ServerResponse) => boolean

describe('one body as prepare plans it', () => {
  let server: Server
  let origin: string
  let fault: Fault
  let direct: boolean
  let log: string[]
  let stored: Buffer | undefined
  let credentials: Map<string, string | undefined>
  const counts = new Map<string, number>()
  const bytes = new Uint8Array(randomBytes(100_000))

  before(async () => {
    server = createServer(async (request, response) => {
      const url = request.url ?? ''
      const what = url.startsWith('/storage') ? 'put' : (url.split('/').at(-1)?.split('?')[0] ?? '')
      const seen = counts.get(what) ?? 0
      counts.set(what, seen + 1)
      log.push(what)
      credentials.set(what, request.headers.authorization)
      if (fault(what, seen, request, response)) return
      const chunks: Buffer[] = []
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
      const body = Buffer.concat(chunks)
      function answer(status: number, json: object): void {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json))
      }
      if (what === 'prepare') {
        assert.deepEqual(JSON.parse(body.toString()).accept_methods, ['PUT'])
        const proxied = { upload_url: '/-/files/upload/s/-/upload', upload_headers: { 'X-Upload-Token': 'once' } }
        const straight = { upload_url: `${origin}/storage/key`, upload_headers: { 'content-type': 'image/png' } }
        const plan = { upload_method: 'PUT', upload_token: 'once', session_url: '/-/files/upload/s/-/sessions/u1' }
        return answer(200, { ok: true, ...plan, ...(direct ? straight : proxied) })
      }
      if (what === 'put' || what === 'upload') {
        if (what === 'upload' && stored)
          return answer(400, { ok: false, code: 'upload_already_received', error: 'Already.' })
        stored = body
        return answer(200, { ok: true })
      }
      if (!stored) return answer(400, { ok: false, code: 'upload_not_received', error: 'Nothing came.' })
      const file = { id: 'df-1', filename: 'a.png', size: stored.length, content_type: 'image/png', url: '/x' }
      return answer(201, { ok: true, file })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  beforeEach(() => {
    fault = () => false
    direct = true
    log = []
    stored = undefined
    credentials = new Map()
    counts.clear()
  })

  const target = () => ({ baseUrl: origin, source: 's', token: 'secret', direct: true })
  const picture = () => new File([bytes], 'a.png', { type: 'image/png' })

  test('a small file goes straight to a storage that takes it, without our token', async () => {
    assert.equal((await upload(picture(), target())).file_id, 'df-1')
    assert.deepEqual(log, ['prepare', 'put', 'complete'])
    assert.deepEqual(new Uint8Array(stored ?? []), bytes)
    assert.equal(credentials.get('put'), undefined)
    assert.equal(credentials.get('complete'), 'Bearer secret')
  })

  test('to the server itself with our token', async () => {
    direct = false
    await upload(picture(), target())
    assert.deepEqual(log, ['prepare', 'upload', 'complete'])
    assert.equal(credentials.get('upload'), 'Bearer secret')
  })

  test('a connection that breaks after the last byte is no unknown outcome here: it is sent again, and there is one file', async () => {
    for (const kind of ['put', 'upload']) {
      direct = kind === 'put'
      stored = undefined
      counts.clear()
      log = []
      fault = (what, before, request, response) => {
        if (what === kind && before === 0) response.end = () => request.socket.destroy() as never
        return false
      }
      assert.equal((await upload(picture(), target())).size, bytes.length)
      assert.deepEqual(log, ['prepare', kind, kind, 'complete'])
    }
  })

  test('an address that is refused is planned anew', async () => {
    fault = (what, before, request, response) => {
      if (what !== 'put' || before > 0) return false
      request.resume()
      response.writeHead(403).end('<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>')
      return true
    }
    await upload(picture(), target())
    assert.deepEqual(log, ['prepare', 'put', 'prepare', 'put', 'complete'])
  })

  test('bytes that the server does not find are sent again', async () => {
    fault = (what, before) => {
      if (what === 'complete' && before === 0) stored = undefined
      return false
    }
    await upload(picture(), target())
    assert.deepEqual(log, ['prepare', 'put', 'complete', 'prepare', 'put', 'complete'])
  })

  test('a storage that refuses the bytes is heard', async () => {
    fault = (what, _, request, response) => {
      if (what !== 'put') return false
      request.resume()
      response
        .writeHead(400)
        .end('<Error><Code>EntityTooLarge</Code><Message>Too large for this bucket.</Message></Error>')
      return true
    }
    await assert.rejects(upload(picture(), target()), {
      code: 'storage_refused',
      message: 'Too large for this bucket.',
    })
  })

  test('a large file that can only be streamed is one body', async () => {
    const file = picture()
    const source: UploadSource = { name: 'a.png', size: file.size, stream: () => file.stream() }
    await upload(source, target())
    assert.deepEqual(log, ['prepare', 'put', 'complete'])
  })
})
