// Runs alone: it counts the bytes that are sent again, and a client sends again what a busy machine answers late.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { discard, UploadError, type UploadSource, unfinished, upload } from '@holdall/client'
import { makeBucket, S3_ENDPOINT, skipS3, type TestBucket } from './support/ceph.ts'
import { type Fault, type FaultProxy, type Passing, s3Error, startFaultProxy } from './support/fault-proxy.ts'
import { createToken, type RunningHoldall, startHoldall } from './support/holdall.ts'

const LONG = process.env.HOLDALL_TEST_LONG !== undefined
const MIB = 1024 * 1024
/** Three parts, the last of them short. */
const SIZE = 16 * MIB + 123_457
const PARTS = 3
/** Of one request. */
const SMALL = MIB
/** Milliseconds without a byte until the client does it again; the server waits a minute for the storage. */
const STALL_MS = 2_000
/** Longer than an address works for, and what was sent there may take. */
const LONG_AGO_MS = 3 * 3_600_000
const SWEEP_LIMIT_MS = 30_000
const SLOW_MS = 700
const AT_ONCE = 10
const BASE = { stallTimeout: STALL_MS, concurrency: 2 }

type Between = 'client and storage' | 'client and server' | 'server and storage'

interface Case {
  readonly what: string
  readonly between: Between
  readonly of: (request: Passing) => boolean
  readonly fault: Fault
  /** @default 1 */
  readonly times?: number
  /** Its words, where it cannot become a file. */
  readonly refused?: RegExp
  /** One request, not parts. */
  readonly isSmall?: boolean
  /** Bytes that may be sent beside those of the file. @default none */
  readonly again?: number
}

const part = ({ query }: Passing) => query.has('partNumber')
const object = ({ method, query }: Passing) => method === 'PUT' && !query.has('partNumber')
const creating = ({ method, query }: Passing) => method === 'POST' && query.has('uploads')
const listing = ({ method, query }: Passing) => method === 'GET' && query.has('uploadId')
const completing = ({ method, query }: Passing) => method === 'POST' && query.has('uploadId')
const looking = ({ method }: Passing) => method === 'HEAD'
const reading = ({ method, query }: Passing) => method === 'GET' && !query.has('uploadId')
const to = (end: string) => (request: Passing) => request.method === 'POST' && request.path.endsWith(end)

const SLOW_DOWN: Fault = { kind: 'answer', answer: s3Error(503, 'SlowDown') }
const FAILED: Fault = { kind: 'answer', answer: s3Error(500, 'InternalError') }
const EXPIRED: Fault = { kind: 'answer', answer: s3Error(403, 'AccessDenied', 'Request has expired') }
const LOST: Fault = { kind: 'reset', of: 'answer' }
const SILENT: Fault = { kind: 'stall', of: 'answer' }
const BAD_GATEWAY: Fault = { kind: 'answer', answer: { status: 502, body: '<h1>Bad Gateway</h1>' } }

function cases(between: Between, all: readonly Omit<Case, 'between'>[]): Case[] {
  return all.map((one) => ({ ...one, between }))
}

const CASES: readonly Case[] = [
  // First, because they take longest: at the end, one would wait alone.
  ...cases('client and server', [
    { what: 'latency', of: () => true, fault: { kind: 'latency', ms: SLOW_MS / 2 }, times: 1_000 },
    { what: 'a lost answer to prepare', of: to('/prepare'), fault: LOST },
    { what: 'a lost answer to the question for addresses', of: to('/parts'), fault: LOST },
    { what: 'addresses that are cut off', of: to('/parts'), fault: { kind: 'truncate', after: 40 } },
    { what: 'silence to the question for addresses', of: to('/parts'), fault: SILENT },
    { what: 'a half-closed connection', of: to('/parts'), fault: { kind: 'half-close' } },
    { what: 'a lost answer to complete', of: to('/complete'), fault: LOST },
    { what: '502 to complete, all done', of: to('/complete'), fault: { ...BAD_GATEWAY, done: true } },
    { what: 'a reset of everything once', of: () => true, fault: { kind: 'reset', of: 'request' }, times: 4 },
    { what: '502 to all of the first requests', of: () => true, fault: BAD_GATEWAY, times: 3 },
    { what: 'a lost answer to complete of one request', of: to('/complete'), fault: LOST, isSmall: true },
  ]),
  ...cases('client and storage', [
    { what: 'latency', of: part, fault: { kind: 'latency', ms: SLOW_MS }, times: PARTS },
    {
      what: 'a reset in the middle of parts',
      of: part,
      fault: { kind: 'reset', of: 'request', after: 3 * MIB },
      times: 2,
      again: 7 * MIB,
    },
    { what: 'a reset before a byte of a part', of: part, fault: { kind: 'reset', of: 'request' } },
    { what: 'a lost answer to a part', of: part, fault: LOST, again: 8 * MIB },
    { what: 'a half-closed connection', of: part, fault: { kind: 'half-close' } },
    { what: '500', of: part, fault: FAILED, times: 2 },
    { what: '503 SlowDown', of: part, fault: SLOW_DOWN, times: 3 },
    {
      what: 'a timeout that S3 calls the client’s mistake',
      of: part,
      fault: { kind: 'answer', answer: s3Error(400, 'RequestTimeout') },
    },
    { what: 'a signature that has expired', of: part, fault: EXPIRED, times: 2 },
    { what: 'a request that stalls', of: part, fault: { kind: 'stall', of: 'request', after: MIB }, again: 2 * MIB },
    { what: 'an answer that stalls', of: part, fault: SILENT, again: 8 * MIB },
    {
      what: 'a damaged checksum',
      of: part,
      fault: { kind: 'request-headers', headers: { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' } },
      again: 8 * MIB,
    },
    {
      what: 'an upload that the storage says is gone',
      of: part,
      fault: { kind: 'answer', answer: s3Error(404, 'NoSuchUpload') },
      again: SIZE,
    },
    {
      what: 'a storage that lets nobody write',
      of: part,
      fault: { kind: 'answer', answer: s3Error(403, 'AccessDenied', 'You may not write here') },
      times: 1_000,
      refused: /The storage refused part \d: You may not write here/,
    },
    { what: '503 to one request', of: object, fault: SLOW_DOWN, times: 2, isSmall: true },
    { what: 'a lost answer to one request', of: object, fault: LOST, isSmall: true, again: SMALL },
    { what: 'an expired signature of one request', of: object, fault: EXPIRED, isSmall: true },
    {
      what: 'one request that breaks off',
      of: object,
      fault: { kind: 'reset', of: 'request', after: SMALL / 2 },
      isSmall: true,
      again: SMALL,
    },
  ]),
  ...cases('server and storage', [
    { what: 'SlowDown when an upload begins', of: creating, fault: SLOW_DOWN, times: 2 },
    { what: 'a lost answer when an upload begins', of: creating, fault: LOST },
    { what: 'a list of parts that is cut off', of: listing, fault: { kind: 'truncate', after: 100 } },
    { what: '500 to completing', of: completing, fault: FAILED, times: 2 },
    {
      what: 'an error inside a 200, nothing done',
      of: completing,
      fault: { kind: 'answer', answer: s3Error(200, 'InternalError') },
    },
    {
      what: 'an error inside a 200, all done',
      of: completing,
      fault: { kind: 'answer', answer: s3Error(200, 'InternalError'), done: true },
    },
    { what: 'an answer to completing that is cut off', of: completing, fault: { kind: 'truncate', after: 60 } },
    { what: 'a lost answer to completing', of: completing, fault: LOST },
    {
      what: 'completing that keeps failing though it was done',
      of: completing,
      fault: { kind: 'answer', answer: s3Error(500, 'InternalError'), done: true },
      times: 4,
    },
    {
      what: '500 to the look at what was made',
      of: looking,
      fault: { kind: 'answer', answer: { status: 500 } },
      times: 5,
    },
    { what: 'bytes that are cut off when they are looked at', of: reading, fault: { kind: 'truncate', after: 1_000 } },
    { what: 'a reset while bytes are looked at', of: reading, fault: { kind: 'reset', of: 'answer', after: 1_000 } },
    { what: 'a lost look at what came in one request', of: looking, fault: LOST, isSmall: true },
  ]),
  // A minute each.
  ...cases(
    'server and storage',
    LONG
      ? [
          { what: 'silence when an upload begins', of: creating, fault: SILENT },
          { what: 'silence to a list of parts', of: listing, fault: SILENT },
          { what: 'silence to the look at what was made', of: looking, fault: SILENT },
        ]
      : [],
  ),
]

describe('uploads to a bucket over lines that fail', { skip: skipS3 }, () => {
  let bucket: TestBucket
  let storage: FaultProxy
  let folder: string
  let server: RunningHoldall
  let token: string
  const bytes = randomBytes(SIZE)

  before(async () => {
    bucket = await makeBucket('faults')
    storage = await startFaultProxy(S3_ENDPOINT as string)
    folder = mkdtempSync(join(tmpdir(), 'holdall-s3-faults-'))
    const data = join(folder, 'data')
    mkdirSync(data)
    const files = { storage: 's3', hash: 'none', config: { ...bucket.config, endpoint_url: storage.url } }
    server = await startHoldall({ data, config: { sources: { files } } })
    token = await createToken(data, 'root')
  })
  after(async () => {
    await server?.stop()
    await storage?.close()
    await bucket?.remove()
    rmSync(folder, { recursive: true })
  })

  describe('become the file that was sent, or say why not', { concurrency: AT_ONCE }, () => {
    for (const [number, one] of CASES.entries()) {
      test(`between ${one.between}: ${one.what}`, async () => {
        const front = await startFaultProxy(server.url)
        try {
          await passes({ ...one, name: `${number}.mov` }, front)
        } finally {
          await front.close()
        }
      })
    }
  })

  async function passes({ name, between, of, fault, times = 1, ...one }: Case & { name: string }, front: FaultProxy) {
    const size = one.isSmall ? SMALL : SIZE
    const [proxy, isOurs] =
      between === 'client and server'
        ? [front, () => true]
        : [storage, ({ path }: Passing) => path.endsWith(`/${name}`)]
    let struck = 0
    function match(passing: Passing): boolean {
      const isMeant = isOurs(passing) && of(passing)
      if (isMeant) struck += 1
      return isMeant
    }
    proxy.add({ match, times, fault })
    const target = { baseUrl: front.url, source: 'files', token, direct: true }
    const sent = upload(source(name, size), target, BASE)
    if (one.refused !== undefined) {
      await assert.rejects(sent, (error) => error instanceof UploadError && one.refused?.test(error.message) === true)
    } else {
      const stored = await sent
      const rows = query<{ id: string; path: string; size: number }>(
        'SELECT id, path, size FROM datasette_files WHERE filename = ?',
        name,
      )
      const [{ path } = { path: '' }] = rows
      assert.deepEqual(rows, [{ id: stored.file_id, path, size }])
      assert.ok((await bucket.get(path)).equals(bytes.subarray(0, size)))
      const ours = storage.passed.filter((passing) => passing.method === 'PUT' && passing.path.endsWith(`/${name}`))
      const total = ours.reduce((sum, passing) => sum + passing.sent, 0)
      assert.ok(total <= size + (one.again ?? 0), `${total} bytes were sent for ${size}`)
    }
    assert.ok(struck > 0, 'it was put to the test')
    // What was begun and not gone on with can be seen, and given up.
    for (const open of await unfinished(target)) {
      if (open.filename === name) await discard(target, open)
    }
  }

  test('cancelled while parts are on their way: what arrives afterwards is removed', async () => {
    const name = 'cancelled.mov'
    const client = partsOf(name)
    const { session_url: session } = await client.prepare(SIZE)
    const [first, second] = await client.addresses(session, [1, 2])
    // Half of a part is there, and the other half comes when nobody wants it any more.
    const halves = [halfSent(first as string), halfSent(second as string)]
    await Promise.all(halves.map(({ half }) => half))
    assert.equal((await client.call('DELETE', session)).status, 200)
    assert.deepEqual(await bucket.uploads(), [])
    for (const { rest } of halves) await rest()
    await swept()
    assert.deepEqual(await bucket.uploads(), [])
    assert.equal((await bucket.keys()).filter((key) => key.endsWith(name)).length, 0)
  })

  test('cancelled before its one request arrives: the object goes', async () => {
    const name = 'cancelled.txt'
    const client = partsOf(name)
    const { session_url: session, upload_url: url } = await client.prepare(SMALL)
    assert.equal((await client.call('DELETE', session)).status, 200)
    const late = await fetch(url, { method: 'PUT', body: new Uint8Array(bytes.subarray(0, SMALL)) })
    assert.equal(late.status, 200)
    assert.equal((await bucket.keys()).filter((key) => key.endsWith(name)).length, 1)
    await swept()
    assert.equal((await bucket.keys()).filter((key) => key.endsWith(name)).length, 0)
  })

  test('leave no object without a row, no row without an object, no upload, and no session that is stuck', async () => {
    await swept()
    const rows = query<{ path: string }>('SELECT path FROM datasette_files ORDER BY path')
    assert.deepEqual(
      (await bucket.keys()).sort(),
      rows.map(({ path }) => path),
    )
    assert.deepEqual(await bucket.uploads(), [])
    const stuck =
      "SELECT filename, status FROM upload_sessions WHERE kind = 'parts' AND status IN ('initiated', 'completing')"
    assert.deepEqual(query(stuck), [])
  })

  /** As if the time were over in which something may still arrive of what was cancelled. */
  async function swept(): Promise<void> {
    const [now, then] = [new Date(), new Date(Date.now() - LONG_AGO_MS)].map((date) => date.toISOString())
    const pending = 'SELECT id FROM upload_sessions WHERE clear_at IS NOT NULL'
    for (const deadline = Date.now() + SWEEP_LIMIT_MS; query(pending).length > 0; await sleep(50)) {
      assert.ok(Date.now() < deadline, `not removed: ${JSON.stringify(query(pending))}`)
      query(
        'UPDATE upload_sessions SET updated_at = ?, clear_at = ?, due_at = ? WHERE clear_at > ?',
        ...[then, now, now, now].map(String),
      )
    }
  }

  function query<Row>(sql: string, ...values: string[]): Row[] {
    const database = new DatabaseSync(join(server.data, 'internal.db'), { timeout: 5_000 })
    try {
      return database
        .prepare(sql)
        .all(...values)
        .map((row) => ({ ...row })) as Row[]
    } finally {
      database.close()
    }
  }

  function source(name: string, size: number): UploadSource {
    return {
      name,
      size,
      stream: () => new Blob([new Uint8Array(bytes.subarray(0, size))]).stream(),
      read: async (position, into) => bytes.copy(into, 0, position, Math.min(size, position + into.byteLength)),
    }
  }

  function partsOf(filename: string) {
    async function call(method: string, path: string, body?: object) {
      return await fetch(server.url + path, {
        method,
        headers: { Authorization: `Bearer ${token}`, Accept: 'application/json', 'Content-Type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      })
    }
    return {
      call,
      async prepare(size: number): Promise<{ session_url: string; upload_url: string }> {
        const asked = { filename, size, accept_methods: ['PUT', 'MULTIPART'] }
        return await (await call('POST', '/-/files/upload/files/-/prepare', asked)).json()
      },
      async addresses(session: string, numbers: readonly number[]): Promise<string[]> {
        const answer = await call('POST', `${session}/parts`, { part_numbers: numbers })
        const { part_urls: all } = (await answer.json()) as { part_urls: { url: string }[] }
        return all.map(({ url }) => url)
      },
    }
  }

  function halfSent(url: string) {
    const body = bytes.subarray(0, 8 * MIB)
    const put = request(url, { method: 'PUT', headers: { 'content-length': body.byteLength } })
    const answered = new Promise((resolve) => put.on('response', resolve).on('error', resolve))
    return {
      half: new Promise((resolve) => put.write(body.subarray(0, 4 * MIB), resolve)),
      async rest() {
        put.end(body.subarray(4 * MIB))
        await answered
      },
    }
  }
})
