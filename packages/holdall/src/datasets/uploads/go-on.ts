import type { InternalDatabase } from '../../database/internal.ts'
import type { Uploads } from '../../uploads/engine.ts'
import type { Actor } from '../../web/route.ts'
import { confirmBatch, findBatch } from '../joining/batches.ts'
import { toMade } from './made.ts'

interface GoingOn {
  readonly database: InternalDatabase
  readonly uploads: Pick<Uploads, 'resume'>
}

/** What differs in a batch was seen, and is wanted: its files go on. @returns whether there is such a batch */
export async function goOnWithBatch({ database, uploads }: GoingOn, id: string, actor: Actor | null): Promise<boolean> {
  const batch = await findBatch(database.read, id)
  if (batch === undefined || !(await confirmBatch(database, id, actor?.id ?? null))) return false
  await Promise.all(batch.members.map(({ uploadId }) => uploads.resume(uploadId, toMade({ waits_for: null }))))
  return true
}
