import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { bytes } from '../sources/contract/bodies.ts'
import { HoldallError } from '../web/error.ts'
import { LATE_ARRIVALS_MS, PARTS_ABOVE_BYTES, RETRY_LIMIT_MS, TTL_S } from './limits.ts'
import { type Cloud, type CloudCall, startCloud } from './test-cloud.ts'
import { asIfDead, until } from './test-crash.ts'
import { type PartsAnswer, partOf, partsClient } from './test-parts.ts'
import { startTestServer, type TestServer } from './test-server.ts'

const SIZE = PARTS_ABOVE_BYTES + 1
const CONTENT = bytes(SIZE)

describe('uploads that go to the storage by themselves', () => {
  let cloud: Cloud
  let server: TestServer
  let client: ReturnType<typeof partsClient>
  let offset = 0

  const start = (folder?: string) =>
    startTestServer({
      ...(folder !== undefined && { folder }),
      sources: {
        files: { storage: 'cloud', config: {} },
        pictures: { storage: 'cloud', config: {}, accept: 'image/*' },
      },
      types: [cloud.type],
      now: () => Date.now() + offset,
    })

  before(async () => {
    cloud = await startCloud()
    server = await start()
    client = partsClient(server)
  })
  after(async () => {
    await server.close()
    await cloud.close()
  })
  afterEach(() => {
    cloud.fault = {}
  })

  async function prepared(size: number, source = 'files', more: object = {}) {
    const body = { filename: 'a.bin', size, accept_methods: ['PUT', 'MULTIPART'], ...more }
    const answer = await client.call(`/-/files/upload/${source}/-/prepare`, { body })
    return answer
  }

  async function row(id: string) {
    return await server.database.read
      .selectFrom('upload_sessions')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
  }

  async function newest() {
    return await server.database.read
      .selectFrom('upload_sessions')
      .selectAll()
      .orderBy('id', 'desc')
      .executeTakeFirstOrThrow()
  }

  async function pathOf(plan: { upload_id: string }): Promise<string> {
    return (await row(plan.upload_id)).path
  }

  /** Throws at the first so many calls of this name, before they are made or after. */
  function failing(wanted: CloudCall, when: 'before' | 'after', times = 1): void {
    let left = times
    cloud.fault = {
      [when]: (call: CloudCall) => {
        if (call !== wanted || left === 0) return
        left -= 1
        throw new Error(`the network failed ${when} ${call}`)
      },
    }
  }

  function count(wanted: CloudCall, since: number): number {
    return cloud.calls.slice(since).filter((call) => call === wanted).length
  }

  async function sentParts(source = 'files'): Promise<PartsAnswer> {
    const plan = (await prepared(SIZE, source)).body as PartsAnswer
    for (const [number, url] of await client.sign(plan, [1, 2, 3])) {
      assert.ok(url.startsWith('http://127.0.0.1:') && !url.startsWith(server.url))
      assert.equal((await client.put(url, partOf(plan, CONTENT, number))).status, 200)
    }
    return plan
  }

  test('one request, straight to the storage: the type is what the bytes say, and the hash comes later', async () => {
    const { body: plan } = await prepared(1_000, 'files', { content_type: 'image/png' })
    assert.equal(plan.upload_method, 'PUT')
    assert.ok(!plan.upload_url.startsWith(server.url))
    assert.deepEqual(plan.upload_headers, { 'Content-Type': 'image/png' })
    const early = await client.complete(plan)
    assert.deepEqual([early.status, early.body.code], [400, 'upload_not_received'])
    assert.equal((await client.status(plan)).body.status, 'initiated')
    assert.equal((await client.put(plan.upload_url, bytes(999))).status, 403)
    assert.equal((await client.put(plan.upload_url, bytes(1_000))).status, 200)
    const byToken = await client.call('/-/files/upload/files/-/complete', { body: { upload_token: plan.upload_token } })
    assert.equal(byToken.status, 201, JSON.stringify(byToken.body))
    const { file } = byToken.body
    assert.deepEqual(
      [file.size, file.content_type, file.declared_type, file.content_hash],
      [1_000, 'text/plain', 'image/png', null],
    )
    assert.deepEqual(await client.complete(plan), { status: 200, body: byToken.body })
    const sent = await fetch(`${server.url}/-/files/upload/files/-/upload`, {
      method: 'PUT',
      headers: { Authorization: 'alice', 'X-Upload-Token': plan.upload_token },
      body: 'x',
    })
    assert.equal(sent.status, 409)
  })

  test('nothing has no address of its own: it comes through here', async () => {
    const { body: plan } = await prepared(0)
    assert.equal(plan.upload_url, '/-/files/upload/files/-/upload')
    const unknown = await client.call('/-/files/upload/files/-/prepare', {
      body: { filename: 'a', accept_methods: ['PUT', 'MULTIPART'] },
    })
    assert.equal(unknown.body.upload_url, '/-/files/upload/files/-/upload')
  })

  test('an address that cannot be made leaves nothing that could be completed', async () => {
    failing('uploadUrl', 'before')
    const refused = await prepared(1_000)
    assert.deepEqual([refused.status, refused.body.code], [503, 'storage_failed'])
    assert.equal((await newest()).status, 'aborted')
  })

  test('parts, listed in pages by the storage, become one file', async () => {
    const plan = await sentParts()
    const first = await client.parts(plan)
    assert.equal(first.body.parts.length, 2)
    const second = await client.parts(plan, `?_next=${first.body.next}`)
    assert.deepEqual(
      [...first.body.parts, ...second.body.parts].map(({ part_number }: { part_number: number }) => part_number),
      [1, 2, 3],
    )
    assert.equal(second.body.next, null)
    assert.equal((await client.status(plan)).body.bytes_received, SIZE)
    const done = await client.complete(plan)
    assert.equal(done.status, 201, JSON.stringify(done.body))
    assert.ok(cloud.objects.get(done.body.file.path)?.body.equals(CONTENT))
    assert.equal(done.body.file.content_hash, null)
  })

  test('a part of another size is told of, and sent again', async () => {
    const plan = await sentParts()
    const upload = [...cloud.uploads.values()].at(-1)
    upload?.parts.set(2, Buffer.from('short'))
    upload?.parts.set(4, Buffer.from('too many'))
    const refused = await client.complete(plan)
    assert.deepEqual([refused.status, refused.body.code], [409, 'upload_parts_missing'])
    assert.match(refused.body.error, /: 2, 4\. Send/)
    upload?.parts.set(2, Buffer.from(partOf(plan, CONTENT, 2)))
    upload?.parts.delete(4)
    assert.equal((await client.complete(plan)).status, 201)
  })

  test('an answer that was lost after the storage had completed: one look says that it is done', async () => {
    const plan = await sentParts()
    failing('complete', 'after')
    const since = cloud.calls.length
    assert.equal((await client.complete(plan)).status, 201)
    assert.equal(count('complete', since), 1)
  })

  test('completed twice on the way, the second time it is gone: it is done all the same', async () => {
    const plan = await sentParts()
    cloud.fault = {
      after: (call) => {
        if (call === 'complete') throw new HoldallError('multipart_gone')
      },
    }
    const done = await client.complete(plan)
    assert.equal(done.status, 201, JSON.stringify(done.body))
  })

  test('what fails in passing is tried again: listing, completing, looking, reading', async () => {
    for (const call of ['listParts', 'complete', 'find', 'read'] as const) {
      const plan = await sentParts()
      failing(call, 'before')
      const done = await client.complete(plan)
      assert.equal(done.status, 201, `${call}: ${JSON.stringify(done.body)}`)
    }
  })

  test('completed by a process that died before it could say so, by another after it', async () => {
    const plan = await sentParts()
    let held: (() => void) | undefined
    cloud.fault = {
      after: (call) =>
        call === 'complete'
          ? new Promise<void>((_, reject) => {
              held = () => reject(new Error('too late'))
            })
          : undefined,
    }
    const lost = client.complete(plan).catch(() => undefined)
    await until(() => held !== undefined)
    cloud.fault = {}
    await asIfDead(server)
    const since = cloud.calls.length
    const second = await start(server.folder)
    await until(async () => (await row(plan.upload_id)).status === 'completed')
    assert.equal(count('complete', since), 0)
    assert.ok(cloud.objects.get(await pathOf(plan))?.body.equals(CONTENT))
    await second.close('keep')
    held?.()
    await lost
    const path = await pathOf(plan)
    const files = await server.database.read.selectFrom('datasette_files').select('path').execute()
    assert.equal(files.filter((file) => file.path === path).length, 1)
  })

  test('a storage that has forgotten an upload makes the session expired, and says so', async () => {
    for (const ask of ['status', 'parts', 'complete'] as const) {
      const plan = await sentParts()
      cloud.uploads.clear()
      const answer = await client[ask](plan)
      if (ask === 'status') assert.deepEqual([answer.status, answer.body.status], [200, 'expired'])
      else assert.deepEqual([answer.status, answer.body.code], [410, 'multipart_gone'])
      const seen = await client.status(plan)
      assert.equal(seen.body.status, 'expired')
      assert.match(seen.body.failure_reason.exc_str, /no longer has/)
      assert.equal((await client.complete(plan)).body.code, 'upload_not_open')
      assert.equal((await client.abort(plan)).status, 200)
    }
    const list = await client.call('/-/files/upload/files/-/sessions', { method: 'GET' })
    assert.deepEqual(list.body.sessions, [])
  })

  test('a forgotten upload is left out of the list of what can be gone on with', async () => {
    const kept = await sentParts()
    await sentParts()
    const forgotten = [...cloud.uploads.keys()].at(-1) as string
    cloud.uploads.delete(forgotten)
    const list = await client.call('/-/files/upload/files/-/sessions', { method: 'GET' })
    assert.deepEqual(
      list.body.sessions.map(({ upload_id, bytes_received }: Record<string, unknown>) => [upload_id, bytes_received]),
      [[kept.upload_id, SIZE]],
    )
    await client.abort(kept)
  })

  test('an upload that began without our hearing of it is found by its path, and nobody else’s is touched', async () => {
    const others = [await sentParts(), await sentParts(), await sentParts()]
    const there = [...cloud.uploads.keys()]
    failing('create', 'after')
    const refused = await prepared(SIZE)
    assert.deepEqual([refused.status, refused.body.code], [503, 'storage_failed'])
    assert.deepEqual([...cloud.uploads.keys()], there)
    assert.equal((await newest()).status, 'aborted')
    for (const plan of others) await client.abort(plan)
    assert.equal(cloud.uploads.size, 0)
  })

  test('one begun by a process that died before it could say so goes when the next one looks', async () => {
    let held: (() => void) | undefined
    cloud.fault = {
      after: (call) =>
        call === 'create'
          ? new Promise<void>((_, reject) => {
              held = () => reject(new Error('too late'))
            })
          : undefined,
    }
    const lost = prepared(SIZE)
    await until(() => held !== undefined)
    assert.equal(cloud.uploads.size, 1)
    await asIfDead(server)
    cloud.fault = {}
    const second = await start(server.folder)
    await until(async () => (await newest()).status === 'aborted')
    assert.equal(cloud.uploads.size, 0)
    await second.close('keep')
    held?.()
    await lost
  })

  test('what arrives after an upload was cancelled is removed once nothing more can arrive', async () => {
    // What the uploads before this one have left to do.
    offset += LATE_ARRIVALS_MS + 1_000
    await server.uploads.sweep()
    const plan = (await prepared(SIZE)).body as PartsAnswer
    const urls = await client.sign(plan, [1, 2])
    await client.put(urls.get(1) as string, partOf(plan, CONTENT, 1))
    assert.equal((await client.abort(plan)).status, 200)
    assert.equal(cloud.uploads.size, 0)
    await client.put(urls.get(2) as string, partOf(plan, CONTENT, 2))
    assert.equal(cloud.uploads.size, 1)
    const since = cloud.calls.length
    await server.uploads.sweep()
    assert.equal(count('abort', since), 0, 'it is not asked again and again')
    offset += LATE_ARRIVALS_MS + 1_000
    await server.uploads.sweep()
    assert.equal(cloud.uploads.size, 0)
    assert.equal((await row(plan.upload_id)).clear_at, null)
    offset += LATE_ARRIVALS_MS + 1_000
    await server.uploads.sweep()
    assert.equal(count('abort', since), 1)
  })

  test('a part that arrives again after its upload was completed is removed too, and the file stays', async () => {
    const plan = await sentParts()
    const urls = await client.sign(plan, [2])
    const { file } = (await client.complete(plan)).body
    await client.put(urls.get(2) as string, partOf(plan, CONTENT, 2))
    assert.equal(cloud.uploads.size, 1)
    await server.uploads.sweep()
    assert.equal(cloud.uploads.size, 1, 'more may arrive')
    offset += LATE_ARRIVALS_MS + 1_000
    await server.uploads.sweep()
    assert.equal(cloud.uploads.size, 0)
    assert.equal((await row(plan.upload_id)).clear_at, null)
    assert.ok(cloud.objects.get(file.path)?.body.equals(CONTENT))
  })

  test('a file that arrives after its upload was cancelled goes too', async () => {
    const { body: plan } = await prepared(1_000)
    assert.equal((await client.abort(plan)).status, 200)
    await client.put(plan.upload_url, bytes(1_000))
    const path = await pathOf(plan)
    assert.ok(cloud.objects.has(path))
    offset += LATE_ARRIVALS_MS + 1_000
    await server.uploads.sweep()
    assert.ok(!cloud.objects.has(path))
  })

  test('a storage that cannot be asked when an upload is cancelled is asked again', async () => {
    const plan = await sentParts()
    failing('abort', 'before')
    assert.equal((await client.abort(plan)).status, 200)
    assert.equal(cloud.uploads.size, 1)
    assert.equal((await client.status(plan)).body.status, 'aborted')
    offset += 61_000
    await server.uploads.sweep()
    assert.equal(cloud.uploads.size, 0)
  })

  test('cancelled by a process that died before the storage heard of it', async () => {
    const plan = await sentParts()
    let held: (() => void) | undefined
    cloud.fault = {
      before: (call) =>
        call === 'abort' && held === undefined
          ? new Promise<void>((_, reject) => {
              held = () => reject(new Error('too late'))
            })
          : undefined,
    }
    const lost = client.abort(plan)
    await until(() => held !== undefined)
    const second = await start(server.folder)
    await until(() => cloud.uploads.size === 0)
    await second.close('keep')
    held?.()
    await lost
  })

  test('bytes that the source does not take are deleted, also when that takes a second try', async () => {
    for (const fails of [false, true]) {
      const plan = await sentParts('pictures')
      if (fails) failing('delete', 'before')
      const refused = await client.complete(plan)
      assert.deepEqual([refused.status, refused.body.code], [400, 'upload_failed'])
      assert.match(refused.body.error, /does not take files of type text\/plain/)
      const path = await pathOf(plan)
      assert.equal(cloud.objects.has(path), fails)
      offset += 61_000
      await server.uploads.sweep()
      assert.ok(!cloud.objects.has(path))
    }
  })

  test('what fails for an hour fails, its parts stay, and completing again makes the file', async () => {
    const plan = await sentParts()
    const times = RETRY_LIMIT_MS / 1_000
    failing('complete', 'before', times)
    cloud.fault.after = () => {
      offset += 20 * 60_000
    }
    const failed = await client.complete(plan)
    assert.deepEqual([failed.status, failed.body.code], [400, 'upload_failed'])
    assert.match(failed.body.error, /combine: It could not be finished within an hour/)
    assert.equal((await client.status(plan)).body.status, 'failed')
    cloud.fault = {}
    const done = await client.complete(plan)
    assert.equal(done.status, 201, JSON.stringify(done.body))
    assert.ok(cloud.objects.get(done.body.file.path)?.body.equals(CONTENT))
  })

  test('one that failed while its parts were made one can be cancelled', async () => {
    const plan = await sentParts()
    failing('complete', 'before', 100)
    cloud.fault.after = () => {
      offset += 20 * 60_000
    }
    await client.complete(plan)
    cloud.fault = {}
    assert.equal((await client.abort(plan)).status, 200)
    assert.equal((await client.status(plan)).body.status, 'aborted')
    assert.equal(cloud.uploads.size, 0)
  })

  test('while its parts are made one an upload is not cancelled', async () => {
    const plan = await sentParts()
    const { promise, resolve } = Promise.withResolvers<void>()
    cloud.fault = { before: (call) => (call === 'complete' ? promise : undefined) }
    const completing = client.complete(plan)
    await until(() => cloud.calls.at(-1) === 'complete')
    const refused = await client.abort(plan)
    assert.deepEqual([refused.status, refused.body.code], [409, 'upload_not_open'])
    const status = await client.status(plan)
    assert.deepEqual([status.body.status, status.body.bytes_received], ['completing', SIZE])
    resolve()
    assert.equal((await completing).status, 201)
  })

  test('cancelled and completed at one moment: one of the two', async () => {
    for (let round = 0; round < 10; round += 1) {
      const plan = await sentParts()
      const path = await pathOf(plan)
      const [done, aborted] = await Promise.all([client.complete(plan), client.abort(plan)])
      assert.deepEqual(
        [done.status === 201, aborted.status === 200].filter(Boolean).length,
        1,
        `${done.status} ${aborted.status}`,
      )
      assert.equal(cloud.objects.has(path), done.status === 201)
      assert.equal(cloud.uploads.size, 0)
    }
  })

  test('left alone for a week, what is there goes, of parts and of one request', async () => {
    const parts = await sentParts()
    const { body: direct } = await prepared(1_000)
    await client.put(direct.upload_url, bytes(1_000))
    const path = await pathOf(direct)
    offset += (TTL_S.initiated + 10) * 1_000
    await server.uploads.start()
    await until(async () => (await row(parts.upload_id)).status === 'expired')
    await until(async () => (await row(direct.upload_id)).status === 'expired')
    assert.equal(cloud.uploads.size, 0)
    assert.ok(!cloud.objects.has(path))
  })
})
