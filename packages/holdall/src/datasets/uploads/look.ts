import type { InternalDatabase } from '../../database/internal.ts'
import type { BeforeIo } from '../../sources/filesystem/io.ts'
import { CannotFinish } from '../../uploads/purpose.ts'
import type { UploadSession } from '../../uploads/session.ts'
import type { ParquetFile } from '../footer/parquet-file.ts'
import { type Looked, lookedAt } from '../joining/batches.ts'
import { differencesOf } from '../joining/differences.ts'
import { refusal } from '../joining/refusal.ts'
import { asReplacement } from '../joining/replacing.ts'
import { shownDifferences } from '../joining/shown.ts'
import { type DatasetState, hasSame, stateOf } from '../joining/states.ts'
import { type DatasetMade, madeOf } from './made.ts'
import type { UploadedObject } from './object.ts'
import { originalOf } from './original.ts'

type Join = NonNullable<DatasetMade['join']>

/**
 * Holds what has arrived against the dataset that it is to become part of, and enters it among the files of its batch.
 *
 * @throws CannotFinish when no type holds the values of both: however often it is tried, it is refused
 */
export async function compare(
  { database, before = () => {} }: { readonly database: InternalDatabase; readonly before?: BeforeIo | undefined },
  session: UploadSession,
  { join, object, parquet }: { readonly join: Join; readonly object: UploadedObject; readonly parquet: ParquetFile },
): Promise<Pick<DatasetMade, 'differences'>> {
  const state = await presentState(database, join.dataset)
  const found = differencesOf(state.columns, parquet.columns)
  const differences = join.mode === 'append' ? found : asReplacement(found)
  const against = refusal(differences)
  if (against) throw new CannotFinish(against, 'removed')
  const { filename, sourceId, actorId } = session
  const isThere = join.mode === 'append' && (await hasSame(database.read, state, parquet))
  const looked: Looked = {
    role: 'data',
    sourceId,
    path: object.path,
    filename,
    sizeBytes: object.size,
    rowCount: parquet.rowCount,
    etag: object.etag,
    contentHash: null,
    uploadedBy: actorId,
    columns: parquet.columns,
    rowGroups: parquet.rowGroups,
    originals: originalOf(session),
    warnings: madeOf(session).conversion?.warnings ?? [],
    objectVersion: object.version,
    differences,
    isThere,
  }
  before('database: enter looked')
  await lookedAt(database, { batchId: join.batch, uploadId: session.id, looked })
  return { differences: shownDifferences(differences, isThere) }
}

/** @throws CannotFinish when it is in the trash or gone */
export async function presentState(database: InternalDatabase, id: string): Promise<DatasetState> {
  const state = await stateOf(database.read, id)
  if (state !== undefined) return state
  throw new CannotFinish('The dataset is in the trash, or is gone. Restore it, then retry.')
}
