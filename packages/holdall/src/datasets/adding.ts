import type { Transaction } from 'kysely'
import type { InternalDatabase } from '../database/internal.ts'
import type { Schema } from '../database/schema.ts'
import { HoldallError } from '../web/error.ts'
import type { ParquetColumn, RowGroups } from './footer/parquet-file.ts'
import { tableNamesOf } from './identity.ts'
import type { DatasetFile, DatasetWarning, StatedFile } from './records.ts'

export interface NewDataset {
  /** From `datasetIdOf`, so that whoever finishes a session twice adds it once. */
  readonly id: string
  /** `seq` of the collection. */
  readonly collection: number
  readonly sourceType: string
  readonly uploadId: string | null
  readonly filename: string
  /** From `tableNameFor`, where a catalog has it already. */
  readonly tableName?: string
  readonly catalog?: { readonly database: string; readonly table: string }
  readonly columns: readonly ParquetColumn[]
  readonly rowGroups: RowGroups
  readonly rowCount: number
  /** Bytes of all its data files. */
  readonly sizeBytes: number
  readonly warnings?: readonly DatasetWarning[]
  /** The session's `completion_steps_log`. */
  readonly stepsLog?: readonly unknown[]
  readonly uploadedBy: string | null
  readonly files: readonly DatasetFile[]
}

/**
 * Enters a dataset with its files. It is an insert and nothing is read before it, so that any number of them at once are
 * all kept; one that is there stays as it is.
 *
 * @throws HoldallError `collection_gone` when its collection was deleted meanwhile
 */
export async function addDataset(database: InternalDatabase, dataset: NewDataset): Promise<'added' | 'there'> {
  return await database.write(async (trx) => {
    const there = await trx.selectFrom('datasets').select('id').where('id', '=', dataset.id).executeTakeFirst()
    if (there !== undefined) return 'there'
    const collection = await trx
      .selectFrom('collections')
      .select('id')
      .where('seq', '=', dataset.collection)
      .where('deleted_at', 'is', null)
      .executeTakeFirst()
    if (collection === undefined) throw new HoldallError('collection_gone')
    await trx
      .insertInto('datasets')
      .values({
        id: dataset.id,
        collection: dataset.collection,
        source_type: dataset.sourceType,
        upload_id: dataset.uploadId,
        filename: dataset.filename,
        table_name: dataset.tableName ?? (await freeTableName(trx, dataset)),
        catalog_database: dataset.catalog?.database ?? null,
        catalog_table: dataset.catalog?.table ?? null,
        columns: JSON.stringify(dataset.columns),
        column_count: dataset.columns.length,
        row_groups: JSON.stringify(dataset.rowGroups),
        row_count: dataset.rowCount,
        size_bytes: dataset.sizeBytes,
        warnings: JSON.stringify(dataset.warnings ?? []),
        steps_log: JSON.stringify(dataset.stepsLog ?? []),
        uploaded_by: dataset.uploadedBy,
      })
      .execute()
    const onlyOne = dataset.files.filter(({ role }) => role === 'data').length === 1
    for (const [ordinal, file] of dataset.files.entries()) {
      // What a dataset of one file says is what that file says.
      const { columns, rowGroups, uploadId, uploadedBy } = dataset
      const stated = onlyOne && file.role === 'data' ? { columns, rowGroups } : {}
      await insertFile(trx, dataset.id, { version: 1, ordinal, file: { uploadId, uploadedBy, ...file, ...stated } })
    }
    return 'added'
  })
}

interface NewFile {
  readonly version: number
  readonly ordinal: number
  readonly file: DatasetFile & Partial<Pick<StatedFile, 'columns' | 'rowGroups'>>
}

/** One object of a version, within the transaction that says what the dataset has become with it. */
export async function insertFile(
  trx: Transaction<Schema>,
  datasetId: string,
  { version, ordinal, file }: NewFile,
): Promise<void> {
  await trx
    .insertInto('dataset_files')
    .values({
      dataset_id: datasetId,
      version,
      ordinal,
      role: file.role,
      source_id: file.sourceId,
      path: file.path,
      filename: file.filename,
      size_bytes: file.sizeBytes,
      row_count: file.rowCount,
      etag: file.etag,
      content_hash: file.contentHash,
      file_id: file.fileId ?? null,
      columns: file.columns === undefined ? null : JSON.stringify(file.columns),
      row_groups: file.rowGroups === undefined ? null : JSON.stringify(file.rowGroups),
      upload_id: file.uploadId ?? null,
      uploaded_by: file.uploadedBy ?? null,
      ...(file.addedAt !== undefined && { added_at: file.addedAt }),
      ...(file.sheets !== undefined && { sheets: JSON.stringify(file.sheets) }),
    })
    .execute()
}

/** The name of a dataset's table, before it is entered: the one it has, else the first that no other has. */
export async function tableNameFor(
  database: InternalDatabase,
  dataset: Pick<NewDataset, 'id' | 'filename'>,
): Promise<string> {
  return await freeTableName(database.read, dataset)
}

async function freeTableName(
  db: Pick<InternalDatabase['read'], 'selectFrom'>,
  { id, filename }: Pick<NewDataset, 'id' | 'filename'>,
): Promise<string> {
  const names = tableNamesOf(id, filename)
  const rows = await db
    .selectFrom('datasets')
    .select(['id', 'table_name'])
    .where((where) => where.or([where('id', '=', id), where('table_name', 'in', names)]))
    .execute()
  const own = rows.find((row) => row.id === id)
  if (own !== undefined) return own.table_name
  return rows.some((row) => row.table_name === names[0]) ? names[1] : names[0]
}

/** Takes back what `addDataset` entered, for a registration that failed after it. */
export async function removeDataset(database: InternalDatabase, id: string): Promise<void> {
  await database.write(async (trx) => {
    await trx.deleteFrom('datasets').where('id', '=', id).execute()
  })
}
