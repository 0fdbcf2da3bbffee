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
  id?: string
  isCancelled?: boolean
  isRegistered?: boolean
}

/** Kills of servers while uploads become datasets, in a place of this kind. */
export function datasetKills(name: string, make: (root: string) => Promise<World>, skip: string | false = false): void {
  describe(`a server that is killed while uploads to ${name} become datasets`, { skip }, () => {
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
      await server.stop()
    })
    after(async () => {
      await standing?.kill()
      await world?.remove()
      rmSync(folder, { recursive: true })
    })

    test('at counted writes: one dataset of each upload, one entry, no object without one', async (t) => {
      const kinds = [
        { name: 'registered', work: sendAll, bytes: visits },
        { name: 'invalid', work: sendAll, bytes: () => Buffer.alloc(5_000, 'no Parquet file ') },
        { name: 'cancelled', work: sendAndCancel, bytes: visits },
      ]
      for (let round = 0; kills < world.leastKills || round === 0; round += 1) {
        for (const { name, work, bytes } of kinds) {
          for (let at = 1 + Math.floor(Math.random() * world.every); ; at += world.every) {
            const boundary = await killedAt(at, work, bytes())
            if (boundary === undefined) break
            kills += 1
            hit.set(`${name}: ${boundary}`, (hit.get(`${name}: ${boundary}`) ?? 0) + 1)
          }
        }
      }
      await standing?.kill()
      for (const [boundary, count] of [...hit].sort()) t.diagnostic(`${count} × ${boundary}`)
      t.diagnostic(`${kills} kills, ${uploads} uploads, ${registered} datasets`)
      assert.ok(kills >= world.leastKills, `${kills} kills`)
      if (!LONG) return
      for (const needed of NEEDED) {
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
        const all = Array.from({ length: 8 }, (_, at) => fresh(visits(at + 1)))
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

    function fresh(content: Buffer): Upload {
      uploads += 1
      return { content, filename: `upload ${uploads}.parquet` }
    }

    /** One upload to the server that stands, which dies at the write with this number; the next one is looked at. */
    async function killedAt(at: number, work: typeof sendAll, content: Buffer): Promise<string | undefined> {
      const server = standing ?? (await doomed())
      writeFileSync(numberFile, String(at))
      server.process.kill('SIGUSR2')
      const upload = fresh(content)
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
      const datasets = query('SELECT id, upload_id FROM datasets')
      const files = query('SELECT path FROM dataset_files')
        .map(({ path }) => path)
        .sort()
      assert.equal(new Set(datasets.map(({ upload_id }) => upload_id)).size, datasets.length, 'nothing is there twice')
      assert.equal(files.length, datasets.length)
      assert.deepEqual(await world.objects(), files, 'no object without a dataset, no dataset without its object')
      assert.deepEqual(await world.unfinished(), [], 'nothing is left of parts')
      const sessions = query('SELECT id, status, completion_status FROM upload_sessions')
      for (const { id, status, completion_status } of sessions) {
        assert.ok(['completed', 'failed', 'aborted'].includes(status), `${id} is ${status}`)
        const isMade = datasets.some(({ upload_id }) => upload_id === id)
        assert.equal(isMade, status === 'completed', `${id} is ${status}, ${completion_status}`)
      }
      for (const { id, isRegistered } of all) {
        if (isRegistered)
          assert.ok(
            datasets.some(({ upload_id }) => upload_id === id),
            `${id} was said to be registered`,
          )
      }
      registered = datasets.length
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
      const body = { filename: upload.filename, total_size: upload.content.length }
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
