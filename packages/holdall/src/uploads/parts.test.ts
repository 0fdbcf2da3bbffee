import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { bytes } from '../sources/contract/bodies.ts'
import { MAX_PARTS_ASKED, PART_SIZE, PARTS_ABOVE_BYTES, SESSIONS_PAGE, TTL_S, URL_LIFE_S } from './limits.ts'
import { md5, partOf, partsClient } from './test-parts.ts'
import { startTestServer, type TestServer } from './test-server.ts'

const MIB = 1_024 * 1_024
/** Three parts, the last of them short. */
const SIZE = PARTS_ABOVE_BYTES + 1
const CONTENT = bytes(SIZE)
const RACERS = 50

describe('uploads in parts', () => {
  let server: TestServer
  let client: ReturnType<typeof partsClient>
  let offset = 0
  before(async () => {
    server = await startTestServer({
      sources: {
        files: { storage: 'filesystem', config: { root: 'files' }, reject: '.exe' },
        other: { storage: 'filesystem', config: { root: 'other' } },
        pictures: { storage: 'filesystem', config: { root: 'pictures' }, accept: 'image/*' },
      },
      settings: { max_upload_bytes: 200 * MIB },
      now: () => Date.now() + offset,
    })
    client = partsClient(server)
  })
  after(() => server.close())

  async function row(id: string) {
    return await server.database.read
      .selectFrom('upload_sessions')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
  }

  async function files() {
    return await server.database.read.selectFrom('datasette_files').selectAll().execute()
  }

  test('prepare, parts in any order, complete: one file, and nothing left beside it', async () => {
    const plan = await client.prepare(SIZE, { content_type: 'text/plain' })
    assert.equal(plan.upload_method, 'MULTIPART')
    assert.deepEqual([plan.part_size, plan.part_count], [PART_SIZE, 3])
    assert.ok(['crc32c', 'md5', null].includes(plan.checksum))
    await client.send(plan, CONTENT, [3, 1])
    const half = await client.status(plan)
    assert.equal(half.body.status, 'initiated')
    assert.deepEqual([half.body.upload_method, half.body.part_size, half.body.part_count], ['MULTIPART', PART_SIZE, 3])
    assert.deepEqual([half.body.total_size, half.body.bytes_received], [SIZE, PART_SIZE + 1])
    await client.send(plan, CONTENT, [2])
    const listed = await client.parts(plan)
    assert.deepEqual(
      listed.body.parts.map(({ part_number, size, etag }: Record<string, unknown>) => [part_number, size, etag]),
      [1, 2, 3].map((number) => [number, number < 3 ? PART_SIZE : 1, md5(partOf(plan, CONTENT, number))]),
    )
    assert.equal(listed.body.next, null)
    const done = await client.complete(plan, { body: { parts: [{ part_number: 1, etag: 'advice' }] } })
    assert.equal(done.status, 201, JSON.stringify(done.body))
    const { file } = done.body
    assert.deepEqual([file.filename, file.size, file.content_type], ['big.bin', SIZE, 'text/plain'])
    assert.ok((await readFile(join(server.folder, 'files', file.path))).equals(CONTENT))
    assert.deepEqual(await client.complete(plan), { status: 200, body: done.body })
    const status = await client.status(plan)
    assert.deepEqual(
      [status.body.status, status.body.file.id, status.body.bytes_received],
      ['completed', file.id, SIZE],
    )
    const byToken = await client.call('/-/files/upload/files/-/complete', { body: { upload_token: plan.upload_token } })
    assert.deepEqual([byToken.status, byToken.body.file.id], [200, file.id])
    assert.equal((await server.stored()).filter((path) => path.includes('.holdall-tmp/')).length, 0)
    assert.deepEqual((await row(plan.upload_id)).lease_owner, null)
  })

  test('by size: up to 16 MiB one request, one byte more is parts', async () => {
    const methods = async (size: number, accept_methods?: string[]) => {
      const body = { filename: 'a', size, ...(accept_methods && { accept_methods }) }
      return (await client.call('/-/files/upload/files/-/prepare', { body })).body.upload_method
    }
    assert.equal(await methods(PARTS_ABOVE_BYTES, ['PUT', 'MULTIPART']), 'PUT')
    assert.equal(await methods(PARTS_ABOVE_BYTES + 1, ['PUT', 'MULTIPART']), 'MULTIPART')
    assert.equal(await methods(PARTS_ABOVE_BYTES + 1, ['MULTIPART']), 'MULTIPART')
    assert.equal(await methods(PARTS_ABOVE_BYTES, ['MULTIPART']), 'POST')
    assert.equal(await methods(PARTS_ABOVE_BYTES + 1, ['PUT']), 'PUT')
    assert.equal(await methods(PARTS_ABOVE_BYTES + 1), 'POST')
    assert.equal(await methods(0, ['PUT', 'MULTIPART']), 'PUT')
  })

  test('what the source would refuse is refused before anything is begun', async () => {
    const before = await server.stored()
    for (const [more, code] of [
      [{ size: 200 * MIB + 1 }, 'file_too_large'],
      [{ filename: 'a.exe' }, 'type_rejected'],
    ] as const) {
      const body = { filename: 'a', size: SIZE, accept_methods: ['MULTIPART'], ...more }
      assert.equal((await client.call('/-/files/upload/files/-/prepare', { body })).body.code, code)
    }
    assert.deepEqual(await server.stored(), before)
  })

  test('what is missing is named, the parts stay, and completing goes on', async () => {
    const plan = await client.prepare(SIZE)
    const none = await client.complete(plan)
    assert.deepEqual([none.status, none.body.code], [409, 'upload_parts_missing'])
    assert.match(none.body.error, /1, 2, 3/)
    await client.send(plan, CONTENT, [1, 3])
    const refused = await client.complete(plan)
    assert.deepEqual([refused.status, refused.body.code], [409, 'upload_parts_missing'])
    assert.match(refused.body.error, /: 2\. Send/)
    const status = await client.status(plan)
    assert.deepEqual([status.body.status, status.body.completion_status], ['initiated', null])
    assert.equal(status.body.failure_reason.step, 'combine')
    await client.send(plan, CONTENT, [2])
    const done = await client.complete(plan)
    assert.equal(done.status, 201)
    assert.equal((await client.status(plan)).body.failure_reason, null)
    const { completion_steps_log: log } = await row(plan.upload_id)
    const steps = JSON.parse(log) as { step: string; phase: string; attempts?: number }[]
    assert.equal(steps.length, 6)
    assert.equal(steps.find(({ step, phase }) => step === 'combine' && phase === 'start')?.attempts, 3)
  })

  test('fifty completions at once make one file', async () => {
    const plan = await client.prepare(SIZE)
    await client.send(plan, CONTENT)
    const answers = await Promise.all(Array.from({ length: RACERS }, () => client.complete(plan)))
    const statuses = answers.map(({ status }) => status)
    assert.equal(statuses.filter((status) => status === 201).length, 1, `${statuses}`)
    for (const { status, body } of answers) assert.ok([200, 201, 202].includes(status), JSON.stringify(body))
    const { file } = (await client.complete(plan)).body
    assert.equal((await files()).filter(({ path }) => path === file.path).length, 1)
  })

  test('aborted, nothing of it is left; nothing more of it is taken', async () => {
    const earlier = await server.stored()
    const plan = await client.prepare(SIZE)
    const urls = await client.sign(plan, [1, 2, 3])
    await client.put(urls.get(1) as string, partOf(plan, CONTENT, 1))
    assert.equal((await client.abort(plan, { actor: 'bob' })).status, 404)
    assert.deepEqual(await client.abort(plan), { status: 200, body: { ok: true } })
    assert.deepEqual(await client.abort(plan), { status: 200, body: { ok: true } })
    assert.deepEqual(await server.stored(), earlier)
    const late = await client.put(urls.get(2) as string, partOf(plan, CONTENT, 2))
    assert.deepEqual([late.status, (await late.json()).code], [409, 'upload_not_open'])
    assert.deepEqual(await server.stored(), earlier)
    assert.equal((await client.complete(plan)).body.code, 'upload_not_open')
    assert.equal(
      (await client.call(`${plan.session_url}/parts`, { body: { part_numbers: [1] } })).body.code,
      'upload_not_open',
    )
    assert.equal((await client.parts(plan)).body.code, 'upload_not_open')
    assert.equal((await client.status(plan)).body.status, 'aborted')
  })

  test('aborted while parts arrive: they end, and nothing is left', async () => {
    const earlier = await server.stored()
    const plan = await client.prepare(SIZE)
    const urls = await client.sign(plan, [1, 2])
    const slow = [1, 2].map((number) => {
      const sending = request(urls.get(number) as string, { method: 'PUT', headers: { 'Content-Length': PART_SIZE } })
      const status = new Promise<number>((resolve) => {
        sending.on('response', (response) => resolve(response.resume().statusCode ?? 0))
        sending.on('error', () => resolve(0))
      })
      sending.write(partOf(plan, CONTENT, number).subarray(0, 3 * MIB))
      return { sending, status }
    })
    while ((await server.stored()).length === earlier.length) await new Promise((resolve) => setTimeout(resolve, 10))
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.equal((await client.abort(plan)).status, 200)
    for (const { sending, status } of slow) {
      assert.ok([409, 0].includes(await status))
      sending.destroy()
    }
    assert.deepEqual(await server.stored(), earlier)
  })

  test('completed parts are not written any more', async () => {
    const plan = await client.prepare(SIZE)
    const urls = await client.sign(plan, [1])
    await client.send(plan, CONTENT)
    const { file } = (await client.complete(plan)).body
    const late = await client.put(urls.get(1) as string, bytes(PART_SIZE, 7))
    assert.deepEqual([late.status, (await late.json()).code], [409, 'upload_not_open'])
    assert.ok((await readFile(join(server.folder, 'files', file.path))).equals(CONTENT))
    assert.deepEqual([(await client.abort(plan)).status], [409])
  })

  test('an address is for one part, one length and a while', async () => {
    const plan = await client.prepare(SIZE)
    const url = new URL((await client.sign(plan, [1])).get(1) as string)
    assert.equal(url.origin, server.url)
    const first = partOf(plan, CONTENT, 1)
    const codeOf = async (to: URL, content: Uint8Array) => {
      const response = await client.put(String(to), content)
      return `${response.status} ${response.status === 200 ? '' : (await response.json()).code}`
    }
    const changed = (change: (to: URL) => void) => {
      const to = new URL(url)
      change(to)
      return to
    }
    for (const name of ['size', 'expires', 'signature', 'checksum']) {
      assert.equal(
        await codeOf(
          changed((to) => to.searchParams.set(name, '1')),
          first,
        ),
        '403 part_url_invalid',
        name,
      )
      if (name === 'checksum') continue
      assert.equal(
        await codeOf(
          changed((to) => to.searchParams.delete(name)),
          first,
        ),
        '403 part_url_invalid',
        name,
      )
    }
    const another = changed((to) => {
      to.pathname = to.pathname.replace(/1$/, '2')
    })
    assert.equal(await codeOf(another, first), '403 part_url_invalid')
    assert.equal(await codeOf(url, first.subarray(1)), '400 size_mismatch')
    assert.equal(await codeOf(url, bytes(PART_SIZE + 1)), '400 size_mismatch')
    const chunked = await fetch(url, {
      method: 'PUT',
      body: new Blob([new Uint8Array(bytes(PART_SIZE + 1))]).stream(),
      duplex: 'half',
    } as RequestInit)
    assert.deepEqual([chunked.status, (await chunked.json()).code], [400, 'size_mismatch'])
    assert.deepEqual((await client.parts(plan)).body.parts, [])
    offset += (URL_LIFE_S + 2) * 1_000
    assert.equal(await codeOf(url, first), '403 part_url_invalid')
    const renewed = new URL((await client.sign(plan, [1])).get(1) as string)
    assert.equal(await codeOf(renewed, first), '200 ')
  })

  test('part_numbers and checksums of the wrong kind are refused, and said which', async () => {
    const plan = await client.prepare(SIZE)
    for (const body of [
      {},
      { part_numbers: [] },
      { part_numbers: 1 },
      { part_numbers: [0] },
      { part_numbers: [4] },
      { part_numbers: [1.5] },
      { part_numbers: ['1'] },
      { part_numbers: Array.from({ length: MAX_PARTS_ASKED + 1 }, () => 1) },
      { part_numbers: [1], checksums: { 1: 'x' } },
      { part_numbers: [1], checksums: { 1: 5 } },
      { part_numbers: [1], checksums: { a: 'AAAAAA==' } },
    ]) {
      const answer = await client.call(`${plan.session_url}/parts`, { body })
      assert.deepEqual([answer.status, answer.body.code], [400, 'bad_request'], JSON.stringify(body))
      assert.match(answer.body.error, /part_numbers|checksum/)
    }
    const many = await client.call(`${plan.session_url}/parts`, {
      body: { part_numbers: Array.from({ length: MAX_PARTS_ASKED }, () => 2) },
    })
    assert.deepEqual(
      many.body.part_urls.map(({ part_number }: { part_number: number }) => part_number),
      [2],
    )
  })

  test('a checksum is bound to the address', async (t) => {
    const plan = await client.prepare(SIZE)
    if (plan.checksum === null) return t.skip('this storage checks none')
    const wrong = Buffer.alloc(plan.checksum === 'crc32c' ? 4 : 16).toString('base64')
    const url = (await client.sign(plan, [1], { 1: wrong })).get(1) as string
    const refused = await client.put(url, partOf(plan, CONTENT, 1))
    assert.equal(refused.status, 400, await refused.text())
    assert.deepEqual((await client.parts(plan)).body.parts, [])
  })

  test('a session without parts says so', async () => {
    const body = { filename: 'a', size: 5, accept_methods: ['PUT'] }
    const plan = (await client.call('/-/files/upload/files/-/prepare', { body })).body
    for (const answer of [
      await client.parts(plan),
      await client.call(`${plan.session_url}/parts`, { body: { part_numbers: [1] } }),
    ]) {
      assert.deepEqual([answer.status, answer.body.code], [409, 'upload_without_parts'])
    }
    const parted = await client.prepare(SIZE)
    const sent = await fetch(`${server.url}/-/files/upload/files/-/upload`, {
      method: 'PUT',
      headers: { Authorization: 'alice', 'X-Upload-Token': parted.upload_token },
      body: 'x',
    })
    assert.deepEqual([sent.status, (await sent.json()).code], [409, 'upload_other_way'])
  })

  test('one finds one’s own open uploads, by name and size, page by page', async () => {
    const list = async (query: string, actor: string | null = 'carol') =>
      await client.call(`/-/files/upload/files/-/sessions${query}`, { method: 'GET', actor })
    assert.deepEqual((await list('')).body, { ok: true, sessions: [], next: null })
    const plans = []
    for (let n = 0; n < SESSIONS_PAGE + 2; n += 1) {
      plans.push(await client.prepare(SIZE + (n % 2), { filename: `${n}.bin` }, { actor: 'carol' }))
    }
    const first = await list('')
    assert.equal(first.body.sessions.length, SESSIONS_PAGE)
    const second = await list(`?_next=${first.body.next}`)
    assert.equal(second.body.next, null)
    assert.deepEqual(
      [...first.body.sessions, ...second.body.sessions].map(({ filename }: { filename: string }) => filename),
      plans.map((_, n) => `${n}.bin`).reverse(),
    )
    const [last] = first.body.sessions
    assert.deepEqual(
      { ...last, created_at: '', updated_at: '' },
      {
        upload_id: plans.at(-1)?.upload_id,
        session_url: plans.at(-1)?.session_url,
        filename: `${SESSIONS_PAGE + 1}.bin`,
        total_size: SIZE + 1,
        part_size: PART_SIZE,
        part_count: 3,
        checksum: plans.at(-1)?.checksum,
        upload_method: 'MULTIPART',
        bytes_received: 0,
        last_part_at: null,
        last_part_seconds_ago: null,
        created_at: '',
        updated_at: '',
      },
    )
    assert.equal((await list(`?filename=1.bin&size=${SIZE + 1}`)).body.sessions.length, 1)
    assert.equal((await list(`?filename=1.bin&size=${SIZE}`)).body.sessions.length, 0)
    const three = await list(`?limit=3&cursor=${first.body.next}`)
    assert.deepEqual([three.body.sessions.length, three.body.next], [2, null])
    assert.equal((await list('?_size=3')).body.sessions.length, 3)
    assert.equal((await list('', 'dora')).body.sessions.length, 0)
    for (const [query, code] of [
      ['?size=x', 'bad_request'],
      ['?_next=x', 'invalid_cursor'],
      ['?cursor=x', 'invalid_cursor'],
      ['?limit=0', 'bad_request'],
    ]) {
      assert.equal((await list(query as string)).body.code, code)
    }
    for (const plan of plans) await client.abort(plan, { actor: 'carol' })
    assert.equal((await list('')).body.sessions.length, 0)
  })

  test('to others a session does not exist, and a source that they may not upload to tells nothing', async () => {
    const plan = await client.prepare(SIZE)
    for (const answer of [
      await client.status(plan, { actor: 'bob' }),
      await client.complete(plan, { actor: 'bob' }),
      await client.call(`${plan.session_url}/parts`, { body: { part_numbers: [1] }, actor: 'bob' }),
      await client.call(plan.session_url.replace('/files/-/', '/other/-/'), { method: 'GET' }),
    ]) {
      assert.deepEqual([answer.status, answer.body.code], [404, 'upload_not_found'])
    }
    assert.equal((await client.status(plan, { actor: 'nobody' })).status, 403)
    assert.equal((await client.status(plan, { actor: null })).status, 401)
  })

  test('its bytes are judged once they are there: refused, they go, and the session says why', async () => {
    const body = { filename: 'a.bin', size: SIZE, accept_methods: ['MULTIPART'] }
    const plan = (await client.call('/-/files/upload/pictures/-/prepare', { body })).body
    await client.send(plan, CONTENT)
    const refused = await client.complete(plan)
    assert.deepEqual([refused.status, refused.body.code], [400, 'upload_failed'])
    assert.match(refused.body.error, /inspect: This source does not take files of type text\/plain/)
    assert.equal((await client.status(plan)).body.status, 'failed')
    assert.deepEqual(await server.stored(join(server.folder, 'pictures')), [])
    assert.equal((await client.complete(plan)).body.code, 'upload_not_open')
  })

  test('left alone for a week it expires; asking for addresses gives it another', async () => {
    const earlier = await server.stored()
    const plan = await client.prepare(SIZE)
    await client.send(plan, CONTENT, [1])
    offset += (TTL_S.initiated - 60) * 1_000
    const urls = await client.sign(plan, [2])
    offset += 120 * 1_000
    assert.equal((await client.put(urls.get(2) as string, partOf(plan, CONTENT, 2))).status, 200)
    assert.equal((await client.status(plan)).body.bytes_received, 2 * PART_SIZE)
    offset += TTL_S.initiated * 1_000
    assert.equal((await client.complete(plan)).body.code, 'upload_not_found')
    await server.uploads.start()
    for (const deadline = Date.now() + 5_000; (await row(plan.upload_id)).status !== 'expired'; ) {
      assert.ok(Date.now() < deadline, (await row(plan.upload_id)).status)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    assert.deepEqual(
      await server.stored(),
      earlier.filter((path) => !path.startsWith('.holdall-tmp/')),
    )
  })
})
