import assert from 'node:assert/strict'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { bytes, inChunks } from '../sources/contract/bodies.ts'
import { THIS_PROCESS } from '../sources/process.ts'
import { createInternalStore } from './internal-store.ts'
import { LeaseLost } from './leases.ts'
import { BATCH, LEASE_MS, RETRY_LIMIT_MS, TTL_S } from './limits.ts'
import { createSessions } from './sessions.ts'
import { asIfDead, until } from './test-crash.ts'
import { startTestServer, type TestServer, type TestServerOptions } from './test-server.ts'

const NEW = { filename: 'a.txt', declaredType: undefined, declaredSize: undefined, actorId: null }

describe('leases and what is left behind', () => {
  test('one holds the lease; when it runs out, the next one fences the first one off', async () => {
    await using(async (server) => {
      let time = Date.now()
      const [one, two] = [sessionsOf(server, () => time), sessionsOf(server, () => time)]
      const lease = await one.begin({ ...NEW, sourceId: 1 })
      const { id } = lease.session
      assert.equal(await two.claim(id, ['initiated']), undefined)
      time += LEASE_MS - 1
      await one.heartbeat()
      time += LEASE_MS - 1
      assert.equal(await two.claim(id, ['initiated']), undefined, 'a heartbeat renews')
      time += LEASE_MS
      const taken = await two.claim(id, ['initiated'])
      assert.ok(taken)
      await assert.rejects(one.change(lease, 'late', { status: 'completing' }), LeaseLost)
      assert.equal(lease.signal.aborted, false)
      await one.heartbeat()
      assert.ok(lease.signal.reason instanceof LeaseLost)
      const changed = await two.change(taken, 'mine', { status: 'aborted', release: true })
      assert.equal(changed.session.status, 'aborted')
      assert.equal(await one.claim(id, ['initiated', 'completing']), undefined, 'an ended session is never claimed')
    })
  })

  test('of many who claim at once one gets the lease', async () => {
    await using(async (server) => {
      const session = await sessionsOf(server).prepare({ ...NEW, sourceId: 1 }, 'hash')
      const claims = await Promise.all(
        Array.from({ length: 20 }, () => sessionsOf(server).claim(session.id, ['initiated'])),
      )
      assert.equal(claims.filter((claim) => claim !== undefined).length, 1)
    })
  })

  test('a step that fails in passing is tried again, with its attempts counted in the log', async () => {
    let failures = 2
    const options = {
      intake: {
        inspect: async () => {
          if (failures-- > 0) throw new Error('the disk hiccuped')
          return {}
        },
      },
    }
    await using(async (server) => {
      const response = await send(server)
      assert.equal(response.status, 201)
      const [row] = await sessions(server)
      assert.equal(row?.status, 'completed')
      const log = JSON.parse(row?.completion_steps_log ?? '')
      assert.equal(log.length, 6)
      assert.equal(
        log.find((entry: { step: string; phase: string }) => entry.step === 'inspect' && entry.phase === 'start')
          .attempts,
        3,
      )
    }, options)
  })

  test('a completing session whose process is gone is finished by the next one', async (t) => {
    const { first, start } = await startStuck(t)
    await until(async () => (await sessions(first))[0]?.status === 'completing')
    assert.deepEqual(await first.database.read.selectFrom('datasette_files').selectAll().execute(), [])
    await asIfDead(first)
    const second = await start()
    await until(async () => (await sessions(second))[0]?.status === 'completed')
    const files = await second.database.read.selectFrom('datasette_files').selectAll().execute()
    assert.deepEqual(
      files.map(({ filename, size }) => [filename, size]),
      [['a.txt', 1_000]],
    )
  })

  test('nobody was there for two hours: what fails in passing then is tried again, for an hour of trying', async (t) => {
    const { first, start } = await startStuck(t)
    await until(async () => (await sessions(first))[0]?.status === 'completing')
    await asIfDead(first)
    let failures = 1
    const inspect = async () => {
      if (failures-- > 0) throw new Error('the disk hiccuped')
      return {}
    }
    const second = await start({ intake: { inspect }, now: () => Date.now() + 2 * RETRY_LIMIT_MS })
    await until(async () => ['completed', 'failed'].includes((await sessions(second))[0]?.status ?? ''))
    const [row] = await sessions(second)
    assert.deepEqual([row?.status, row?.failure_reason], ['completed', null])
  })

  test('the bytes of a completing session are gone: it fails, and no file appears', async (t) => {
    const { first, start } = await startStuck(t)
    await until(async () => (await sessions(first))[0]?.status === 'completing')
    await rm(join(first.folder, 'files', (await sessions(first))[0]?.path as string))
    await asIfDead(first)
    const second = await start()
    await until(async () => (await sessions(second))[0]?.status === 'failed')
    assert.match((await sessions(second))[0]?.failure_reason ?? '', /no longer has the uploaded bytes/)
    assert.deepEqual(await second.database.read.selectFrom('datasette_files').selectAll().execute(), [])
  })

  test('bytes of a request that died with its process are removed, those of others are not', async (t) => {
    const start = opening(t)
    const first = await start()
    await send(first)
    const store = sessionsOf(first)
    const lease = await store.begin({ ...NEW, sourceId: first.sources.get('files').id })
    const storage = await first.sources.get('files').storage()
    await storage.write?.(lease.session.path, inChunks(bytes(10)))
    assert.equal((await first.stored()).length, 4)
    await first.uploads.start()
    assert.equal((await first.stored()).length, 4, 'somebody holds the lease')
    await asIfDead(first)
    const second = await start()
    await until(async () => (await second.stored()).length === 2)
    await until(async () => (await sessions(second)).every(({ status }) => status !== 'initiated'))
    const rows = await sessions(second)
    assert.deepEqual(rows.map(({ status }) => status).sort(), ['aborted', 'completed'])
  })

  test('what a dead process was only making goes with its session, while this one goes on', async () => {
    await using(async (server) => {
      await send(server)
      const folder = join(server.folder, 'files', '.holdall-tmp')
      const [theirs = '', ours = ''] = [`${THIS_PROCESS.replace(/-\d+$/, '-1')}.a`, `${THIS_PROCESS}.b`].map((name) =>
        join(folder, name),
      )
      await mkdir(theirs, { recursive: true })
      await mkdir(ours)
      await sessionsOf(server).begin({ ...NEW, sourceId: server.sources.get('files').id })
      await asIfDead(server)
      await server.uploads.start()
      await until(async () => (await sessions(server)).every(({ status }) => status !== 'initiated'))
      assert.deepEqual(await readdir(folder), [basename(ours)])
    })
  })

  test('a session of a source that does not answer waits, and is not forgotten', async (t) => {
    const start = opening(t)
    const first = await start()
    const store = sessionsOf(first)
    await store.begin({ ...NEW, sourceId: first.sources.get('files').id })
    await asIfDead(first)
    await first.close('keep')
    await rm(join(first.folder, 'files'), { recursive: true })
    await writeFile(join(first.folder, 'files'), 'in the way')
    const second = await start()
    const later = new Date(Date.now() + LEASE_MS).toISOString()
    await until(async () => ((await sessions(second))[0]?.lease_until ?? '') > later)
    assert.equal((await sessions(second))[0]?.status, 'initiated')
  })

  test('rows past their time are swept, a failed one with what it had kept', async (t) => {
    let offset = 0
    const server = await opening(t)({ now: () => Date.now() + offset })
    await send(server)
    const store = sessionsOf(server)
    const lease = await store.begin({ ...NEW, sourceId: server.sources.get('files').id })
    await (await server.sources.get('files').storage()).write?.(lease.session.path, inChunks(bytes(10)))
    await store.change(lease, 'failed', { status: 'failed', release: true })
    for (let more = 0; more < 2 * BATCH; more += 1) {
      const gone = await store.begin({ ...NEW, sourceId: lease.session.sourceId })
      await store.change(gone, 'aborted', { status: 'aborted', release: true })
    }
    await server.uploads.sweep()
    assert.equal((await sessions(server)).length, 2 + 2 * BATCH)
    offset = (TTL_S.failed + 10) * 1_000
    await server.uploads.sweep()
    assert.deepEqual(await sessions(server), [])
    assert.equal((await server.stored()).length, 2, 'the file that was recorded stays')
  })
})

/** Starts one server after the other on one folder; however the test ends, all are closed and the folder goes. */
function opening(t: TestContext) {
  const open: TestServer[] = []
  t.after(async () => {
    for (const server of open.reverse()) await server.close('keep')
    for (const { folder } of open) await rm(folder, { recursive: true, force: true })
  })
  return async (options: TestServerOptions = {}): Promise<TestServer> => {
    const [first] = open
    const server = await startTestServer({ ...(first && { folder: first.folder }), ...options })
    open.push(server)
    return server
  }
}

/** The first of them has an upload whose bytes are there and that it never comes to look at. */
async function startStuck(t: TestContext) {
  const never = Promise.withResolvers<never>()
  const client = new AbortController()
  // Before the server is closed, which waits for both.
  t.after(() => {
    client.abort()
    never.reject(new Error('too late'))
  })
  const start = opening(t)
  const first = await start({ intake: { inspect: () => never.promise } })
  send(first, client.signal).catch(() => {})
  return { first, start }
}

async function using(work: (server: TestServer) => Promise<void>, options = {}): Promise<void> {
  const server = await startTestServer(options)
  try {
    await work(server)
  } finally {
    await server.close()
  }
}

function send(server: TestServer, signal: AbortSignal | null = null): Promise<Response> {
  return fetch(`${server.url}/-/files/upload/files?filename=a.txt`, {
    method: 'POST',
    body: new Uint8Array(bytes(1_000)),
    headers: { Authorization: 'alice' },
    signal,
  })
}

/** As another process would work with them. */
function sessionsOf({ database }: TestServer, now = Date.now) {
  return createSessions({ store: createInternalStore(database), before: () => {}, now })
}

function sessions(server: TestServer) {
  return server.database.read.selectFrom('upload_sessions').selectAll().orderBy('id').execute()
}
