import type { InternalDatabase } from '../../database/internal.ts'
import type { BeforeIo } from '../../sources/filesystem/io.ts'
import type { Sources } from '../../sources/sources.ts'
import type { Clearable, Purpose } from '../../uploads/purpose.ts'
import type { UploadSession } from '../../uploads/session.ts'
import { removeDataset } from '../adding.ts'
import type { ParquetLimits } from '../footer/limits.ts'
import { datasetIdOf } from '../identity.ts'
import { leaveBatch } from '../joining/batches.ts'
import { isJoined, unjoin } from '../joining/join.ts'
import { awaitBatch } from './await-batch.ts'
import { type ConvertObject, createConvert } from './convert.ts'
import { createInfer } from './infer.ts'
import { removeLaid } from './join.ts'
import { LATE_PARTS_MS } from './limits.ts'
import { type DatasetMade, madeOf } from './made.ts'
import type { Probe } from './probe.ts'
import { createRegister } from './register.ts'

type Join = NonNullable<DatasetMade['join']>

export interface DatasetPurposeOptions {
  readonly database: InternalDatabase
  readonly sources: Sources
  readonly probe: Probe
  readonly convert: ConvertObject
  readonly limits?: ParquetLimits
  /** Told each write before it is made; a test ends the process there. */
  readonly before?: BeforeIo | undefined
  readonly now?: () => number
}

/** What was sent becomes a dataset of its collection: its schema is inferred, then it is registered. */
export function datasetPurpose(options: DatasetPurposeOptions): Purpose {
  return {
    ...clearableDatasets(options.database, options.sources, options.before),
    followed: true,
    steps: [
      {
        name: 'convert',
        running: 'converting',
        ended: 'converted',
        needed: (session) => madeOf(session).convert !== undefined,
        run: createConvert(options),
      },
      { name: 'infer', running: 'inferring', ended: 'inferred', run: createInfer(options) },
      {
        name: 'register',
        running: 'registering',
        ended: 'registered',
        ready: (session, signal) => awaitBatch(options.database, session, { signal, now: options.now ?? Date.now }),
        run: createRegister(options),
      },
    ],
  }
}

/** What uploads of datasets leave. */
export function clearableDatasets(
  database: InternalDatabase,
  sources: Sources,
  before: BeforeIo = () => {},
): Clearable {
  return {
    name: 'dataset',
    lateArrivalsMs: LATE_PARTS_MS,
    writes: (session) => {
      const { convert } = madeOf(session)
      return convert === undefined ? [] : [convert.path]
    },
    isMade: (session) =>
      madeOf(session).join === undefined ? isDataset(database, session.id) : isJoined(database, session.id),
    async undo(session) {
      const { join } = madeOf(session)
      if (join !== undefined) return await undoJoin(session, join)
      if (!(await isDataset(database, session.id))) return
      before('database: take dataset back')
      await removeDataset(database, datasetIdOf(session.id))
    },
  }

  async function undoJoin(session: UploadSession, { dataset, mode }: Join): Promise<void> {
    // One that failed is still expected by those that it came with; one that was cancelled is not.
    if (session.status === 'aborted') {
      before('database: leave batch')
      await leaveBatch(database, session.id)
    }
    if (await isJoined(database, session.id)) {
      before('database: take file out')
      await unjoin(database, session.id, dataset)
    }
    if (mode === 'append') await removeLaid({ database, sources, before }, session, dataset)
  }
}

/** In the trash or not. */
async function isDataset(database: InternalDatabase, uploadId: string): Promise<boolean> {
  const row = await database.read
    .selectFrom('datasets')
    .select('id')
    .where('id', '=', datasetIdOf(uploadId))
    .executeTakeFirst()
  return row !== undefined
}
