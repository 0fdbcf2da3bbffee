import type { InternalDatabase } from '../../database/internal.ts'

/** Where a file lay until it was moved there. */
export interface FormerPlace {
  readonly path: string
  /** ISO 8601 in UTC: since when it was missing there. */
  readonly missingSince: string | null
  /** ISO 8601 in UTC: when it was found again. */
  readonly movedAt: string
  /** Who said so; null: it was known by its bytes. */
  readonly movedBy: string | null
}

/** What somebody moves every day shows where it was last. */
export const MAX_FORMER_PLACES = 20

/** The newest first. */
export async function formerPlaces(database: InternalDatabase, fileId: string): Promise<FormerPlace[]> {
  const rows = await database.read
    .selectFrom('datasette_files_moves')
    .select(['from_path', 'missing_since', 'moved_at', 'moved_by'])
    .where('file_id', '=', fileId)
    .orderBy('id', 'desc')
    .limit(MAX_FORMER_PLACES)
    .execute()
  return rows.map(({ from_path, missing_since, moved_at, moved_by }) => ({
    path: from_path,
    missingSince: missing_since,
    movedAt: moved_at,
    movedBy: moved_by,
  }))
}
