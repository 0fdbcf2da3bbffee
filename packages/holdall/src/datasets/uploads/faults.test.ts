import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { RETRY_LIMIT_MS, TTL_S } from '../../uploads/limits.ts'
import type { SessionStore } from '../../uploads/session-store.ts'
import { type Cloud, type CloudCall, startCloud } from '../../uploads/test-cloud.ts'
import { asIfDead, until } from '../../uploads/test-crash.ts'
import { addDataset } from '../adding.ts'
import { findCollection } from '../collections/rows.ts'
import { PARQUET_LIMITS } from '../footer/limits.ts'
import { datasetIdOf } from '../identity.ts'
import { ORGANIZATION, testDataset } from '../testing.ts'
import { LATE_PARTS_MS, MAX_PREVIEW_BYTES, OVER_LIMIT_KEPT_MS } from './limits.ts'
import { datasetClient, type Init, type Session } from './test-client.ts'
import { visits, wide } from './test-parquet.ts'
import { startTestServer, type TestServer, type TestServerOptions } from './test-server.ts'

const CONTENT = visits(20)

describe('uploads that become datasets, while things fail', () => {
  let cloud: Cloud
  let server: TestServer
  let client: ReturnType<typeof datasetClient>
  let offset = 0
  /** Thrown at writes of the internal database. */
  let beforeWrite: (call: string) => void = () => {}

  const start = (more: TestServerOptions = {}) =>
    startTestServer({
      sources: { files: { storage: 'cloud', config: {} } },
      types: [cloud.type],
      now: () => Date.now() + offset,
      before: (call) => beforeWrite(call),
      ...more,
    })

  before(async () => {
    cloud = await startCloud()
    server = await start()
    client = datasetClient(server)
  })
  // Also where the first of them is all that was opened.
  after(async () => {
    await server?.close()
    await cloud?.close()
  })
  afterEach(() => {
    cloud.fault = {}
    beforeWrite = () => {}
  })

  const row = (id: string, from = server) =>
    from.database.read.selectFrom('upload_sessions').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  const datasetsOf = (id: string) =>
    server.database.read.selectFrom('datasets').select('id').where('upload_id', '=', id).execute()

  async function sent(): Promise<Init> {
    const plan = await client.init(CONTENT)
    await client.send(plan, CONTENT)
    return plan
  }

  /** Throws at the first so many calls of this name for this upload: a file of another is read in the background. */
  function failing({ s3_key }: Init, wanted: CloudCall, times: number): void {
    let left = times
    cloud.fault = {
      before(call, path) {
        if (call !== wanted || path !== s3_key || left === 0) return
        left -= 1
        throw new Error('arn:aws:s3:::secret-bucket said no')
      },
    }
  }

  /** Holds the next call of this name while the session is in this state; `reached` says that it is there. */
  function holding(id: string, wanted: CloudCall, state: string, when: 'before' | 'after' = 'before') {
    const [reached, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let held = false
    cloud.fault = {
      async [when](call: CloudCall) {
        if (held || call !== wanted || (await row(id)).completion_status !== state) return
        held = true
        reached.resolve()
        await go.promise
      },
    }
    return { reached: reached.promise, go: go.resolve }
  }

  test('a catalog that nobody here brings is refused before anything is sent, and at the end, where retry goes on', async () => {
    const catalog = (name: string | null) =>
      server.database.write((trx) => trx.updateTable('collections').set({ catalog: name }).execute())
    const plan = await sent()
    try {
      await catalog('glue')
      const refused = await client.call('/init', { method: 'POST', body: { filename: 'a.parquet', total_size: 5 } })
      assert.deepEqual([refused.status, refused.body.code], [409, 'catalog_unavailable'])
      assert.equal((await client.complete(plan.upload_id)).status, 202)
      const failed = await client.ended(plan.upload_id)
      assert.deepEqual([failed.failure_reason?.step, failed.retryable], ['register', true])
      assert.match(failed.failure_reason?.exc_str ?? '', /catalog glue/)
      assert.deepEqual(await datasetsOf(plan.upload_id), [])
    } finally {
      await catalog(null)
    }
    assert.equal((await client.retry(plan.upload_id)).status, 202)
    assert.equal((await client.ended(plan.upload_id)).completion_status, 'registered')
  })

  test('cancelled at every state: aborted, and neither dataset nor object nor part, also when what was held goes on', async () => {
    for (const [call, state] of [
      ['complete', 'combining'],
      ['read', 'inferring'],
      ['stat', 'registering'],
    ] as const) {
      const plan = await sent()
      const { reached, go } = holding(plan.upload_id, call, state)
      assert.equal((await client.complete(plan.upload_id)).status, 202)
      await reached
      const answer = await client.abort(plan.upload_id)
      assert.deepEqual([answer.status, answer.body.status], [200, 'aborted'], state)
      go()
      await sleep(100)
      await until(() => !cloud.objects.has(plan.s3_key))
      const { body } = await client.status(plan.upload_id)
      assert.deepEqual([body.status, body.completion_status, body.retryable], ['aborted', 'failed', false], state)
      assert.equal(body.failure_reason.exc_str, 'It was cancelled.')
      assert.deepEqual(await datasetsOf(plan.upload_id), [], state)
      assert.equal(cloud.uploads.size, 0, state)
      const late = await client.complete(plan.upload_id)
      assert.equal(late.status, 409)
    }
  })

  test('cancelled after the dataset was entered and before that was said: it is taken back', async () => {
    const plan = await sent()
    const { reached, go } = holding(plan.upload_id, 'stat', 'registering')
    await client.complete(plan.upload_id)
    await reached
    const collection = await findCollection(server.database, ORGANIZATION, 'medicaid')
    await addDataset(server.database, testDataset(collection?.seq ?? 0, plan.upload_id))
    assert.equal((await datasetsOf(plan.upload_id)).length, 1)
    assert.equal((await client.abort(plan.upload_id)).status, 200)
    go()
    await until(async () => (await datasetsOf(plan.upload_id)).length === 0)
    await until(() => !cloud.objects.has(plan.s3_key))
  })

  test('cancelled by another process at the last moment: who has entered the dataset all the same takes it back', async (t) => {
    const plan = await sent()
    const second = await start({ folder: server.folder })
    t.after(() => second.close('keep'))
    const { reached, go } = holding(plan.upload_id, 'read', 'registering', 'after')
    let entered = false
    beforeWrite = (call) => {
      entered ||= call === 'database: add dataset'
    }
    await client.complete(plan.upload_id)
    await reached
    assert.equal((await datasetClient(second).abort(plan.upload_id)).status, 200)
    go()
    await until(() => entered)
    await until(async () => (await datasetsOf(plan.upload_id)).length === 0)
    await sleep(100)
    assert.deepEqual(await datasetsOf(plan.upload_id), [])
    assert.ok(!cloud.objects.has(plan.s3_key))
    assert.equal((await client.status(plan.upload_id)).body.status, 'aborted')
  })

  test('cancelled and completed at one moment: one of the two', async () => {
    for (let round = 0; round < 5; round += 1) {
      const plan = await sent()
      await Promise.all([client.complete(plan.upload_id), client.abort(plan.upload_id)])
      const ended = await client.ended(plan.upload_id)
      const made = ended.status === 'completed'
      assert.equal((await datasetsOf(plan.upload_id)).length, made ? 1 : 0)
      await until(() => cloud.objects.has(plan.s3_key) === made)
    }
  })

  test('what may pass is tried again, with attempts counted in the log, and destroys nothing', async () => {
    for (const [call, times] of [
      ['complete', 1],
      ['listParts', 1],
      ['read', 2],
      ['stat', 1],
    ] as const) {
      const plan = await sent()
      failing(plan, call, times)
      await client.complete(plan.upload_id)
      const ended = await client.ended(plan.upload_id)
      assert.deepEqual([ended.completion_status, ended.failure_reason], ['registered', null], call)
      assert.equal(ended.completion_steps_log.length, 6)
      assert.ok(
        ended.completion_steps_log.some(({ attempts }: Session) => attempts >= 2),
        call,
      )
      assert.equal((await datasetsOf(plan.upload_id)).length, 1)
    }
  })

  test('what fails for an hour fails, kept and without internals; retry goes on from that step', async () => {
    for (const [call, step] of [
      ['complete', 'combine'],
      ['read', 'infer'],
    ] as const) {
      const plan = await sent()
      failing(plan, call, Number.POSITIVE_INFINITY)
      const { before } = cloud.fault
      cloud.fault.before = (asked, path) => {
        if (asked === call && path === plan.s3_key) offset += RETRY_LIMIT_MS / 3
        return before?.(asked, path)
      }
      await client.complete(plan.upload_id)
      const failed = await client.ended(plan.upload_id)
      assert.deepEqual([failed.failure_reason.step, failed.retryable], [step, true])
      assert.equal(failed.error, 'It could not be finished within an hour.')
      assert.ok(!JSON.stringify(failed).includes('secret-bucket'))
      assert.equal(cloud.objects.has(plan.s3_key), step !== 'combine')
      const { ttl } = await row(plan.upload_id)
      assert.ok(Math.abs(ttl - (Date.now() + offset) / 1_000 - TTL_S.failed) < 60)
      cloud.fault = {}
      const since = cloud.calls.length
      const again = await client.retry(plan.upload_id)
      assert.deepEqual([again.status, again.body.status], [202, 'completing'])
      const ended = await client.ended(plan.upload_id)
      assert.deepEqual([ended.completion_status, ended.failure_reason, ended.retryable], ['registered', null, false])
      assert.equal(ended.completion_steps_log.length, 6)
      assert.equal(cloud.calls.slice(since).includes('complete'), step === 'combine', 'only from where it failed')
      const refused = await client.retry(plan.upload_id)
      assert.deepEqual([refused.status, refused.body.completion_status], [409, 'registered'])
    }
  })

  test('a catalog that refuses: the object stays, and retry continues there', async () => {
    const plan = await sent()
    const collections = (deleted_at: string | null) =>
      server.database.write((trx) =>
        trx
          .updateTable('collections')
          .set({ deleted_at })
          .where('organization_id', '=', ORGANIZATION)
          .where('id', '=', 'medicaid')
          .execute(),
      )
    const { reached, go } = holding(plan.upload_id, 'read', 'inferring')
    await client.complete(plan.upload_id)
    await reached
    await collections(new Date().toISOString())
    go()
    const failed = await client.ended(plan.upload_id)
    assert.deepEqual([failed.failure_reason.step, failed.retryable], ['register', true])
    assert.match(failed.error, /collection was deleted meanwhile/)
    assert.ok(cloud.objects.has(plan.s3_key))
    await collections(null)
    for (let time = 0; time < 2; time += 1) {
      const { status } = await client.retry(plan.upload_id)
      assert.equal(status, time === 0 ? 202 : 409)
    }
    const ended = await client.ended(plan.upload_id)
    assert.equal(ended.completion_status, 'registered')
    assert.deepEqual(
      ended.completion_steps_log.map(({ step, phase }: Session) => `${step} ${phase}`),
      ['combine start', 'combine end', 'infer start', 'infer end', 'register start', 'register end'],
    )
  })

  test('of fifty retries at one moment one is accepted', async () => {
    const plan = await sent()
    failing(plan, 'read', Number.POSITIVE_INFINITY)
    const { before } = cloud.fault
    cloud.fault.before = (asked, path) => {
      if (asked === 'read' && path === plan.s3_key) offset += RETRY_LIMIT_MS
      return before?.(asked, path)
    }
    await client.complete(plan.upload_id)
    await client.ended(plan.upload_id)
    cloud.fault = {}
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.retry(plan.upload_id)))
    assert.equal(answers.filter(({ status }) => status === 202).length, 1)
    assert.equal((await client.ended(plan.upload_id)).completion_status, 'registered')
  })

  test('that the end cannot be written down undoes nothing', async () => {
    const plan = await sent()
    let left = 3
    beforeWrite = (call) => {
      if (call !== 'database: registered' || left === 0) return
      left -= 1
      offset += RETRY_LIMIT_MS
      throw new Error('the database is busy')
    }
    await client.complete(plan.upload_id)
    const ended = await client.ended(plan.upload_id)
    assert.deepEqual([left, ended.completion_status], [0, 'registered'])
    assert.equal((await datasetsOf(plan.upload_id)).length, 1)
  })

  test('an answer that was lost is made up for by looking', async () => {
    const plan = await sent()
    let left = 1
    cloud.fault = {
      after(call) {
        if (call !== 'complete' || left === 0) return
        left -= 1
        throw new Error('the answer was lost')
      },
    }
    await client.complete(plan.upload_id)
    assert.equal((await client.ended(plan.upload_id)).completion_status, 'registered')
  })

  test('a storage that has forgotten the upload makes it expired: visible, and deletable', async () => {
    const plan = await sent()
    cloud.uploads.clear()
    await client.complete(plan.upload_id)
    const ended = await client.ended(plan.upload_id)
    assert.deepEqual([ended.status, ended.completion_status], ['expired', 'failed'])
    assert.match(ended.error, /no longer has the parts/)
    assert.equal((await client.abort(plan.upload_id)).status, 200)
    assert.equal((await client.status(plan.upload_id)).body.status, 'aborted')
    const other = await sent()
    cloud.uploads.clear()
    const asked = await client.call(`/${other.upload_id}/parts`)
    assert.deepEqual([asked.status, asked.body.code], [410, 'multipart_gone'])
    assert.equal((await client.status(other.upload_id)).body.status, 'expired')
  })

  test('what arrives after an upload was cancelled is removed once nothing more can arrive', async () => {
    const plan = await client.init(CONTENT)
    await client.abort(plan.upload_id)
    await client.send(plan, CONTENT)
    assert.equal(cloud.uploads.size, 1)
    offset += LATE_PARTS_MS + 1_000
    await server.uploads.sweep()
    assert.equal(cloud.uploads.size, 0)
  })

  test('left alone for a week it expires, and its parts go', async () => {
    const plan = await sent()
    offset += (TTL_S.initiated + 10) * 1_000
    await server.uploads.start()
    await until(async () => (await row(plan.upload_id)).status === 'expired')
    assert.equal(cloud.uploads.size, 0)
  })

  test('a schema that a row has no room for is cut there, and whole in the dataset', async () => {
    const content = wide(1_000)
    const { upload_id, dataset_id } = await client.upload(content)
    const ended = await client.ended(upload_id)
    assert.equal(ended.completion_status, 'registered', JSON.stringify(ended.failure_reason))
    const preview = ended.parquet_schema_preview
    assert.equal(preview.truncated, true)
    assert.equal(preview.columns.length, preview.schema_fields.length)
    assert.ok(preview.columns.length > 100 && preview.columns.length < 1_000)
    const bytes = Buffer.byteLength(JSON.stringify(preview))
    assert.ok(bytes <= MAX_PREVIEW_BYTES && bytes > MAX_PREVIEW_BYTES - 500, `${bytes}`)
    const dataset = await server.database.read
      .selectFrom('datasets')
      .select('column_count')
      .where('id', '=', dataset_id)
      .executeTakeFirst()
    assert.equal(dataset?.column_count, 1_000)
  })

  test('its process is gone, at whichever step: the next one goes on, and there is one dataset', async (t) => {
    for (const [call, state] of [
      ['complete', 'combining'],
      ['read', 'inferring'],
      ['stat', 'registering'],
    ] as const) {
      const plan = await sent()
      const { reached, go } = holding(plan.upload_id, call, state)
      await client.complete(plan.upload_id)
      await reached
      await asIfDead(server)
      const second = await start({ folder: server.folder })
      t.after(() => second.close('keep'))
      const ended = await datasetClient(second).ended(plan.upload_id)
      assert.equal(ended.completion_status, 'registered', state)
      go()
      await sleep(50)
      assert.equal((await datasetsOf(plan.upload_id)).length, 1)
      assert.equal((await row(plan.upload_id)).status, 'completed')
      await second.close('keep')
    }
  })
})

test('where the store of sessions is far away, of fifty completions at one moment one is accepted', async (t) => {
  const far = (store: SessionStore): SessionStore => {
    const later = () => sleep(Math.random() * 20)
    return {
      create: async (...asked) => later().then(() => store.create(...asked)),
      get: async (...asked) => later().then(() => store.get(...asked)),
      byToken: async (...asked) => later().then(() => store.byToken(...asked)),
      update: async (...asked) => later().then(() => store.update(...asked)),
      renewLeases: async (...asked) => later().then(() => store.renewLeases(...asked)),
      due: async (...asked) => later().then(() => store.due(...asked)),
      list: async (...asked) => later().then(() => store.list(...asked)),
      remove: async (...asked) => later().then(() => store.remove(...asked)),
    }
  }
  const server = await startTestServer({ storeOf: far })
  t.after(() => server.close())
  const client = datasetClient(server)
  const plan = await client.init(CONTENT)
  await client.send(plan, CONTENT)
  const answers = await Promise.all(Array.from({ length: 50 }, () => client.complete(plan.upload_id)))
  assert.equal(answers.filter(({ status }) => status === 202).length, 1)
  assert.equal(answers.filter(({ status }) => status === 409).length, 49)
  assert.equal((await client.ended(plan.upload_id)).completion_status, 'registered')
})

test('one that only exceeds a limit is kept for a week: with a higher limit, retry goes on; without, it goes', async (t) => {
  let offset = 0
  const now = () => Date.now() + offset
  const strict = { ...PARQUET_LIMITS, leaves: 1 }
  const first = await startTestServer({ limits: strict, now })
  t.after(() => first.close())
  const client = datasetClient(first)
  const plans = [await client.upload(CONTENT), await client.upload(CONTENT)]
  for (const { upload_id } of plans) {
    const failed = await client.ended(upload_id)
    assert.deepEqual([failed.failure_reason.step, failed.retryable], ['infer', true])
    assert.match(failed.error, /past a limit: it has at least 2 columns; at most 1 are read here/)
  }
  assert.equal((await first.stored()).length, 2)
  assert.equal((await client.retry(plans[0]?.upload_id as string)).status, 202)
  assert.equal((await client.ended(plans[0]?.upload_id as string)).status, 'failed', 'the limit is the same')
  await first.close('keep')

  const second = await startTestServer({ folder: first.folder, now })
  t.after(() => second.close())
  const again = datasetClient(second)
  const [good, left] = plans.map(({ upload_id }) => upload_id) as [string, string]
  assert.equal((await again.retry(good)).status, 202)
  assert.equal((await again.ended(good)).completion_status, 'registered')
  await second.uploads.sweep()
  assert.equal((await second.stored()).length, 2, 'within the week it stays')
  offset += OVER_LIMIT_KEPT_MS + 1_000
  await second.uploads.sweep()
  assert.deepEqual(
    (await second.stored()).map((path) => path.includes(datasetIdOf(good))),
    [true],
  )
  const gone = await again.status(left)
  assert.deepEqual([gone.body.status, gone.body.retryable], ['failed', false])
  assert.equal((await again.retry(left)).status, 409)
})
