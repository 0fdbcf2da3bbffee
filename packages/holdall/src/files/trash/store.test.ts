import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { unwatched } from '../../sources/filesystem/io.ts'
import { THIS_PROCESS } from '../../sources/process.ts'
import { PURGE_LEASE_MS } from './limits.ts'
import { createTrashStore, type TrashStore } from './store.ts'
import { openTestTrash, type TestTrash } from './test-trash.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdall-trash-store-'))
let room: TestTrash
let store: TrashStore
let clock = Date.UTC(2026, 0, 1)
before(async () => {
  room = await openTestTrash(folder)
  store = createTrashStore({ database: room.database, before: unwatched, now: () => clock })
})
after(async () => {
  await room.close()
  rmSync(folder, { recursive: true, force: true })
})

let files = 0
/** A file that was deleted, as one of several that lay at a path one after the other. */
async function trashed(path: string): Promise<string> {
  files += 1
  const id = `df-${String(files).padStart(26, '0')}`
  await room.database.write((trx) =>
    trx.insertInto('datasette_files').values({ id, source_id: room.source.id, path, filename: path }).execute(),
  )
  assert.deepEqual((await store.move([id], null, () => null)).moved, [id])
  return id
}

test('of deleted files with one path that go at once, one removes the bytes', async () => {
  const ids = [await trashed('scan.tif'), await trashed('scan.tif'), await trashed('scan.tif')]
  await store.condemn(ids)
  // Another process has claimed each before the first has forgotten any.
  const shared = await Promise.all(ids.map(async (id) => (await store.claim(id))?.shared))
  assert.deepEqual(shared, [true, true, false])
})

test('the bytes stay while another file with the path may be restored, whichever came first', async () => {
  const [older, newer] = [await trashed('map.tif'), await trashed('map.tif')]
  await store.condemn([newer])
  assert.equal((await store.claim(newer))?.shared, true)
  await store.forget(newer)
  assert.deepEqual(await store.restore([older]), [older])
})

test('a file that is being purged is nobody else’s, until its lease is over or given back', async () => {
  const id = await trashed('letter.txt')
  await store.condemn([id])
  assert.equal((await store.claim(id))?.file.id, id)
  assert.equal(await store.claim(id), undefined)
  clock += PURGE_LEASE_MS - 1
  assert.equal(await store.claim(id), undefined)
  clock += 1
  assert.equal((await store.claim(id))?.file.id, id)
  await store.release(id)
  assert.equal((await store.claim(id))?.file.id, id)
})

test('what a process that has ended was purging is taken over at once', async () => {
  const id = await trashed('bill.txt')
  await store.condemn([id])
  await store.claim(id)
  const [host] = THIS_PROCESS.split('-')
  await room.database.write((trx) =>
    trx
      .updateTable('datasette_files_trash')
      .set({ lease_process: `${host}-${process.pid}-1` })
      .where('id', '=', id)
      .execute(),
  )
  assert.equal((await store.claim(id))?.file.id, id)
})
