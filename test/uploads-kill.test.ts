import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { filesBelow } from './support/below.ts'
import { boundaryIn, createDoomed, type Doomed } from './support/doomed.ts'
import { createToken, type RunningHoldall, startHoldall } from './support/holdall.ts'

const LONG = process.env.HOLDALL_TEST_LONG !== undefined
/** In the short form each kind is killed at every so many of its writes; in the long form at each of them, again and again. */
const ROUNDS = LONG ? 12 : 1
const RANDOM_KILLS = LONG ? 400 : 5
const RANDOM_WITHIN_MS = 600
const SETTLE_LIMIT_MS = 20_000
const TEMPORARY_FOLDER = '.holdall-tmp'

interface Acknowledged {
  readonly id: string
  readonly hash: string
}

interface Client {
  readonly url: string
  readonly token: string
  /** What the server has said is stored. */
  readonly acknowledged: Acknowledged[]
  /** Upload tokens of the three-step flow whose completion was never answered. */
  readonly open: { readonly token: string; readonly hash: string }[]
}

describe('a server that is killed while it takes uploads', () => {
  let data: string
  let token: string
  let doomed: Doomed
  const acknowledged: Acknowledged[] = []
  const hit = new Map<string, number>()

  before(async () => {
    data = mkdtempSync(join(tmpdir(), 'holdall-kill-'))
    doomed = createDoomed({ data })
    await doomed.server()
    token = await createToken(data, 'root')
  })
  after(async () => {
    await doomed.end()
    rmSync(data, { recursive: true })
  })

  test('at counted writes', async (t) => {
    const kinds = [
      { name: 'raw body', send: sendRaw, writes: 12, every: 1 },
      { name: 'three steps', send: sendPrepared, writes: 15, every: 2 },
      { name: 'form with two files', send: sendForm, writes: 23, every: 5 },
    ]
    let kills = 0
    let missed = 0
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const { name, send, writes, every } of kinds) {
        for (let at = 1; at <= writes; at += LONG ? 1 : every) {
          kills += 1
          const boundary = await killedAt(at, send)
          if (boundary === undefined) missed += 1
          else hit.set(`${name}: ${boundary}`, (hit.get(`${name}: ${boundary}`) ?? 0) + 1)
        }
      }
    }
    for (const [boundary, count] of [...hit].sort()) t.diagnostic(`${count} × ${boundary}`)
    t.diagnostic(`${kills} kills asked for, ${missed} past the last write; ${acknowledged.length} uploads acknowledged`)
    assert.ok(missed <= kills / 5, 'most kills hit a write')
    for (const needed of ['create session', 'write', 'flush file', 'rename', 'flush folder', 'received', 'recorded']) {
      assert.ok(
        [...hit.keys()].some((boundary) => boundary.includes(needed)),
        `no kill hit "${needed}"`,
      )
    }
  })

  test('while the next process takes over', async (t) => {
    // Killed at its last write, an upload is left with all its steps but the last; then its rescuers are killed too.
    await killedWithoutLooking(10, sendRaw)
    const boundaries: (string | undefined)[] = []
    for (const at of [1, 2, 2]) boundaries.push(await killedWhileStarting(at))
    t.diagnostic(`killed before: ${boundaries.map((boundary) => boundary ?? 'nothing was left to do').join(', ')}`)
    assert.ok(boundaries[0] !== undefined, 'there was something to take over')
    await examine([])
  })

  test('at random moments of uploads at once', async (t) => {
    for (let kill = 0; kill < RANDOM_KILLS; kill += 1) {
      const server = await doomed.server()
      const client: Client = { url: server.url, token, acknowledged, open: [] }
      const sends = [sendRaw, sendForm, sendPrepared, sendRaw, sendRaw, sendPrepared]
      const sending = Promise.allSettled(sends.map((send) => send(client)))
      await Promise.race([sending, sleep(Math.random() * RANDOM_WITHIN_MS)])
      await doomed.killed()
      await sending
      await examine(client.open)
    }
    t.diagnostic(`${RANDOM_KILLS} kills, ${acknowledged.length} uploads acknowledged, none lost`)
  })

  /** One upload to a server that dies at the write with this number; then a new one, and what it finds. */
  async function killedAt(at: number, send: (client: Client) => Promise<void>): Promise<string | undefined> {
    const { boundary, open } = await killedWithoutLooking(at, send)
    await examine(open)
    return boundary
  }

  async function killedWithoutLooking(at: number, send: (client: Client) => Promise<void>) {
    const server = await doomed.server()
    await doomed.arm(at)
    const client: Client = { url: server.url, token, acknowledged, open: [] }
    await send(client).catch(() => {})
    return { boundary: await doomed.killed(), open: client.open }
  }

  async function killedWhileStarting(at: number): Promise<string | undefined> {
    try {
      const server = await startHoldall({ data, env: { HOLDALL_TEST_KILL_AT: String(at) } })
      await Promise.race([server.ended, sleep(1_500)])
      await server.kill()
      return boundaryIn(server.output())
    } catch (error) {
      return boundaryIn(String(error))
    }
  }

  /** Starts the server again and holds what it shows against what is on the disk. */
  async function examine(open: Client['open']): Promise<void> {
    const server = await doomed.server()
    await settled(server)
    for (const { token: uploadToken, hash } of open) await completeLate(server, uploadToken, hash)
    const rows = query<FileRow>('SELECT id, path, size, content_hash FROM datasette_files')
    const onDisk = filesIn(join(data, 'files'))
    for (const { path, size, content_hash } of rows) {
      const bytes = readFileSync(join(data, 'files', path))
      assert.equal(bytes.length, size, `${path} has its bytes`)
      assert.equal(hashOf(bytes), content_hash, `${path} has the right bytes`)
    }
    // What waits for its client is told of by its session.
    const waiting = query<{ path: string }>(
      "SELECT path FROM upload_sessions WHERE status = 'initiated' AND received IS NOT NULL",
    )
    assert.deepEqual(
      onDisk,
      [...rows, ...waiting].map(({ path }) => path).sort(),
      'no bytes without a row, no row without bytes',
    )
    assert.deepEqual(temporaryFiles(), [])
    const known = new Map(rows.map((row) => [row.id, row.content_hash]))
    for (const { id, hash } of acknowledged) assert.equal(known.get(id), hash, `${id} was acknowledged`)
    const twice = query('SELECT content_hash FROM datasette_files GROUP BY content_hash HAVING count(*) > 1')
    assert.deepEqual(twice, [], 'nothing is registered twice')
    const last = acknowledged.at(-1)
    if (last !== undefined) {
      const response = await fetch(`${server.url}/-/files/${last.id}/download`, {
        headers: { Authorization: `Bearer ${token}` },
      })
      assert.equal(response.status, 200)
      assert.equal(hashOf(Buffer.from(await response.arrayBuffer())), last.hash)
    }
  }

  /** Every session has ended, or waits for its client. */
  async function settled(server: RunningHoldall): Promise<void> {
    const pending =
      "SELECT id, status FROM upload_sessions WHERE status = 'completing' OR (status = 'initiated' AND (token_hash IS NULL OR lease_owner IS NOT NULL))"
    for (const deadline = Date.now() + SETTLE_LIMIT_MS; query(pending).length > 0; await sleep(50)) {
      assert.ok(Date.now() < deadline, `sessions never ended: ${JSON.stringify(query(pending))}\n${server.output()}`)
    }
  }

  /** A client that lost the answer completes again, and gets its file, or hears that the bytes never arrived. */
  async function completeLate(server: RunningHoldall, uploadToken: string, hash: string): Promise<void> {
    const response = await postJson(server.url, token, '-/complete', { upload_token: uploadToken })
    const body = await response.json()
    if (response.status === 400) {
      assert.equal(body.code, 'upload_not_received')
      return
    }
    assert.ok([200, 201].includes(response.status), JSON.stringify(body))
    assert.equal(body.file.content_hash, hash)
    acknowledged.push({ id: body.file.id, hash })
  }

  interface FileRow {
    readonly id: string
    readonly path: string
    readonly size: number
    readonly content_hash: string
  }

  function query<Row>(sql: string): Row[] {
    const database = new DatabaseSync(join(data, 'internal.db'), { readOnly: true, timeout: 5_000 })
    try {
      return database.prepare(sql).all() as Row[]
    } finally {
      database.close()
    }
  }

  function temporaryFiles(): string[] {
    return filesIn(join(data, 'files', TEMPORARY_FOLDER))
  }
})

async function sendRaw({ url, token, acknowledged }: Client): Promise<void> {
  const body = randomBytes(600_000)
  const response = await fetch(`${url}/-/files/upload/files?filename=raw.bin`, {
    method: 'POST',
    body,
    headers: { Authorization: `Bearer ${token}` },
  })
  assert.equal(response.status, 201)
  acknowledged.push({ id: (await response.json()).file_id, hash: hashOf(body) })
}

async function sendForm({ url, token, acknowledged }: Client): Promise<void> {
  const form = new FormData()
  const bodies = [randomBytes(300_000), randomBytes(10)]
  for (const body of bodies) form.append('file', new Blob([body]), 'form.bin')
  const response = await fetch(`${url}/-/files/upload/files`, {
    method: 'POST',
    body: form,
    headers: { Authorization: `Bearer ${token}` },
  })
  assert.equal(response.status, 201)
  const { files } = await response.json()
  for (const [at, body] of bodies.entries()) acknowledged.push({ id: files[at].file_id, hash: hashOf(body) })
}

async function sendPrepared({ url, token, acknowledged, open }: Client): Promise<void> {
  const body = randomBytes(400_000)
  const hash = hashOf(body)
  const plan = await (await postJson(url, token, '-/prepare', { filename: 'three.bin', size: body.length })).json()
  const mine = { token: plan.upload_token as string, hash }
  open.push(mine)
  const form = new FormData()
  form.append('upload_token', mine.token)
  form.append('file', new Blob([body]), 'three.bin')
  const sent = await fetch(url + plan.upload_url, {
    method: 'POST',
    body: form,
    headers: { Authorization: `Bearer ${token}` },
  })
  assert.equal(sent.status, 200)
  const done = await postJson(url, token, '-/complete', { upload_token: mine.token })
  assert.equal(done.status, 201)
  acknowledged.push({ id: (await done.json()).file.id, hash })
  open.splice(open.indexOf(mine), 1)
}

function postJson(url: string, token: string, step: string, body: object): Promise<Response> {
  return fetch(`${url}/-/files/upload/files/${step}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
  })
}

function hashOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

function filesIn(folder: string): string[] {
  return filesBelow(folder).filter((path) => !path.startsWith(TEMPORARY_FOLDER))
}
