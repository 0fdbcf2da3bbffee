import type { InternalDatabase } from '../../database/internal.ts'
import { HoldallError } from '../../web/error.ts'

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

interface Restorable {
  readonly id: string
  readonly filename: string
  readonly rowCount: number
  /** Bytes. */
  readonly sizeBytes: number
}

/** What is in the trash of a collection and was deleted by then, the last first. @param until ISO 8601 */
export async function restorableIn(
  database: InternalDatabase,
  collection: number,
  until: string,
): Promise<Restorable[]> {
  return await database.read
    .selectFrom('datasets')
    .select(['id', 'filename', 'row_count as rowCount', 'size_bytes as sizeBytes'])
    .where('collection', '=', collection)
    .where('deletion_requested_at', '<=', until)
    .where('purging_at', 'is', null)
    .where('deleted_at', 'is', null)
    .orderBy('seq', 'desc')
    .execute()
}

/** What was deleted after a page asked its question is not what the answer is about. Absent: all that there is now. */
export function readUntil(value: unknown): string {
  if (value === undefined || value === '') return new Date().toISOString()
  if (typeof value === 'string' && TIME.test(value)) return value
  const message = 'until must be a time such as 2026-03-01T12:00:00.000Z'
  throw new HoldallError('bad_request', {}, { errors: [message], fields: { until: message } })
}
