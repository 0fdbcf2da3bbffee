import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { xlsxOf } from 'holdall/testing'
import {
  createDatasetClient,
  type DatasetClient,
  type Json,
  ORGANIZATION,
  SETTLE_LIMIT_MS,
  type Sent,
  type Upload,
  type Work,
} from './dataset-client.ts'
import { createDoomed, type Doomed } from './doomed.ts'
import { createToken, type RunningHoldall, startHoldall } from './holdall.ts'
import { readParquet, visits } from './parquet.ts'

const LONG = process.env.HOLDALL_TEST_LONG !== undefined
const RANDOM_WITHIN_MS = 1_500
/** Conversions in the middle of one of which the server must die. */
const CATCHES = 5
/** Each step of the pipeline, and what surrounds them. */
const NEEDED_TO_JOIN = [
  ...['create session', 'completing', 'combined', 'begin infer', 'enter looked', 'infer', 'begin register'],
  ...['lay in place', 'join dataset', 'remove what lay waiting'],
]
const NEEDED = ['create session', 'completing', 'combined', 'begin infer', 'infer', 'begin register', 'add dataset']
const NEEDED_TO_CONVERT = [
  'combined',
  'begin convert',
  'convert: write Parquet',
  'converted',
  'join dataset',
  'add dataset',
]
/** Rows that take a process a second to convert. */
const MANY = { csv: 150_000, xlsx: 40_000 }
const COLUMNS = ['id', 'name', 'price', 'code']

export interface World {
  readonly source: object
  /** Each run walks through every so many of the writes, and begins at another one of the first. */
  readonly every: number
  readonly leastKills: number
  objects(): Promise<string[]>
  read(path: string): Promise<Buffer>
  unfinished(): Promise<string[]>
  remove(): Promise<void>
}

interface Kind {
  readonly name: string
  readonly work: Work
  readonly bytes: () => Sent
  readonly mode?: 'append' | 'replace'
}

type Make = (root: string) => Promise<World>

/** Kills of servers while uploads become datasets, in a place of this kind. */
export function datasetKills(name: string, make: Make, skip: string | false = false): void {
  killsWhile(`uploads to ${name} become datasets`, { make, skip, of: 'datasets' })
}

/** The same while what is sent is converted to Parquet, for a dataset of its own and for one that is there. */
export function conversionKills(name: string, make: Make, skip: string | false = false): void {
  const fewer = async (root: string) => ({
    ...(await make(root)),
    ...(LONG ? { leastKills: 30 } : { every: 14, leastKills: 4 }),
  })
  killsWhile(`what is sent to ${name} is converted`, { make: fewer, skip, of: 'conversions' })
}

/** The same while files are added to a dataset in it, and replace it. */
export function joiningKills(name: string, make: Make, skip: string | false = false): void {
  const fewer = async (root: string) => ({ ...(await make(root)), ...(!LONG && { every: 7, leastKills: 8 }) })
  killsWhile(`files are added to a dataset in ${name}, and replace it`, { make: fewer, skip, of: 'files' })
}

interface KillsOptions {
  readonly make: Make
  readonly skip: string | false
  /** What uploads become: datasets, more files of one, or either after they were converted. */
  readonly of: 'datasets' | 'files' | 'conversions'
}

function killsWhile(what: string, { make, skip, of }: KillsOptions): void {
  const joins = of === 'files'
  const converts = of === 'conversions'

  describe(`a server that is killed while ${what}`, { skip }, () => {
    let folder: string
    let data: string
    let world: World
    let config: string
    let token: string
    let client: DatasetClient
    let doomed: Doomed
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
      const collections = [{ organization: ORGANIZATION, id: 'medicaid', source: 'media' }]
      writeFileSync(config, JSON.stringify({ sources: { media: world.source }, collections }))
      doomed = createDoomed({ data, config })
      const server = await doomed.server()
      token = await createToken(data, 'root')
      client = createDatasetClient(token)
      if (!joins && !converts) return
      await client.sendAll(server, fresh(converts ? csv(100) : { content: visits(100) }), async () => {})
      standingDataset = query('SELECT id FROM datasets')[0]?.id
    })
    after(async () => {
      await doomed?.end()
      await world?.remove()
      rmSync(folder, { recursive: true })
    })

    test('at counted writes: one dataset of each upload, one entry, no object without one', async (t) => {
      const makes: readonly Kind[] = [
        { name: 'registered', work: client.sendAll, bytes: () => ({ content: visits() }) },
        { name: 'invalid', work: client.sendAll, bytes: () => ({ content: Buffer.alloc(5_000, 'no Parquet file ') }) },
        { name: 'cancelled', work: client.sendAndCancel, bytes: () => ({ content: visits() }) },
      ]
      const joinings: readonly Kind[] = [
        { name: 'added', work: client.sendAll, bytes: () => ({ content: visits(7) }), mode: 'append' },
        { name: 'replaced', work: client.sendAll, bytes: () => ({ content: visits(50) }), mode: 'replace' },
        { name: 'not added', work: client.sendAndCancel, bytes: () => ({ content: visits(9) }), mode: 'append' },
      ]
      const conversions: readonly Kind[] = [
        { name: 'CSV', work: client.convertAll, bytes: () => csv(30) },
        { name: 'Excel', work: client.convertAll, bytes: () => excel(40) },
        { name: 'CSV added', work: client.convertAll, bytes: () => csv(5), mode: 'append' },
      ]
      const kinds = { datasets: makes, files: joinings, conversions }[of]
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
      if (joins) await assertCounted(await doomed.server())
      for (const [boundary, count] of [...hit].sort()) t.diagnostic(`${count} × ${boundary}`)
      t.diagnostic(`${kills} kills, ${uploads} uploads, ${registered} files of datasets`)
      assert.ok(kills >= world.leastKills, `${kills} kills`)
      if (!LONG) return
      for (const needed of { datasets: NEEDED, files: NEEDED_TO_JOIN, conversions: NEEDED_TO_CONVERT }[of]) {
        assert.ok(
          [...hit.keys()].some((boundary) => boundary.includes(needed)),
          `no kill hit "${needed}"`,
        )
      }
    })

    if (!converts)
      test('two servers share the work; either is killed, and nothing is lost or there twice', async (t) => {
        await doomed.killed()
        const rounds = LONG ? 40 : 1
        for (let round = 0; round < rounds; round += 1) {
          const servers = await Promise.all([startHoldall({ data, config }), startHoldall({ data, config })])
          const [dies, lives] = round % 2 === 0 ? servers : servers.toReversed()
          const all = Array.from({ length: 8 }, (_, at) =>
            fresh({ content: visits(at + 1) }, joins ? 'append' : undefined),
          )
          try {
            const sending = Promise.allSettled(
              all.map(async (upload, at) => client.sendAll(servers[at % 2] as RunningHoldall, upload, async () => {})),
            )
            await sleep(Math.random() * RANDOM_WITHIN_MS)
            await dies?.kill()
            await sending
            // Nobody restarts the other: the one that lives takes over.
            await examine(lives as RunningHoldall, all)
          } finally {
            for (const server of servers) await server.kill()
          }
        }
        t.diagnostic(`${rounds} of two servers killed`)
      })

    if (converts)
      test('in the middle of a conversion: the process that converts ends, and the next one makes it whole', async (t) => {
        for (const sent of [csv(MANY.csv), excel(MANY.xlsx)]) {
          const { upload, pid, bytes } = await killedConverting(sent)
          for (const deadline = Date.now() + SETTLE_LIMIT_MS; isRunning(pid); await sleep(20)) {
            assert.ok(Date.now() < deadline, 'the process that converts is still there')
          }
          await examine(await doomed.server(), [upload])
          t.diagnostic(`killed with ${bytes} bytes of ${upload.filename} written`)
        }
      })

    /** An upload whose server died in the middle of its conversion. One may be over before that is seen; then there is another. */
    async function killedConverting(sent: Sent): Promise<{ upload: Upload; pid: number; bytes: number }> {
      for (let tries = 0; tries < CATCHES; tries += 1) {
        const server = await doomed.server()
        const upload = fresh(sent)
        await client.begin(server, upload)
        assert.equal((await client.call(server, 'POST', `/${upload.id}/complete`, {})).status, 202)
        const caught = await converting(server, upload)
        if (caught === undefined) continue
        await doomed.killed()
        const [session] = query(`SELECT completion_status FROM upload_sessions WHERE id = '${upload.id}'`)
        if (session.completion_status === 'converting') return { upload, ...caught }
      }
      throw new Error(`${CATCHES} conversions were over before their server was killed`)
    }

    /** The process of the server that converts, once it has written something; `undefined` when it has ended by then. */
    async function converting(
      server: RunningHoldall,
      { id }: Upload,
    ): Promise<{ pid: number; bytes: number } | undefined> {
      const written = join(data, 'conversions', 'files')
      for (const deadline = Date.now() + SETTLE_LIMIT_MS; ; await sleep(2)) {
        assert.ok(Date.now() < deadline, `nothing was converted\n${server.output()}`)
        const bytes = existsSync(written)
          ? readdirSync(written).reduce(
              (sum, name) => sum + (statSync(join(written, name), { throwIfNoEntry: false })?.size ?? 0),
              0,
            )
          : 0
        if (bytes === 0) {
          if (query(`SELECT 1 FROM upload_sessions WHERE id = '${id}' AND status <> 'completing'`).length > 0) return
          continue
        }
        const children = readFileSync(`/proc/${server.process.pid}/task/${server.process.pid}/children`, 'utf8')
        for (const pid of children.trim().split(' ').map(Number)) {
          if (commandOf(pid).includes('convert/child')) return { pid, bytes }
        }
      }
    }

    function fresh(sent: Sent, mode?: Upload['mode']): Upload {
      uploads += 1
      return {
        ...sent,
        filename: `upload ${uploads}.${sent.ending ?? 'parquet'}`,
        ...(mode && { mode, into: standingDataset }),
      }
    }

    /** One upload to the server that stands, which dies at the write with this number; the next one is looked at. */
    async function killedAt(at: number, work: Work, upload: Upload): Promise<string | undefined> {
      const isOver = await work(await doomed.server(), upload, () => doomed.arm(at)).then(
        () => true,
        () => false,
      )
      const boundary = isOver && (await doomed.spare()) ? undefined : await doomed.killed()
      await examine(await doomed.server(), [upload])
      return boundary
    }

    /** Goes on as a client would, and holds what the server shows against what is in the storage. */
    async function examine(server: RunningHoldall, all: readonly Upload[]): Promise<void> {
      await settled(server)
      for (const upload of all) await client.goOn(server, upload)
      await client.discardOpen(server)
      await settled(server)
      const datasets = query('SELECT id, upload_id, version, row_count, size_bytes FROM datasets')
      const listed = query(
        'SELECT role, dataset_id, version, path, upload_id, row_count, size_bytes FROM dataset_files',
      )
      const rows = listed.filter(({ role }) => role === 'data')
      const files = listed.map(({ path }) => path).sort()
      assert.equal(new Set(datasets.map(({ upload_id }) => upload_id)).size, datasets.length, 'nothing is there twice')
      assert.equal(new Set(rows.map(({ upload_id }) => upload_id)).size, rows.length, 'no file is there twice')
      if (joins) assert.equal(datasets.length, 1)
      else if (!converts) assert.equal(files.length, datasets.length)
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
      if (converts) for (const upload of all) await assertConverted(upload, listed)
    }

    /** What was sent is there as it was, and what became of it has its rows: by DuckDB, which has read nothing of it yet. */
    async function assertConverted({ id, content, rows = 0 }: Upload, files: Json[]): Promise<void> {
      if (id === undefined) return
      const own = files.filter(({ upload_id }) => upload_id === id)
      assert.deepEqual(own.map(({ role }) => role).sort(), ['data', 'original'], `${id} is there once`)
      const pathOf = (role: string) => own.find((one) => one.role === role)?.path
      assert.ok((await world.read(pathOf('original'))).equals(content), 'what was sent is kept')
      const sums =
        'count(*)::INT, sum(id)::BIGINT::VARCHAR, sum(price), count(DISTINCT name)::INT, min(code), max(code)'
      assert.deepEqual(await readParquet(await world.read(pathOf('data')), `SELECT ${sums}`), [
        [
          ...[rows, String((rows * (rows - 1)) / 2), (rows * (rows - 1)) / 8, Math.min(rows, 100)],
          ...['000', `00${Math.min(rows - 1, 6)}`],
        ],
      ])
      for (const name of ['files', 'copies']) {
        const left = join(data, 'conversions', name)
        assert.deepEqual(
          existsSync(left) ? readdirSync(left) : [],
          [],
          'nothing is left of what was written on the way',
        )
      }
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

function csv(rows: number): Sent {
  const lines = Array.from({ length: rows }, (_, at) => {
    const [id, name, price, code] = rowOf(at)
    return `${id},"${name}",${price},${code}`
  })
  return { content: Buffer.from(`${COLUMNS.join(',')}\n${lines.join('\n')}\n`), ending: 'csv', rows }
}

function excel(rows: number): Sent {
  const cells = Array.from({ length: rows }, (_, at) => rowOf(at))
  return { content: xlsxOf([{ name: 'Prices', rows: [COLUMNS, ...cells] }]), ending: 'xlsx', rows }
}

function rowOf(at: number): [number, string, number, string] {
  return [at, `name, ${at % 100}`, at / 4, `00${at % 7}`]
}

function isRunning(pid: number): boolean {
  return commandOf(pid).includes('convert/child')
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
