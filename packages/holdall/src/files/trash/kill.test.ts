import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ulid } from 'ulid'
import { TEMPORARY_FOLDER } from '../../sources/filesystem/root.ts'
import { storagePath } from '../../sources/paths.ts'
import { runKilled } from '../../sources/test-kill.ts'
import { openTestTrash, type TestTrash } from './test-trash.ts'

const LONG = process.env.HOLDALL_TEST_LONG !== undefined
const ROUNDS = LONG ? 30 : 1
const RANDOM_KILLS = LONG ? 400 : 6
const CHILD = fileURLToPath(new URL('test-child.ts', import.meta.url))

type State = 'live' | 'trashed' | 'gone'

describe('a process that is killed while it deletes, restores and purges', () => {
  let folder: string
  let room: TestTrash
  const hit = new Map<string, number>()
  const files = new Set<string>()
  const gone = new Set<string>()
  let kills = 0
  let missed = 0

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-trash-kill-'))
    room = await openTestTrash(folder)
  })
  after(async () => {
    await room.close()
    rmSync(folder, { recursive: true })
  })

  /** `before` is what the files are; killed at any write they are all one of `either`; when it was done, `done`. */
  const kinds = [
    { action: 'delete', writes: 1, before: 'live', either: ['live', 'trashed'], done: 'trashed' },
    { action: 'restore', writes: 1, before: 'trashed', either: ['trashed', 'live'], done: 'live' },
    // Condemned together: what was begun is finished by whoever comes next.
    { action: 'purge', writes: 11, before: 'trashed', either: ['trashed', 'gone'], done: 'gone' },
    // Written down, then marked one by one: what was begun is finished here, too.
    { action: 'empty', writes: 14, before: 'trashed', either: ['trashed', 'gone'], done: 'gone' },
    { action: 'due', writes: 10, before: 'trashed', either: ['gone'], done: 'gone' },
  ] as const

  for (const kind of kinds) {
    test(`at each write: ${kind.action}`, async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        for (let at = 1; at <= kind.writes; at += 1) {
          const ids = await prepare(kind.before, kind.action === 'due')
          const { printed, done } = await runKilled(CHILD, [folder, kind.action, ...ids], at)
          kills += 1
          const boundary = /killed before \d+: (.*)/.exec(printed)?.[1]
          if (boundary === undefined) missed += 1
          else hit.set(`${kind.action}: ${boundary}`, (hit.get(`${kind.action}: ${boundary}`) ?? 0) + 1)
          await examine(ids, done ? [kind.done] : kind.either)
        }
      }
    })
  }

  test('which writes were hit', (t) => {
    for (const [boundary, count] of [...hit].sort()) t.diagnostic(`${count} × ${boundary}`)
    t.diagnostic(`${kills} kills asked for, ${missed} past the last write`)
    assert.equal(missed, 0)
    for (const needed of [
      'delete: database: move to trash',
      'restore: database: restore from trash',
      'purge: database: condemn',
      'purge: database: claim purge',
      'purge: remove file',
      'purge: flush folder',
      'purge: remove folder',
      'purge: database: forget purged',
      'empty: database: empty trash',
      'empty: database: condemn',
      'empty: database: emptied trash',
      'due: database: claim purge',
      'due: remove file',
    ]) {
      assert.ok(hit.has(needed), `no kill hit "${needed}"`)
    }
  })

  test('at random moments, with another process at the same files', async (t) => {
    for (let kill = 0; kill < RANDOM_KILLS; kill += 1) {
      const ids = await prepare('trashed', false)
      const child = spawn(process.execPath, [CHILD, folder, 'purge', ...ids], { stdio: 'ignore' })
      const ended = once(child, 'exit')
      await Promise.race([ended, sleep(200 + Math.random() * 400)])
      const restoring = room.trash.restore(ids)
      child.kill('SIGKILL')
      await ended
      const restored = await restoring
      assert.ok(restored.length === 0 || restored.length === ids.length)
      await examine(ids, restored.length > 0 ? ['live'] : ['trashed', 'gone'])
    }
    t.diagnostic(`${RANDOM_KILLS} kills at random moments`)
  })

  /** Two new files in a state. */
  async function prepare(state: 'live' | 'trashed', due: boolean): Promise<string[]> {
    const storage = await room.source.storage()
    const made: string[] = []
    // By which those that are emptied are found among all others.
    const filename = `${ulid()}.bin`
    for (let at = 0; at < 2; at += 1) {
      const id = `df-${ulid().toLowerCase()}`
      const path = storagePath(id, 'file.bin')
      const bytes = randomBytes(500)
      await storage.write?.(
        path,
        (async function* () {
          yield bytes
        })(),
      )
      const row = { id, path, filename, source_id: room.source.id, size: 500, content_hash: hashOf(bytes) }
      await room.database.write((trx) => trx.insertInto('datasette_files').values(row).execute())
      made.push(id)
      files.add(id)
    }
    if (state === 'trashed') await room.trash.move(made, null)
    if (due) {
      await room.database.write((trx) =>
        trx
          .updateTable('datasette_files_trash')
          .set({ purge_after: '2000-01-01T00:00:00.000Z' })
          .where('id', 'in', made)
          .execute(),
      )
    }
    return made
  }

  /** Goes on with what was left, and holds what is known against what is on the disk. */
  async function examine(ids: readonly string[], states: readonly State[]): Promise<void> {
    await room.trash.purgeDue()
    const columns = ['id', 'path', 'size', 'content_hash'] as const
    const live = await room.database.read.selectFrom('datasette_files').select(columns).execute()
    const trash = await room.database.read
      .selectFrom('datasette_files_trash')
      .select([...columns, 'purging'])
      .execute()
    assert.ok(
      trash.every(({ purging }) => purging === 0),
      'what was begun is finished',
    )
    const known = new Map<string, State>([
      ...live.map(({ id }) => [id, 'live'] as const),
      ...trash.map(({ id }) => [id, 'trashed'] as const),
    ])
    assert.equal(known.size, live.length + trash.length, 'no file is in both')
    const found = ids.map((id) => known.get(id) ?? 'gone')
    assert.ok(states.includes(found[0] as State), `${found}, and not ${states}`)
    assert.equal(new Set(found).size, 1, `all or none: ${found}`)
    if (found[0] === 'gone') for (const id of ids) gone.add(id)
    for (const id of files) assert.ok(known.has(id) || gone.has(id), `${id} was never asked to go`)
    for (const { path, size, content_hash } of [...live, ...trash]) {
      const bytes = readFileSync(join(folder, 'files', path))
      assert.deepEqual([bytes.length, hashOf(bytes)], [size, content_hash], `${path} has its bytes`)
    }
    assert.deepEqual(
      filesIn(join(folder, 'files')),
      [...live, ...trash].map(({ path }) => path).sort(),
      'no bytes without a row, no row without bytes',
    )
  }
})

function hashOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

function filesIn(folder: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[])
    .filter((path) => !path.startsWith(TEMPORARY_FOLDER) && statSync(join(folder, path)).isFile())
    .sort()
}
