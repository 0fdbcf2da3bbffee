import { setTimeout as sleep } from 'node:timers/promises'
import type { InternalDatabase } from '../../database/internal.ts'
import { CannotFinish, type Waiting } from '../../uploads/purpose.ts'
import type { UploadSession } from '../../uploads/session.ts'
import { type Batch, findBatch, type Looked } from '../joining/batches.ts'
import { isDifferent } from '../joining/differences.ts'
import { isJoined } from '../joining/join.ts'
import { isLoss, replacing } from '../joining/replacing.ts'
import { stateOf } from '../joining/states.ts'
import { BATCH_LOOK_MS, BATCH_PATIENCE_MS, BATCH_PAUSE_MS, REVIEW_WAIT_MS } from './limits.ts'
import { madeOf, toMade } from './made.ts'

/**
 * Whether an upload may become part of its dataset now: all files of its batch are there, and somebody has seen what
 * differs. For the other files it waits a moment, since they often come together.
 */
export async function awaitBatch(
  database: InternalDatabase,
  session: UploadSession,
  { signal, now }: { readonly signal: AbortSignal; readonly now: () => number },
): Promise<Waiting | undefined> {
  const { join } = madeOf(session)
  if (join === undefined) return undefined
  const patience = performance.now() + BATCH_PATIENCE_MS
  for (;;) {
    if (await isJoined(database, session.id)) return undefined
    const batch = await findBatch(database.read, join.batch)
    if (batch === undefined) throw new CannotFinish('The other files that it came with were given up. Send it again.')
    const lacks = await whatItLacks(database, batch)
    if (lacks === undefined) return undefined
    if (lacks === 'files' && performance.now() < patience) {
      await sleep(BATCH_LOOK_MS, undefined, { signal })
      continue
    }
    const since = batch.members.find(({ uploadId }) => uploadId === session.id)?.lookedAt
    const over = Date.parse(since ?? session.createdAt) + REVIEW_WAIT_MS
    if (now() >= over) throw new CannotFinish(TOO_LATE[lacks], 'removed')
    const until = lacks === 'files' ? Math.min(now() + BATCH_PAUSE_MS, over) : over
    return { until: new Date(until), made: toMade({ waits_for: lacks }) }
  }
}

const TOO_LATE = {
  files: 'The other files that it was to be added with never came.',
  confirmation: 'Nobody has confirmed what differs from the dataset. Send it again.',
} as const

async function whatItLacks(database: InternalDatabase, batch: Batch): Promise<'files' | 'confirmation' | undefined> {
  const { members, fileCount, isConfirmed } = batch
  const looked = members.flatMap(({ looked }) => looked ?? [])
  if (looked.length < members.length || members.length < fileCount) return 'files'
  return !isConfirmed && (await asks(database, batch, looked)) ? 'confirmation' : undefined
}

/** Of what replaces a dataset, columns that are new take nothing away. */
async function asks(database: InternalDatabase, { mode, datasetId }: Batch, looked: readonly Looked[]) {
  if (mode === 'append')
    return looked.some(({ differences, isThere }) => isThere || (differences && isDifferent(differences)))
  const state = await stateOf(database.read, datasetId)
  const differences = state && replacing(state.columns, looked)
  return differences !== undefined && isLoss(differences)
}
