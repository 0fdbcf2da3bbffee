import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { DeleteObjectCommand } from '@aws-sdk/client-s3'
import { makeBucket, S3_ENDPOINT, skipS3, type TestBucket } from './support/ceph.ts'
import { createDoomed, type Doomed } from './support/doomed.ts'
import { createToken, type RunningHoldall } from './support/holdall.ts'
import { type Passed, startWatchedProxy, type WatchedProxy } from './support/watched-proxy.ts'

const COMMAND = fileURLToPath(new URL('../packages/holdall/bin/holdall.js', import.meta.url))
const LONG = process.env.HOLDALL_TEST_LONG !== undefined
const PART = 8 * 1024 * 1024
/** Three parts, the last of them short. */
const SIZE = 2 * PART + 1_234_567
const AT_ONCE = 2
/** In the short form each run walks through every so many of the boundaries, and begins at another one of the first. */
const CLIENT_EVERY = LONG ? 1 : 2
const SERVER_EVERY = LONG ? 1 : 3
const WRITES_EVERY = LONG ? 1 : 3
const ROUNDS = LONG ? 4 : 1
const RANDOM_KILLS = LONG ? 60 : 4
const LEAST_KILLS = LONG ? 300 : 25
const RUN_LIMIT_MS = 90_000
const SETTLE_LIMIT_MS = 20_000

interface Run {
  readonly path: string
  kill(): void
  readonly ended: Promise<{ code: number | null; output: string }>
}

describe('uploads straight to a bucket that are killed', { skip: skipS3 }, () => {
  let folder: string
  let data: string
  let bucket: TestBucket
  let doomed: Doomed
  let server: RunningHoldall
  let token: string
  /** Before the server, and before the storage. */
  let front: WatchedProxy
  let storage: WatchedProxy
  const bytes = randomBytes(SIZE)
  const expected = sha256(bytes)
  const hit = new Map<string, number>()
  let files = 0
  let kills = 0
  let twice = 0

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-s3-kill-'))
    data = join(folder, 'data')
    mkdirSync(data)
    bucket = await makeBucket('kill')
    storage = await startWatchedProxy(S3_ENDPOINT as string)
    const media = { storage: 's3', hash: 'none', config: { ...bucket.config, endpoint_url: storage.url } }
    doomed = createDoomed({ data, config: { sources: { media } } })
    server = await doomed.server()
    token = await createToken(data, 'root')
    front = await startWatchedProxy(server.url)
  })
  after(async () => {
    await doomed?.end()
    await front?.close()
    await storage?.close()
    await bucket?.remove()
    rmSync(folder, { recursive: true })
  })

  test('the client, at each of its requests and answers', async () => {
    await atEach(CLIENT_EVERY, async (at) => {
      const run = start()
      const boundary = await strikeAt(at, 'client', run, run.kill)
      await (boundary === undefined ? whole(run) : goOn(run))
      return boundary
    })
  })

  test('the server, at each request to it and of it', async () => {
    await atEach(SERVER_EVERY, async (at) => {
      const run = start()
      let restarted: Promise<unknown> | undefined
      const boundary = await strikeAt(at, 'server', run, () => {
        restarted = restart()
      })
      await restarted
      await whole(run)
      return boundary
    })
  })

  test('the server, before each of its writes', async () => {
    await atEach(WRITES_EVERY, async (at) => {
      await doomed.arm(at)
      const run = start()
      await Promise.race([server.ended, run.ended])
      const written = await restart()
      await whole(run)
      if (written === undefined) return undefined
      struck(`server, before it writes: ${written}`)
      return written
    })
  })

  test('either or both at any moment while parts are sent', async () => {
    for (let kill = 0; kill < RANDOM_KILLS; kill += 1) {
      const who = (['client', 'server', 'both'] as const)[kill % 3]
      const limit = Math.random() * SIZE
      const run = start()
      let restarted: Promise<unknown> | undefined
      storage.onBody = ({ part }, total) => {
        if (part === 0 || total < limit) return
        storage.onBody = () => {}
        noteAcknowledged()
        if (who !== 'server') run.kill()
        if (who !== 'client') restarted = restart()
      }
      await run.ended
      await restarted
      struck(`${who}, in the middle of parts`)
      await (who === 'server' ? whole(run) : goOn(run))
    }
  })

  test('leave nothing in the bucket that is no file, and no session that has not ended', async (t) => {
    const sql = 'SELECT status, count(*) AS count FROM upload_sessions GROUP BY status'
    const sessions = query<{ status: string; count: number }>(sql)
    for (const [boundary, count] of [...hit].sort()) t.diagnostic(`${count} × ${boundary}`)
    t.diagnostic(`${kills} kills of ${files} uploads; ${twice} parts were begun twice`)
    t.diagnostic(`sessions: ${sessions.map(({ status, count }) => `${count} ${status}`).join(', ')}`)
    assert.ok(kills >= LEAST_KILLS, `${kills} kills`)
    assert.deepEqual(
      sessions.filter(({ status }) => status === 'initiated' || status === 'completing'),
      [],
    )
    assert.deepEqual([await bucket.keys(), await bucket.uploads()], [[], []])
  })

  /** Boundary by boundary, until there are no more. @param work says which it was */
  async function atEach(every: number, work: (at: number) => Promise<string | undefined>): Promise<void> {
    for (let round = 0; round < ROUNDS; round += 1) {
      for (let at = 1 + Math.floor(Math.random() * every); ; at += every) {
        if ((await work(at)) === undefined) break
      }
    }
  }

  function start(path?: string): Run {
    if (path === undefined) {
      files += 1
      path = join(folder, `film-${files}.mov`)
      writeFileSync(path, bytes)
      front.reset()
      storage.reset()
      acknowledged = new Set()
    }
    const args = ['upload', path, '--source', 'media', '--url', front.url, '--json', '--concurrency', String(AT_ONCE)]
    const child = spawn(process.execPath, [COMMAND, ...args], {
      env: { ...process.env, HOLDALL_TOKEN: token },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: RUN_LIMIT_MS,
      killSignal: 'SIGKILL',
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    }
    const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output }))
    return { path, ended, kill: () => child.kill('SIGKILL') }
  }

  /** @returns before which write the one before it died by itself */
  async function restart(): Promise<string | undefined> {
    const boundary = await doomed.killed()
    server = await doomed.server()
    front.upstream = server.url
    return boundary
  }

  function struck(boundary: string): void {
    kills += 1
    hit.set(boundary, (hit.get(boundary) ?? 0) + 1)
  }

  /** Parts that the storage had acknowledged before anybody died. */
  let acknowledged: Set<Passed>

  function noteAcknowledged(): void {
    acknowledged = new Set(storage.passed.filter(({ part, status }) => part > 0 && status === 200))
  }

  /**
   * Strikes at the request or answer with this number, of those that the one who dies takes part in.
   *
   * @returns which it was; `undefined` when there are not so many
   */
  async function strikeAt(at: number, who: 'client' | 'server', run: Run, strike: () => void) {
    let count = 0
    let boundary: string | undefined
    function watch(proxy: WatchedProxy, isTheirs: (request: Passed) => boolean): void {
      const tell = (moment: string) => (request: Passed) => {
        if (!isTheirs(request)) return
        count += 1
        if (count !== at) return
        boundary = `${who}, ${moment} ${shapeOf(request)}`
        noteAcknowledged()
        strike()
      }
      proxy.onHead = tell('before')
      proxy.onAnswer = tell('after')
    }
    watch(front, () => true)
    watch(storage, ({ part }) => (who === 'client' ? part > 0 : part === 0))
    await run.ended
    for (const proxy of [front, storage]) {
      proxy.onHead = () => {}
      proxy.onAnswer = () => {}
    }
    if (boundary !== undefined) struck(boundary)
    return boundary
  }

  /** The same command once more. */
  async function goOn(killed: Run): Promise<void> {
    const { code } = await killed.ended
    assert.equal(code, null)
    await settled()
    // Once it is complete there is nothing to go on with: the same command makes another file.
    const completed = rowsOf(killed.path).length
    await whole(start(killed.path), completed + 1)
  }

  /** The upload has ended well; its bytes are in the bucket once, were sent once but for what was under way, and that is all. */
  async function whole(run: Run, most = 1): Promise<void> {
    const { code, output } = await run.ended
    assert.equal(code, 0, output)
    await settled()
    const paths = rowsOf(run.path)
    assert.equal(paths.length, most, `${paths.length} files of one name`)
    const keys = (await bucket.keys()).sort()
    assert.deepEqual(keys, paths, 'no object without a row, no row without an object')
    const hashes = await Promise.all(keys.map(async (key) => sha256(await bucket.get(key))))
    assert.deepEqual(hashes, Array(most).fill(expected))
    if (most === 1) assertSentOnce()
    await discardOpen(run.path)
    assert.deepEqual(await bucket.uploads(), [], 'what no session has is no upload either')
    for (const Key of keys) await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key }))
  }

  function assertSentOnce(): void {
    const parts = storage.passed.filter(({ part }) => part > 0)
    const numbers = new Set([...acknowledged].map(({ part }) => part))
    const again = parts.filter((request) => numbers.has(request.part) && !acknowledged.has(request))
    assert.deepEqual(
      again.filter(({ status }) => status === 200).map(({ part }) => part),
      [],
      'what was acknowledged is not sent again',
    )
    const sent = parts.reduce((sum, { bytes }) => sum + bytes, 0)
    assert.ok(sent <= SIZE + AT_ONCE * PART, `${sent} bytes were sent for ${SIZE}`)
    twice += parts.length - new Set(parts.map(({ part }) => part)).size
  }

  /** What was begun and not gone on with can be seen, and given up. */
  async function discardOpen(path: string): Promise<void> {
    const query = new URLSearchParams({ filename: basename(path) })
    const { sessions } = await (await call('GET', `/-/files/upload/media/-/sessions?${query}`)).json()
    for (const { session_url } of sessions) assert.equal((await call('DELETE', session_url)).status, 200)
  }

  async function call(method: string, path: string): Promise<Response> {
    return await fetch(server.url + path, { method, headers: { Authorization: `Bearer ${token}` } })
  }

  /** Nothing is being completed any more, and what had to be removed is removed. */
  async function settled(): Promise<void> {
    const pending = `SELECT id, status FROM upload_sessions WHERE status = 'completing'
      OR (status = 'initiated' AND (lease_owner IS NOT NULL OR storage_upload IS NULL))
      OR clear_at <= strftime('%Y-%m-%dT%H:%M:%fZ', 'now')`
    for (const deadline = Date.now() + SETTLE_LIMIT_MS; query(pending).length > 0; await sleep(25)) {
      assert.ok(Date.now() < deadline, `sessions never ended: ${JSON.stringify(query(pending))}\n${server.output()}`)
    }
  }

  function rowsOf(path: string): string[] {
    const name = basename(path)
    const rows = query<{ path: string }>('SELECT path FROM datasette_files WHERE filename = ? ORDER BY path', name)
    return rows.map((row) => row.path)
  }

  function query<Row>(sql: string, ...values: string[]): Row[] {
    const database = new DatabaseSync(join(data, 'internal.db'), { readOnly: true, timeout: 5_000 })
    try {
      return database.prepare(sql).all(...values) as Row[]
    } finally {
      database.close()
    }
  }
})

/** What kind of request it is, without names and numbers. */
function shapeOf({ method, path, query, part }: Passed): string {
  if (part > 0) return 'PUT part to s3'
  if (path.startsWith('/-/'))
    return `${method} ${path.replace(/\/[0-9a-z]{26}(?=\/|$)/, '/{id}').replace('/-/files/upload/media/-', '')}`
  const names = [...query.keys()].filter((name) => ['uploads', 'uploadId', 'list-type'].includes(name))
  return `${method} ${names.length > 0 ? `?${names}` : 'object'} to s3`
}

function sha256(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex')
}
