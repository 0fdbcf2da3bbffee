import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { KILL_VARIABLE } from '../../sources/kill-point.ts'
import { HoldallError } from '../../web/error.ts'
import { AT_ONCE } from './limits.ts'
import type { Pair } from './run.ts'
import { openTestAttach, type TestAttach } from './test-attach.ts'

const LONG = process.env.HOLDALL_TEST_LONG !== undefined
/** Each step of attaching, of undoing and of finding out is killed once, or over and over. */
const ROUNDS = LONG ? 32 : 1
const RANDOM_KILLS = LONG ? 200 : 3
const RANDOM_WITHIN_MS = 400
/** The journal takes them in two transactions. */
const FILES = AT_ONCE + 10
const CHILD = fileURLToPath(new URL('test-child.ts', import.meta.url))

const ATTACHING = ['begin run', 'journal cells', 'journal cells', 'attach cells', 'applied run']
const UNDOING = ['begin undo', 'detach cells', 'undone run']

/** Afterwards the rows have all of it or nothing, and the journal knows which. */
describe('a process that is killed while it attaches many files, or undoes it', () => {
  let folder: string
  let look: DatabaseSync
  let room: TestAttach
  const pairs: Pair[] = Array.from({ length: FILES }, (_, at) => [`df-${String(at).padStart(26, '0')}`, String(at + 1)])
  const hit = new Map<string, number>()
  const found = { applied: 0, undone: 0, failed: 0, planned: 0, nothing: 0 }
  let kills = 0

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-attach-kill-'))
    look = new DatabaseSync(join(folder, 'data.db'), { timeout: 5_000 })
    look.exec(`PRAGMA journal_mode = WAL; CREATE TABLE objects (id INTEGER PRIMARY KEY, photos TEXT);
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${FILES}) INSERT INTO objects (id) SELECT i FROM n`)
    writeFileSync(join(folder, 'pairs.json'), JSON.stringify(pairs))
    room = await openTestAttach(folder)
    await room.database.write(async (trx) => {
      await trx
        .insertInto('datasette_files_sources')
        .values({ id: 1, slug: 'files', storage_type: 'filesystem', label: null } as never)
        .execute()
      for (const [id] of pairs) {
        await trx
          .insertInto('datasette_files')
          .values({ id, source_id: 1, path: id, filename: `${id}.jpg` } as never)
          .execute()
      }
    })
  })
  after(async () => {
    await room.close()
    look.close()
    rmSync(folder, { recursive: true })
  })

  for (const planned of [false, true]) {
    test(`at each step of attaching ${planned ? 'a plan' : 'pairs'}`, async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const [at, step] of ATTACHING.entries()) {
          const plan = planned ? [await newPlan()] : []
          await killed('attach', at + 1, step, ...plan)
          const left = await examine()
          if (planned && left !== 'applied') {
            assert.equal(left, 'planned', 'it can be tried again')
            assert.deepEqual(await room.plans.pairs(plan[0] as string), pairs)
            await room.plans.forget(plan[0] as string)
          }
        }
      }
    })
  }

  test('at each step of undoing', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [at, step] of UNDOING.entries()) {
        const { id } = await room.apply(pairs, null)
        await killed('undo', at + 1, step, id)
        assert.equal(await examine(), at === 0 ? 'applied' : 'undone')
      }
    }
  })

  test('and killed again while the next one finds out what became of it', async () => {
    const again = [
      { first: 'journal cells', settling: ['forget cells', 'forget cells', 'failed run'] },
      { first: 'attach cells', settling: ['compare cells', 'forget cells', 'forget cells', 'failed run'] },
      { first: 'applied run', settling: ['compare cells', 'applied run'] },
      { first: 'undone run', settling: ['detach cells', 'undone run'] },
    ]
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const { first, settling } of again) {
        if (UNDOING.includes(first)) {
          const { id } = await room.apply(pairs, null)
          await killed('undo', UNDOING.indexOf(first) + 1, first, id)
        } else await killed('attach', ATTACHING.indexOf(first) + 1, first)
        // Each goes on with what the one before it left: without cells there is nothing to compare any more.
        for (const [at, step] of settling.entries()) {
          const skipped = step === 'failed run' && settling[0] === 'compare cells' ? 1 : 0
          await killed('settle', at + 1 - skipped, step)
        }
        await examine()
      }
    }
  })

  test('at random moments of doing both', async () => {
    for (let kill = 0; kill < RANDOM_KILLS; kill += 1) {
      const child = start('both')
      const ended = once(child, 'close')
      await once(child.stdout as NodeJS.ReadableStream, 'data')
      await sleep(Math.random() * RANDOM_WITHIN_MS)
      child.kill('SIGKILL')
      await ended
      kills += 1
      await examine()
    }
  })

  test('what was killed', (t) => {
    for (const [boundary, count] of hit) t.diagnostic(`${count} × ${boundary}`)
    t.diagnostic(`${kills} kills, ${RANDOM_KILLS} of them at random moments; found then: ${JSON.stringify(found)}`)
    assert.ok(kills >= (LONG ? 1_000 : 25))
  })

  test('a row that somebody changes after the journal was written keeps what it got, and no other is written', async () => {
    const other = await openTestAttach(folder, (call) => {
      if (call === 'attach cells') look.exec(`UPDATE objects SET photos = '["theirs"]' WHERE id = ${FILES}`)
    })
    try {
      await assert.rejects(
        other.apply(pairs, null),
        (error) => error instanceof HoldallError && error.code === 'attach_changed',
      )
      assert.deepEqual([held(), cellOf(FILES)], [1, '["theirs"]'])
    } finally {
      await other.close()
      look.exec('UPDATE objects SET photos = NULL')
    }
  })

  async function newPlan(): Promise<string> {
    const match = { column: 'id', how: 'equal', exact: false, replace: false, complete: true } as const
    return room.plans.add(
      { database: 'data', table: 'objects', column: 'photos' },
      null,
      match,
      pairs.map(([file, key]) => ({ file, state: 'matched', rows: [], rowCount: 1, chosen: key, note: null })),
    )
  }

  function start(action: string, run: readonly string[] = [], at?: number): ChildProcess {
    return spawn(process.execPath, [CHILD, folder, action, ...run], {
      env: { ...process.env, ...(at !== undefined && { [KILL_VARIABLE]: String(at) }) },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }

  async function killed(action: string, at: number, step: string, ...run: string[]): Promise<void> {
    const child = start(action, run, at)
    let printed = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        printed += text
      })
    }
    await once(child, 'close')
    assert.equal(/killed before \d+: (.*)/.exec(printed)?.[1], step, printed)
    hit.set(`${action}: ${step}`, (hit.get(`${action}: ${step}`) ?? 0) + 1)
    kills += 1
  }

  /** Finds out, as the next process does; holds rows and journal against each other; takes back what is there. */
  async function examine(): Promise<keyof typeof found> {
    await room.settle()
    const count = held()
    assert.ok(count === 0 || count === FILES, `all or nothing, not ${count} of ${FILES}`)
    const rows = await room.database.read.selectFrom('attach_runs').select(['id', 'status']).orderBy('id').execute()
    const applied = rows.filter(({ status }) => status === 'applied')
    assert.equal(applied.length, count === 0 ? 0 : 1, 'the journal knows what the rows hold')
    assert.ok(!rows.some(({ status }) => status === 'applying' || status === 'undoing'))
    const last = rows.at(-1) as { id: string; status: Exclude<keyof typeof found, 'nothing'> } | undefined
    found[last?.status ?? 'nothing'] += 1
    if (last === undefined) return 'nothing'
    const cells = await room.journal.cells(last.id)
    const isWritten = last.status === 'applied' || last.status === 'undone'
    assert.equal(cells.length, isWritten ? FILES : 0)
    if (last.status === 'applied') {
      for (const { key, after } of cells) assert.equal(cellOf(key), after)
      await room.undo(last.id)
    }
    assert.equal(held(), 0)
    return last.status
  }

  function held(): number {
    return Number(look.prepare('SELECT count(photos) AS held FROM objects').get()?.held)
  }

  function cellOf(id: string | number): unknown {
    return look.prepare('SELECT photos FROM objects WHERE id = ?').get(id)?.photos
  }
})
