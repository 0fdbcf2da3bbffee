import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createToken, type RunningHoldall, startHoldall } from './support/holdall.ts'

const LONG = process.env.HOLDALL_TEST_LONG !== undefined
const KILLS = LONG ? 300 : 6
const RANDOM_WITHIN_MS = 1_500
const FILES = 60
const SETTLE_LIMIT_MS = 20_000

interface RunRow {
  readonly id: string
  readonly status: string
  readonly cells: number
}

interface CellRow {
  readonly row_key: string
  readonly before: string | null
  readonly after: string
}

/**
 * A server that dies while it attaches or undoes: afterwards the rows have all of it or nothing, and the journal knows which.
 * Each step of it is killed by name in `tables/attach/kill.test.ts`; here it is all of the server, whenever it happens to be.
 */
describe('a server that is killed while it attaches many files', () => {
  let folder: string
  let data: string
  let config: string
  let token: string
  const files: string[] = []
  let outcomes = { applied: 0, nothing: 0, undone: 0 }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-attach-kill-'))
    data = join(folder, 'data')
    const database = new DatabaseSync(join(folder, 'museum.db'))
    database.exec(`PRAGMA journal_mode = WAL;
      CREATE TABLE objects (id INTEGER PRIMARY KEY, inventory TEXT, photos TEXT);
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${FILES})
        INSERT INTO objects (inventory) SELECT 'no ' || i FROM n`)
    database.close()
    config = join(folder, 'holdall.json')
    const content = JSON.stringify({
      databases: {
        museum: {
          path: join(folder, 'museum.db'),
          tables: { objects: { columns: { photos: { file_column: true, file_multiple: true } } } },
        },
      },
    })
    writeFileSync(config, content)
    const server = await start()
    token = await createToken(data, 'root')
    for (let at = 1; at <= FILES; at += 1) {
      const response = await fetch(`${server.url}/-/files/upload/files?filename=no_${at}.txt`, {
        method: 'POST',
        body: `file ${at}`,
        headers: { Authorization: `Bearer ${token}` },
      })
      files.push(((await response.json()) as { file_id: string }).file_id)
    }
    await server.stop()
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  function start(): Promise<RunningHoldall> {
    return startHoldall({ data, config })
  }

  test('at random moments of attaching and undoing', { timeout: 3_600_000 }, async (t) => {
    let server = await start()
    for (let kill = 0; kill < KILLS; kill += 1) {
      const acting = (async () => {
        for (;;) {
          await attach(server.url)
          await undo(server.url)
        }
      })().catch(() => undefined)
      await sleep(50 + Math.random() * RANDOM_WITHIN_MS)
      await server.kill()
      await acting
      server = await start()
      await look(server)
    }
    await server.kill()
    t.diagnostic(`${KILLS} kills; found afterwards: ${JSON.stringify(outcomes)}`)
  })

  async function post(url: string, path: string, body: object): Promise<Record<string, unknown>> {
    const response = await fetch(`${url}/museum/objects/-/attach${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    })
    const json = (await response.json()) as Record<string, unknown>
    assert.equal(response.status, 200, JSON.stringify(json))
    return json
  }

  async function attach(url: string): Promise<void> {
    await post(url, '', { column: 'photos', files, match: { column: 'inventory' } })
  }

  async function undo(url: string): Promise<void> {
    const [run] = query<RunRow>("SELECT id FROM attach_runs WHERE status = 'applied' ORDER BY id DESC LIMIT 1")
    await post(url, `/${run?.id}/-/undo`, {})
  }

  /** Every run comes to an end that the rows agree with; then all is taken back. */
  async function look(server: RunningHoldall): Promise<void> {
    for (const deadline = Date.now() + SETTLE_LIMIT_MS; ; await sleep(50)) {
      const open = query<RunRow>("SELECT id, status, cells FROM attach_runs WHERE status IN ('applying', 'undoing')")
      if (open.length === 0) break
      assert.ok(Date.now() < deadline, `runs were never settled: ${JSON.stringify(open)}\n${server.output()}`)
    }
    const rows = new Map(objects().map(({ id, photos }) => [String(id), photos]))
    const held = [...rows.values()].filter((photos) => photos !== null).length
    assert.ok(held === 0 || held === FILES, `all or nothing, not ${held} of ${FILES}`)
    const applied = query<RunRow>("SELECT id, status, cells FROM attach_runs WHERE status = 'applied'")
    assert.equal(applied.length, held === 0 ? 0 : 1, 'the journal knows what the rows hold')
    const [last] = query<RunRow>('SELECT id, status, cells FROM attach_runs ORDER BY id DESC LIMIT 1')
    for (const run of applied) {
      const cells = query<CellRow>(`SELECT row_key, before, after FROM attach_cells WHERE run_id = '${run.id}'`)
      assert.equal(cells.length, FILES)
      for (const { row_key, after } of cells) assert.equal(rows.get(row_key), after)
      await undo(server.url)
    }
    if (applied.length > 0) outcomes = { ...outcomes, applied: outcomes.applied + 1 }
    else if (last?.status === 'undone') outcomes = { ...outcomes, undone: outcomes.undone + 1 }
    else outcomes = { ...outcomes, nothing: outcomes.nothing + 1 }
    assert.deepEqual(
      objects().filter(({ photos }) => photos !== null),
      [],
      'undone',
    )
  }

  function objects(): { id: number; photos: string | null }[] {
    return read(join(folder, 'museum.db'), 'SELECT id, photos FROM objects')
  }

  function query<Row>(sql: string): Row[] {
    return read(join(data, 'internal.db'), sql)
  }
})

function read<Row>(path: string, sql: string): Row[] {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
  try {
    return database.prepare(sql).all() as Row[]
  } finally {
    database.close()
  }
}
