import { sql, type Transaction } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import type { Schema } from '../../database/schema.ts'
import { insertFile } from '../adding.ts'
import type { DatasetFile, DatasetWarning, StatedFile } from '../records.ts'
import { RETENTION_MS } from '../trash/limits.ts'
import { removeVersionLater } from '../trash/store.ts'
import type { Batch } from './batches.ts'
import { merge, type Stated } from './merge.ts'
import { changeState, type DatasetState, statedFiles, stateOf } from './states.ts'

/** A file where it will lie, by the upload that has brought it. */
export interface Placed {
  readonly uploadId: string
  readonly file: StatedFile
  /** What was sent, where it was converted to this. */
  readonly originals: readonly DatasetFile[]
  readonly warnings: readonly DatasetWarning[]
}

/**
 * Makes the files of a batch part of its dataset: all of them in one transaction, which counts everything anew.
 *
 * @returns `changed` when the dataset or the batch is another one since they were looked at: nothing was written
 * @throws CannotMerge
 */
export async function joinDataset(
  database: InternalDatabase,
  { state, batch, placed }: { readonly state: DatasetState; readonly batch: Batch; readonly placed: readonly Placed[] },
): Promise<'joined' | 'changed'> {
  const files = placed.map(({ file }) => file)
  const [first, ...others] = batch.mode === 'append' ? [state, ...files] : files
  const merged: Stated = merge(first as Stated, ...others)
  const version = batch.version ?? state.version
  return await database.write(async (trx) => {
    if (!(await isSame(trx, batch))) return 'changed'
    if (!(await changeState(trx, state, { ...merged, version }))) return 'changed'
    const ordinal = await nextOrdinal(trx, state.id, version)
    const all = placed.flatMap(({ uploadId, file, originals }) => [
      { ...file, uploadId },
      ...originals.map((one) => ({ ...one, uploadId, uploadedBy: file.uploadedBy ?? null })),
    ])
    // One time for all of them: so it is known later that they came together.
    const addedAt = new Date().toISOString()
    for (const [at, file] of all.entries()) {
      await insertFile(trx, state.id, { version, ordinal: ordinal + at, file: { ...file, addedAt } })
    }
    if (version !== state.version) {
      // What was noticed of the files that go holds no more.
      const warnings = JSON.stringify(placed.flatMap((one) => one.warnings))
      await trx.updateTable('datasets').set({ warnings }).where('id', '=', state.id).execute()
      const dueAt = new Date(Date.now() + RETENTION_MS).toISOString()
      await removeVersionLater(trx, { datasetId: state.id, version: state.version, dueAt })
    }
    await trx.deleteFrom('dataset_batches').where('id', '=', batch.id).execute()
    return 'joined'
  })
}

/** Whether a batch has exactly the files that were looked at. */
async function isSame(trx: Transaction<Schema>, { id, fileCount, members }: Batch): Promise<boolean> {
  const row = await trx.selectFrom('dataset_batches').select('file_count').where('id', '=', id).executeTakeFirst()
  const now = await trx
    .selectFrom('dataset_batch_files')
    .select(['upload_id', 'looked_at'])
    .where('batch_id', '=', id)
    .orderBy('upload_id')
    .execute()
  return (
    row?.file_count === fileCount &&
    now.length === members.length &&
    members.every(({ uploadId, lookedAt }, at) => {
      const one = now[at]
      return one?.upload_id === uploadId && one.looked_at === lookedAt
    })
  )
}

async function nextOrdinal(trx: Transaction<Schema>, id: string, version: number): Promise<number> {
  const row = await trx
    .selectFrom('dataset_files')
    .select(({ fn }) => fn.max('ordinal').as('last'))
    .where('dataset_id', '=', id)
    .where('version', '=', version)
    .executeTakeFirst()
  return row?.last == null ? 0 : Number(row.last) + 1
}

/** Whether what an upload brought is part of a dataset. */
export async function isJoined(database: InternalDatabase, uploadId: string): Promise<boolean> {
  const row = await database.read
    .selectFrom('dataset_files')
    .select('dataset_id')
    .where('upload_id', '=', uploadId)
    .executeTakeFirst()
  return row !== undefined
}

/** Takes the file of an upload out of every version again: the dataset is what it was without it. Its object stays. */
export async function unjoin(database: InternalDatabase, uploadId: string, datasetId: string): Promise<void> {
  while (await isJoined(database, uploadId)) {
    const state = await stateOf(database.read, datasetId)
    if (await removeJoined(database, { uploadId, datasetId, state })) return
  }
}

interface Unjoining {
  readonly uploadId: string
  readonly datasetId: string
  readonly state: DatasetState | undefined
}

async function removeJoined(database: InternalDatabase, { uploadId, datasetId, state }: Unjoining): Promise<boolean> {
  const version = state && (await versionWithout(database, state, uploadId))
  const stated = version === undefined ? [] : await statedFiles(database.read, datasetId, version, uploadId)
  return await database.write(async (trx) => {
    if (state !== undefined) {
      const [first, ...others] = stated
      if (version === undefined || first === undefined) throw new Error(`Dataset ${datasetId} would have no file`)
      if (!(await changeState(trx, state, { ...merge(first, ...others), version }))) return false
      if (version !== state.version) await keepVersion(trx, datasetId, version)
    }
    await trx.deleteFrom('dataset_files').where('upload_id', '=', uploadId).execute()
    return true
  })
}

/** The present version, or where nothing else is in it, the last one before that has something else. */
async function versionWithout(
  database: InternalDatabase,
  { id, version }: DatasetState,
  uploadId: string,
): Promise<number | undefined> {
  const row = await database.read
    .selectFrom('dataset_files')
    .select('version')
    .where('dataset_id', '=', id)
    .where('role', '=', 'data')
    .where(sql<boolean>`upload_id IS NOT ${uploadId}`)
    .orderBy(sql`version = ${version}`, 'desc')
    .orderBy('version', 'desc')
    .executeTakeFirst()
  return row?.version
}

/** What was to be removed of a version is kept. */
export async function keepVersion(trx: Transaction<Schema>, id: string, version: number): Promise<void> {
  await sql`DELETE FROM dataset_removals WHERE (source_id, path) IN
    (SELECT source_id, path FROM dataset_files WHERE dataset_id = ${id} AND version = ${version})`.execute(trx)
}
