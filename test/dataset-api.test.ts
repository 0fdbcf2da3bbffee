import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeBucket, skipS3 } from './support/ceph.ts'
import { createToken, type RunningHoldall, startHoldall } from './support/holdall.ts'
import { large, visits } from './support/parquet.ts'

const ORGANIZATION = '550e8400-e29b-41d4-a716-446655440000'
const OTHER_ORGANIZATION = '11111111-2222-4333-8444-555555555555'
const UNKNOWN = '01hzzzzzzzzzzzzzzzzzzzzzzz'
const PATIENCE_MS = 40_000
const DAY_S = 86_400
const MIB = 1_024 * 1_024
const LONG_URL_LIFE_S = 12 * 3_600
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
/** What clients of the first implementation read of an upload. */
const FIELDS = [
  ...['orgid', 'collection_id', 'upload_id', 'status', 'completion_status', 's3_key', 's3_bucket', 'filename'],
  ...['part_count', 'part_size', 'total_size', 'created_at', 'updated_at', 'completed_at', 'parquet_schema_preview'],
  ...['schema_inferred_at', 'dataset_id', 'glue_table_name', 'glue_database_name', 'completion_steps_log'],
  ...['failure_reason', 'error', 'expires_at'],
]

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at, whatever they have
type Json = any

interface Place {
  readonly source: object
  remove(): Promise<void>
}

const PLACES = [
  { name: 'a folder', skip: false as const, make: inFolder },
  { name: 'a bucket', skip: skipS3, make: inBucket },
]

for (const { name, skip, make } of PLACES) {
  describe(`the dataset upload API, for ${name}`, { skip }, () => {
    let folder: string
    let data: string
    let place: Place
    let server: RunningHoldall
    let ann: string
    let reader: string
    const content = large(9)

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'holdall-dataset-api-'))
      data = join(folder, 'data')
      place = await make(join(folder, 'objects'))
      const config = {
        sources: { media: place.source },
        collections: [
          { organization: ORGANIZATION, id: 'medicaid', source: 'media' },
          { organization: ORGANIZATION, id: 'other', source: 'media' },
          { organization: OTHER_ORGANIZATION, id: 'medicaid', source: 'media' },
        ],
        permissions: { 'view-collection': { id: ['ann', 'reader'] }, 'edit-collection': { id: 'ann' } },
      }
      writeFileSync(join(folder, 'holdall.json'), JSON.stringify(config))
      server = await startHoldall({ data, config: join(folder, 'holdall.json') })
      ;[ann = '', reader = ''] = await Promise.all(['ann', 'reader'].map((id) => createToken(data, id)))
    })
    after(async () => {
      await server?.stop()
      await place?.remove()
      rmSync(folder, { recursive: true })
    })

    interface Asked {
      readonly token?: string | null
      readonly organization?: string
      readonly collection?: string
      readonly body?: unknown
    }

    async function call(method: string, path: string, asked: Asked = {}): Promise<{ status: number; body: Json }> {
      const { token = ann, organization = ORGANIZATION, collection = 'medicaid', body } = asked
      const response = await fetch(`${server.url}/public/uploads/${organization}/${collection}/multipart${path}`, {
        method,
        headers: {
          ...(token !== null && { 'X-User-Token': token }),
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      return { status: response.status, body: await response.json() }
    }

    async function init(bytes: Buffer, more: object = {}): Promise<Json> {
      const { status, body } = await call('POST', '/init', {
        body: { filename: 'Gallery visits.parquet', total_size: bytes.length, ...more },
      })
      assert.equal(status, 200, JSON.stringify(body))
      return body
    }

    async function put(plan: Json, bytes: Buffer, urls: Json = plan.part_urls): Promise<string[]> {
      const etags: string[] = []
      for (const { part_number, url } of urls) {
        const body = new Uint8Array(bytes.subarray((part_number - 1) * plan.part_size, part_number * plan.part_size))
        const sent = await fetch(url, { method: 'PUT', body })
        assert.equal(sent.status, 200, await sent.text())
        etags.push(sent.headers.get('ETag') ?? '')
      }
      return etags
    }

    async function ended(id: string): Promise<Json> {
      for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(30)) {
        const { body } = await call('GET', `/${id}`)
        if (!['initiated', 'completing'].includes(body.status)) return body
        assert.ok(Date.now() < deadline, JSON.stringify(body))
      }
    }

    function database<T>(work: (database: DatabaseSync) => T): T {
      const opened = new DatabaseSync(join(data, 'internal.db'), { timeout: 5_000 })
      try {
        return work(opened)
      } finally {
        opened.close()
      }
    }

    /** What its row says, and that its answer says the same. */
    async function assertLives(id: string, days: number): Promise<void> {
      const row = database((one) => one.prepare('SELECT ttl FROM upload_sessions WHERE id = ?').get(id))
      const ttl = Number(row?.ttl)
      assert.ok(Math.abs(ttl - Date.now() / 1_000 - days * DAY_S) < 120, `${ttl} is not in ${days} days`)
      assert.equal((await call('GET', `/${id}`)).body.expires_at, new Date(ttl * 1_000).toISOString())
    }

    const stepsOf = (session: Json) =>
      session.completion_steps_log.map(({ step, phase, status }: Json) => `${step} ${phase} ${status}`)
    const ALL_STEPS = ['combine', 'infer', 'register'].flatMap((step) => [`${step} start running`, `${step} end ok`])

    test('every field, every entry of the log, and how long each state lives', async () => {
      const plan = await init(content)
      assert.deepEqual([plan.part_count, plan.total_size, plan.expires_in], [2, content.length, LONG_URL_LIFE_S])
      await assertLives(plan.upload_id, 7)
      const begun = (await call('GET', `/${plan.upload_id}`)).body
      assert.deepEqual(
        FIELDS.filter((field) => !(field in begun)),
        [],
      )
      assert.deepEqual(
        [begun.status, begun.completion_status, begun.completion_steps_log, begun.failure_reason, begun.error],
        ['initiated', null, [], null, null],
      )
      await put(plan, content)
      const completed = await call('POST', `/${plan.upload_id}/complete`, { body: {} })
      assert.deepEqual(
        [completed.status, completed.body],
        [
          202,
          {
            ...{ ok: true, upload_id: plan.upload_id, status: 'completing', completion_status: 'combining' },
            ...{ s3_bucket: plan.s3_bucket, s3_key: plan.s3_key, part_count: 2 },
            message: 'Combining parts. Poll GET /multipart/{upload_id} for progress.',
          },
        ],
      )
      const last = await ended(plan.upload_id)
      assert.deepEqual([last.status, last.completion_status, last.error], ['completed', 'registered', null])
      assert.deepEqual(stepsOf(last), ALL_STEPS)
      for (const entry of last.completion_steps_log) {
        const time = entry.phase === 'start' ? 'started_at' : 'finished_at'
        assert.match(entry[time], TIME)
        assert.equal('error' in entry, false)
      }
      for (const time of ['created_at', 'updated_at', 'completed_at', 'schema_inferred_at']) {
        assert.match(last[time], TIME, time)
      }
      assert.deepEqual(last.parquet_schema_preview.schema_fields, [{ name: 'bytes', type: 'BLOB' }])
      await assertLives(plan.upload_id, 30)

      const given = await init(visits())
      assert.equal((await call('DELETE', `/${given.upload_id}`)).status, 200)
      await assertLives(given.upload_id, 30)
      database((one) => one.prepare('UPDATE upload_sessions SET ttl = 1 WHERE id = ?').run(given.upload_id))
      assert.equal((await call('GET', `/${given.upload_id}`)).status, 404)
    })

    test('parts: new addresses on request, and what the storage holds; what cannot be a part is refused', async () => {
      const plan = await init(content, { part_urls: 0 })
      assert.deepEqual(plan.part_urls, [])
      const path = `/${plan.upload_id}/parts`
      const given = await call('POST', path, { body: { part_numbers: [2, 1] } })
      assert.deepEqual(
        given.body.part_urls.map(({ part_number, expires_in }: Json) => [part_number, expires_in]),
        [
          [2, LONG_URL_LIFE_S],
          [1, LONG_URL_LIFE_S],
        ],
      )
      assert.deepEqual((await call('GET', path)).body.parts, [])
      await put(plan, content, given.body.part_urls.slice(0, 1))
      const held = (await call('GET', path)).body
      assert.deepEqual(
        [held.parts.map(({ part_number, size }: Json) => [part_number, size]), held.next],
        [[[2, content.length - plan.part_size]], null],
      )
      assert.equal((await call('GET', `/${plan.upload_id}`)).body.bytes_received, content.length - plan.part_size)
      for (const part_numbers of [[], [0], [3], ['1'], null, Array(101).fill(1)]) {
        const refused = await call('POST', path, { body: { part_numbers } })
        assert.deepEqual([refused.status, refused.body.code], [400, 'bad_request'], JSON.stringify(part_numbers))
      }
      await call('DELETE', `/${plan.upload_id}`)
      assert.equal((await call('POST', path, { body: { part_numbers: [1] } })).status, 409)
    })

    // A folder first asks whether its disk has room for so much.
    if (name === 'a bucket') {
      test('a file of more than 78 GiB has larger parts, of which there are never more than 10,000', async () => {
        for (const [total_size, part_size, part_count] of [
          [10_000 * 8 * MIB, 8 * MIB, 10_000],
          [10_000 * 8 * MIB + 1, 16 * MIB, 5_001],
          [1_024 * 1_024 * MIB, 128 * MIB, 8_192],
        ]) {
          const plan = await init(content, { total_size, part_urls: 1 })
          assert.deepEqual([plan.total_size, plan.part_size, plan.part_count], [total_size, part_size, part_count])
          const body = { part_numbers: [part_count] }
          const last = await call('POST', `/${plan.upload_id}/parts`, { body })
          assert.equal(last.body.part_urls[0].part_number, part_count)
          await call('DELETE', `/${plan.upload_id}`)
        }
      })
    }

    test('what failed at combine or at register goes on there with retry; what can never be read does not', async () => {
      const plan = await init(content)
      await put(plan, content, plan.part_urls.slice(1))
      await call('POST', `/${plan.upload_id}/complete`, { body: {} })
      const missing = await ended(plan.upload_id)
      assert.deepEqual(
        [missing.failure_reason.step, missing.retryable, missing.completion_status],
        ['combine', true, 'failed'],
      )
      assert.equal(missing.error, missing.failure_reason.exc_str)
      assert.match(missing.error, /Not all parts are there: 1/)
      assert.match(missing.failure_reason.at, TIME)
      assert.deepEqual(stepsOf(missing), ['combine start running', 'combine end failed'])
      assert.equal(missing.completion_steps_log[1].error, missing.error)
      await assertLives(plan.upload_id, 90)
      const again = await call('POST', `/${plan.upload_id}/parts`, { body: { part_numbers: [1] } })
      await put(plan, content, again.body.part_urls)
      const retried = await call('POST', `/${plan.upload_id}/retry`, { body: {} })
      assert.deepEqual([retried.status, retried.body.completion_status], [202, 'combining'])
      const registered = await ended(plan.upload_id)
      assert.deepEqual([registered.completion_status, registered.failure_reason], ['registered', null])
      assert.deepEqual(stepsOf(registered), ALL_STEPS)

      // The collection goes in the moment in which its dataset is to be registered.
      const gone = `UPDATE collections SET deleted_at = '2026-01-01T00:00:00.000Z' WHERE id = 'medicaid';`
      const next = await init(visits(10))
      await put(next, visits(10))
      database((one) =>
        one.exec(`CREATE TRIGGER test_gone AFTER UPDATE OF completion_status ON upload_sessions
          WHEN NEW.completion_status = 'registering' BEGIN ${gone} END`),
      )
      await call('POST', `/${next.upload_id}/complete`, { body: {} })
      const refused = await ended(next.upload_id)
      database((one) =>
        one.exec("DROP TRIGGER test_gone; UPDATE collections SET deleted_at = NULL WHERE id = 'medicaid'"),
      )
      assert.deepEqual([refused.failure_reason?.step, refused.retryable], ['register', true])
      assert.deepEqual(stepsOf(refused), [...ALL_STEPS.slice(0, 5), 'register end failed'])
      const answers = await Promise.all([1, 2].map(() => call('POST', `/${next.upload_id}/retry`, { body: {} })))
      assert.deepEqual(answers.map(({ status }) => status).sort(), [202, 409])
      const last = await ended(next.upload_id)
      assert.equal(last.completion_status, 'registered', JSON.stringify(last))
      assert.deepEqual(
        last.completion_steps_log.slice(0, 4),
        refused.completion_steps_log.slice(0, 4),
        'what was done is not done again',
      )

      const table = Buffer.from('id,name\n1,a\n')
      const never = await init(table)
      await put(never, table)
      await call('POST', `/${never.upload_id}/complete`, { body: {} })
      const failed = await ended(never.upload_id)
      assert.deepEqual([failed.failure_reason.step, failed.retryable], ['infer', false])
      await assertLives(never.upload_id, 90)
      assert.equal((await call('POST', `/${never.upload_id}/retry`, { body: {} })).status, 409)
      const finished = await call('POST', `/${never.upload_id}/complete`, { body: {} })
      assert.deepEqual(
        [finished.status, finished.body.error],
        [409, "Multipart session is in status 'failed'; cannot complete."],
      )
    })

    test('who may is asked first, then the organization, the session, its collection and its state', async () => {
      const { upload_id: id } = await init(visits())
      const calls = [
        ['POST', '/init'],
        ['GET', ''],
        ['GET', `/${id}`],
        ['GET', `/${id}/parts`],
        ['POST', `/${id}/parts`],
        ['POST', `/${id}/complete`],
        ['POST', `/${id}/retry`],
        ['DELETE', `/${id}`],
      ] as const
      for (const [method, path] of calls) {
        const what = `${method} ${path}`
        const asked = method === 'POST' ? { body: 'not even JSON' } : {}
        const anonymous = await call(method, path, { ...asked, token: null })
        assert.equal(anonymous.status, 401, what)
        assert.equal((await call(method, path, { ...asked, token: 'hlt_wrong' })).status, 401, what)
        const looking = await call(method, path, { ...asked, token: reader })
        assert.equal(looking.status, method === 'GET' ? 200 : 403, what)
        const malformed = await call(method, path, { ...asked, organization: 'not-a-uuid' })
        assert.deepEqual(
          [malformed.status, malformed.body.error],
          [400, 'Invalid organization ID format. Must be a valid UUID.'],
          what,
        )
        if (!path.includes(id)) continue
        for (const [where, there] of [
          [path.replace(id, UNKNOWN), { collection: 'other' }],
          [path, { organization: OTHER_ORGANIZATION }],
        ] as const) {
          const unknown = await call(method, where, { ...asked, ...there })
          assert.deepEqual([unknown.status, unknown.body.error], [404, 'Multipart upload session not found.'], what)
        }
        const elsewhere = await call(method, path, { ...asked, collection: 'other' })
        assert.deepEqual(
          [elsewhere.status, elsewhere.body.error],
          [403, 'Multipart session does not belong to this collection.'],
          what,
        )
      }
      assert.equal((await call('POST', `/${id}/retry`, { body: {} })).status, 409)
      for (const [method, path] of [
        ['PUT', '/init'],
        ['PATCH', `/${id}`],
        ['DELETE', `/${id}/parts`],
        ['GET', `/${id}/complete`],
        ['GET', `/${id}/retry`],
      ] as const) {
        const { status, body } = await call(method, path)
        assert.deepEqual([status, body.code], [405, 'method_not_allowed'], `${method} ${path}`)
      }
      await call('DELETE', `/${id}`)
      const late = await call('POST', `/${id}/complete`, { body: {} })
      assert.deepEqual(
        [late.status, late.body.error],
        [409, "Multipart session is in status 'aborted'; cannot complete."],
      )
    })
  })
}

async function inFolder(root: string): Promise<Place> {
  return { source: { storage: 'filesystem', config: { root } }, async remove() {} }
}

async function inBucket(): Promise<Place> {
  const { config, remove } = await makeBucket('dataset-api')
  return { source: { storage: 's3', hash: 'none', config: { ...config, prefix: 'datasets/' } }, remove }
}
