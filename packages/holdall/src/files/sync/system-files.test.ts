import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FindUsed } from '../references.ts'
import type { SyncRun } from './runs.ts'
import { openTestSync, type TestSync } from './testing.ts'

/** As a source that has them listed, too, or as a version of Holdall that had no other. */
async function runKeeping({ sync, source }: TestSync): Promise<SyncRun> {
  const { run, ended } = await sync.begin({ ...source, keepSystemFiles: true }, null)
  return (await ended) ?? run
}

async function pathsOf(room: TestSync): Promise<string[]> {
  return (await room.rows()).map(({ path }) => path)
}

const JUNK = ['.DS_Store', '@eaDir/a.jpg', 'b/._a.jpg', 'b/Thumbs.db', 'c/desktop.ini']

test('what systems keep for themselves is not listed but counted, unless the source says so', async () => {
  const room = await openTestSync()
  try {
    for (const path of ['a.jpg', 'b/b.jpg', ...JUNK]) room.put(path)
    const run = await room.run()
    assert.deepEqual([run.listed, run.added, run.left_out], [2, 2, 5])
    assert.deepEqual(await pathsOf(room), ['a.jpg', 'b/b.jpg'])
    room.remove('.DS_Store')
    const again = await room.run()
    assert.deepEqual([again.listed, again.missing, again.left_out], [2, 0, 4])
    const kept = await runKeeping(room)
    assert.deepEqual([kept.listed, kept.added, kept.left_out], [6, 4, 0])
  } finally {
    await room.close()
  }
})

test('those that were listed before go, there or gone; what somebody has described or used stays and can be missing', async () => {
  const used = new Set<string>()
  const findUsed: FindUsed = async (ids) => ({ used: new Set(ids.filter((id) => used.has(id))), truncated: false })
  const room = await openTestSync({ findUsed })
  try {
    for (const path of ['a.jpg', ...JUNK]) room.put(path)
    await runKeeping(room)
    const idOf = new Map((await room.rows()).map(({ id, path }) => [path, id]))
    used.add(idOf.get('.DS_Store') as string)
    await room.database.write((trx) =>
      trx.updateTable('datasette_files').set({ search_text: 'mine' }).where('path', '=', 'b/Thumbs.db').execute(),
    )
    // One was missing already, one is changed, one is gone since, one that a row uses as well.
    room.remove('c/desktop.ini')
    assert.equal((await runKeeping(room)).missing, 1)
    room.put('@eaDir/a.jpg', 'another')
    room.remove('b/._a.jpg')
    room.remove('.DS_Store')
    const run = await room.run()
    assert.deepEqual(await pathsOf(room), ['.DS_Store', 'a.jpg', 'b/Thumbs.db'])
    assert.equal(run.missing, 1, 'what a row uses is missing')
    assert.equal((await room.sync.state(room.source)).missingNow, 1)
    assert.equal(run.left_out, 1)
    const work = await room.database.read.selectFrom('datasette_files_work').select('file_id').execute()
    const there = new Set((await room.rows()).map(({ id }) => id))
    assert.deepEqual(
      work.filter(({ file_id }) => !there.has(file_id)),
      [],
      'nothing is left to do for what went',
    )
  } finally {
    await room.close()
  }
})

test('what stayed because a row used it goes once no row does, although nothing else has changed', async () => {
  let used = true
  const room = await openTestSync({
    findUsed: async (ids) => ({ used: new Set(used ? ids : []), truncated: false }),
  })
  try {
    for (const path of ['a.jpg', ...JUNK]) room.put(path)
    await runKeeping(room)
    for (const _ of [1, 2]) {
      await room.run()
      assert.equal((await pathsOf(room)).length, 1 + JUNK.length)
    }
    used = false
    await room.run()
    assert.deepEqual(await pathsOf(room), ['a.jpg'])
  } finally {
    await room.close()
  }
})

test('where nobody can say what rows hold, nothing goes and nothing is called missing', async () => {
  const room = await openTestSync({ findUsed: async () => ({ used: new Set(), truncated: true }) })
  try {
    for (const path of ['a.jpg', ...JUNK]) room.put(path)
    await runKeeping(room)
    room.remove('.DS_Store')
    const run = await room.run()
    assert.deepEqual([run.missing, (await room.rows()).length], [0, 6])
  } finally {
    await room.close()
  }
})
