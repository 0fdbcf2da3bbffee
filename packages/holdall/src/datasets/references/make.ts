import type { InternalDatabase } from '../../database/internal.ts'
import type { FileRecord } from '../../files/record.ts'
import type { Sources } from '../../sources/sources.ts'
import { CannotFinish } from '../../uploads/purpose.ts'
import { HoldallError } from '../../web/error.ts'
import { addDataset } from '../adding.ts'
import { requireCatalog } from '../collections/catalog.ts'
import type { Collection } from '../collections/rows.ts'
import { datasetIdOf } from '../identity.ts'
import { footerOf, objectAt } from '../uploads/object.ts'
import type { Probe } from '../uploads/probe.ts'

/** Says of a dataset that a file was there before it, and stays what it is. */
export const SOURCE_FILE = 'source_file'

export interface MakingRoom {
  readonly database: InternalDatabase
  readonly sources: Sources
  readonly probe: Probe
}

/**
 * Makes a dataset of a Parquet file that a source has, which stays where it is. Of one file there is one dataset in a
 * collection: whoever asks again is told of that one.
 *
 * @returns the dataset's id
 * @throws HoldallError `file_missing`, `parquet_invalid`, `parquet_encrypted`, `parquet_limit_exceeded`,
 * `dataset_in_trash`, `collection_gone`, `catalog_unavailable`, and what reading the storage throws
 */
export async function makeDataset(
  { database, sources, probe }: MakingRoom,
  { file, collection, by }: { readonly file: FileRecord; readonly collection: Collection; readonly by: string | null },
  signal: AbortSignal,
): Promise<{ readonly id: string; readonly isNew: boolean }> {
  requireCatalog(collection)
  const there = await presentId(database, file.id, collection.seq)
  if (there.isThere) return { id: there.id, isNew: false }
  const { object, parquet } = await look().catch((error: unknown) => {
    if (error instanceof CannotFinish)
      throw error.cause instanceof HoldallError ? error.cause : new HoldallError('file_missing')
    throw error
  })
  const { columns, rowGroups, rowCount } = parquet
  const added = await addDataset(database, {
    id: there.id,
    collection: collection.seq,
    sourceType: SOURCE_FILE,
    uploadId: null,
    filename: file.filename,
    columns,
    rowGroups,
    rowCount,
    sizeBytes: object.size,
    uploadedBy: by,
    files: [
      {
        role: 'data',
        sourceId: file.sourceId,
        path: file.path,
        filename: file.filename,
        sizeBytes: object.size,
        rowCount,
        etag: object.etag,
        contentHash: file.contentHash,
        fileId: file.id,
      },
    ],
  })
  return { id: there.id, isNew: added === 'added' }

  async function look() {
    const object = await objectAt(sources, file, signal)
    const parquet = await footerOf(object, undefined, signal)
    await probe(object, parquet, signal)
    await object.assertSame(signal)
    return { object, parquet }
  }
}

/** The id of the dataset that a file is, or is to be, in a collection: of one that is gone for good there may be another. */
async function presentId(database: InternalDatabase, fileId: string, collection: number) {
  for (let count = 0; ; count++) {
    const id = datasetIdOf(`${fileId} ${collection} ${count}`)
    const row = await database.read
      .selectFrom('datasets')
      .select(['deletion_requested_at', 'purging_at'])
      .where('id', '=', id)
      .executeTakeFirst()
    if (row === undefined) return { id, isThere: false }
    if (row.purging_at !== null) continue
    if (row.deletion_requested_at !== null) throw new HoldallError('dataset_in_trash')
    return { id, isThere: true }
  }
}
