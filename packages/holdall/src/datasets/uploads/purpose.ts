import type { InternalDatabase } from '../../database/internal.ts'
import type { BeforeIo } from '../../sources/filesystem/io.ts'
import type { Sources } from '../../sources/sources.ts'
import type { Clearable, Purpose } from '../../uploads/purpose.ts'
import type { ParquetLimits } from '../footer/limits.ts'
import { datasetIdOf } from '../identity.ts'
import { removeDataset } from '../records.ts'
import { createInfer } from './infer.ts'
import { LATE_PARTS_MS } from './limits.ts'
import type { Probe } from './probe.ts'
import { createRegister } from './register.ts'

export interface DatasetPurposeOptions {
  readonly database: InternalDatabase
  readonly sources: Sources
  readonly probe: Probe
  readonly limits?: ParquetLimits
  /** Told each write before it is made; a test ends the process there. */
  readonly before?: BeforeIo | undefined
  readonly now?: () => number
}

/** What was sent becomes a dataset of its collection: its schema is inferred, then it is registered. */
export function datasetPurpose(options: DatasetPurposeOptions): Purpose {
  return {
    ...clearableDatasets(options.database, options.before),
    followed: true,
    steps: [
      { name: 'infer', running: 'inferring', ended: 'inferred', run: createInfer(options) },
      { name: 'register', running: 'registering', ended: 'registered', run: createRegister(options) },
    ],
  }
}

/** What uploads of datasets leave. */
export function clearableDatasets(database: InternalDatabase, before: BeforeIo = () => {}): Clearable {
  return {
    name: 'dataset',
    lateArrivalsMs: LATE_PARTS_MS,
    isMade: (session) => isDataset(database, session.id),
    async undo(session) {
      if (!(await isDataset(database, session.id))) return
      before('database: take dataset back')
      await removeDataset(database, datasetIdOf(session.id))
    },
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
