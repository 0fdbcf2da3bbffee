import { sql, type Transaction } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import type { Schema } from '../../database/schema.ts'
import { HoldallError } from '../../web/error.ts'
import { type DatasetFile, FILE, fileOf } from '../records.ts'
import { RETENTION_MS } from '../trash/limits.ts'
import { removeVersionLater } from '../trash/store.ts'
import { noteChange } from './changes.ts'
import { keepVersion } from './join.ts'
import { merge } from './merge.ts'
import { changeState, statedFiles, stateOf } from './states.ts'

/** A version that is not the present one, and can be made it. */
export interface OlderVersion {
  readonly version: number
  readonly fileCount: number
  readonly rowCount: number
  readonly sizeBytes: number
  /** ISO 8601. */
  readonly addedAt: string
  /** When its objects go; null where they stay: they are no objects of the dataset's own. */
  readonly keptUntil: string | null
}

/** Files of the present version that came together, after those that it began with. */
export interface Addition {
  readonly paths: readonly string[]
  readonly rowCount: number
  readonly sizeBytes: number
  /** ISO 8601. */
  readonly addedAt: string
  readonly addedBy: string | null
}

/** What was added to the present version since it was made, the last first. @param files of it, in their order */
export function additionsOf(files: readonly DatasetFile[]): Addition[] {
  const data = files.filter(({ role }) => role === 'data')
  const groups = Map.groupBy(data, ({ addedAt, uploadedBy }) => JSON.stringify([addedAt, uploadedBy]))
  return [...groups.values()]
    .slice(1)
    .map((together) => ({
      paths: together.map(({ path }) => path),
      rowCount: together.reduce((sum, { rowCount }) => sum + (rowCount ?? 0), 0),
      sizeBytes: together.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      addedAt: together[0]?.addedAt ?? '',
      addedBy: together[0]?.uploadedBy ?? null,
    }))
    .reverse()
}

/** The files of a version, in their order; none of one that is gone. */
export async function filesOfVersion(database: InternalDatabase, id: string, version: number): Promise<DatasetFile[]> {
  const rows = await database.read
    .selectFrom('dataset_files')
    .select(FILE)
    .where('dataset_id', '=', id)
    .where('version', '=', version)
    .orderBy('ordinal')
    .execute()
  return rows.map(fileOf)
}

/** What of a version has begun to go: its objects are due, or were tried. */
const GOING = sql<number>`max(EXISTS (SELECT 1 FROM dataset_removals AS r
  WHERE r.source_id = dataset_files.source_id AND r.path = dataset_files.path
    AND (r.attempts > 0 OR r.due_at <= strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))))`
const KEPT_UNTIL = sql<string | null>`min((SELECT r.due_at FROM dataset_removals AS r
  WHERE r.source_id = dataset_files.source_id AND r.path = dataset_files.path))`

/** The last one first. */
export async function olderVersions(
  database: InternalDatabase,
  { id, version }: { readonly id: string; readonly version: number },
): Promise<OlderVersion[]> {
  const rows = await database.read
    .selectFrom('dataset_files')
    .select(({ fn }) => [
      'version',
      fn.countAll<number>().as('files'),
      fn.sum<number>('row_count').as('rows'),
      fn.sum<number>('size_bytes').as('bytes'),
      fn.max('added_at').as('added_at'),
      GOING.as('going'),
      KEPT_UNTIL.as('kept_until'),
    ])
    .where('dataset_id', '=', id)
    .where('role', '=', 'data')
    .where('version', '!=', version)
    .groupBy('version')
    .orderBy('version', 'desc')
    .execute()
  return rows
    .filter(({ going }) => going === 0)
    .map((row) => ({
      version: row.version,
      fileCount: row.files,
      rowCount: row.rows,
      sizeBytes: row.bytes,
      addedAt: row.added_at,
      keptUntil: row.kept_until,
    }))
}

/**
 * Makes an older version the present one; the one that was is kept like any that was replaced.
 *
 * @throws HoldallError `dataset_not_found` (it is in the trash, too), `dataset_version_gone`
 */
export async function makeCurrent(
  database: InternalDatabase,
  id: string,
  version: number,
  by: string | null = null,
): Promise<void> {
  for (;;) {
    const state = await stateOf(database.read, id)
    if (state === undefined) throw new HoldallError('dataset_not_found', { id })
    if (state.version === version) return
    const [first, ...others] = await statedFiles(database.read, id, version)
    if (first === undefined) throw new HoldallError('dataset_version_gone', { version })
    const merged = merge(first, ...others)
    const isDone = await database.write(async (trx) => {
      if (await isGoing(trx, id, version)) throw new HoldallError('dataset_version_gone', { version })
      if (!(await changeState(trx, state, { ...merged, version }))) return false
      await keepVersion(trx, id, version)
      await noteChange(trx, id, { what: 'restored', version, by })
      // What was noticed of the files of another version.
      await trx.updateTable('datasets').set({ warnings: '[]' }).where('id', '=', id).execute()
      const dueAt = new Date(Date.now() + RETENTION_MS).toISOString()
      await removeVersionLater(trx, { datasetId: id, version: state.version, dueAt })
      return true
    })
    if (isDone) return
  }
}

async function isGoing(trx: Transaction<Schema>, id: string, version: number): Promise<boolean> {
  const row = await trx
    .selectFrom('dataset_files')
    .select(GOING.as('going'))
    .where('dataset_id', '=', id)
    .where('version', '=', version)
    .executeTakeFirst()
  return row?.going !== 0
}
