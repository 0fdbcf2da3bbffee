import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { addDataset } from '../adding.ts'
import { findCollection } from '../collections/rows.ts'
import { ORGANIZATION, openTestDatasets, type TestDatasets, testDataset } from '../testing.ts'
import { addMember, type Batch, findBatch, leaveBatch, lookedAt, openBatch } from './batches.ts'
import { isJoined, joinDataset, unjoin } from './join.ts'
import { type DatasetState, stateOf } from './states.ts'

let here: TestDatasets
let id: string
before(async () => {
  here = await openTestDatasets()
  const collection = await findCollection(here.database, ORGANIZATION, 'medicaid')
  const dataset = testDataset(collection?.seq ?? 0, 'first')
  id = dataset.id
  await addDataset(here.database, dataset)
})
after(() => here.close())

/** A file like the first one, looked at and waiting. */
async function waiting(batchId: string, ...uploads: string[]): Promise<Batch> {
  const { database } = here
  const { columns, rowGroups, rowCount, sizeBytes, files } = testDataset(1, 'first')
  await openBatch(database, { id: batchId, datasetId: id, mode: 'append', files: 1, isConfirmed: false, by: null })
  for (const uploadId of uploads) {
    await addMember(database, batchId, uploadId)
    const [file] = files
    const looked = { ...file, columns, rowGroups, rowCount, sizeBytes, path: `waiting/${uploadId}.parquet` }
    const more = { originals: [], objectVersion: '', differences: null, isThere: false }
    await lookedAt(database, { batchId, uploadId, looked: { ...(looked as never as object), ...more } as never })
  }
  return (await findBatch(database.read, batchId)) as Batch
}

const state = async () => (await stateOf(here.database.read, id)) as DatasetState

function join(batch: Batch, of: DatasetState) {
  const placed = batch.members.map(({ uploadId, looked }) => ({
    uploadId,
    file: looked as never,
    originals: [],
    warnings: [],
  }))
  return joinDataset(here.database, { state: of, batch, placed })
}

test('of two that were worked out from one state the second is worked out again', async () => {
  const [one, two, seen] = [await waiting('batch-one', 'one'), await waiting('batch-two', 'two'), await state()]
  assert.equal(await join(one, seen), 'joined')
  assert.equal(await join(two, seen), 'changed')
  assert.equal(await isJoined(here.database, 'two'), false)
  assert.equal(await join(two, await state()), 'joined')
  const { rowCount, revision, sizeBytes } = await state()
  assert.deepEqual([rowCount, sizeBytes, revision], [9, 1_200, 3])
})

test('a batch that has lost a file meanwhile is looked at again', async () => {
  const batch = await waiting('batch-three', 'three', 'four')
  await leaveBatch(here.database, 'four')
  assert.equal(await join(batch, await state()), 'changed')
  const rest = (await findBatch(here.database.read, 'batch-three')) as Batch
  assert.equal(await join(rest, await state()), 'joined')
  assert.equal((await state()).rowCount, 12)
  assert.equal(await findBatch(here.database.read, 'batch-three'), undefined)
})

test('what is taken out leaves the dataset as it was without it, and a second time does nothing', async () => {
  for (const upload of ['one', 'three', 'three', 'never']) await unjoin(here.database, upload, id)
  const { rowCount, sizeBytes, rowGroups, columns } = await state()
  assert.deepEqual([rowCount, sizeBytes, rowGroups.count, columns.length], [6, 800, 2, 2])
})
