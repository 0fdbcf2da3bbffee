import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { MAX_PARTS_ASKED, PART_SIZE, TTL_S } from '../../uploads/limits.ts'
import { datasetIdOf } from '../identity.ts'
import { ORGANIZATION } from '../testing.ts'
import { datasetClient, type Session } from './test-client.ts'
import { large, named, visits } from './test-parquet.ts'
import { OTHER_ORGANIZATION, startTestServer, type TestServer } from './test-server.ts'

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const UNKNOWN = '01hzzzzzzzzzzzzzzzzzzzzzzz'
const STATES = ['combining', 'combined', 'inferring', 'inferred', 'registering', 'registered']

/** As S3 makes it of parts. */
function etagOf(content: Buffer): string {
  const whole = createHash('md5')
  let parts = 0
  for (let at = 0; at < content.length; at += PART_SIZE, parts += 1) {
    whole.update(
      createHash('md5')
        .update(content.subarray(at, at + PART_SIZE))
        .digest(),
    )
  }
  return `${whole.digest('hex')}-${parts}`
}

describe('the dataset upload API', () => {
  let server: TestServer
  let client: ReturnType<typeof datasetClient>
  before(async () => {
    server = await startTestServer()
    client = datasetClient(server)
  })
  after(() => server.close())

  const datasets = () => server.database.read.selectFrom('datasets').selectAll().execute()
  const row = (id: string) =>
    server.database.read.selectFrom('upload_sessions').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

  test('from init to registered: every answer, every state, every field, every entry of the log', async () => {
    const content = large()
    const answer = await client.call('/init', {
      method: 'POST',
      body: { filename: 'Gallery visits.parquet', total_size: content.length },
    })
    const plan = answer.body
    assert.equal(answer.status, 200, JSON.stringify(plan))
    assert.equal(plan.dataset_id, datasetIdOf(plan.upload_id))
    assert.match(
      plan.s3_key,
      new RegExp(`^org/${ORGANIZATION}/datasets/${plan.dataset_id}/v1/data/part-[0-9a-z]{26}\\.parquet$`),
    )
    assert.deepEqual(
      [plan.s3_bucket, plan.part_size, plan.part_count, plan.total_size, plan.expires_in],
      ['files', PART_SIZE, 2, content.length, 12 * 3_600],
    )
    assert.deepEqual(
      plan.part_urls.map((one: Session) => [one.part_number, one.expires_in]),
      [
        [1, 12 * 3_600],
        [2, 12 * 3_600],
      ],
    )
    const etags = await client.send(plan, content)
    const waiting = (await client.status(plan.upload_id)).body
    assert.deepEqual(
      [waiting.status, waiting.completion_status, waiting.bytes_received],
      ['initiated', null, content.length],
    )
    const parts = etags.map((etag, at) => ({ part_number: at + 1, etag }))
    const completed = await client.complete(plan.upload_id, { body: { parts } })
    assert.equal(completed.status, 202)
    assert.deepEqual(completed.body, {
      ok: true,
      upload_id: plan.upload_id,
      status: 'completing',
      completion_status: 'combining',
      s3_bucket: 'files',
      s3_key: plan.s3_key,
      part_count: 2,
      message: 'Combining parts. Poll GET /multipart/{upload_id} for progress.',
    })
    const seen: string[] = []
    const ended = await client.until(plan.upload_id, ({ status, completion_status }) => {
      if (seen.at(-1) !== completion_status) seen.push(completion_status)
      return status !== 'completing'
    })
    assert.deepEqual(
      seen.map((state) => STATES.indexOf(state)),
      seen.map((state) => STATES.indexOf(state)).toSorted((a, b) => a - b),
      `${seen}`,
    )
    const { created_at, updated_at, completed_at, schema_inferred_at, expires_at, completion_steps_log, ...rest } =
      ended
    assert.deepEqual(rest, {
      ok: true,
      orgid: ORGANIZATION,
      collection_id: 'medicaid',
      upload_id: plan.upload_id,
      status: 'completed',
      completion_status: 'registered',
      s3_key: plan.s3_key,
      s3_bucket: 'files',
      filename: 'Gallery visits.parquet',
      part_count: 2,
      part_size: PART_SIZE,
      total_size: content.length,
      parquet_schema_preview: {
        columns: ['bytes'],
        schema_fields: [{ name: 'bytes', type: 'BLOB' }],
        row_count: 9,
        num_row_groups: rest.parquet_schema_preview.num_row_groups,
        size_bytes: content.length,
      },
      format: 'parquet',
      conversion: null,
      sheet: null,
      sheets: null,
      mode: 'create',
      batch_id: null,
      differences: null,
      waits_for: null,
      dataset_id: plan.dataset_id,
      table_name: `t_${plan.dataset_id.slice(0, 8)}_gallery_visits`,
      glue_table_name: null,
      glue_database_name: null,
      failure_reason: null,
      error: null,
      final_etag: etagOf(content),
      content_type: 'application/vnd.apache.parquet',
      retryable: false,
      bytes_received: content.length,
      checksum: null,
      is_own: true,
    })
    for (const time of [created_at, updated_at, completed_at, schema_inferred_at, expires_at]) assert.match(time, TIME)
    assert.deepEqual(
      completion_steps_log.map(({ step, phase, status }: Session) => `${step} ${phase} ${status}`),
      [
        'combine start running',
        'combine end ok',
        'infer start running',
        'infer end ok',
        'register start running',
        'register end ok',
      ],
    )
    for (const entry of completion_steps_log) {
      assert.match(entry.phase === 'start' ? entry.started_at : entry.finished_at, TIME)
    }
    const [dataset] = (await datasets()).filter(({ id }) => id === plan.dataset_id)
    assert.deepEqual(
      [dataset?.upload_id, dataset?.row_count, dataset?.size_bytes, dataset?.source_type, dataset?.uploaded_by],
      [plan.upload_id, 9, content.length, 'multipart_parquet_upload', 'alice'],
    )
    assert.equal(JSON.parse(dataset?.steps_log ?? '').length, 6)
    assert.ok((await server.stored()).includes(plan.s3_key))
  })

  test('addresses: all of them, the first, none; more on request, with what the storage holds', async () => {
    const content = large()
    for (const [asked, given] of [
      [undefined, 2],
      [1, 1],
      [0, 0],
      [10_000, 2],
    ]) {
      const plan = await client.init(content, asked === undefined ? {} : { part_urls: asked })
      assert.equal(plan.part_urls.length, given)
      await client.abort(plan.upload_id)
    }
    const plan = await client.init(content, { part_urls: 0 })
    const more = await client.call(`/${plan.upload_id}/parts`, { method: 'POST', body: { part_numbers: [2, 1] } })
    assert.deepEqual(
      more.body.part_urls.map((one: Session) => [one.part_number, one.expires_in]),
      [
        [2, 12 * 3_600],
        [1, 12 * 3_600],
      ],
    )
    await client.send({ ...plan, part_urls: more.body.part_urls }, content, [2])
    const { body } = await client.call(`/${plan.upload_id}/parts`)
    assert.deepEqual(
      body.parts.map((part: Session) => [part.part_number, part.size]),
      [[2, content.length - PART_SIZE]],
    )
    assert.equal(body.next, null)
    await client.send({ ...plan, part_urls: more.body.part_urls }, content, [1])
    const first = (await client.call(`/${plan.upload_id}/parts?limit=1`)).body
    const second = (await client.call(`/${plan.upload_id}/parts?_size=1&cursor=${first.next}`)).body
    assert.deepEqual(
      [...first.parts, ...second.parts].map((part: Session) => part.part_number),
      [1, 2],
    )
    assert.equal(second.next, null)
    for (const query of ['?cursor=abc', '?_next=abc', '?limit=0']) {
      assert.equal((await client.call(`/${plan.upload_id}/parts${query}`)).status, 400, query)
    }
    for (const part_numbers of [[], [0], [3], ['1'], null, Array(MAX_PARTS_ASKED + 1).fill(1)]) {
      const refused = await client.call(`/${plan.upload_id}/parts`, { method: 'POST', body: { part_numbers } })
      assert.equal(refused.status, 400, JSON.stringify(part_numbers))
    }
    await client.abort(plan.upload_id)
  })

  test('a part size of one’s own is kept when it can be', async () => {
    const content = large(25 * 1_024 * 1_024)
    const plan = await client.init(content, { part_size: PART_SIZE + 1 })
    assert.deepEqual([plan.part_size, plan.part_count], [PART_SIZE + 1, 4])
    await client.abort(plan.upload_id)
    for (const part_size of [PART_SIZE - 1, 0, -1, 1.5, '8388608', 2 ** 52]) {
      const body = { filename: 'a.parquet', total_size: 100_000_000, part_size }
      const refused = await client.call('/init', { method: 'POST', body })
      assert.deepEqual([refused.status, refused.body.code], [400, 'bad_request'], String(part_size))
      assert.match(refused.body.error, /part_size/)
    }
    const many = { filename: 'a.parquet', total_size: PART_SIZE * 10_000 + 1, part_size: PART_SIZE }
    const refused = await client.call('/init', { method: 'POST', body: many })
    assert.match(refused.body.error, /more than 10000 parts/)
    const most = await client.call('/init', {
      method: 'POST',
      body: { filename: 'a.parquet', total_size: PART_SIZE * 10_000 + 1, part_urls: 1 },
    })
    // Only where the disk would have room for so much.
    if (most.status === 200) {
      assert.deepEqual([most.body.part_size, most.body.part_count], [2 * PART_SIZE, 5_001])
      await client.abort(most.body.upload_id)
    } else assert.equal(most.body.code, 'storage_full')
  })

  test('what is wrong with an announcement is said by its field', async () => {
    for (const [body, message] of [
      [{ total_size: 10 }, /filename is required/],
      [{ filename: '', total_size: 10 }, /filename is required/],
      [{ filename: 'a\0', total_size: 10 }, /NUL/],
      [{ filename: 'a', total_size: 0 }, /at least 1/],
      [{ filename: 'a', total_size: -1 }, /at least 1/],
      [{ filename: 'a', total_size: 1.5 }, /total_size/],
      [{ filename: 'a', total_size: '10' }, /total_size/],
      [{ filename: 'a' }, /total_size/],
      [{ filename: 'a', total_size: 10, part_urls: -1 }, /part_urls/],
      [{ filename: 'a', total_size: 10, part_urls: 10_001 }, /part_urls/],
      [{ filename: 'a', total_size: 10, content_type: 5 }, /content_type/],
      [[], /must be a JSON object/],
      ['{', /Invalid JSON/],
    ] as const) {
      const { status, body: answer } = await client.call('/init', { method: 'POST', body })
      assert.equal(status, 400, JSON.stringify(body))
      assert.match(answer.error, message)
    }
  })

  test('who may is asked before anything else is said, then organization, session, collection, status', async () => {
    const plan = await client.init(visits())
    const id = plan.upload_id
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
      const asked = { method, ...(method === 'POST' && { body: 'not even JSON' }) }
      for (const organization of [ORGANIZATION, 'not-a-uuid']) {
        const anonymous = await client.call(path, { ...asked, organization, actor: null })
        assert.deepEqual([anonymous.status, anonymous.body.code], [401, 'sign_in_required'], `${method} ${path}`)
        const nobody = await client.call(path, { ...asked, organization, actor: 'nobody' })
        assert.deepEqual([nobody.status, nobody.body.code], [403, 'permission_denied'], `${method} ${path}`)
      }
      const reader = await client.call(path, { ...asked, actor: 'reader' })
      assert.equal(reader.status, method === 'GET' ? 200 : 403, `${method} ${path}`)
      const malformed = await client.call(path, { ...asked, organization: 'not-a-uuid' })
      assert.deepEqual(
        [malformed.status, malformed.body.error],
        [400, 'Invalid organization ID format. Must be a valid UUID.'],
      )
      if (!path.includes(id)) continue
      const unknown = await client.call(path.replace(id, UNKNOWN), { ...asked, collection: 'other' })
      assert.deepEqual([unknown.status, unknown.body.error], [404, 'Multipart upload session not found.'])
      const elsewhere = await client.call(path, { ...asked, organization: OTHER_ORGANIZATION })
      assert.deepEqual([elsewhere.status, elsewhere.body.error], [404, 'Multipart upload session not found.'])
      const other = await client.call(path, { ...asked, collection: 'other' })
      assert.deepEqual([other.status, other.body.error], [403, 'Multipart session does not belong to this collection.'])
    }
    for (const method of ['POST', 'GET']) {
      const path = method === 'POST' ? '/init' : ''
      const body = { filename: 'a.parquet', total_size: 10 }
      const gone = await client.call(path, { method, collection: 'never', ...(method === 'POST' && { body }) })
      assert.deepEqual([gone.status, gone.body.code], [404, 'collection_not_found'])
    }
    const upper = await client.status(id, { organization: ORGANIZATION.toUpperCase() })
    assert.equal(upper.status, 200)
    assert.equal(upper.body.orgid, ORGANIZATION)
    const bearer = await client.status(id, { actor: null, headers: { Authorization: 'Bearer alice' } })
    assert.equal(bearer.status, 200)
    await client.abort(id)
  })

  test('an upload of a file is none of a dataset, and the other way round', async () => {
    const plan = await client.init(visits())
    const headers = { 'X-User-Token': 'alice', Accept: 'application/json' }
    const asFile = await fetch(`${server.url}/-/files/upload/files/-/sessions/${plan.upload_id}`, { headers })
    assert.equal(asFile.status, 404)
    const listed = await (await fetch(`${server.url}/-/files/upload/files/-/sessions`, { headers })).json()
    assert.deepEqual(listed.sessions, [])
    const prepared = await fetch(`${server.url}/-/files/upload/files/-/prepare`, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: JSON.stringify({ filename: 'a.bin', size: 20_000_000, accept_methods: ['MULTIPART'] }),
    })
    assert.equal((await client.status((await prepared.json()).upload_id)).status, 404)
    await client.abort(plan.upload_id)
  })

  test('of fifty completions at one moment one is accepted; every other, then and later, is told where it is', async () => {
    const content = visits()
    const plan = await client.init(content)
    await client.send(plan, content)
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.complete(plan.upload_id)))
    assert.deepEqual(
      answers.map(({ status }) => status).toSorted((a, b) => a - b),
      [202, ...Array(49).fill(409)],
    )
    for (const { status, body } of answers) {
      if (status === 202) continue
      assert.match(body.error, /^Multipart session is in status '(?:completing|completed)'; cannot complete\.$/)
      assert.ok(STATES.includes(body.completion_status), body.completion_status)
    }
    await client.ended(plan.upload_id)
    const late = await client.complete(plan.upload_id)
    assert.deepEqual(
      [late.status, late.body.error, late.body.completion_status],
      [409, "Multipart session is in status 'completed'; cannot complete.", 'registered'],
    )
    const { body } = await client.status(plan.upload_id)
    assert.deepEqual([body.completion_status, body.failure_reason], ['registered', null])
    assert.equal((await datasets()).filter(({ upload_id }) => upload_id === plan.upload_id).length, 1)
  })

  test('fifty uploads into one collection at once, of few names, are fifty datasets', async () => {
    const before = (await datasets()).length
    const plans = await Promise.all(
      Array.from({ length: 50 }, (_, at) => client.upload(visits(at + 1), { filename: `visits ${at % 3}.parquet` })),
    )
    const ended = await Promise.all(plans.map(({ upload_id }) => client.ended(upload_id)))
    assert.deepEqual(new Set(ended.map(({ completion_status }) => completion_status)), new Set(['registered']))
    const made = await datasets()
    assert.equal(made.length, before + 50)
    assert.equal(new Set(made.map(({ table_name }) => table_name)).size, made.length)
    for (const [at, { dataset_id }] of ended.entries()) {
      assert.equal(made.find(({ id }) => id === dataset_id)?.row_count, at + 1)
    }
  })

  test('columns keep their names, whatever they are, in the preview and in the dataset', async () => {
    const names = ['Foo Bar', 'Foo-Bar', 'a', 'A', 'ärger', 'select', 'with "quotes"', '']
    const { upload_id, dataset_id } = await client.upload(named(names))
    const ended = await client.ended(upload_id)
    assert.equal(ended.completion_status, 'registered', JSON.stringify(ended.failure_reason))
    assert.deepEqual(ended.parquet_schema_preview.columns, names)
    const dataset = (await datasets()).find(({ id }) => id === dataset_id)
    assert.deepEqual(
      JSON.parse(dataset?.columns ?? '').map(({ name }: Session) => name),
      names,
    )
  })

  test('the collection’s uploads, newest first, by status, page by page', async () => {
    const collection = 'other'
    const ids: string[] = []
    for (let at = 0; at < 23; at += 1) {
      const { upload_id } = await client.init(visits(), { filename: `${at}.parquet` }, { collection })
      ids.unshift(upload_id)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    await client.abort(ids[1] as string, { collection })
    const first = await client.list('', { collection })
    const second = await client.list(`?_next=${first.body.next}`, { collection })
    assert.deepEqual(
      [...first.body.uploads, ...second.body.uploads].map(({ upload_id }: Session) => upload_id),
      ids,
    )
    assert.equal(second.body.next, null)
    const aborted = await client.list('?status=aborted', { collection })
    assert.deepEqual(
      aborted.body.uploads.map(({ upload_id, status }: Session) => [upload_id, status]),
      [[ids[1], 'aborted']],
    )
    const theirs = await client.list('?status=initiated', { collection, actor: 'bob' })
    assert.equal(theirs.body.uploads[0].is_own, false)
    const one = await client.list('?limit=1', { collection })
    const two = await client.list(`?_size=2&cursor=${one.body.next}`, { collection })
    assert.deepEqual(
      [one, two].map(({ body }) => body.uploads.map(({ upload_id }: Session) => upload_id)),
      [ids.slice(0, 1), ids.slice(1, 3)],
    )
    assert.equal((await client.list('?limit=1000000', { collection })).body.uploads.length, ids.length)
    for (const query of ['?status=odd', '?_next=odd', '?_next=%00', '?cursor=odd', '?limit=0', '?_size=all']) {
      assert.equal((await client.list(query, { collection })).status, 400, query)
    }
    for (const id of ids) await client.abort(id, { collection })
  })

  test('what is no Parquet file can never be a dataset: it says so, and its bytes are gone', async () => {
    const truncated = visits(1_000)
    truncated.set(randomBytes(200), truncated.length - 208)
    const spoiled = visits(1_000)
    spoiled.fill(0xff, 4, 600)
    const before = await server.stored()
    for (const [content, reason] of [
      [Buffer.from('id,gallery\n1,a\n'), /not a readable Parquet file: it does not end with PAR1/],
      [randomBytes(40_000), /not a readable Parquet file/],
      [truncated, /not a readable Parquet file/],
      [spoiled, /not a readable Parquet file/],
      [Buffer.concat([visits().subarray(0, -4), Buffer.from('PARE')]), /encrypted/],
    ] as const) {
      const { upload_id } = await client.upload(content)
      const ended = await client.ended(upload_id)
      assert.deepEqual([ended.status, ended.completion_status, ended.retryable], ['failed', 'failed', false])
      assert.equal(ended.failure_reason.step, 'infer')
      assert.match(ended.failure_reason.exc_str, reason)
      assert.ok(ended.failure_reason.exc_str.length <= 1_024)
      assert.match(ended.failure_reason.at, TIME)
      assert.equal(ended.error, ended.failure_reason.exc_str)
      assert.deepEqual(
        ended.completion_steps_log.map(({ step, phase, status }: Session) => `${step} ${phase} ${status}`),
        ['combine start running', 'combine end ok', 'infer start running', 'infer end failed'],
      )
      assert.equal((await client.retry(upload_id)).status, 409)
      const again = await client.complete(upload_id)
      assert.equal(again.body.error, "Multipart session is in status 'failed'; cannot complete.")
      assert.equal((await client.abort(upload_id)).status, 200)
    }
    assert.deepEqual(await server.stored(), before)
  })

  test('parts that are missing or differ: it fails, the parts stay, and sent again it is completed', async () => {
    const content = large()
    for (const again of ['complete', 'retry'] as const) {
      const plan = await client.init(content)
      await client.send(plan, content, [2])
      const first = await client.complete(plan.upload_id, { body: { parts: [{ part_number: 1, etag: 'made up' }] } })
      assert.equal(first.status, 202, 'what the client says of parts is advice')
      const failed = await client.ended(plan.upload_id)
      assert.deepEqual(
        [failed.status, failed.completion_status, failed.failure_reason.step, failed.retryable],
        ['failed', 'failed', 'combine', true],
      )
      assert.match(failed.error, /Not all parts are there: 1/)
      const ttl = (await row(plan.upload_id)).ttl
      assert.ok(Math.abs(ttl - Date.now() / 1_000 - TTL_S.failed) < 60, 'ninety days')
      const held = await client.call(`/${plan.upload_id}/parts`)
      assert.deepEqual(
        held.body.parts.map(({ part_number }: Session) => part_number),
        [2],
      )
      const more = await client.call(`/${plan.upload_id}/parts`, { method: 'POST', body: { part_numbers: [1] } })
      await client.send({ ...plan, part_urls: more.body.part_urls }, content)
      const answer = await client[again](plan.upload_id)
      assert.deepEqual([answer.status, answer.body.completion_status], [202, 'combining'])
      const ended = await client.ended(plan.upload_id)
      assert.deepEqual([ended.completion_status, ended.failure_reason], ['registered', null])
      assert.equal(ended.completion_steps_log.length, 6)
    }
  })

  test('time to live: a week while it is under way, thirty days once it is registered or aborted', async () => {
    const content = visits()
    const plan = await client.init(content)
    const from = Date.now() / 1_000
    const near = async (seconds: number) => {
      const { ttl } = await row(plan.upload_id)
      assert.ok(Math.abs(ttl - from - seconds) < 60, `${ttl - from}`)
    }
    await near(TTL_S.initiated)
    await server.database.write((trx) =>
      trx.updateTable('upload_sessions').set({ ttl: 2_000_000_000 }).where('id', '=', plan.upload_id).execute(),
    )
    await client.call(`/${plan.upload_id}/parts`, { method: 'POST', body: { part_numbers: [1] } })
    await near(TTL_S.initiated)
    await client.send(plan, content)
    await client.complete(plan.upload_id)
    await client.ended(plan.upload_id)
    await near(TTL_S.completed)
    const { upload_id } = await client.init(content)
    await client.abort(upload_id)
    assert.ok(Math.abs((await row(upload_id)).ttl - from - TTL_S.aborted) < 60)
    await server.database.write((trx) =>
      trx.updateTable('upload_sessions').set({ ttl: 1 }).where('id', '=', upload_id).execute(),
    )
    assert.equal((await client.status(upload_id)).status, 404, 'what is past its time is gone before it is removed')
  })

  test('cancelling: nothing is kept, twice is once, and what is registered stays', async () => {
    const content = visits()
    const before = await server.stored()
    const plan = await client.init(content)
    await client.send(plan, content)
    for (let time = 0; time < 2; time += 1) {
      const answer = await client.abort(plan.upload_id)
      assert.deepEqual(answer, { status: 200, body: { ok: true, upload_id: plan.upload_id, status: 'aborted' } })
    }
    assert.deepEqual(await server.stored(), before)
    assert.equal((await client.status(plan.upload_id)).body.status, 'aborted')
    const completed = await client.complete(plan.upload_id)
    assert.equal(completed.body.error, "Multipart session is in status 'aborted'; cannot complete.")
    const done = await client.upload(content)
    await client.ended(done.upload_id)
    const refused = await client.abort(done.upload_id)
    assert.deepEqual([refused.status, refused.body.code], [409, 'multipart_registered'])
    assert.equal((await client.status(done.upload_id)).body.completion_status, 'registered')
  })

  test('a client that knows init, PUT, complete and GET alone gets there', async () => {
    const content = large()
    const base = `${server.url}/public/uploads/${ORGANIZATION}/medicaid/multipart`
    const headers = { 'X-User-Token': 'alice', 'Content-Type': 'application/json' }
    const init = await fetch(`${base}/init`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ filename: 'file.parquet', total_size: content.length }),
    })
    assert.equal(init.status, 200)
    const session = await init.json()
    const parts = []
    for (const { part_number, url } of session.part_urls) {
      const at = (part_number - 1) * session.part_size
      const body = new Uint8Array(content.subarray(at, at + session.part_size))
      const put = await fetch(url, { method: 'PUT', body })
      assert.equal(put.status, 200)
      parts.push({ part_number, etag: put.headers.get('ETag') })
    }
    const complete = await fetch(`${base}/${session.upload_id}/complete`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ parts }),
    })
    assert.equal(complete.status, 202)
    for (;;) {
      const looked = await fetch(`${base}/${session.upload_id}`, { headers: { 'X-User-Token': 'alice' } })
      assert.equal(looked.status, 200)
      const { completion_status, failure_reason, dataset_id } = await looked.json()
      assert.notEqual(completion_status, 'failed', JSON.stringify(failure_reason))
      if (completion_status === 'registered') {
        assert.ok(dataset_id)
        break
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  })
})

test('a collection has so many uploads open and no more', async (t) => {
  const server = await startTestServer({ maxOpen: 3 })
  t.after(() => server.close())
  const client = datasetClient(server)
  const plans = []
  for (let at = 0; at < 3; at += 1) plans.push(await client.init(visits()))
  const body = { filename: 'one-more.parquet', total_size: 100 }
  const refused = await client.call('/init', { method: 'POST', body })
  assert.deepEqual([refused.status, refused.body.code], [429, 'too_many_open_uploads'])
  assert.equal((await client.call('/init', { method: 'POST', body, collection: 'other' })).status, 200)
  await client.abort(plans[0]?.upload_id as string)
  assert.equal((await client.call('/init', { method: 'POST', body })).status, 200)
})
