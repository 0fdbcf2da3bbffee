import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { filesBelow } from './support/below.ts'
import { boundaryIn, createDoomed, type Doomed } from './support/doomed.ts'
import { createToken, type RunningHoldall, runHoldall, startHoldall } from './support/holdall.ts'

const LONG = process.env.HOLDALL_TEST_LONG !== undefined
/** In the short form each kind is killed at every so many of its writes; in the long form at each of them, again and again. */
const ROUNDS = LONG ? 16 : 1
const RANDOM_KILLS = LONG ? 100 : 1
const RANDOM_WITHIN_MS = 150
const SETTLE_LIMIT_MS = 20_000
const TEMPORARY_FOLDER = '.holdall-tmp'
/** Files made at once. */
const POOL = 24
const LONG_AGO_MS = 20 * 24 * 3_600_000

type State = 'live' | 'trashed' | 'gone'

/** Files, and the states of which all of them must be in one. */
interface Expected {
  readonly ids: readonly string[]
  states: readonly State[]
}

describe('a server that is killed while files are deleted, restored and purged', () => {
  let data: string
  let token: string
  let doomed: Doomed
  const files = new Set<string>()
  const pools = { live: [] as string[], trashed: [] as string[] }
  const gone = new Set<string>()
  const expected: Expected[] = []
  const hit = new Map<string, number>()
  let kills = 0
  let missed = 0

  before(async () => {
    data = mkdtempSync(join(tmpdir(), 'holdall-trash-kill-'))
    doomed = createDoomed({ data })
    await doomed.server()
    token = await createToken(data, 'root')
    // Bytes that were made before their source was known are nobody's orphans.
    execute("UPDATE datasette_files_sources SET created_at = '2020-01-01T00:00:00.000Z'")
  })
  after(async () => {
    await doomed.end()
    rmSync(data, { recursive: true })
  })

  // What these write is killed one by one in the room's own test; here it is the server and the command.
  const kinds = [
    { name: 'purge', writes: 11, every: 6, run: killedPurging },
    { name: 'due at start', writes: 10, every: 7, run: killedAtStart },
    { name: 'gc', writes: 18, every: 5, run: killedCollecting },
  ]
  for (const { name, writes, every, run } of kinds) {
    test(`at counted writes: ${name}`, async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        for (let at = 1; at <= writes; at += LONG ? 1 : every) {
          kills += 1
          const boundary = await run(at)
          if (boundary === undefined) missed += 1
          else hit.set(`${name}: ${boundary}`, (hit.get(`${name}: ${boundary}`) ?? 0) + 1)
          await examine()
        }
      }
    })
  }

  test('which boundaries were hit', (t) => {
    for (const [boundary, count] of [...hit].sort()) t.diagnostic(`${count} × ${boundary}`)
    t.diagnostic(`${kills} kills asked for, ${missed} past the last write; ${files.size} files, ${gone.size} gone`)
    assert.ok(missed <= kills / 5, 'most kills hit a write')
    for (const needed of ['gc: remove orphan']) {
      assert.ok(hit.has(needed), `no kill hit "${needed}"`)
    }
  })

  test('at random moments of all of it at once', async (t) => {
    for (let kill = 0; kill < RANDOM_KILLS; kill += 1) {
      const [a, b] = (await take('live', 2)) as [string, string]
      const [c, d] = (await take('trashed', 2)) as [string, string]
      const server = await doomed.server()
      const working = Promise.allSettled([
        ask(server, 'delete', [a, b], ['live', 'trashed'], ['trashed']),
        ask(server, 'restore', [c], ['live', 'trashed'], ['live']),
        ask(server, 'purge', [d], ['trashed', 'gone'], ['gone']),
      ])
      await Promise.race([working, sleep(Math.random() * RANDOM_WITHIN_MS)])
      await doomed.killed()
      await working
      await examine()
    }
    t.diagnostic(`${RANDOM_KILLS} kills at random moments`)
  })

  async function killedPurging(at: number): Promise<string | undefined> {
    const ids = await take('trashed', 2)
    // Condemned together: from then on what was begun is finished.
    return await killedAt(at, (server) => ask(server, 'purge', ids, ['trashed', 'gone'], ['gone']))
  }

  async function killedAtStart(at: number): Promise<string | undefined> {
    await due(2)
    await doomed.killed()
    try {
      const server = await startHoldall({ data, env: { HOLDALL_TEST_KILL_AT: String(at) } })
      await Promise.race([server.ended, sleep(1_500)])
      await server.kill()
      return boundaryIn(server.output())
    } catch (error) {
      return boundaryIn(String(error))
    }
  }

  async function killedCollecting(at: number): Promise<string | undefined> {
    await due(2)
    await doomed.killed()
    for (let more = 0; more < 2; more += 1) plantOrphan()
    const { stderr } = await runHoldall(['gc', '--delete', '--data', data], { HOLDALL_TEST_KILL_AT: String(at) })
    const { code, stdout, stderr: complaints } = await runHoldall(['gc', '--delete', '--data', data])
    assert.equal(code, 0, stdout + complaints)
    return boundaryIn(stderr)
  }

  async function killedAt(at: number, work: (server: RunningHoldall) => Promise<void>): Promise<string | undefined> {
    const server = await doomed.server()
    await doomed.arm(at)
    await work(server).catch(() => {})
    return await doomed.killed()
  }

  /** Asks for a change of several files, and notes what must be true of them, answered or not. */
  async function ask(
    server: RunningHoldall,
    action: string,
    ids: readonly string[],
    either: readonly State[],
    done: readonly State[],
  ): Promise<void> {
    const promise: Expected = { ids, states: either }
    expected.push(promise)
    const response = await fetch(`${server.url}/-/files/-/${action}`, {
      method: 'POST',
      body: JSON.stringify({ ids }),
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    })
    assert.equal(response.status, 200, await response.text())
    promise.states = done
  }

  /** Starts the server again and holds what it shows against what is on the disk. */
  async function examine(): Promise<void> {
    const server = await doomed.server()
    await settled(server)
    const live = query<Row>('SELECT id, path, size, content_hash FROM datasette_files')
    const trash = query<Row>('SELECT id, path, size, content_hash FROM datasette_files_trash')
    const known = new Map<string, State>([
      ...live.map(({ id }) => [id, 'live'] as const),
      ...trash.map(({ id }) => [id, 'trashed'] as const),
    ])
    assert.equal(known.size, live.length + trash.length, 'no file is in both')
    for (const { path, size, content_hash } of [...live, ...trash]) {
      const bytes = readFileSync(join(data, 'files', path))
      assert.deepEqual([bytes.length, hashOf(bytes)], [size, content_hash], `${path} has its bytes`)
    }
    assert.deepEqual(
      filesIn(join(data, 'files')),
      [...live, ...trash].map(({ path }) => path).sort(),
      'no bytes without a row, no row without bytes',
    )
    for (const { ids, states } of expected.splice(0)) {
      const found = ids.map((id) => known.get(id) ?? 'gone')
      for (const state of found) assert.ok(states.includes(state), `${ids}: ${found}, and not ${states}`)
      assert.equal(new Set(found).size, 1, `all or none: ${found}`)
      for (const [at, id] of ids.entries()) if (found[at] === 'gone') gone.add(id)
    }
    for (const id of files) {
      assert.ok(known.has(id) || gone.has(id), `${id} was never asked to go`)
    }
    assert.deepEqual(
      query('SELECT count(*) AS files FROM datasette_files_fts'),
      query('SELECT count(*) AS files FROM datasette_files'),
      'what is found is what is there',
    )
  }

  /** Nothing is due, and nothing is being removed. */
  async function settled(server: RunningHoldall): Promise<void> {
    const pending =
      "SELECT id FROM datasette_files_trash WHERE purging = 1 OR purge_after < strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
    for (const deadline = Date.now() + SETTLE_LIMIT_MS; query(pending).length > 0; await sleep(30)) {
      assert.ok(Date.now() < deadline, `never purged: ${JSON.stringify(query(pending))}\n${server.output()}`)
    }
  }

  /** Ids of files that are in a state; many are made at once. */
  async function take(state: 'live' | 'trashed', count: number): Promise<string[]> {
    if (pools[state].length < count) await refill(state)
    return pools[state].splice(0, count)
  }

  async function refill(state: 'live' | 'trashed'): Promise<void> {
    const server = await doomed.server()
    const made: string[] = []
    for (let at = 0; at < POOL; at += 1) {
      const response = await fetch(`${server.url}/-/files/upload/files?filename=x.bin`, {
        method: 'POST',
        body: randomBytes(2_000),
        headers: { Authorization: `Bearer ${token}` },
      })
      made.push(((await response.json()) as { file_id: string }).file_id)
    }
    if (state === 'trashed') {
      await ask(server, 'delete', made, ['trashed'], ['trashed'])
      expected.pop()
    }
    for (const id of made) files.add(id)
    pools[state].push(...made)
  }

  /** So many files whose time in the trash is over. */
  async function due(count: number): Promise<void> {
    const ids = await take('trashed', count)
    for (const id of ids) {
      execute("UPDATE datasette_files_trash SET purge_after = '2000-01-01T00:00:00.000Z' WHERE id = ?", id)
    }
    expected.push({ ids, states: ['gone'] })
  }

  /** Bytes at a path of our own form that nothing names, from long ago. */
  function plantOrphan(): void {
    const time = Date.now() - LONG_AGO_MS
    const path = join(data, 'files', ulidOf(time), 'orphan.bin')
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, randomBytes(100))
    utimesSync(path, new Date(time), new Date(time))
  }

  interface Row {
    readonly id: string
    readonly path: string
    readonly size: number
    readonly content_hash: string
  }

  function query<Result>(sql: string): Result[] {
    const database = new DatabaseSync(join(data, 'internal.db'), { readOnly: true, timeout: 5_000 })
    try {
      return database.prepare(sql).all() as Result[]
    } finally {
      database.close()
    }
  }

  function execute(sql: string, ...values: string[]): void {
    const database = new DatabaseSync(join(data, 'internal.db'), { timeout: 5_000 })
    try {
      database.prepare(sql).run(...values)
    } finally {
      database.close()
    }
  }
})

function hashOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

function filesIn(folder: string): string[] {
  return filesBelow(folder).filter((path) => !path.startsWith(TEMPORARY_FOLDER))
}

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz'

function ulidOf(time: number): string {
  const digits = Array.from({ length: 10 }, (_, at) => CROCKFORD[Math.floor(time / 32 ** (9 - at)) % 32])
  return digits.join('') + Array.from(randomBytes(16), (byte) => CROCKFORD[byte % 32]).join('')
}
