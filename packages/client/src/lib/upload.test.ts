import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { openAsBlob } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { UploadError } from './error.ts'
import type { UploadProgress, UploadSource } from './types.ts'
import { upload } from './upload.ts'

type Handler = (request: IncomingMessage, response: ServerResponse, attempt: number) => void | Promise<void>

let server: Server
let baseUrl: string
let handler: Handler
let attempts: IncomingMessage[]

before(async () => {
  server = createServer((request, response) => {
    attempts.push(request)
    handler(request, response, attempts.length)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/prefix`
})

after(() => {
  server.closeAllConnections()
  server.close()
})

function serve(next: Handler): void {
  attempts = []
  handler = next
}

async function receive(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function store(response: ServerResponse, size: number): void {
  const file = { id: 'df-1', filename: 'a.bin', size }
  response.writeHead(201, { 'content-type': 'application/json' })
  response.end(
    JSON.stringify({ ok: true, file_id: 'df-1', filename: 'a.bin', content_type: null, size, url: '/x', file }),
  )
}

function refuse(response: ServerResponse, status: number, code: string, error: string, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify({ ok: false, error, errors: [error], status, code }))
}

function fileOf(bytes: Uint8Array<ArrayBuffer>, name = 'a b/ü?.bin'): File {
  return new File([bytes], name, { type: 'image/png' })
}

/** More than one request takes, of a kind that has nothing but a beginning: it goes as one body. */
function streamOf(bytes: Uint8Array<ArrayBuffer>): UploadSource {
  const file = fileOf(bytes)
  return { name: file.name, size: file.size, type: file.type, stream: () => file.stream() }
}

describe('upload of one body', () => {
  test('follows an upload that the server goes on finishing after its answer', async () => {
    const states = [
      { status: 'completing' },
      { status: 'completed', file: { id: 'df-9', filename: 'a.bin', size: 3, url: '/x' } },
    ]
    serve(async (request, response, attempt) => {
      await receive(request)
      response.writeHead(attempt === 1 ? 202 : 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(attempt === 1 ? { ok: true, status_url: '/prefix/-/status' } : states[attempt - 2]))
    })
    const stored = await upload(fileOf(new Uint8Array(3)), { baseUrl, source: 'photos', token: 't' })
    assert.equal(stored.file_id, 'df-9')
    assert.deepEqual(attempts.map(({ method, url }) => [method, url]).slice(1), [
      ['GET', '/prefix/-/status'],
      ['GET', '/prefix/-/status'],
    ])
    assert.equal(attempts[1]?.headers.authorization, 'Bearer t')
  })

  test('says why the server could not finish', async () => {
    serve(async (request, response, attempt) => {
      await receive(request)
      response.writeHead(attempt === 1 ? 202 : 200, { 'content-type': 'application/json' })
      const failure_reason = { step: 'inspect', exc_str: 'The storage is full.' }
      response.end(
        JSON.stringify(
          attempt === 1 ? { ok: true, status_url: '/prefix/-/status' } : { status: 'failed', failure_reason },
        ),
      )
    })
    await assert.rejects(upload(fileOf(new Uint8Array(3)), { baseUrl, source: 'photos' }), {
      name: 'UploadError',
      message: 'The storage is full.',
    })
  })

  test('sends the bytes, the name and the type, and reports how far it is', async () => {
    let received: Buffer | undefined
    serve(async (request, response) => {
      received = await receive(request)
      store(response, received.length)
    })
    const bytes = crypto.getRandomValues(new Uint8Array(50_000))
    const progress: UploadProgress[] = []
    const stored = await upload(
      fileOf(bytes),
      { baseUrl, source: 'my photos', token: 't0' },
      { onProgress: (p) => progress.push(p) },
    )
    assert.equal(stored.file_id, 'df-1')
    assert.deepEqual(received, Buffer.from(bytes))
    const request = attempts[0] as IncomingMessage
    assert.equal(request.url, '/prefix/-/files/upload/my%20photos?filename=a%20b%2F%C3%BC%3F.bin')
    assert.equal(request.headers['content-type'], 'image/png')
    assert.equal(request.headers['content-length'], '50000')
    assert.equal(request.headers.authorization, 'Bearer t0')
    assert.deepEqual(progress[0], { phase: 'sending', sent: 0, total: 50_000 })
    assert.deepEqual(progress.at(-1), { phase: 'finishing', sent: 50_000, total: 50_000 })
  })

  test('a file of no bytes is a file', async () => {
    serve(async (request, response) => store(response, (await receive(request)).length))
    assert.equal((await upload(fileOf(new Uint8Array(0)), { baseUrl, source: 's' })).size, 0)
  })

  test('a refusal carries the server’s words and code, and is not sent again', async () => {
    serve(async (request, response) => {
      await receive(request)
      refuse(response, 413, 'file_too_large', 'File too large: this source takes at most 10 bytes.')
    })
    await assert.rejects(upload(fileOf(new Uint8Array(11)), { baseUrl, source: 's' }), (error: unknown) => {
      assert.ok(error instanceof UploadError)
      assert.equal(error.code, 'file_too_large')
      assert.equal(error.status, 413)
      assert.equal(error.message, 'File too large: this source takes at most 10 bytes.')
      assert.equal(error.retryable, false)
      return true
    })
    assert.equal(attempts.length, 1)
  })

  test('a refusal that comes while the body is still being sent is heard', async () => {
    serve((_request, response) => {
      refuse(response, 403, 'permission_denied', 'Permission denied', { connection: 'close' })
    })
    const large = fileOf(new Uint8Array(8_000_000))
    await assert.rejects(upload(large, { baseUrl, source: 's' }), { code: 'permission_denied' })
  })

  test('a server that asks for a pause is asked again after it', async () => {
    serve(async (request, response, attempt) => {
      await receive(request)
      if (attempt === 1) refuse(response, 503, 'storage_failed', 'The storage failed.', { 'retry-after': '0' })
      else store(response, 3)
    })
    const phases: string[] = []
    await upload(fileOf(new Uint8Array(3)), { baseUrl, source: 's' }, { onProgress: (p) => phases.push(p.phase) })
    assert.equal(attempts.length, 2)
    assert.ok(phases.includes('waiting'))
  })

  test('a connection that breaks in the middle starts again: the server cannot have all of it', async () => {
    serve(async (request, response, attempt) => {
      if (attempt === 1) {
        request.once('data', () => request.socket.destroy())
        return
      }
      store(response, (await receive(request)).length)
    })
    const large = streamOf(new Uint8Array(40_000_000))
    assert.equal((await upload(large, { baseUrl, source: 's' })).size, 40_000_000)
    assert.equal(attempts.length, 2)
  })

  const BYTES = new Uint8Array(100)
  const HASH = `sha256:${createHash('sha256').update(BYTES).digest('hex')}`

  /** Loses the answer to the first upload, and answers each look with these files. */
  function losing(files: () => readonly object[]): void {
    let sent = 0
    serve(async (request, response) => {
      if (request.method === 'GET') {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ ok: true, files: files(), next: null }))
        return
      }
      const { length } = await receive(request)
      sent += 1
      if (sent === 1) request.socket.destroy()
      else store(response, length)
    })
  }

  const posts = () => attempts.filter(({ method }) => method === 'POST').length

  test('a connection that breaks after the last byte: a file that has arrived is not sent again', async () => {
    const file = fileOf(BYTES)
    const [filename, size, missing_since] = [file.name, 100, null]
    const long = new Date(Date.now() - 3_600_000).toISOString()
    losing(() => [
      {
        id: 'df-other',
        filename,
        size,
        missing_since,
        content_hash: `sha256:${'0'.repeat(64)}`,
        created_at: new Date(),
      },
      { id: 'df-before', filename, size, missing_since, content_hash: HASH, created_at: long },
      { id: 'df-it', filename, size, missing_since, content_hash: HASH, created_at: new Date() },
    ])
    const stored = await upload(file, { baseUrl, source: 's' })
    assert.deepEqual([stored.file_id, posts()], ['df-it', 1])
  })

  test('one that has not arrived is sent again', async () => {
    losing(() => [])
    const stored = await upload(fileOf(BYTES), { baseUrl, source: 's' })
    assert.deepEqual([stored.size, posts()], [100, 2])
  })

  test('where nobody may look, it is not sent again: it may have arrived', async () => {
    serve(async (request, response) => {
      if (request.method === 'GET') return refuse(response, 403, 'permission_denied', 'Permission denied')
      await receive(request)
      request.socket.destroy()
    })
    await assert.rejects(upload(fileOf(BYTES), { baseUrl, source: 's' }), { code: 'outcome_unknown', retryable: false })
    assert.equal(posts(), 1)
  })

  test('an upload that no longer moves is given up', async () => {
    serve((request) => {
      request.pause()
    })
    const large = streamOf(new Uint8Array(60_000_000))
    await assert.rejects(upload(large, { baseUrl, source: 's' }, { stallTimeout: 150, retries: 0 }), {
      code: 'stalled',
    })
  })

  test('a file that changes after it was picked is not sent as something else, and the reason is said', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'holdall-changed-'))
    try {
      const path = join(folder, 'a.bin')
      await writeFile(path, 'as it was picked')
      const picked = new File([await openAsBlob(path)], 'a.bin')
      await writeFile(path, 'something else that is longer')
      let received = 0
      serve(async (request, response) => {
        received += (await receive(request)).length
        store(response, received)
      })
      const sending = upload(picked, { baseUrl, source: 's' }, { retries: 0 })
      await assert.rejects(sending, { code: 'file_changed', retryable: false })
      assert.equal(received, 0)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('cancelling stops at once, also during a pause', async () => {
    serve(async (request, response) => {
      await receive(request)
      refuse(response, 503, 'storage_failed', 'The storage failed.', { 'retry-after': '30' })
    })
    const cancel = new AbortController()
    const uploading = upload(
      fileOf(new Uint8Array(3)),
      { baseUrl, source: 's' },
      { signal: cancel.signal, onProgress: ({ phase }) => phase === 'waiting' && cancel.abort() },
    )
    await assert.rejects(uploading, { code: 'aborted' })
    assert.equal(attempts.length, 1)
  })

  test('a proxy that lost the server says nothing about the file', async () => {
    serve(async (request, response) => {
      if (request.method === 'GET') return refuse(response, 403, 'permission_denied', 'Permission denied')
      await receive(request)
      response.writeHead(504, { 'content-type': 'text/html' }).end('<h1>Gateway timeout</h1>')
    })
    await assert.rejects(upload(fileOf(new Uint8Array(3)), { baseUrl, source: 's' }), {
      code: 'outcome_unknown',
      status: 504,
    })
    assert.equal(posts(), 1)
  })

  test('an answer that is not ours is never taken for success', async () => {
    serve(async (request, response) => {
      await receive(request)
      response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Sign in</h1>')
    })
    await assert.rejects(upload(fileOf(new Uint8Array(3)), { baseUrl, source: 's' }), { code: 'bad_answer' })
  })
})
