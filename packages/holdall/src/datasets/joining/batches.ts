import { sql, type Transaction } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import type { Schema } from '../../database/schema.ts'
import { HoldallError } from '../../web/error.ts'
import type { DatasetFile, DatasetWarning, StatedFile } from '../records.ts'
import type { Differences } from './differences.ts'

/** What becomes of files that are sent to a dataset that is there. */
export type JoinMode = 'append' | 'replace'

/** Files that become part of a dataset together or not at all. */
export interface Batch {
  readonly id: string
  readonly datasetId: string
  readonly mode: JoinMode
  /** That `replace` makes. */
  readonly version: number | null
  /** How many files there will be. */
  readonly fileCount: number
  readonly isConfirmed: boolean
  /** Those that were begun, in the order in which they were. */
  readonly members: readonly Member[]
}

export interface Member {
  readonly uploadId: string
  /** Null until it has arrived and its footer was read. */
  readonly looked: Looked | null
  /** ISO 8601. */
  readonly lookedAt: string | null
}

/** A file that has arrived; `path` is where it lies until it becomes part of the dataset. */
export interface Looked extends StatedFile {
  /** What was sent, where it was converted to this. */
  readonly originals: readonly DatasetFile[]
  /** What was noticed while it was converted. */
  readonly warnings?: readonly DatasetWarning[]
  /** The state of the object that was looked at. */
  readonly objectVersion: string
  /** From the dataset as it was then; null for what was to replace it when nobody compared that. */
  readonly differences: Differences | null
  /** A file that says exactly the same of itself is part of the dataset: its rows would be there twice. */
  readonly isThere: boolean
}

/** Files that nobody has sent for so long come no more. */
const FORGOTTEN_AFTER = '-90 days'

export interface NewBatch {
  /** Whoever begins the first file of it says it; the others name it again. */
  readonly id: string
  readonly datasetId: string
  readonly mode: JoinMode
  readonly files: number
  /** Whatever differs is wanted. */
  readonly isConfirmed: boolean
  readonly by: string | null
}

/**
 * Begins a batch, or finds the one that was begun. What replaces a dataset gets its version now, so that it is sent to
 * where it will lie.
 *
 * @throws HoldallError `dataset_not_found`, `dataset_in_trash`, `batch_elsewhere`
 */
export async function openBatch(
  database: InternalDatabase,
  { id, datasetId, mode, files, isConfirmed, by }: NewBatch,
): Promise<Pick<Batch, 'id' | 'version'>> {
  return await database.write(async (trx) => {
    await sql`DELETE FROM dataset_batches WHERE created_at < strftime('%Y-%m-%dT%H:%M:%fZ', 'now', ${FORGOTTEN_AFTER})`.execute(
      trx,
    )
    const there = await trx.selectFrom('dataset_batches').selectAll().where('id', '=', id).executeTakeFirst()
    if (there !== undefined) {
      if (there.dataset_id !== datasetId || there.mode !== mode) throw new HoldallError('batch_elsewhere', { id })
      await trx
        .updateTable('dataset_batches')
        .set({ file_count: Math.max(files, there.file_count) })
        .where('id', '=', id)
        .execute()
      return { id, version: there.version }
    }
    const version = mode === 'replace' ? await nextVersion(trx, datasetId) : null
    await trx
      .insertInto('dataset_batches')
      .values({
        id,
        dataset_id: datasetId,
        mode,
        version,
        file_count: files,
        created_by: by,
        ...(isConfirmed && { confirmed_at: NOW, confirmed_by: by }),
      })
      .execute()
    return { id, version }
  })
}

const MEMBERS = sql<number>`(SELECT count(*) FROM dataset_batch_files WHERE batch_id = dataset_batches.id)`
const NOW = sql<string>`strftime('%Y-%m-%dT%H:%M:%fZ', 'now')`

/** One that no other has, nor had. */
export async function nextVersion(trx: Transaction<Schema>, datasetId: string): Promise<number> {
  const { last_version } = await trx
    .updateTable('datasets')
    .set(({ eb }) => ({ last_version: eb('last_version', '+', 1) }))
    .where('id', '=', datasetId)
    .returning('last_version')
    .executeTakeFirstOrThrow()
  return last_version
}

/** One more file of a batch. Idempotent. */
export async function addMember(database: InternalDatabase, batchId: string, uploadId: string): Promise<void> {
  await database.write((trx) => enter(trx, batchId, uploadId))
}

async function enter(trx: Transaction<Schema>, batchId: string, uploadId: string): Promise<void> {
  await sql`INSERT INTO dataset_batch_files (upload_id, batch_id)
    SELECT ${uploadId}, id FROM dataset_batches WHERE id = ${batchId} ON CONFLICT DO NOTHING`.execute(trx)
}

/** What was seen of a file that has arrived. */
export async function lookedAt(
  database: InternalDatabase,
  { batchId, uploadId, looked }: { readonly batchId: string; readonly uploadId: string; readonly looked: Looked },
): Promise<void> {
  await database.write(async (trx) => {
    await enter(trx, batchId, uploadId)
    await trx
      .updateTable('dataset_batch_files')
      .set({ looked: JSON.stringify(looked), looked_at: NOW })
      .where('upload_id', '=', uploadId)
      .execute()
  })
}

type Reading = Pick<InternalDatabase['read'], 'selectFrom'>

export async function findBatch(db: Reading, id: string): Promise<Batch | undefined> {
  const row = await db.selectFrom('dataset_batches').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) return undefined
  const members = await db
    .selectFrom('dataset_batch_files')
    .selectAll()
    .where('batch_id', '=', id)
    .orderBy('upload_id')
    .execute()
  return {
    id,
    datasetId: row.dataset_id,
    mode: row.mode,
    version: row.version,
    fileCount: row.file_count,
    isConfirmed: row.confirmed_at !== null,
    members: members.map(({ upload_id, looked, looked_at }) => ({
      uploadId: upload_id,
      looked: looked === null ? null : JSON.parse(looked),
      lookedAt: looked_at,
    })),
  }
}

/** Those of a dataset that something has been sent to, the first begun first. */
export async function batchesOf(database: InternalDatabase, datasetId: string): Promise<Batch[]> {
  const rows = await database.read
    .selectFrom('dataset_batches')
    .select('id')
    .where('dataset_id', '=', datasetId)
    .orderBy('created_at')
    .execute()
  const found = await Promise.all(rows.map(({ id }) => findBatch(database.read, id)))
  return found.filter((batch): batch is Batch => batch !== undefined && batch.members.length > 0)
}

/** What differs is wanted, and no file comes that was not begun. @returns whether there is such a batch */
export async function confirmBatch(database: InternalDatabase, id: string, by: string | null): Promise<boolean> {
  return await database.write(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('dataset_batches')
      .set({
        confirmed_at: NOW,
        confirmed_by: by,
        file_count: MEMBERS,
      })
      .where('id', '=', id)
      .executeTakeFirst()
    return numUpdatedRows > 0n
  })
}

/** Takes a file out: the others go on without it. Idempotent. */
export async function leaveBatch(database: InternalDatabase, uploadId: string): Promise<void> {
  const there = await database.read
    .selectFrom('dataset_batch_files')
    .select('batch_id')
    .where('upload_id', '=', uploadId)
    .executeTakeFirst()
  if (there === undefined) return
  await database.write(async (trx) => {
    const gone = await trx
      .deleteFrom('dataset_batch_files')
      .where('upload_id', '=', uploadId)
      .returning('batch_id')
      .executeTakeFirst()
    if (gone === undefined) return
    // Whoever announced fewer than came has still begun all that are there.
    await sql`UPDATE dataset_batches SET file_count = max(file_count - 1, ${MEMBERS})
      WHERE id = ${gone.batch_id}`.execute(trx)
    await trx.deleteFrom('dataset_batches').where('id', '=', gone.batch_id).where('file_count', '<=', 0).execute()
  })
}
