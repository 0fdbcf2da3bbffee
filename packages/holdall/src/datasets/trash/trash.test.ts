import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { sql } from 'kysely'
import { datasetFolder } from '../../sources/paths.ts'
import { findDataset, restoreDataset, trashDataset } from '../records.ts'
import { ORGANIZATION, testColumn } from '../testing.ts'
import { REMEMBERED_MS, RETENTION_MS, RETRY_MS } from './limits.ts'
import { removeVersionLater } from './store.ts'
import { openTestDatasetTrash, type TestDatasetTrash } from './test-trash.ts'

describe('datasets that are deleted for good', () => {
  let folder: string
  let room: TestDatasetTrash
  let offset = 0
  let failing: string | undefined

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-dataset-trash-'))
    const before = (call: string) => {
      if (call === failing) throw new Error('disk on fire')
    }
    room = await openTestDatasetTrash(folder, { before, now: () => Date.now() + offset })
  })
  beforeEach(() => {
    offset = 0
  })
  after(async () => {
    await room.close()
    rmSync(folder, { recursive: true })
  })

  const dataset = (id: string) => findDataset(room.database, room.collection, id)
  const isThere = (path: string) => existsSync(join(folder, 'files', path))
  const pathOf = (id: string, rest: string) => `${datasetFolder(ORGANIZATION, id)}${rest}`
  const removals = () => room.database.read.selectFrom('dataset_removals').selectAll().execute()

  test('all objects go, their rows and their folders with them; that it was is remembered, then forgotten', async () => {
    const [id, other] = [await room.make(3), await room.make()]
    await room.database.write(async (trx) => {
      const columns = JSON.stringify([
        testColumn('id', 'BIGINT', { min: '1', max: '9' }),
        testColumn('name', 'VARCHAR'),
      ])
      await trx.updateTable('datasets').set({ columns }).where('id', '=', id).execute()
      await sql`INSERT INTO dataset_statistics (dataset_id, revision, position, statistics)
        VALUES (${id}, 1, 0, '{"frequent": ["Ann"]}')`.execute(trx)
    })
    await trashDataset(room.database, id, 'mia')
    await room.trash.purge([id, other])
    const gone = await dataset(id)
    assert.notEqual(gone?.deletedAt, null)
    assert.deepEqual([gone?.files, await removals()], [[], []])
    assert.deepEqual(gone?.columns, [testColumn('id', 'BIGINT'), testColumn('name', 'VARCHAR')], 'its shape, no value')
    const { rows } = await sql`SELECT * FROM dataset_statistics`.execute(room.database.read)
    assert.deepEqual(rows, [])
    assert.ok(!isThere(datasetFolder(ORGANIZATION, id)), 'the folder as well')
    assert.equal(await restoreDataset(room.database, id), false)
    assert.equal((await dataset(other))?.purgingAt, null, 'what is not in the trash is not taken')
    assert.ok(isThere(pathOf(other, 'v1/data/part-0.parquet')))
    await room.trash.sweep()
    assert.notEqual(await dataset(id), undefined)
    offset = REMEMBERED_MS + 1_000
    await room.trash.sweep()
    assert.equal(await dataset(id), undefined)
    assert.notEqual(await dataset(other), undefined)
  })

  test('one goes by itself when its time is over, and not before; what was restored stays', async () => {
    const [id, back] = [await room.make(), await room.make()]
    await trashDataset(room.database, id, null)
    await trashDataset(room.database, back, null)
    offset = RETENTION_MS - 60_000
    assert.deepEqual(
      [await room.trash.due(), await room.trash.sweep()],
      [
        { datasets: 0, objects: 0, bytes: 0 },
        { removed: 0, bytes: 0, postponed: 0 },
      ],
    )
    await restoreDataset(room.database, back)
    offset = RETENTION_MS + 60_000
    assert.deepEqual(await room.trash.due(), { datasets: 1, objects: 2, bytes: 1_000 })
    const names: string[] = []
    assert.deepEqual(await room.trash.sweep(({ path }) => names.push(path)), {
      removed: 2,
      bytes: 1_000,
      postponed: 0,
    })
    assert.deepEqual(names.sort(), [pathOf(id, 'v1/data/part-0.parquet'), pathOf(id, 'v1/data/part-1.parquet')])
    assert.notEqual((await dataset(id))?.deletedAt, null)
    assert.ok(isThere(pathOf(back, 'v1/data/part-1.parquet')))
  })

  test('a file that its source had before, and objects of another dataset, are left where they are', async () => {
    const other = await room.make(1)
    const shared = (await dataset(other))?.files ?? []
    const id = await room.make(1, [await room.object('scans/2021.parquet'), ...shared])
    await trashDataset(room.database, id, null)
    await room.trash.purge([id])
    assert.notEqual((await dataset(id))?.deletedAt, null)
    assert.ok(!isThere(pathOf(id, 'v1/data/part-0.parquet')))
    assert.ok(isThere('scans/2021.parquet'))
    assert.ok(isThere(shared[0]?.path ?? ''))
    const adopted = await room.make(0, [await room.object('scans/2022.parquet')])
    await trashDataset(room.database, adopted, null)
    await room.trash.purge([adopted])
    assert.notEqual((await dataset(adopted))?.deletedAt, null)
    assert.ok(isThere('scans/2022.parquet'))
  })

  test('a version that was replaced goes at its time; what the present one reads is never removed', async () => {
    const id = await room.make()
    const kept = pathOf(id, 'v1/data/part-0.parquet')
    await room.database.write(async (trx) => {
      await trx.updateTable('datasets').set({ version: 2 }).where('id', '=', id).execute()
      // The new version goes on with one of the old objects.
      await sql`INSERT INTO dataset_files (dataset_id, version, ordinal, role, source_id, path, filename, size_bytes,
        row_count, etag, content_hash, added_at) SELECT dataset_id, 2, ordinal, role, source_id, path, filename, size_bytes,
        row_count, etag, content_hash, added_at FROM dataset_files WHERE dataset_id = ${id} AND path = ${kept}`.execute(
        trx,
      )
      const dueAt = new Date(Date.now() + 60_000).toISOString()
      await removeVersionLater(trx, { datasetId: id, version: 1, dueAt })
    })
    await room.trash.sweep()
    assert.ok(isThere(pathOf(id, 'v1/data/part-1.parquet')), 'not yet')
    offset = 61_000
    assert.equal((await room.trash.sweep()).removed, 1)
    assert.ok(!isThere(pathOf(id, 'v1/data/part-1.parquet')))
    assert.ok(isThere(kept))
    assert.deepEqual(await removals(), [])
    const found = await dataset(id)
    assert.deepEqual([found?.deletedAt, found?.files.length], [null, 1])
  })

  test('a storage that fails keeps the rest for later; whoever comes next goes on', async () => {
    const id = await room.make(1)
    await trashDataset(room.database, id, null)
    failing = 'remove file'
    await room.trash.purge([id])
    const half = await dataset(id)
    assert.deepEqual([half?.deletedAt, half?.purgingAt !== null], [null, true])
    assert.equal(await restoreDataset(room.database, id), false, 'nobody restores what may be gone')
    const [row] = await removals()
    assert.deepEqual([row?.attempts, row?.lease_process], [1, null])
    assert.ok(room.logged.some((line) => line.includes('disk on fire')))
    failing = undefined
    assert.equal((await room.trash.sweep()).removed, 0, 'not at once')
    offset = RETRY_MS * 2
    assert.equal((await room.trash.sweep()).removed, 1)
    assert.notEqual((await dataset(id))?.deletedAt, null)
  })

  test('deleted for good and restored at one moment: one of the two', async () => {
    for (let round = 0; round < 10; round += 1) {
      const id = await room.make(1)
      await trashDataset(room.database, id, null)
      const [isBack] = await Promise.all([restoreDataset(room.database, id), room.trash.purge([id])])
      const now = await dataset(id)
      assert.equal(now?.deletionRequestedAt === null, isBack)
      assert.equal(isThere(pathOf(id, 'v1/data/part-0.parquet')), isBack)
    }
  })
})
