import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { filesBelow } from './support/below.ts'
import { createDoomed, type Doomed } from './support/doomed.ts'
import { createToken, type RunningHoldall } from './support/holdall.ts'

const LONG = process.env.HOLDALL_TEST_LONG !== undefined
/** Two parts, the second of them short. */
const PART = 8 * 1_024 * 1_024
const SIZE = 2 * PART + 1
/** In the short form, each run walks through every so many of the writes, and begins at another one of the first. */
const EVERY = LONG ? 1 : 4
const ROUNDS = LONG ? 8 : 1
const RANDOM_KILLS = LONG ? 200 : 5
const RANDOM_WITHIN_MS = 900
const SETTLE_LIMIT_MS = 20_000
const TEMPORARY_FOLDER = '.holdall-tmp'

interface Plan {
  readonly session_url: string
  readonly part_size: number
  readonly part_count: number
}

interface Upload {
  readonly content: Buffer
  plan?: Plan
  /** Of its file, once the server has said so. */
  id?: string
  isCancelled?: boolean
}

describe('a server that is killed while it takes uploads in parts', () => {
  let data: string
  let token: string
  let doomed: Doomed
  const acknowledged: { id: string; hash: string }[] = []
  let whole = 0
  const hit = new Map<string, number>()

  before(async () => {
    data = mkdtempSync(join(tmpdir(), 'holdall-parts-kill-'))
    doomed = createDoomed({ data })
    await doomed.server()
    token = await createToken(data, 'root')
  })
  after(async () => {
    await doomed.end()
    rmSync(data, { recursive: true })
  })

  test('at counted writes, and the client goes on where it was', async (t) => {
    const kinds = [
      { name: 'sent and completed', work: sendAll },
      { name: 'cancelled', work: sendAndCancel },
    ]
    let kills = 0
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const { name, work } of kinds) {
        for (let at = 1 + Math.floor(Math.random() * EVERY); ; at += EVERY) {
          const boundary = await killedAt(at, work)
          if (boundary === undefined) break
          kills += 1
          hit.set(`${name}: ${boundary}`, (hit.get(`${name}: ${boundary}`) ?? 0) + 1)
        }
      }
    }
    for (const [boundary, count] of [...hit].sort()) t.diagnostic(`${count} × ${boundary}`)
    t.diagnostic(`${kills} kills, ${whole} uploads acknowledged and whole`)
    assert.ok(kills >= 20 * ROUNDS, `${kills} kills`)
    for (const needed of ['database', 'write', 'receipt']) {
      assert.ok(
        [...hit.keys()].some((boundary) => boundary.includes(needed)),
        `no kill hit "${needed}"`,
      )
    }
  })

  test('at random moments of uploads at once', async (t) => {
    for (let kill = 0; kill < RANDOM_KILLS; kill += 1) {
      const server = await doomed.server()
      const uploads = [sendAll, sendAndCancel, sendAll].map((work) => ({ work, upload: fresh() }))
      const sending = Promise.allSettled(uploads.map(({ work, upload }) => work(server, upload)))
      await Promise.race([sending, sleep(Math.random() * RANDOM_WITHIN_MS)])
      await doomed.killed()
      await sending
      await examine(uploads.map(({ upload }) => upload))
    }
    t.diagnostic(`${RANDOM_KILLS} kills, ${whole} uploads acknowledged and whole, none lost`)
  })

  function fresh(): Upload {
    // Only its beginning is chance: the rest of such a size would cost more time than all else.
    const content = Buffer.alloc(SIZE, 'a part of a file, ')
    randomBytes(64).copy(content)
    return { content }
  }

  /** One upload to a server that dies at the write with this number; then a new one, and what it finds. */
  async function killedAt(at: number, work: (server: RunningHoldall, upload: Upload) => Promise<void>) {
    const server = await doomed.server()
    await doomed.arm(at)
    const upload = fresh()
    await work(server, upload).catch(() => {})
    const boundary = await doomed.killed()
    await examine([upload])
    return boundary
  }

  /** Starts the server again, goes on as a client would, and holds what it shows against what is on the disk. */
  async function examine(uploads: readonly Upload[]): Promise<void> {
    const server = await doomed.server()
    await settled(server)
    for (const upload of uploads) await goOn(server, upload)
    if (uploads.some(({ plan }) => plan === undefined)) await discardOpen(server)
    await settled(server)
    const rows = query<{ id: string; path: string; size: number }>('SELECT id, path, size FROM datasette_files')
    const deleted = query<{ path: string }>('SELECT path FROM datasette_files_trash')
    const there = filesIn(join(data, 'files'))
    const going = new Set(deleted.map(({ path }) => path))
    assert.deepEqual(
      there.filter((path) => !going.has(path)),
      rows.map(({ path }) => path).sort(),
      'no bytes without a row, no row without bytes',
    )
    assert.deepEqual(filesIn(join(data, 'files', TEMPORARY_FOLDER)), [], 'nothing is left of uploads')
    const known = new Map(rows.map(({ id, path }) => [id, path]))
    for (const { id, hash } of acknowledged.splice(0)) {
      const path = known.get(id)
      assert.ok(path !== undefined, `${id} was acknowledged`)
      assert.equal(hashOf(readFileSync(join(data, 'files', path))), hash, `${id} has its bytes`)
      whole += 1
      // Looked at once; a disk full of them would only show the same.
      await deleteForGood(server, id)
    }
    const open = query("SELECT * FROM upload_sessions WHERE status IN ('initiated', 'completing')")
    assert.ok(open.length === 0, `sessions never ended: ${JSON.stringify(open)}\n${server.output()}`)
  }

  /** What a client does that has lost the connection: asks what is there, sends the rest, completes. */
  async function goOn(server: RunningHoldall, upload: Upload): Promise<void> {
    if (upload.plan === undefined || upload.id !== undefined) return
    const status = await (await call(server, 'GET', upload.plan.session_url)).json()
    if (upload.isCancelled === true) {
      if (status.status === 'initiated') await cancel(server, upload)
      else assert.ok(['aborted'].includes(status.status), JSON.stringify(status))
      return
    }
    assert.ok(['initiated', 'completed'].includes(status.status), JSON.stringify(status))
    if (status.status === 'initiated') {
      const { parts } = await (await call(server, 'GET', `${upload.plan.session_url}/parts`)).json()
      const there = new Map<number, string>(
        parts.map((part: { part_number: number; etag: string }) => [part.part_number, part.etag]),
      )
      for (const [number, etag] of there)
        assert.equal(etag, md5(partOf(upload, number)), `part ${number} has its bytes`)
      const missing = numbers(upload.plan).filter((number) => !there.has(number))
      if (missing.length > 0) await sendParts(server, upload, missing)
    }
    await complete(server, upload)
  }

  /** Begun, and the answer was lost: its client finds it among what it has open, and gives it up. */
  async function discardOpen(server: RunningHoldall): Promise<void> {
    const { sessions } = await (await call(server, 'GET', '/-/files/upload/files/-/sessions')).json()
    for (const { session_url } of sessions) assert.equal((await call(server, 'DELETE', session_url)).status, 200)
  }

  async function sendAll(server: RunningHoldall, upload: Upload): Promise<void> {
    await prepare(server, upload)
    await sendParts(server, upload, numbers(upload.plan as Plan))
    await complete(server, upload)
  }

  async function sendAndCancel(server: RunningHoldall, upload: Upload): Promise<void> {
    await prepare(server, upload)
    await sendParts(server, upload, [3, 1])
    upload.isCancelled = true
    await cancel(server, upload)
  }

  async function prepare(server: RunningHoldall, upload: Upload): Promise<void> {
    const body = { filename: 'big.bin', size: SIZE, accept_methods: ['MULTIPART'] }
    const response = await call(server, 'POST', '/-/files/upload/files/-/prepare', body)
    assert.equal(response.status, 200)
    upload.plan = await response.json()
  }

  async function sendParts(server: RunningHoldall, upload: Upload, wanted: readonly number[]): Promise<void> {
    const response = await call(server, 'POST', `${upload.plan?.session_url}/parts`, { part_numbers: wanted })
    assert.equal(response.status, 200)
    for (const { part_number: number, url } of (await response.json()).part_urls) {
      // The server has another port after each death, and the address of a part is only its path to us.
      const { pathname, search } = new URL(url)
      const sent = await fetch(server.url + pathname + search, {
        method: 'PUT',
        body: new Uint8Array(partOf(upload, number)),
      })
      assert.equal(sent.status, 200, await sent.text())
    }
  }

  async function complete(server: RunningHoldall, upload: Upload): Promise<void> {
    const response = await call(server, 'POST', `${upload.plan?.session_url}/complete`, {})
    assert.ok([200, 201].includes(response.status), `${response.status}`)
    upload.id = (await response.json()).file.id as string
    acknowledged.push({ id: upload.id, hash: hashOf(upload.content) })
  }

  async function cancel(server: RunningHoldall, upload: Upload): Promise<void> {
    const response = await call(server, 'DELETE', upload.plan?.session_url as string)
    assert.equal(response.status, 200)
  }

  async function deleteForGood(server: RunningHoldall, id: string): Promise<void> {
    assert.equal((await call(server, 'POST', `/-/files/${id}/-/delete`, {})).status, 200)
    await call(server, 'POST', '/-/files/-/purge', { ids: [id] })
  }

  function call(server: RunningHoldall, method: string, path: string, body?: object): Promise<Response> {
    return fetch(server.url + path, {
      method,
      headers: { Authorization: `Bearer ${token}`, Accept: 'application/json', 'Content-Type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  }

  /** Every session has ended, or waits for its client; and what had to be removed is removed. */
  async function settled(server: RunningHoldall): Promise<void> {
    const pending = `SELECT id, status FROM upload_sessions WHERE status = 'completing'
      OR (status = 'initiated' AND lease_owner IS NOT NULL)
      OR clear_at <= strftime('%Y-%m-%dT%H:%M:%fZ', 'now')`
    for (const deadline = Date.now() + SETTLE_LIMIT_MS; query(pending).length > 0; await sleep(50)) {
      assert.ok(Date.now() < deadline, `sessions never ended: ${JSON.stringify(query(pending))}\n${server.output()}`)
    }
  }

  function query<Row>(sql: string): Row[] {
    const database = new DatabaseSync(join(data, 'internal.db'), { readOnly: true, timeout: 5_000 })
    try {
      return database.prepare(sql).all() as Row[]
    } finally {
      database.close()
    }
  }
})

function numbers({ part_count }: Plan): number[] {
  return Array.from({ length: part_count }, (_, at) => at + 1)
}

function partOf({ content, plan }: Upload, number: number): Buffer {
  const { part_size: size } = plan as Plan
  return content.subarray((number - 1) * size, number * size)
}

function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex')
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function filesIn(folder: string): string[] {
  return filesBelow(folder).filter((path) => !path.startsWith(TEMPORARY_FOLDER))
}
