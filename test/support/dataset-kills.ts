import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createToken, type RunningHoldall, startHoldall } from './holdall.ts'
import { visits } from './parquet.ts'

const LONG = process.env.HOLDALL_TEST_LONG !== undefined
const ORGANIZATION = '550e8400-e29b-41d4-a716-446655440000'
const RANDOM_WITHIN_MS = 1_500
const SETTLE_LIMIT_MS = 30_000
/** Each step of the pipeline, and what surrounds them. */
const NEEDED_TO_JOIN = [
  ...['create session', 'completing', 'combined', 'begin infer', 'enter looked', 'infer', 'begin register'],
  ...['lay in place', 'join dataset', 'remove what lay waiting'],
]
const NEEDED = ['create session', 'completing', 'combined', 'begin infer', 'infer', 'begin register', 'add dataset']

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at, whatever they have
type Json = any

export interface World {
  readonly source: object
  /** Each run walks through every so many of the writes, and begins at another one of the first. */
  readonly every: number
  readonly leastKills: number
  objects(): Promise<string[]>
  unfinished(): Promise<string[]>
  remove(): Promise<void>
}

/** How one upload goes until its server dies. */
interface Upload {
  readonly content: Buffer
  readonly filename: string
  /** What it does to a dataset that is there. */
  readonly mode?: 'append' | 'replace'
  id?: string
  isCancelled?: boolean
  isRegistered?: boolean
}

interface Kind {
  readonly name: string
  readonly work: (server: RunningHoldall, upload: Upload) => Promise<void>
  readonly bytes: () => Buffer
  readonly mode?: 'append' | 'replace'
}

/** Kills of servers while uploads become datasets, in a place of this kind. */
export function datasetKills(name: string, make: (root: string) => Promise<World>, skip: string | false = false): void {
  killsWhile(`uploads to ${name} become datasets`, { make, skip, joins: false })
}

/** The same while files are added to a dataset in it, and replace it. */
export function joiningKills(name: string, make: (root: string) => Promise<World>, skip: string | false = false): void {
  const fewer = async (root: string) => ({ ...(await make(root)), ...(!LONG && { every: 7, leastKills: 8 }) })
  killsWhile(`files are added to a dataset in ${name}, and replace it`, { make: fewer, skip, joins: true })
}

interface KillsOptions {
  readonly make: (root: string) => Promise<World>
  readonly skip: string | false
  readonly joins: boolean
}

function killsWhile(what: string, { make, skip, joins }: KillsOptions): void {
  describe(`a server that is killed while ${what}`, { skip }, () => {
    let folder: string
    let data: string
    let world: World
    let config: string
    let token: string
    let numberFile: string
    let standing: RunningHoldall | undefined
    const hit = new Map<string, number>()
    let kills = 0
    let uploads = 0
    let registered = 0
    /** That files are added to. */
    let standingDataset: string | undefined

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'holdall-dataset-kill-'))
      data = join(folder, 'data')
      world = await make(join(folder, 'objects'))
      config = join(folder, 'holdall.json')
      numberFile = join(folder, 'number of the write')
      const collections = [{ organization: ORGANIZATION, id: 'medicaid', source: 'media' }]
      writeFileSync(config, JSON.stringify({ sources: { media: world.source }, collections }))
      const server = await startHoldall({ data, config })
      token = await createToken(data, 'root')
      if (joins) {
        const upload = fresh(visits(100))
        await sendAll(server, upload)
        standingDataset = query('SELECT id FROM datasets')[0]?.id
      }
      await server.stop()
    })
    after(async () => {
      await standing?.kill()
      await world?.remove()
      rmSync(folder, { recursive: true })
    })

    test('at counted writes: one dataset of each upload, one entry, no object without one', async (t) => {
      const makes: readonly Kind[] = [
        { name: 'registered', work: sendAll, bytes: visits },
        { name: 'invalid', work: sendAll, bytes: () => Buffer.alloc(5_000, 'no Parquet file ') },
        { name: 'cancelled', work: sendAndCancel, bytes: visits },
      ]
      const joinings: readonly Kind[] = [
        { name: 'added', work: sendAll, bytes: () => visits(7), mode: 'append' },
        { name: 'replaced', work: sendAll, bytes: () => visits(50), mode: 'replace' },
        { name: 'not added', work: sendAndCancel, bytes: () => visits(9), mode: 'append' },
      ]
      const kinds = joins ? joinings : makes
      for (let round = 0; kills < world.leastKills || round === 0; round += 1) {
        for (const { name, work, bytes, mode } of kinds) {
          for (let at = 1 + Math.floor(Math.random() * world.every); ; at += world.every) {
            const boundary = await killedAt(at, work, fresh(bytes(), mode))
            if (boundary === undefined) break
            kills += 1
            hit.set(`${name}: ${boundary}`, (hit.get(`${name}: ${boundary}`) ?? 0) + 1)
          }
        }
      }
      if (joins) await assertCounted(standing as RunningHoldall)
      await standing?.kill()
      for (const [boundary, count] of [...hit].sort()) t.diagnostic(`${count} × ${boundary}`)
      t.diagnostic(`${kills} kills, ${uploads} uploads, ${registered} files of datasets`)
      assert.ok(kills >= world.leastKills, `${kills} kills`)
      if (!LONG) return
      for (const needed of joins ? NEEDED_TO_JOIN : NEEDED) {
        assert.ok(
          [...hit.keys()].some((boundary) => boundary.includes(needed)),
          `no kill hit "${needed}"`,
        )
      }
    })

    test('two servers share the work; either is killed, and nothing is lost or there twice', async (t) => {
      const rounds = LONG ? 40 : 1
      for (let round = 0; round < rounds; round += 1) {
        const servers = [await startHoldall({ data, config }), await startHoldall({ data, config })]
        const [dies, lives] = round % 2 === 0 ? servers : servers.toReversed()
        const all = Array.from({ length: 8 }, (_, at) => fresh(visits(at + 1), joins ? 'append' : undefined))
        const sending = Promise.allSettled(
          all.map(async (upload, at) => sendAll(servers[at % 2] as RunningHoldall, upload)),
        )
        await sleep(Math.random() * RANDOM_WITHIN_MS)
        await dies?.kill()
        await sending
        // Nobody restarts the other: the one that lives takes over.
        await examine(lives as RunningHoldall, all)
        await lives?.kill()
      }
      t.diagnostic(`${rounds} of two servers killed`)
    })

    function fresh(content: Buffer, mode?: Upload['mode']): Upload {
      uploads += 1
      return { content, filename: `upload ${uploads}.parquet`, ...(mode && { mode }) }
    }

    /** One upload to the server that stands, which dies at the write with this number; the next one is looked at. */
    async function killedAt(at: number, work: typeof sendAll, upload: Upload): Promise<string | undefined> {
      const server = standing ?? (await doomed())
      writeFileSync(numberFile, String(at))
      server.process.kill('SIGUSR2')
      await work(server, upload).catch(() => {})
      await server.kill()
      standing = await doomed()
      await examine(standing, [upload])
      return /killed before \d+: (.*)/.exec(server.output())?.[1]
    }

    function doomed(): Promise<RunningHoldall> {
      return startHoldall({ data, config, env: { HOLDALL_TEST_KILL_AT: `@${numberFile}` } })
    }

    /** Goes on as a client would, and holds what the server shows against what is in the storage. */
    async function examine(server: RunningHoldall, all: readonly Upload[]): Promise<void> {
      await settled(server)
      for (const upload of all) await goOn(server, upload)
      await discardOpen(server)
      await settled(server)
      const datasets = query('SELECT id, upload_id, version, row_count, size_bytes FROM datasets')
      const rows = query('SELECT dataset_id, version, path, upload_id, row_count, size_bytes FROM dataset_files')
      const files = rows.map(({ path }) => path).sort()
      assert.equal(new Set(datasets.map(({ upload_id }) => upload_id)).size, datasets.length, 'nothing is there twice')
      assert.equal(new Set(rows.map(({ upload_id }) => upload_id)).size, rows.length, 'no file is there twice')
      if (joins) assert.equal(datasets.length, 1)
      else assert.equal(files.length, datasets.length)
      assert.deepEqual(await world.objects(), files, 'no object without a dataset, no dataset without its object')
      for (const { id, version, row_count, size_bytes } of datasets) {
        const present = rows.filter((row) => row.dataset_id === id && row.version === version)
        const sum = (name: string) => present.reduce((total, row) => total + row[name], 0)
        assert.deepEqual([row_count, size_bytes], [sum('row_count'), sum('size_bytes')], 'it says what its files say')
      }
      assert.deepEqual(await world.unfinished(), [], 'nothing is left of parts')
      const sessions = query('SELECT id, status, completion_status FROM upload_sessions')
      for (const { id, status, completion_status } of sessions) {
        assert.ok(['completed', 'failed', 'aborted'].includes(status), `${id} is ${status}`)
        const isMade = rows.some(({ upload_id }) => upload_id === id)
        assert.equal(isMade, status === 'completed', `${id} is ${status}, ${completion_status}`)
      }
      for (const { id, isRegistered } of all) {
        if (isRegistered)
          assert.ok(
            rows.some(({ upload_id }) => upload_id === id),
            `${id} was said to be registered`,
          )
      }
      registered = rows.length
    }

    /** What a client does that has lost the connection. */
    async function goOn(server: RunningHoldall, upload: Upload): Promise<void> {
      if (upload.id === undefined || upload.isRegistered) return
      const { body: session } = await call(server, 'GET', `/${upload.id}`)
      if (upload.isCancelled) {
        if (!['aborted', 'completed'].includes(session.status)) await cancel(server, upload)
        return
      }
      if (session.status === 'initiated') {
        const { body } = await call(server, 'POST', `/${upload.id}/parts`, { part_numbers: [1] })
        await put(server, body.part_urls[0].url, upload.content)
        assert.equal((await call(server, 'POST', `/${upload.id}/complete`, {})).status, 202)
      }
      const isValid = upload.content.subarray(0, 4).toString() === 'PAR1'
      const last = await poll(server, upload)
      assert.equal(last.completion_status, isValid ? 'registered' : 'failed', JSON.stringify(last))
      assert.equal(last.failure_reason?.step, isValid ? undefined : 'infer', JSON.stringify(last))
    }

    /** Begun, and the answer was lost. */
    async function discardOpen(server: RunningHoldall): Promise<void> {
      const { body } = await call(server, 'GET', '?status=initiated')
      for (const { upload_id } of body.uploads)
        assert.equal((await call(server, 'DELETE', `/${upload_id}`)).status, 200)
    }

    async function begin(server: RunningHoldall, upload: Upload): Promise<void> {
      const { filename, mode } = upload
      const joining = mode && { mode, dataset_id: standingDataset, confirm: true }
      const body = { filename, total_size: upload.content.length, ...joining }
      const { status, body: plan } = await call(server, 'POST', '/init', body)
      assert.equal(status, 200)
      upload.id = plan.upload_id
      await put(server, plan.part_urls[0].url, upload.content)
    }

    async function sendAll(server: RunningHoldall, upload: Upload): Promise<void> {
      await begin(server, upload)
      assert.equal((await call(server, 'POST', `/${upload.id}/complete`, {})).status, 202)
      await poll(server, upload)
    }

    /** In the middle of its steps. */
    async function sendAndCancel(server: RunningHoldall, upload: Upload): Promise<void> {
      await begin(server, upload)
      await call(server, 'POST', `/${upload.id}/complete`, {})
      await sleep(Math.random() * 300)
      upload.isCancelled = true
      await cancel(server, upload)
    }

    async function cancel(server: RunningHoldall, upload: Upload): Promise<void> {
      const { status } = await call(server, 'DELETE', `/${upload.id}`)
      assert.ok([200, 409].includes(status), `${status}`)
    }

    async function poll(server: RunningHoldall, upload: Upload): Promise<Json> {
      for (const deadline = Date.now() + SETTLE_LIMIT_MS; ; await sleep(30)) {
        const { body } = await call(server, 'GET', `/${upload.id}`)
        upload.isRegistered = body.completion_status === 'registered'
        if (upload.isRegistered || body.completion_status === 'failed') return body
        assert.ok(Date.now() < deadline, `it never ended: ${JSON.stringify(body)}\n${server.output()}`)
      }
    }

    async function put(server: RunningHoldall, url: string, content: Buffer): Promise<void> {
      const { pathname, search } = new URL(url)
      // The server has another port after each death; a bucket has not.
      const address = pathname.startsWith('/-/') ? server.url + pathname + search : url
      const sent = await fetch(address, { method: 'PUT', body: new Uint8Array(content) })
      assert.equal(sent.status, 200, await sent.text())
    }

    async function call(server: RunningHoldall, method: string, path: string, body?: object) {
      const response = await fetch(`${server.url}/public/uploads/${ORGANIZATION}/medicaid/multipart${path}`, {
        method,
        headers: { 'X-User-Token': token, ...(body && { 'Content-Type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
      })
      return { status: response.status, body: (await response.json()) as Json }
    }

    /** What queries see is what its row says. */
    async function assertCounted(server: RunningHoldall): Promise<void> {
      const [dataset] = query('SELECT table_name, row_count FROM datasets')
      const files = query(
        'SELECT f.row_count AS rows FROM dataset_files AS f JOIN datasets AS d ON d.id = f.dataset_id AND d.version = f.version',
      )
      const answer = await fetch(`${server.url}/-/datasets/${ORGANIZATION}/medicaid/query`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ sql: `SELECT count(*) AS rows, sum(id)::BIGINT AS ids FROM ${dataset.table_name}` }),
      })
      const ids = files.reduce((sum, { rows }) => sum + (rows * (rows - 1)) / 2, 0)
      assert.deepEqual(((await answer.json()) as Json).rows, [{ rows: dataset.row_count, ids }])
    }

    /** Every session has ended, or waits for its client; and what had to be removed is removed. */
    async function settled(server: RunningHoldall): Promise<void> {
      const pending = `SELECT id, status, completion_status FROM upload_sessions WHERE status = 'completing'
        OR (status = 'initiated' AND (lease_owner IS NOT NULL OR storage_upload IS NULL))
        OR clear_at <= strftime('%Y-%m-%dT%H:%M:%fZ', 'now')`
      for (const deadline = Date.now() + SETTLE_LIMIT_MS; query(pending).length > 0; await sleep(50)) {
        assert.ok(Date.now() < deadline, `never ended: ${JSON.stringify(query(pending))}\n${server.output()}`)
      }
    }

    function query(sql: string): Json[] {
      const database = new DatabaseSync(join(data, 'internal.db'), { readOnly: true, timeout: 5_000 })
      try {
        return database.prepare(sql).all()
      } finally {
        database.close()
      }
    }
  })
}
