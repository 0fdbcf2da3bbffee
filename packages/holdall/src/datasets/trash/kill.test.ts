import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { datasetFolder, isDatasetPath } from '../../sources/paths.ts'
import { runKilled } from '../../sources/test-kill.ts'
import { findDataset, restoreDataset, trashDataset } from '../records.ts'
import { ORGANIZATION } from '../testing.ts'
import { RETENTION_MS } from './limits.ts'
import { openTestDatasetTrash, type TestDatasetTrash } from './test-trash.ts'

const LONG = process.env.HOLDALL_TEST_LONG !== undefined
/** Each walks through all writes. */
const ROUNDS = LONG ? 30 : 1
/** The short form leaves most of the writes out that are there for each object and each folder. */
const EVERY = LONG ? 1 : 3
const CHILD = fileURLToPath(new URL('test-child.ts', import.meta.url))

describe('a process that is killed while it deletes datasets for good', () => {
  let folder: string
  let room: TestDatasetTrash
  const hit = new Map<string, number>()
  const gone = new Set<string>()
  let kills = 0

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-dataset-trash-kill-'))
    room = await openTestDatasetTrash(folder)
  })
  after(async () => {
    await room.close()
    rmSync(folder, { recursive: true })
  })

  for (const [begin, action] of ['purge', 'due'].entries()) {
    test(`at each write: ${action}`, async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        for (let at = LONG ? 1 : 1 + begin; ; at += EVERY) {
          const id = await room.make(2)
          await trashDataset(room.database, id, null)
          if (action === 'due') await age(id)
          const boundary = await killedAt(at, action, id)
          await examine(id, boundary)
          if (boundary === undefined) break
          kills += 1
          hit.set(`${action}: ${boundary}`, (hit.get(`${action}: ${boundary}`) ?? 0) + 1)
        }
      }
    })
  }

  test('which writes were hit', (t) => {
    for (const [boundary, count] of [...hit].sort()) t.diagnostic(`${count} × ${boundary}`)
    t.diagnostic(`${kills} kills`)
    assert.ok(kills >= (LONG ? 1_000 : 8), `${kills} kills`)
  })

  async function killedAt(at: number, action: string, id: string): Promise<string | undefined> {
    const { printed, boundary, done } = await runKilled(CHILD, [folder, action, id], at)
    assert.ok(boundary !== undefined || done, printed)
    return boundary
  }

  /** Deleted so long ago that its time is over. */
  async function age(id: string): Promise<void> {
    const then = new Date(Date.now() - RETENTION_MS - 60_000).toISOString()
    await room.database.write((trx) =>
      trx.updateTable('datasets').set({ deletion_requested_at: then }).where('id', '=', id).execute(),
    )
  }

  /** What was begun is finished by whoever comes next; what was not begun can be restored whole. */
  async function examine(id: string, boundary: string | undefined): Promise<void> {
    await room.trash.sweep()
    const now = await findDataset(room.database, room.collection, id)
    if (now?.deletedAt === null) {
      assert.equal(boundary, 'database: condemn dataset')
      assert.ok(await restoreDataset(room.database, id))
      assert.equal(now.files.length, 2)
    } else gone.add(id)
    assert.deepEqual(await room.database.read.selectFrom('dataset_removals').selectAll().execute(), [])
    const rows = await room.database.read.selectFrom('dataset_files').select('path').execute()
    assert.deepEqual(objects(), rows.map(({ path }) => path).sort(), 'no object without a row, no row without object')
    for (const id of gone) assert.ok(!folders().includes(datasetFolder(ORGANIZATION, id).slice(0, -1)))
  }

  const below = () => readdirSync(join(folder, 'files'), { recursive: true }) as string[]
  const objects = () =>
    below()
      .filter((path) => isDatasetPath(path) && isFile(path))
      .sort()
  const folders = () => below().filter((path) => !isFile(path))
  const isFile = (path: string) => statSync(join(folder, 'files', path)).isFile()
})
