import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { retryParquet, uploadParquet } from './dataset.ts'
import { type FileOnDisk, openFile } from './file.ts'
import type { DatasetTarget } from './types.ts'

const PART = 1_000
const SIZE = 3 * PART + 1
const PATH = '/public/uploads/org/visits/multipart'

/** What the server answers to each look, in turn; the last one again and again. A number: that status, from a proxy. */
type Looks = readonly (object | number)[]

describe('an upload that becomes a dataset', () => {
  let target: DatasetTarget
  let file: FileOnDisk
  let folder: string
  let looks: Looks
  let log: string[]
  let completions: number[]
  let parts: Map<number, number>
  let lost: Set<number>
  const server = createServer((request, response) => {
    handle(request, response).catch((error) => response.writeHead(599).end(String(error)))
  })

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdall-dataset-'))
    await writeFile(join(folder, 'visits.parquet'), Buffer.alloc(SIZE, 'x'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    target = { baseUrl, organization: 'org', collection: 'visits', token: 'secret', tokenHeader: 'X-User-Token' }
    file = await openFile(join(folder, 'visits.parquet'))
  })
  after(async () => {
    await file.close()
    server.closeAllConnections()
    server.close()
    await rm(folder, { recursive: true })
  })
  beforeEach(() => {
    looks = [status('registered')]
    log = []
    completions = []
    parts = new Map()
    lost = new Set()
  })

  function status(completion_status: string, more: object = {}) {
    const ended = { registered: 'completed', failed: 'failed' }[completion_status] ?? 'completing'
    return { upload_id: 'u1', status: ended, completion_status, dataset_id: 'd1', table_name: 't_d1', ...more }
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', target.baseUrl)
    const what = `${request.method} ${url.pathname.replace(PATH, '')}`
    log.push(what)
    const chunks: Uint8Array[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const answer = (code: number, value: object) => {
      response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    }
    if (url.pathname.startsWith('/part/')) {
      const number = Number(url.pathname.split('/')[2])
      if (!lost.delete(number)) parts.set(number, body.length)
      return answer(200, {})
    }
    assert.equal(request.headers['x-user-token'], 'secret')
    if (what === 'POST /init') {
      const asked = JSON.parse(String(body))
      assert.deepEqual(asked, { filename: 'visits.parquet', total_size: SIZE, part_urls: 0 })
      return answer(200, { upload_id: 'u1', part_size: PART, part_count: 4, checksum: null, part_urls: [] })
    }
    if (what === 'GET ') return answer(200, { uploads: [], next: null })
    if (what === 'POST /u1/parts') {
      const { part_numbers } = JSON.parse(String(body))
      const part_urls = part_numbers.map((part_number: number) => ({
        part_number,
        url: `${target.baseUrl}part/${part_number}`,
        headers: {},
        expires_in: 60,
      }))
      return answer(200, { part_urls })
    }
    if (what === 'GET /u1/parts') {
      const held = [...parts].map(([part_number, size]) => ({ part_number, size, etag: '' }))
      return answer(200, { parts: held, next: null })
    }
    if (what === 'POST /u1/complete') {
      const code = completions.shift() ?? 202
      return answer(code, code === 202 ? {} : { ok: false, error: 'No', code: 'multipart_not_completable' })
    }
    if (what === 'POST /u1/retry') return answer(202, {})
    const [look = 500, ...more] = looks
    if (more.length > 0) looks = more
    return typeof look === 'number' ? void response.writeHead(look).end('<html>') : answer(200, look)
  }

  test('is followed through its steps, each told once, to the dataset', async () => {
    looks = [status('combining'), status('combining'), status('inferring'), status('registering'), status('registered')]
    const seen: (string | null)[] = []
    const dataset = await uploadParquet(file, target, {
      onStatus: ({ completion_status }) => seen.push(completion_status),
    })
    assert.deepEqual([dataset.dataset_id, dataset.table_name], ['d1', 't_d1'])
    assert.deepEqual(seen, ['combining', 'inferring', 'registering', 'registered'])
    assert.deepEqual([...parts.values()].toSorted(), [1, PART, PART, PART])
  })

  test('a proxy that fails while it is followed, and a server that is away, end nothing', async () => {
    looks = [502, status('combining'), 503, 504, status('registered')]
    const silences: (number | null)[] = []
    const onSilence = (since: number | null) => silences.push(since)
    assert.equal((await uploadParquet(file, target, { onSilence })).dataset_id, 'd1')
    assert.deepEqual(
      silences.map((since) => since !== null && since <= Date.now()),
      [true, false, true, false],
      'whoever waits is told when the server falls silent, and when it is back',
    )
  })

  test('an answer to complete that was lost: it just carries on', async () => {
    completions = [409]
    assert.equal((await uploadParquet(file, target)).dataset_id, 'd1')
    assert.equal(log.filter((one) => one === 'POST /u1/complete').length, 1)
  })

  test('a step that failed is named, with its reason', async () => {
    looks = [status('failed', { failure_reason: { step: 'infer', exc_str: 'It is no Parquet file.', at: '' } })]
    await assert.rejects(uploadParquet(file, target), {
      code: 'upload_failed',
      message: 'The upload failed at infer: It is no Parquet file.',
    })
  })

  test('parts that the storage does not have are sent again, and it is completed again', async () => {
    lost = new Set([2])
    const failure_reason = { step: 'combine', exc_str: 'Not all parts are there: 2.', at: '' }
    looks = [status('failed', { retryable: true, failure_reason }), status('registered')]
    assert.equal((await uploadParquet(file, target)).dataset_id, 'd1')
    assert.equal(log.filter((one) => one === 'PUT /part/2').length, 2)
    assert.equal(log.filter((one) => one === 'PUT /part/1').length, 1)
    assert.equal(log.filter((one) => one === 'POST /u1/complete').length, 2)
  })

  test('stopped while it is followed, it stops at once; the server is not told to', async () => {
    looks = [status('inferring')]
    const stop = new AbortController()
    const began = performance.now()
    const upload = uploadParquet(file, target, { signal: stop.signal, onStatus: () => stop.abort() })
    await assert.rejects(upload, { code: 'aborted' })
    assert.ok(performance.now() - began < 5_000)
    assert.ok(!log.some((one) => one.startsWith('DELETE')))
  })

  test('one that takes longer than one waits for is not said to have failed', async () => {
    looks = [status('inferring')]
    await assert.rejects(uploadParquet(file, target, { followTimeout: 400 }), {
      code: 'follow_timeout',
      message: /still at it \(inferring\)/,
    })
  })

  test('cancelled elsewhere, it is not begun again behind anybody’s back', async () => {
    looks = [{ ...status('failed'), status: 'aborted' }]
    await assert.rejects(uploadParquet(file, target), { code: 'upload_cancelled' })
    assert.equal(log.filter((one) => one === 'POST /init').length, 1)
  })

  test('what failed is gone on with, and followed', async () => {
    assert.equal((await retryParquet('u1', target)).dataset_id, 'd1')
    assert.deepEqual(log, ['POST /u1/retry', 'GET /u1'])
  })
})
