import type { InternalDatabase } from '../../database/internal.ts'
import type { Uploads } from '../../uploads/engine.ts'
import type { UploadSession } from '../../uploads/session.ts'
import { type Batch, batchesOf, type Looked } from './batches.ts'
import type { Differences } from './differences.ts'
import { replacing } from './replacing.ts'
import { stateOf } from './states.ts'

/** Files that are on their way into a dataset together, as somebody sees them who decides about it. */
export interface WaitingBatch {
  readonly batch: Batch
  readonly files: readonly WaitingFile[]
  /** What becomes of the columns that are there when all of it replaces them; null where it is added. */
  readonly replaces: Differences | null
  /** All are there, and nothing is missing but that somebody says yes. */
  readonly canBeAdded: boolean
}

export interface WaitingFile {
  readonly session: UploadSession
  readonly looked: Looked | null
}

/** What waits for somebody; not what is being sent, or goes on by itself. */
export async function waitingFor(
  { database, uploads }: { readonly database: InternalDatabase; readonly uploads: Pick<Uploads, 'find'> },
  datasetId: string,
): Promise<WaitingBatch[]> {
  const found: WaitingBatch[] = []
  for (const batch of await batchesOf(database, datasetId)) {
    const files: WaitingFile[] = []
    for (const { uploadId, looked } of batch.members) {
      const session = await uploads.find('dataset', uploadId)
      if (session !== undefined) files.push({ session, looked })
    }
    const waits = files.filter(({ session }) => session.completionStatus === 'inferred').length
    const failed = files.some(({ session }) => session.status === 'failed')
    const goesOn = batch.isConfirmed && files.some(({ session }) => session.completionStatus === 'registering')
    if (waits === 0 && !failed && !goesOn) continue
    const replaces = batch.mode === 'replace' ? await replacedBy(database, datasetId, files) : null
    found.push({ batch, files, replaces, canBeAdded: waits === files.length && !batch.isConfirmed })
  }
  return found
}

/** Somebody has said yes, and all of it goes on by itself. */
export function isOnTheWay({ batch, files }: WaitingBatch): boolean {
  return (
    batch.isConfirmed &&
    files.length >= batch.fileCount &&
    files.every(({ session, looked }) => session.status !== 'failed' && looked !== null)
  )
}

async function replacedBy(database: InternalDatabase, datasetId: string, files: readonly WaitingFile[]) {
  const state = await stateOf(database.read, datasetId)
  const looked = files.flatMap(({ looked }) => looked ?? [])
  return (state && replacing(state.columns, looked)) ?? null
}
