import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { filesBelow } from './support/below.ts'
import { createToken, runHoldall, startHoldall } from './support/holdall.ts'

const COMMAND = fileURLToPath(new URL('../packages/holdall/bin/holdall.js', import.meta.url))
const LONG = process.env.HOLDALL_TEST_LONG !== undefined
/** Each round changes the folder, is killed so often on its way through it, and then has to have got everything right. */
const ROUNDS = LONG ? 120 : 5
/** A run over three pages begins, or is found and claimed; then a write for each page, for what is missing, and the end. */
const KILLS_AT = [1, 2, 2, 4, 5, 4]
const RANDOM_ROUNDS = LONG ? 80 : 1
const RANDOM_KILLS = 5
const RANDOM_WITHIN_MS = 1_500
const FILES = 2_300
const SETTLE_LIMIT_MS = 30_000

describe('a sync that is killed', () => {
  let folder: string
  let data: string
  let root: string
  let config: string
  /** Path → how often its bytes were replaced; what is not on the disk any more is `gone`. */
  const tree = new Map<string, { changes: number; gone: boolean }>()
  const hit = new Map<string, number>()
  let clock = 1_700_000_000
  let seed = 7
  let made = 0

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-sync-kill-'))
    data = join(folder, 'data')
    root = join(folder, 'tree')
    config = join(folder, 'holdall.json')
    mkdirSync(root)
    writeFileSync(
      config,
      JSON.stringify({ sources: { tree: { storage: 'filesystem', sync: 'manual', config: { root } } } }),
    )
    await (await startHoldall({ data, config })).stop()
    for (let n = 0; n < FILES; n += 1) put(fresh())
  })
  after(() => rmSync(folder, { recursive: true }))

  test('at counted writes, again and again on its way', async (t) => {
    let kills = 0
    for (let round = 0; round < ROUNDS; round += 1) {
      const expected = change(round === 0)
      const since = newestRun()
      for (const at of KILLS_AT) {
        const boundary = await killedAt(at)
        if (boundary === undefined) continue
        kills += 1
        hit.set(boundary, (hit.get(boundary) ?? 0) + 1)
      }
      await completed()
      examine(since, expected)
    }
    for (const [boundary, count] of [...hit].sort()) t.diagnostic(`${count} × ${boundary}`)
    t.diagnostic(`${kills} kills, ${tree.size} files known, none twice, none wrongly missing`)
    for (const needed of ['begin sync', 'claim sync', 'sync page', 'sync missing', 'sync completed']) {
      assert.ok(
        [...hit.keys()].some((boundary) => boundary.includes(needed)),
        `no kill hit "${needed}"`,
      )
    }
    assert.ok(kills >= ROUNDS * 5, `only ${kills} kills`)
  })

  test('at random moments', async (t) => {
    let kills = 0
    for (let round = 0; round < RANDOM_ROUNDS; round += 1) {
      const expected = change(false)
      const since = newestRun()
      for (let kill = 0; kill < RANDOM_KILLS; kill += 1) {
        const child = start({})
        const ended = once(child, 'exit')
        await Promise.race([ended, sleep(400 + Math.random() * RANDOM_WITHIN_MS)])
        if (child.exitCode === null) kills += 1
        child.kill('SIGKILL')
        await ended
      }
      await completed()
      examine(since, expected)
    }
    t.diagnostic(`${kills} of ${RANDOM_ROUNDS * RANDOM_KILLS} were still running when they were killed`)
  })

  test('goes on in the server that starts next', async () => {
    const expected = change(false)
    const since = newestRun()
    assert.match((await killedAt(3)) ?? '', /sync/)
    const server = await startHoldall({ data, config })
    for (const deadline = Date.now() + SETTLE_LIMIT_MS; ; await sleep(50)) {
      const [run] = query<{ status: string }>('SELECT status FROM sync_runs ORDER BY id DESC LIMIT 1')
      if (run?.status === 'completed') break
      assert.ok(Date.now() < deadline, `the run never ended: ${run?.status}\n${server.output()}`)
    }
    await server.stop()
    examine(since, expected)
  })

  test('two processes at once make one run of it', async () => {
    const expected = change(false)
    const since = newestRun()
    const both = await Promise.all([1, 2, 3].map(() => runHoldall(['sync', 'tree', '--data', data, '-c', config])))
    for (const { code, stderr } of both) assert.equal(code, 0, stderr)
    examine(since, expected)
  })

  interface Expected {
    readonly added: number
    readonly changed: number
    readonly missing: number
    readonly returned: number
  }

  /** New files, other bytes, files that go and files that come back; the first time all are new. */
  function change(isFirst: boolean): Expected {
    if (isFirst) return { added: tree.size, changed: 0, missing: 0, returned: 0 }
    const counts = { added: 0, changed: 0, missing: 0, returned: 0 }
    for (const [path, state] of [...tree]) {
      const dice = random(100)
      if (state.gone) {
        if (dice < 50) continue
        // It comes back with another time, and so as other bytes.
        put(path)
        state.gone = false
        state.changes += 1
        counts.returned += 1
        counts.changed += 1
      } else if (dice < 3) {
        rmSync(join(root, path))
        state.gone = true
        counts.missing += 1
      } else if (dice < 6) {
        put(path)
        state.changes += 1
        counts.changed += 1
      }
    }
    for (let n = 0; n < 60; n += 1) {
      put(fresh())
      counts.added += 1
    }
    return counts
  }

  function fresh(): string {
    made += 1
    return `${random(40)}/${random(3) === 0 ? `deep-${random(5)}/` : ''}${made} file.txt`
  }

  function put(path: string): void {
    const full = join(root, path)
    mkdirSync(dirname(full), { recursive: true })
    writeFileSync(full, 'x'.repeat(random(50)))
    clock += 1
    utimesSync(full, clock, clock)
    if (!tree.has(path)) tree.set(path, { changes: 0, gone: false })
  }

  function random(below: number): number {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((seed / 2_147_483_648) * below)
  }

  function start(env: Record<string, string>): ChildProcess {
    return spawn(process.execPath, [COMMAND, 'sync', 'tree', '--data', data, '-c', config], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
  }

  async function killedAt(at: number): Promise<string | undefined> {
    const child = start({ HOLDALL_TEST_KILL_AT: String(at) })
    let printed = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
    await once(child, 'close')
    return /killed before \d+: (.*)/.exec(printed)?.[1]
  }

  async function completed(): Promise<void> {
    const { code, stderr } = await runHoldall(['sync', 'tree', '--data', data, '-c', config])
    assert.equal(code, 0, stderr)
  }

  function newestRun(): number {
    return query<{ id: number | null }>('SELECT max(id) AS id FROM sync_runs')[0]?.id ?? 0
  }

  /** Holds the registry against the disk, and what the runs since then say they found against what there was to find. */
  function examine(since: number, expected: Expected): void {
    const rows = query<{ path: string; size: number; adopted: number; missing_since: string | null; changes: number }>(
      `SELECT path, size, adopted, missing_since,
        (SELECT count(*) FROM datasette_files_history AS h WHERE h.file_id = f.id) AS changes
       FROM datasette_files AS f ORDER BY path`,
    )
    assert.deepEqual(rows.map(({ path }) => path).sort(), [...tree.keys()].sort(), 'everything is there, once')
    for (const { path, size, adopted, missing_since, changes } of rows) {
      const { gone, changes: really } = tree.get(path) as { changes: number; gone: boolean }
      assert.equal(missing_since !== null, gone, `${path} is ${gone ? 'gone' : 'there'}`)
      assert.equal(adopted, 1)
      assert.equal(changes, really, `the changes of ${path}`)
      if (!gone) assert.equal(size, statSync(join(root, path)).size, path)
    }
    assert.equal(filesBelow(root).length, rows.filter(({ missing_since }) => missing_since === null).length)
    const runs = query<Expected & { running: number; seen: number }>(
      `SELECT sum(added) AS added, sum(changed) AS changed, sum(missing) AS missing, sum(returned) AS returned,
        sum(status <> 'completed') AS running, (SELECT count(*) FROM sync_seen) AS seen
       FROM sync_runs WHERE id > ${since}`,
    )
    assert.deepEqual({ ...runs[0] }, { ...expected, running: 0, seen: 0 })
    const jobs = query<{ jobs: number }>('SELECT count(DISTINCT file_id) AS jobs FROM datasette_files_work')
    assert.ok((jobs[0]?.jobs ?? 0) <= rows.length)
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

describe('sync against uploads', () => {
  const UPLOADS = LONG ? 2_000 : 60
  const AT_ONCE = 6

  test('what is uploaded while the source is synced is one file, and what breaks off is none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdall-sync-race-'))
    const root = join(folder, 'files')
    mkdirSync(root)
    for (let n = 0; n < 500; n += 1) writeFileSync(join(root, `found-${n}.txt`), String(n))
    const data = join(folder, 'data')
    mkdirSync(data)
    const server = await startHoldall({
      data,
      config: { sources: { files: { storage: 'filesystem', sync: 'manual', config: { root } } } },
    })
    try {
      const headers = { Authorization: `Bearer ${await createToken(data, 'root')}` }
      let over = false
      let runs = 0
      const syncing = (async () => {
        while (!over) {
          await synced()
          runs += 1
        }
      })()
      const waiting = Array.from({ length: UPLOADS }, (_, n) => n).values()
      const stored: string[] = []
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          for (const n of waiting) {
            const url = `${server.url}/-/files/upload/files?filename=up-${n}.txt`
            if (n % 5 === 0) {
              await breakOff(url, headers)
              continue
            }
            const body = `uploaded ${n} ${'x'.repeat(n * 100)}`
            const sent = await fetch(url, { method: 'POST', body, headers })
            stored.push(((await sent.json()) as { file_id: string }).file_id)
          }
        }),
      )
      over = true
      await syncing
      await synced()
      assert.ok(runs > 0)
      const database = new DatabaseSync(join(data, 'internal.db'), { readOnly: true, timeout: 5_000 })
      const rows = database.prepare('SELECT id, adopted, missing_since FROM datasette_files').all() as {
        id: string
        adopted: number
        missing_since: string | null
      }[]
      database.close()
      const uploaded = rows.filter(({ adopted }) => adopted === 0)
      assert.deepEqual(uploaded.map(({ id }) => id).sort(), stored.sort())
      assert.equal(rows.length - uploaded.length, 500, 'what was found, and nothing that was being uploaded')
      assert.deepEqual(
        rows.filter(({ missing_since }) => missing_since !== null),
        [],
      )

      async function synced(): Promise<void> {
        const address = `${server.url}/-/files/sync/files`
        assert.equal((await fetch(address, { method: 'POST', headers })).status, 202)
        for (;;) {
          const state = (await (await fetch(`${address}.json`, { headers })).json()) as { status: string }
          if (state.status !== 'running') {
            assert.equal(state.status, 'completed')
            return
          }
          await sleep(5)
        }
      }
    } finally {
      await server.stop()
      rmSync(folder, { recursive: true })
    }
  })
})

/** Some bytes, and then the client is gone. */
async function breakOff(url: string, headers: Record<string, string>): Promise<void> {
  const request = httpRequest(url, { method: 'POST', headers })
  request.on('error', () => undefined)
  request.write(Buffer.alloc(20_000))
  await sleep(20)
  request.destroy()
}
