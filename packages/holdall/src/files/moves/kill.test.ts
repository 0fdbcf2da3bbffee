import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Selectable, sql } from 'kysely'
import type { FileTable } from '../../database/schema.ts'
import { runKilled } from '../../sources/test-kill.ts'
import { versionOf } from '../sync/listed.ts'
import { UNDO_MS } from './limits.ts'
import { openTestMoves, type TestMoves } from './test-moves.ts'

const CHILD = fileURLToPath(new URL('test-child.ts', import.meta.url))
/** More than either action does. */
const MOST_BOUNDARIES = 80
/** Files that move in one look: what is between the first and the second is a boundary, too. */
const FILES = 2
const LONG = process.env.HOLDALL_TEST_LONG !== undefined

/** Everything that a move may change, in an order that does not depend on it. */
const TABLES = {
  datasette_files: 'id',
  datasette_files_text: 'file_id',
  datasette_files_work: 'file_id, kind',
  datasette_files_moves: 'file_id',
  dataset_files: 'dataset_id',
  sync_runs: 'id',
} as const

describe('a process that is killed while files move', () => {
  let folder: string
  let room: TestMoves
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-moves-kill-'))
    room = await openTestMoves(folder)
  })
  after(async () => {
    await room.close()
    rmSync(folder, { recursive: true })
  })

  test('at each statement: both files are as they were, or one has moved with all that is its own', async (t) => {
    const hit = new Map<string, number>()
    let at = 1
    for (; at <= MOST_BOUNDARIES; at += 1) {
      await prepare()
      const start = await everything()
      const { boundary, done } = await runKilled(CHILD, [folder, 'move'], at)
      const now = await everything()
      const moved = await examine()
      if (boundary === undefined) {
        assert.ok(done)
        assert.equal(moved, FILES)
        break
      }
      hit.set(boundary, (hit.get(boundary) ?? 0) + 1)
      assert.equal(done, false)
      if (moved === 0) assert.deepEqual(now, start, `killed before ${at}, ${boundary}`)
      // Whoever comes next goes on with what was left.
      assert.equal(await room.moves.settle(room.source.id), FILES - moved)
      assert.equal(await examine(), FILES)
      if (isEnough(hit, 'database: move a file')) break
    }
    for (const [boundary, count] of [...hit].sort()) t.diagnostic(`${count} × ${boundary}`)
    assert.equal(hit.get('database: move a file'), FILES)
    assert.equal(hit.get('commit'), LONG ? FILES : 1)
    assert.ok(at > 10 && at <= MOST_BOUNDARIES, `${at} boundaries`)
  })

  test('at each statement, while a place is given back: the move stands, or both are files again', async (t) => {
    const hit = new Map<string, number>()
    let at = 1
    for (; at <= MOST_BOUNDARIES; at += 1) {
      await prepare()
      const start = await files()
      await room.moves.settle(room.source.id)
      const stood = await everything()
      const { boundary, done } = await runKilled(CHILD, [folder, 'give back'], at)
      const back = FILES - (await examine(false))
      if (boundary === undefined) {
        assert.ok(done)
        assert.equal(back, FILES)
        break
      }
      hit.set(boundary, (hit.get(boundary) ?? 0) + 1)
      if (back === 0) assert.deepEqual(await everything(), stood, `killed before ${at}, ${boundary}`)
      await giveBackRest()
      assert.equal(await examine(false), 0)
      assert.deepEqual(await files(), start, 'each file is the one that it was')
      if (isEnough(hit, 'database: give a place back')) break
    }
    for (const [boundary, count] of [...hit].sort()) t.diagnostic(`${count} × ${boundary}`)
    assert.equal(hit.get('database: give a place back'), FILES)
    assert.ok((hit.get('commit') ?? 0) >= 1)
    assert.ok(at > 10 && at <= MOST_BOUNDARIES, `${at} boundaries`)
  })

  /** Whether it was killed at each statement of the first file, and before the second. */
  function isEnough(hit: ReadonlyMap<string, number>, begins: string): boolean {
    return !LONG && hit.get(begins) === FILES
  }

  async function giveBackRest(): Promise<void> {
    const other = await openTestMoves(folder, { used: true, now: () => Date.now() + 2 * UNDO_MS })
    other.moves.start()
    while ((await openMoves()) > 0) await sleep(5)
    await other.close()
  }

  async function openMoves(): Promise<number> {
    const rows = await room.database.read.selectFrom('datasette_files_moves').select('undo').execute()
    return rows.filter(({ undo }) => undo !== null).length
  }

  /** Files that lay in one folder and lie in another now, with words, work and a name that somebody gave one of them. */
  async function prepare(): Promise<void> {
    const { database, source } = room
    await database.write(async (trx) => {
      for (const table of Object.keys(TABLES)) await sql`DELETE FROM ${sql.table(table)}`.execute(trx)
    })
    rmSync(join(folder, 'files'), { recursive: true, force: true })
    mkdirSync(join(folder, 'files', 'new'), { recursive: true })
    const storage = await source.storage()
    for (let n = 0; n < FILES; n += 1) {
      const content = `content of ${n}`
      writeFileSync(join(folder, 'files', 'new', `${n}.txt`), content)
      const stat = await storage.stat(`new/${n}.txt`)
      assert.ok(stat)
      const same = {
        source_id: source.id,
        size: content.length,
        content_type: 'text/plain',
        content_hash: `sha256:${createHash('sha256').update(content).digest('hex')}`,
        adopted: 1,
      }
      await database.write(async (trx) => {
        await trx
          .insertInto('datasette_files')
          .values([
            {
              ...same,
              id: oldId(n),
              path: `old/${n}.txt`,
              filename: n === 0 ? 'as somebody calls it' : `${n}.txt`,
              search_text: `what people know of ${n}`,
              version: 'of then',
              created_at: '2026-01-01T00:00:00.000Z',
              missing_since: '2026-01-02T00:00:00.000Z',
            },
            {
              ...same,
              id: newId(n),
              path: `new/${n}.txt`,
              filename: `${n}.txt`,
              search_text: '',
              version: versionOf(stat),
              created_at: '2026-01-02T00:00:01.000Z',
              missing_since: null,
            },
          ])
          .execute()
        await trx
          .insertInto('datasette_files_text')
          .values({ file_id: newId(n), text: content })
          .execute()
        await trx
          .insertInto('datasette_files_work')
          .values({ file_id: newId(n), kind: 'text', not_before: '2999-01-01T00:00:00.000Z', lease_process: null })
          .execute()
      })
    }
    await database.write((trx) =>
      sql`INSERT INTO sync_runs (source_id, status, started_at, finished_at, added, missing)
        VALUES (${source.id}, 'completed', '2026-01-02T00:00:00.000Z', '2026-01-02T00:00:02.000Z', ${FILES}, ${FILES})`.execute(
        trx,
      ),
    )
  }

  async function everything(): Promise<Record<string, unknown[]>> {
    const all: Record<string, unknown[]> = {}
    for (const [table, order] of Object.entries(TABLES)) {
      const { rows } = await sql`SELECT * FROM ${sql.table(table)} ORDER BY ${sql.raw(order)}`.execute(
        room.database.read,
      )
      all[table] = rows
    }
    return all
  }

  async function files(): Promise<Selectable<FileTable>[]> {
    return await room.database.read.selectFrom('datasette_files').selectAll().orderBy('id').execute()
  }

  /**
   * Each pair is two files, or one with everything that both had.
   *
   * @param counted whether the run says so, which what is given back does not change
   * @returns how many have moved
   */
  async function examine(counted = true): Promise<number> {
    const { database } = room
    const byId = new Map((await files()).map((file) => [file.id, file]))
    const moves = await database.read.selectFrom('datasette_files_moves').selectAll().execute()
    const text = await database.read.selectFrom('datasette_files_text').selectAll().execute()
    const work = await database.read.selectFrom('datasette_files_work').selectAll().execute()
    const [sync] = await database.read.selectFrom('sync_runs').selectAll().execute()
    let moved = 0
    for (let n = 0; n < FILES; n += 1) {
      const [old, fresh] = [byId.get(oldId(n)), byId.get(newId(n))]
      const move = moves.find(({ file_id }) => file_id === oldId(n))
      assert.ok(old, 'the file that people know is never lost')
      assert.equal(old.search_text, `what people know of ${n}`)
      assert.equal(old.filename, n === 0 ? 'as somebody calls it' : `${n}.txt`)
      if (fresh === undefined) {
        moved += 1
        assert.deepEqual([old.path, old.missing_since], [`new/${n}.txt`, null])
        assert.deepEqual([move?.from_path, move?.replaced_id], [`old/${n}.txt`, newId(n)])
      } else {
        assert.deepEqual([old.path, fresh.path], [`old/${n}.txt`, `new/${n}.txt`])
        assert.notEqual(old.missing_since, null)
        assert.equal(move, undefined)
      }
      const holders = [oldId(n), newId(n)]
      const words = text.filter(({ file_id }) => holders.includes(file_id))
      assert.equal(words.length, 1, 'its words are of one of them')
      const jobs = work.filter(({ file_id }) => holders.includes(file_id))
      assert.ok(jobs.length >= 1, 'what was to be read is still to be read')
      if (fresh === undefined) for (const { file_id } of [...words, ...jobs]) assert.equal(file_id, oldId(n))
    }
    if (counted && moves.length > 0) assert.deepEqual([sync?.moved, sync?.added], [moved, FILES - moved])
    return moved
  }
})

function oldId(n: number): string {
  return `df-${String(n).padStart(26, 'a')}`
}

function newId(n: number): string {
  return `df-${String(n).padStart(26, 'b')}`
}
