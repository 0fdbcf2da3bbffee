import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { bytes, hashOf } from '../sources/contract/bodies.ts'
import { MAX_JSON_BYTES, TTL_S } from './limits.ts'
import { startTestServer, type TestServer } from './test-server.ts'

const LIMIT = 100_000
const RACERS = 50

describe('three steps', () => {
  let server: TestServer
  let offset = 0
  before(async () => {
    server = await startTestServer({
      sources: {
        files: { storage: 'filesystem', config: { root: 'files' }, reject: '.exe' },
        other: { storage: 'filesystem', config: { root: 'other' } },
      },
      settings: { max_upload_bytes: LIMIT },
      now: () => Date.now() + offset,
    })
  })
  after(() => server.close())

  async function call(path: string, body: unknown, { actor = 'alice', method = 'POST', headers = {} } = {}) {
    const raw = body instanceof FormData || body instanceof Uint8Array || typeof body === 'string'
    const response = await fetch(`${server.url}/-/files/upload/${path}`, {
      method,
      headers: { Authorization: actor, ...(raw ? {} : { 'Content-Type': 'application/json' }), ...headers },
      ...(method === 'GET' || method === 'DELETE' ? {} : { body: raw ? (body as BodyInit) : JSON.stringify(body) }),
    })
    return { status: response.status, body: await response.json() }
  }

  async function prepare(more: object = {}, options = {}) {
    const { status, body } = await call('files/-/prepare', { filename: 'a.txt', ...more }, options)
    assert.equal(status, 200, JSON.stringify(body))
    return body
  }

  function upload(token: string, content: Buffer, options = {}) {
    const form = new FormData()
    form.append('upload_token', token)
    form.append('file', new Blob([new Uint8Array(content)]), 'ignored.bin')
    return call('files/-/upload', form, options)
  }

  const complete = (token: string, options = {}) => call('files/-/complete', { upload_token: token }, options)

  test('prepare, upload, complete; and completing again gives the same file', async () => {
    const content = bytes(50_000)
    const plan = await prepare({ content_type: 'text/plain', size: content.length })
    assert.equal(plan.upload_method, 'POST')
    assert.equal(plan.upload_url, '/-/files/upload/files/-/upload')
    assert.deepEqual(plan.upload_headers, {})
    assert.deepEqual(plan.upload_fields, { upload_token: plan.upload_token })
    assert.deepEqual(await upload(plan.upload_token, content), { status: 200, body: { ok: true } })
    assert.equal((await server.database.read.selectFrom('datasette_files').selectAll().execute()).length, 0)
    const done = await complete(plan.upload_token)
    assert.equal(done.status, 201, JSON.stringify(done.body))
    assert.equal(done.body.file.filename, 'a.txt')
    assert.equal(done.body.file.content_hash, hashOf(content))
    assert.deepEqual(await complete(plan.upload_token), { status: 200, body: done.body })
    const again = await upload(plan.upload_token, content)
    assert.deepEqual([again.status, again.body.code], [400, 'upload_already_received'])
    const status = await call(plan.session_url.slice('/-/files/upload/'.length), null, { method: 'GET' })
    assert.equal(status.body.status, 'completed')
    assert.equal(status.body.file.id, done.body.file.id)
  })

  test('PUT when the client says that it can', async () => {
    const plan = await prepare({ accept_methods: ['PUT', 'MULTIPART'] })
    assert.equal(plan.upload_method, 'PUT')
    assert.deepEqual(plan.upload_fields, {})
    const sent = await call('files/-/upload', Buffer.from('raw'), { method: 'PUT', headers: plan.upload_headers })
    assert.deepEqual(sent, { status: 200, body: { ok: true } })
    const done = await complete(plan.upload_token)
    assert.equal(done.body.file.size, 3)
  })

  test('prepare refuses what the source would refuse', async () => {
    for (const [body, status, code] of [
      [{ filename: 'a', size: LIMIT + 1 }, 413, 'file_too_large'],
      [{ filename: 'a.exe' }, 400, 'type_rejected'],
      [{ filename: 'a\0' }, 400, 'filename_invalid'],
      [{ filename: '' }, 400, 'bad_request'],
      [{}, 400, 'bad_request'],
      [{ filename: 1 }, 400, 'bad_request'],
      [{ filename: 'a', size: -1 }, 400, 'bad_request'],
      [{ filename: 'a', size: '1' }, 400, 'bad_request'],
      [{ filename: 'a', size: 1.5 }, 400, 'bad_request'],
      [{ filename: 'a', accept_methods: 'PUT' }, 400, 'bad_request'],
      [[], 400, 'bad_request'],
      [null, 400, 'bad_request'],
      ['{', 400, 'invalid_json'],
      ['', 400, 'invalid_json'],
      [' '.repeat(MAX_JSON_BYTES + 1), 413, 'body_too_large'],
    ] as const) {
      const refused = await call('files/-/prepare', body)
      assert.deepEqual([refused.status, refused.body.code], [status, code], JSON.stringify(body))
    }
    assert.equal((await call('nowhere/-/prepare', { filename: 'a' })).body.code, 'source_not_found')
  })

  test('the announced size is the size, and the limit holds at exactly the limit', async () => {
    const short = await prepare({ size: 10 })
    for (const length of [9, 11]) {
      assert.equal((await upload(short.upload_token, bytes(length))).body.code, 'size_mismatch')
    }
    assert.equal((await upload(short.upload_token, bytes(10))).status, 200, 'a refused attempt leaves the token usable')
    const free = await prepare()
    assert.equal((await upload(free.upload_token, bytes(LIMIT + 1))).status, 413)
    assert.equal((await upload(free.upload_token, bytes(LIMIT))).status, 200)
    const empty = await prepare({ size: 0 })
    assert.equal((await upload(empty.upload_token, Buffer.alloc(0))).status, 200)
    assert.equal((await complete(empty.upload_token)).body.file.size, 0)
  })

  test('a token is its actor’s, its source’s, and nobody’s guess', async () => {
    const { upload_token: token } = await prepare()
    for (const [answer, code] of [
      [await upload(token, bytes(1), { actor: 'bob' }), 'upload_token_invalid'],
      [await complete(token, { actor: 'bob' }), 'upload_token_invalid'],
      [await complete('tok_guess'), 'upload_token_invalid'],
      [await complete(`tok_${'A'.repeat(43)}`), 'upload_token_invalid'],
      [await call('other/-/complete', { upload_token: token }), 'upload_token_elsewhere'],
      [await complete(token), 'upload_not_received'],
      [await call('files/-/complete', {}), 'bad_request'],
      [await upload('', bytes(1)), 'upload_token_invalid'],
    ] as const) {
      assert.deepEqual([answer.status, answer.body.code], [400, code])
    }
    const rows = await server.database.read.selectFrom('upload_sessions').selectAll().execute()
    assert.doesNotMatch(JSON.stringify(rows), new RegExp(token))
  })

  test('of two servers in one process neither knows what is the other’s', async () => {
    const second = await startTestServer({ sources: { files: { storage: 'filesystem', config: { root: 'files' } } } })
    try {
      const { upload_token: token } = await prepare()
      await upload(token, bytes(1_000))
      const ask = async (source: string) => {
        const answer = await fetch(`${second.url}/-/files/upload/${source}/-/complete`, {
          method: 'POST',
          headers: { Authorization: 'alice', 'Content-Type': 'application/json' },
          body: JSON.stringify({ upload_token: token }),
        })
        return ((await answer.json()) as { code: string }).code
      }
      assert.equal(await ask('files'), 'upload_token_invalid')
      assert.equal(await ask('other'), 'source_not_found')
      assert.deepEqual(await second.stored(), [])
      assert.equal((await complete(token)).status, 201)
    } finally {
      await second.close()
    }
  })

  test('a form without token or file says what is missing', async () => {
    const { upload_token: token } = await prepare()
    const form = new FormData()
    form.append('file', new Blob(['x']), 'x')
    assert.equal((await call('files/-/upload', form)).body.code, 'upload_token_required')
    const empty = new FormData()
    empty.append('upload_token', token)
    assert.equal((await call('files/-/upload', empty)).body.code, 'file_required')
  })

  test('two uploads with one token never mix: one is taken', async () => {
    const { upload_token: token } = await prepare()
    const bodies = Array.from({ length: 8 }, (_, seed) => bytes(90_000, seed + 1))
    const answers = await Promise.all(bodies.map((body) => upload(token, body)))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1, JSON.stringify(answers))
    for (const { status, body } of answers) {
      if (status !== 200) assert.ok(['upload_in_progress', 'upload_already_received'].includes(body.code), body.code)
    }
    const { file } = (await complete(token)).body
    assert.ok(bodies.some((body) => hashOf(body) === file.content_hash))
  })

  test('fifty completions at once make one file', async () => {
    const { upload_token: token } = await prepare()
    await upload(token, bytes(1_000))
    const answers = await Promise.all(Array.from({ length: RACERS }, () => complete(token)))
    const statuses = answers.map(({ status }) => status)
    assert.equal(statuses.filter((status) => status === 201).length, 1, `${statuses}`)
    for (const { status, body } of answers) assert.ok([200, 201, 202].includes(status), JSON.stringify(body))
    const { file } = (await complete(token)).body
    const rows = await server.database.read
      .selectFrom('datasette_files')
      .selectAll()
      .where('path', '=', file.path)
      .execute()
    assert.equal(rows.length, 1)
  })

  test('what is cancelled is gone, and can neither be filled nor completed', async () => {
    const plan = await prepare()
    await upload(plan.upload_token, bytes(1_000))
    const before = (await server.stored()).length
    const address = plan.session_url.slice('/-/files/upload/'.length)
    assert.equal((await call(address, null, { method: 'DELETE', actor: 'bob' })).status, 404)
    assert.deepEqual(await call(address, null, { method: 'DELETE' }), { status: 200, body: { ok: true } })
    assert.deepEqual(await call(address, null, { method: 'DELETE' }), { status: 200, body: { ok: true } })
    assert.equal((await server.stored()).length, before - 2, 'the file and its folder')
    assert.equal((await complete(plan.upload_token)).body.code, 'upload_not_open')
    assert.equal((await upload(plan.upload_token, bytes(1))).body.code, 'upload_not_open')
    const done = await prepare()
    await upload(done.upload_token, bytes(10))
    await complete(done.upload_token)
    const refused = await call(done.session_url.slice('/-/files/upload/'.length), null, { method: 'DELETE' })
    assert.deepEqual([refused.status, refused.body.code], [409, 'upload_not_open'])
  })

  test('a token that was never used expires, and what it had received goes', async () => {
    const plan = await prepare()
    const unused = await prepare()
    await upload(plan.upload_token, bytes(1_000))
    const before = (await server.stored()).length
    offset = (TTL_S.initiated + 10) * 1_000
    assert.equal((await complete(plan.upload_token)).body.code, 'upload_token_invalid')
    assert.equal((await upload(unused.upload_token, bytes(1))).body.code, 'upload_token_invalid')
    assert.equal((await server.stored()).length, before, 'nothing is stored for it')
    await server.uploads.start()
    const status = async () => {
      const rows = server.database.read.selectFrom('upload_sessions').select('status')
      return (await rows.where('id', '=', plan.upload_id).executeTakeFirstOrThrow()).status
    }
    for (const deadline = Date.now() + 5_000; (await status()) !== 'expired'; await sleep(20)) {
      assert.ok(Date.now() < deadline, await status())
    }
    assert.equal((await server.stored()).length < before, true)
  })
})
