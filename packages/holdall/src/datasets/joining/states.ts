import { sql, type Transaction } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import type { Schema } from '../../database/schema.ts'
import type { Stated } from './merge.ts'

/** What a dataset is at one moment; `revision` tells whether it still is. */
export interface DatasetState extends Stated {
  readonly id: string
  readonly organization: string
  readonly version: number
  readonly revision: number
}

type Reading = Pick<InternalDatabase['read'], 'selectFrom'>

/** A dataset that can be added to: one that is there, and not in the trash. @param id in lower case */
export async function stateOf(db: Reading, id: string): Promise<DatasetState | undefined> {
  const row = await db
    .selectFrom('datasets')
    .innerJoin('collections', 'collections.seq', 'datasets.collection')
    .select(['datasets.id', 'organization_id', 'version', 'revision', 'columns', 'row_groups'])
    .select(['row_count', 'size_bytes'])
    .where('datasets.id', '=', id)
    .where('deletion_requested_at', 'is', null)
    .where('collections.deleted_at', 'is', null)
    .executeTakeFirst()
  if (row === undefined) return undefined
  return {
    id,
    organization: row.organization_id,
    version: row.version,
    revision: row.revision,
    columns: JSON.parse(row.columns),
    rowGroups: JSON.parse(row.row_groups),
    rowCount: row.row_count,
    sizeBytes: row.size_bytes,
  }
}

/**
 * Writes what a dataset has become, unless it has changed since it was looked at.
 *
 * @returns whether it was written
 */
export async function changeState(
  trx: Transaction<Schema>,
  { id, revision }: Pick<DatasetState, 'id' | 'revision'>,
  { version, columns, rowGroups, rowCount, sizeBytes }: Stated & { readonly version: number },
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('datasets')
    .set({
      version,
      revision: revision + 1,
      columns: JSON.stringify(columns),
      column_count: columns.length,
      row_groups: JSON.stringify(rowGroups),
      row_count: rowCount,
      size_bytes: sizeBytes,
      updated_at: sql<string>`strftime('%Y-%m-%dT%H:%M:%fZ', 'now')`,
    })
    .where('id', '=', id)
    .where('revision', '=', revision)
    .where('deletion_requested_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** What each data file of a version says of itself, in their order. */
export async function statedFiles(db: Reading, id: string, version: number, but?: string): Promise<Stated[]> {
  const rows = await db
    .selectFrom('dataset_files')
    .select(['columns', 'row_groups', 'row_count', 'size_bytes', 'upload_id'])
    .where('dataset_id', '=', id)
    .where('version', '=', version)
    .where('role', '=', 'data')
    .orderBy('ordinal')
    .execute()
  return rows
    .filter(({ upload_id }) => but === undefined || upload_id !== but)
    .map((row) => ({
      columns: JSON.parse(row.columns ?? '[]'),
      rowGroups: JSON.parse(row.row_groups ?? '{}'),
      rowCount: row.row_count ?? 0,
      sizeBytes: row.size_bytes,
    }))
}

/** Whether a version has a file that says exactly the same of itself: its rows would be there twice. */
export async function hasSame(db: Reading, { id, version }: Pick<DatasetState, 'id' | 'version'>, file: Stated) {
  const row = await db
    .selectFrom('dataset_files')
    .select('path')
    .where('dataset_id', '=', id)
    .where('version', '=', version)
    .where('size_bytes', '=', file.sizeBytes)
    .where('row_count', '=', file.rowCount)
    .where('columns', '=', JSON.stringify(file.columns))
    .executeTakeFirst()
  return row !== undefined
}
