import { sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import type { Source } from '../../sources/sources.ts'
import type { Storage, StoredFile } from '../../sources/storage.ts'

/** What nothing names is left alone for so long: nobody can have begun anything with it so long ago. */
export const GRACE_MS = 7 * 24 * 3_600_000

/**
 * Those of the objects that lie below the folder of a dataset of ours and that nothing names: no version of it, nothing
 * that is to be removed, and no upload, which may have more there than its row says. Of a dataset that is not known here
 * nothing is said: another Holdall may keep its own in the same place.
 *
 * @param files all of them at paths of datasets
 */
export async function unnamedObjects(
  database: InternalDatabase,
  sourceId: number,
  files: readonly StoredFile[],
): Promise<StoredFile[]> {
  if (files.length === 0) return []
  const paths = JSON.stringify(files.map(({ path }) => path))
  // `org/{uuid}/datasets/{uuid}/…`: 36 characters each.
  const { rows } = await sql<{ path: string }>`SELECT n.value AS path FROM json_each(${paths}) AS n
    WHERE EXISTS (SELECT 1 FROM datasets AS d WHERE d.id = substr(n.value, 51, 36))
      AND NOT EXISTS (SELECT 1 FROM dataset_files AS f WHERE f.source_id = ${sourceId} AND f.path = n.value)
      AND NOT EXISTS (SELECT 1 FROM dataset_removals AS r WHERE r.source_id = ${sourceId} AND r.path = n.value)
      AND NOT EXISTS (SELECT 1 FROM upload_sessions AS u WHERE u.organization_id = substr(n.value, 5, 36)
        AND substr(u.path, 1, 87) = substr(n.value, 1, 87))`.execute(database.read)
  const unnamed = new Set(rows.map(({ path }) => path))
  return files.filter(({ path }) => unnamed.has(path))
}

/** Those that were written so long ago that nobody can be at them. */
export function longThere(files: readonly StoredFile[], now: number): StoredFile[] {
  return files.filter(({ lastModified }) => (lastModified?.getTime() ?? Number.POSITIVE_INFINITY) < now - GRACE_MS)
}

export interface RemoveOptions {
  readonly database: InternalDatabase
  readonly source: Source
  readonly storage: Storage
}

/** Removes exactly this path, after a second look that nothing names it and that nobody has written there since. */
export async function removeUnnamed({ database, source, storage }: RemoveOptions, file: StoredFile): Promise<boolean> {
  if ((await unnamedObjects(database, source.id, [file])).length === 0) return false
  const stored = await storage.stat(file.path)
  if (stored?.size !== file.size || stored.lastModified?.getTime() !== file.lastModified?.getTime()) return false
  await storage.delete?.(file.path)
  return true
}
