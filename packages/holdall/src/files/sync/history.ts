import { sql } from 'kysely'
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
  return rows.map(toFormer)
}

/** What files were before their last change, by their ids; one that never changed is absent. */
export async function lastFormerStates(
  database: InternalDatabase,
  fileIds: readonly string[],
): Promise<Map<string, FormerState>> {
  const { rows } = await sql<
    Row & { file_id: string }
  >`SELECT h.file_id, h.replaced_at, h.modified_at, h.size, h.content_hash
    FROM json_each(${JSON.stringify(fileIds)}) AS wanted CROSS JOIN datasette_files_history AS h
      ON h.id = (SELECT max(id) FROM datasette_files_history WHERE file_id = wanted.value)`.execute(database.read)
  return new Map(rows.map((row) => [row.file_id, toFormer(row)]))
}

interface Row {
  readonly replaced_at: string
  readonly modified_at: string | null
  readonly size: number | null
  readonly content_hash: string | null
}

function toFormer(row: Row): FormerState {
  return {
    replacedAt: row.replaced_at,
    modifiedAt: row.modified_at,
    size: row.size,
    contentHash: row.content_hash,
  }
}
