import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { addDataset, removeDataset, tableNameFor } from './adding.ts'
import { type Collection, defaultOrganization, findCollection, recordCollections } from './collections/rows.ts'
import { datasetIdOf, stemOf, tableNamesOf } from './identity.ts'
import { findDataset, listDatasets, listWholeDatasets, restoreDataset, trashDataset } from './records.ts'
import { ORGANIZATION, openTestDatasets, testDataset } from './testing.ts'

const opened = await openTestDatasets()
after(() => opened.close())
const { database } = opened
const medicaid = (await findCollection(database, ORGANIZATION, 'medicaid')) as Collection

async function freshCollection(id: string): Promise<number> {
  const there = { organization: ORGANIZATION, id: 'medicaid', label: 'Medicaid' }
  await recordCollections(database, [there, { organization: ORGANIZATION, id }])
  return ((await findCollection(database, ORGANIZATION, id)) as Collection).seq
}

test('fifty datasets entered at once, by two processes, are all kept; each of them twice is each of them once', async () => {
  const seq = await freshCollection('crowd')
  const other = await opened.another()
  const uploads = Array.from({ length: 50 }, (_, n) => `upload-${n}`)
  const outcomes = await Promise.all(
    uploads.flatMap((upload) =>
      [database, other].map((connection) => addDataset(connection, testDataset(seq, upload))),
    ),
  )
  assert.equal(outcomes.filter((outcome) => outcome === 'added').length, 50)
  assert.equal(outcomes.filter((outcome) => outcome === 'there').length, 50)
  const { datasets, next } = await listDatasets(database, { collection: seq, limit: 100 })
  assert.equal(next, null)
  assert.deepEqual(datasets.map(({ uploadId }) => uploadId).toSorted(), uploads.toSorted())
  assert.equal(new Set(datasets.map(({ tableName }) => tableName)).size, 50)
  for (const { files } of datasets) assert.equal(files.length, 1)
})

test('what was entered is found as it was', async () => {
  const warnings = [{ column: 'gallery', message: 'is not in the catalog' }]
  const stepsLog = [{ step: 'combine', phase: 'start', started_at: '2026-11-21T00:00:00.000Z', status: 'combining' }]
  const fresh = testDataset(medicaid.seq, 'one', { warnings, stepsLog, catalog: { database: 'd', table: 't' } })
  await addDataset(database, fresh)
  const found = await findDataset(database, medicaid.seq, fresh.id.toUpperCase())
  assert(found)
  assert.deepEqual(found.columns, fresh.columns)
  assert.deepEqual(found.rowGroups, fresh.rowGroups)
  assert.deepEqual([found.warnings, found.stepsLog], [warnings, stepsLog])
  const [file, ...others] = found.files
  const addedAt = file?.addedAt
  assert.deepEqual([file, others], [{ ...fresh.files[0], uploadId: 'one', uploadedBy: 'jonas', addedAt }, []])
  assert.match(addedAt ?? '', /^\d{4}-/)
  assert.deepEqual([found.catalogDatabase, found.catalogTable, found.version], ['d', 't', 1])
  assert.deepEqual(
    [found.rowCount, found.sizeBytes, found.columnCount, found.uploadedBy, found.filename],
    [3, 400, 2, 'jonas', 'visits.parquet'],
  )
  assert.equal(await findDataset(database, medicaid.seq + 1, fresh.id), undefined, 'it is in this collection only')
})

test('entering it again changes nothing', async () => {
  const fresh = testDataset(medicaid.seq, 'twice')
  assert.equal(await addDataset(database, fresh), 'added')
  assert.equal(await addDataset(database, { ...fresh, rowCount: 99, filename: 'other.parquet' }), 'there')
  assert.equal((await findDataset(database, medicaid.seq, fresh.id))?.rowCount, 3)
})

test('pages follow each other, last first', async () => {
  const seq = await freshCollection('pages')
  for (let n = 0; n < 5; n += 1) await addDataset(database, testDataset(seq, `page-${n}`))
  const seen: (string | null)[] = []
  for (let after: number | undefined | null; after !== null; ) {
    const page = await listWholeDatasets(database, { collection: seq, after, limit: 2 })
    seen.push(...page.datasets.map(({ uploadId }) => uploadId))
    after = page.next
  }
  assert.deepEqual(seen, ['page-4', 'page-3', 'page-2', 'page-1', 'page-0'])
})

test('the trash takes and gives back, each once', async () => {
  const seq = await freshCollection('trash')
  const { id } = testDataset(seq, 'trashed')
  await addDataset(database, testDataset(seq, 'trashed'))
  assert.deepEqual([await trashDataset(database, id, 'bob'), await trashDataset(database, id, 'eve')], [true, false])
  assert.equal((await listDatasets(database, { collection: seq, limit: 10 })).datasets.length, 0)
  const [trashed] = (await listDatasets(database, { collection: seq, limit: 10, trashed: true })).datasets
  assert.match(trashed?.deletionRequestedAt ?? '', /^\d{4}-/)
  assert.deepEqual([await restoreDataset(database, id), await restoreDataset(database, id)], [true, false])
  assert.equal((await listDatasets(database, { collection: seq, limit: 10 })).datasets.length, 1)
})

test('what is taken back leaves nothing, and can be entered again', async () => {
  const fresh = testDataset(medicaid.seq, 'back')
  await addDataset(database, fresh)
  await removeDataset(database, fresh.id)
  await removeDataset(database, fresh.id)
  assert.equal(await findDataset(database, medicaid.seq, fresh.id), undefined)
  const left = await database.read.selectFrom('dataset_files').selectAll().where('dataset_id', '=', fresh.id).execute()
  assert.deepEqual(left, [])
  assert.equal(await addDataset(database, fresh), 'added')
})

test('nothing is entered into a collection that was deleted meanwhile', async () => {
  const seq = await freshCollection('gone')
  await database.write(async (trx) => {
    await trx.updateTable('collections').set({ deleted_at: 'now' }).where('seq', '=', seq).execute()
  })
  await assert.rejects(addDataset(database, testDataset(seq, 'late')), { code: 'collection_gone' })
  assert.equal(await findCollection(database, ORGANIZATION, 'gone'), undefined)
})

test("a table's name is a bare SQL identifier, and the longer one where the shorter is taken", async () => {
  const id = '7c1e90ab-1234-5678-9abc-def012345678'
  assert.deepEqual(tableNamesOf(id, 'Gallery visits (2009–2025) ÄÖ.parquet'), [
    't_7c1e90ab_gallery_visits_2009_2025_ao',
    't_7c1e90ab1234_gallery_visits_2009_2025_ao',
  ])
  assert.equal(tableNamesOf(id, '日本.parquet')[0], 't_7c1e90ab_data')
  assert.equal(tableNamesOf(id, '')[0], 't_7c1e90ab_data')
  assert.match(tableNamesOf(id, `${'x'.repeat(500)}.parquet`)[0], /^t_7c1e90ab_x{60}$/)
  assert.equal(await tableNameFor(database, { id, filename: 'a.parquet' }), 't_7c1e90ab_a')
  const first = testDataset(medicaid.seq, 'named', { id, filename: 'a.parquet' })
  await addDataset(database, first)
  assert.equal(await tableNameFor(database, { id, filename: 'a.parquet' }), 't_7c1e90ab_a', 'its own is not taken')
  const second = { ...first, id: '7c1e90ab-9999-5678-9abc-def012345678' }
  assert.equal(await tableNameFor(database, second), 't_7c1e90ab9999_a')
  await addDataset(database, second)
  assert.equal((await findDataset(database, medicaid.seq, second.id))?.tableName, 't_7c1e90ab9999_a')
})

test('the stem of a name is what people call it', () => {
  assert.deepEqual(['a/b/visits.parquet', 'C:\\x\\visits.snappy.parquet', '.parquet', 'visits', ''].map(stemOf), [
    'visits',
    'visits.snappy',
    '.parquet',
    'visits',
    '',
  ])
})

test("a session's dataset is always the same UUID of version 5", () => {
  const id = datasetIdOf('01jd6v0000000000000000000')
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(id, datasetIdOf('01jd6v0000000000000000000'))
  assert.notEqual(id, datasetIdOf('01jd6v0000000000000000001'))
})

test('there is one organization from the beginning, and one only', async () => {
  const own = await openTestDatasets()
  try {
    await own.database.write(async (trx) => {
      await trx.deleteFrom('collections').execute()
      await trx.deleteFrom('organizations').execute()
    })
    await Promise.all([database, own.database, await own.another()].slice(1).map((db) => recordCollections(db, [])))
    const made = await own.database.read.selectFrom('organizations').select('id').execute()
    assert.equal(made.length, 1)
    assert.match(made[0]?.id ?? '', /^[0-9a-f-]{36}$/)
    assert.equal(await defaultOrganization(own.database), made[0]?.id)
  } finally {
    await own.close()
  }
})

test('a collection that leaves the configuration stays, with what it holds', async () => {
  const seq = await freshCollection('leaves')
  await addDataset(database, testDataset(seq, 'stays'))
  assert.equal((await findCollection(database, ORGANIZATION, 'leaves'))?.origin, 'configuration')
  await recordCollections(database, [])
  const left = await findCollection(database, ORGANIZATION, 'leaves')
  assert.deepEqual([left?.seq, left?.origin], [seq, 'runtime'])
  assert.equal((await listDatasets(database, { collection: seq, limit: 10 })).datasets.length, 1)
  await freshCollection('leaves')
  assert.deepEqual((await findCollection(database, ORGANIZATION, 'leaves'))?.seq, seq)
})
