import type { InternalDatabase } from '../../database/internal.ts'

/** What an adopted file was until its bytes changed. */
export interface FormerState {
  /** ISO 8601 in UTC: when the change was noticed. */
  readonly replacedAt: string
  /** ISO 8601 in UTC: when those bytes were written, as the storage said. */
  readonly modifiedAt: string | null
  /** Bytes. */
  readonly size: number | null
  readonly contentHash: string | null
}

/** A file that changes every minute shows its last states. */
export const MAX_FORMER_STATES = 50

/** The newest first. */
export async function formerStates(database: InternalDatabase, fileId: string): Promise<FormerState[]> {
  const rows = await database.read
    .selectFrom('datasette_files_history')
    .select(['replaced_at', 'modified_at', 'size', 'content_hash'])
    .where('file_id', '=', fileId)
    .orderBy('id', 'desc')
    .limit(MAX_FORMER_STATES)
    .execute()
  return rows.map((row) => ({
    replacedAt: row.replaced_at,
    modifiedAt: row.modified_at,
    size: row.size,
    contentHash: row.content_hash,
  }))
}
