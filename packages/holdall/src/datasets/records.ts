import type { Selectable } from 'kysely'
import { sql } from 'kysely'
import type { InternalDatabase } from '../database/internal.ts'
import type { DatasetFileTable, DatasetTable } from '../database/schema.ts'
import type { SheetRead } from './convert/refusal.ts'
import type { ParquetColumn, RowGroups } from './footer/parquet-file.ts'
import { noteChange } from './joining/changes.ts'

export interface DatasetWarning {
  /** Null when it is about the whole dataset. */
  readonly column: string | null
  readonly message: string
}

/** One object of a dataset: a Parquet file that is part of the table, or the original that was converted to one. */
export interface DatasetFile {
  readonly role: 'data' | 'original'
  /** The row of its source. */
  readonly sourceId: number
  readonly path: string
  /** As it was sent. */
  readonly filename: string
  /** Bytes. */
  readonly sizeBytes: number
  /** Null for an original. */
  readonly rowCount: number | null
  readonly etag: string | null
  /** `sha256:` and 64 hexadecimal digits, once it is known. */
  readonly contentHash: string | null
  /** The file of its source that the object stays; none where the object is the dataset's own. */
  readonly fileId?: string
  /** The session that brought it. */
  readonly uploadId?: string | null
  readonly uploadedBy?: string | null
  /** ISO 8601, once it is there. */
  readonly addedAt?: string
  /** Of an original that is an Excel file. */
  readonly sheets?: SheetRead
}

/** A data file with what its footer says. */
export interface StatedFile extends DatasetFile {
  readonly columns: readonly ParquetColumn[]
  readonly rowGroups: RowGroups
  readonly rowCount: number
}

/** What lists show: everything but what grows with the number of columns. */
export interface DatasetSummary {
  readonly seq: number
  readonly id: string
  readonly collection: number
  readonly sourceType: string
  readonly uploadId: string | null
  readonly filename: string
  readonly tableName: string
  readonly catalogDatabase: string | null
  readonly catalogTable: string | null
  readonly version: number
  readonly columnCount: number
  readonly rowCount: number
  readonly sizeBytes: number
  readonly uploadedBy: string | null
  readonly createdAt: string
  readonly updatedAt: string
  /** Since when it is in the trash. */
  readonly deletionRequestedAt: string | null
  /** Since when its objects are being removed: it cannot be restored any more. */
  readonly purgingAt: string | null
  /** Since when its objects are gone. */
  readonly deletedAt: string | null
  /** The files of the present version. */
  readonly files: readonly DatasetFile[]
}

export interface Dataset extends DatasetSummary {
  readonly columns: readonly ParquetColumn[]
  readonly rowGroups: RowGroups
  readonly warnings: readonly DatasetWarning[]
  readonly stepsLog: readonly unknown[]
}

/** One dataset, in the trash or not. @param id of any spelling */
export async function findDataset(
  database: InternalDatabase,
  collection: number,
  id: string,
): Promise<Dataset | undefined> {
  const row = await database.read
    .selectFrom('datasets')
    .selectAll()
    .where('id', '=', id.toLowerCase())
    .where('collection', '=', collection)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const files = await filesOf(database, [row])
  return datasetOf(row, files.get(row.id) ?? [])
}

export interface DatasetPage<Listed> {
  readonly datasets: readonly Listed[]
  /** `seq` to go on after; null on the last page. */
  readonly next: number | null
}

export interface ListOptions {
  /** `seq` of the collection. */
  readonly collection: number
  /** `seq` of the last one of the page before. */
  readonly after?: number | undefined
  readonly limit: number
  /** Those in the trash instead. @default false */
  readonly trashed?: boolean
  /** Only those called like one of these, without their endings. */
  readonly names?: readonly string[] | undefined
}

/** One page of a collection's datasets, the last first. */
export async function listDatasets(
  database: InternalDatabase,
  options: ListOptions,
): Promise<DatasetPage<DatasetSummary>> {
  const rows = await pageQuery(database, options).select(SUMMARY).execute()
  const files = await filesOf(database, rows)
  return pageOf(rows, options.limit, (row) => summaryOf(row, files.get(row.id) ?? []))
}

/** The same with their columns. */
export async function listWholeDatasets(
  database: InternalDatabase,
  options: ListOptions,
): Promise<DatasetPage<Dataset>> {
  const rows = await pageQuery(database, options).selectAll().execute()
  const files = await filesOf(database, rows)
  return pageOf(rows, options.limit, (row) => datasetOf(row, files.get(row.id) ?? []))
}

function pageQuery(database: InternalDatabase, { collection, after, limit, trashed = false, names }: ListOptions) {
  const all = database.read
    .selectFrom('datasets')
    .where('collection', '=', collection)
    .where('deletion_requested_at', trashed ? 'is not' : 'is', null)
    .orderBy('seq', 'desc')
    .limit(limit + 1)
  const query = after === undefined ? all : all.where('seq', '<', after)
  return names === undefined ? query : query.where(isCalled(names))
}

/** `filename` is a name, or a name and an ending. */
function isCalled(names: readonly string[]) {
  return sql<boolean>`EXISTS (SELECT 1 FROM json_each(${JSON.stringify(names)}) AS n
    WHERE filename = n.value OR substr(filename, 1, length(n.value) + 1) = n.value || '.'
      AND instr(substr(filename, length(n.value) + 2), '.') = 0)`
}

function pageOf<Row extends { seq: number }, Listed>(
  rows: readonly Row[],
  limit: number,
  listed: (row: Row) => Listed,
): DatasetPage<Listed> {
  const page = rows.slice(0, limit)
  return { datasets: page.map(listed), next: rows.length > limit ? (page.at(-1)?.seq ?? null) : null }
}

/** To the trash. @returns whether it was not there yet */
export async function trashDataset(database: InternalDatabase, id: string, by: string | null): Promise<boolean> {
  return await database.write(async (trx) => {
    const row = await trx
      .updateTable('datasets')
      .set({ deletion_requested_at: NOW, deletion_requested_by: by, updated_at: NOW })
      .where('id', '=', id)
      .where('deletion_requested_at', 'is', null)
      .returning('version')
      .executeTakeFirst()
    if (row !== undefined) await noteChange(trx, id, { what: 'trashed', version: row.version, by })
    return row !== undefined
  })
}

/** Out of the trash. @returns whether it was there, and nobody had begun to remove its objects */
export async function restoreDataset(
  database: InternalDatabase,
  id: string,
  by: string | null = null,
): Promise<boolean> {
  return await database.write(async (trx) => {
    const row = await trx
      .updateTable('datasets')
      .set({ deletion_requested_at: null, deletion_requested_by: null, updated_at: NOW })
      .where('id', '=', id)
      .where('deletion_requested_at', 'is not', null)
      .where('purging_at', 'is', null)
      .where('deleted_at', 'is', null)
      .returning('version')
      .executeTakeFirst()
    if (row !== undefined) await noteChange(trx, id, { what: 'untrashed', version: row.version, by })
    return row !== undefined
  })
}

const NOW = sql<string>`strftime('%Y-%m-%dT%H:%M:%fZ', 'now')`

const SUMMARY = [
  ...(['seq', 'id', 'collection', 'source_type', 'upload_id', 'filename', 'table_name'] as const),
  ...(['catalog_database', 'catalog_table', 'version', 'column_count', 'row_count', 'size_bytes'] as const),
  ...(['uploaded_by', 'created_at', 'updated_at', 'deletion_requested_at', 'purging_at', 'deleted_at'] as const),
] as const

type SummaryRow = Pick<Selectable<DatasetTable>, (typeof SUMMARY)[number]>

async function filesOf(
  database: InternalDatabase,
  rows: readonly Pick<SummaryRow, 'id' | 'version'>[],
): Promise<ReadonlyMap<string, DatasetFile[]>> {
  const byDataset = new Map<string, DatasetFile[]>(rows.map(({ id }) => [id, []]))
  if (rows.length === 0) return byDataset
  const wanted = JSON.stringify(rows.map(({ id, version }) => [id, version]))
  const found = await database.read
    .selectFrom('dataset_files')
    .select(FILE)
    .where(sql<boolean>`(dataset_id, version) IN (SELECT value ->> 0, value ->> 1 FROM json_each(${wanted}))`)
    .orderBy('dataset_id')
    .orderBy('ordinal')
    .execute()
  for (const row of found) byDataset.get(row.dataset_id)?.push(fileOf(row))
  return byDataset
}

/** Everything but what grows with the number of columns. */
export const FILE = [
  ...(['dataset_id', 'version', 'ordinal', 'role', 'source_id', 'path', 'filename', 'size_bytes'] as const),
  ...(['row_count', 'etag', 'content_hash', 'added_at', 'file_id', 'upload_id', 'uploaded_by', 'sheets'] as const),
] as const

export function fileOf(row: Pick<Selectable<DatasetFileTable>, (typeof FILE)[number]>): DatasetFile {
  return {
    role: row.role,
    sourceId: row.source_id,
    path: row.path,
    filename: row.filename,
    sizeBytes: row.size_bytes,
    rowCount: row.row_count,
    etag: row.etag,
    contentHash: row.content_hash,
    ...(row.file_id !== null && { fileId: row.file_id }),
    uploadId: row.upload_id,
    uploadedBy: row.uploaded_by,
    addedAt: row.added_at,
    ...(row.sheets !== null && { sheets: JSON.parse(row.sheets) }),
  }
}

function summaryOf(row: SummaryRow, files: readonly DatasetFile[]): DatasetSummary {
  return {
    seq: row.seq,
    id: row.id,
    collection: row.collection,
    sourceType: row.source_type,
    uploadId: row.upload_id,
    filename: row.filename,
    tableName: row.table_name,
    catalogDatabase: row.catalog_database,
    catalogTable: row.catalog_table,
    version: row.version,
    columnCount: row.column_count,
    rowCount: row.row_count,
    sizeBytes: row.size_bytes,
    uploadedBy: row.uploaded_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    deletionRequestedAt: row.deletion_requested_at,
    purgingAt: row.purging_at,
    deletedAt: row.deleted_at,
    files,
  }
}

function datasetOf(row: Selectable<DatasetTable>, files: readonly DatasetFile[]): Dataset {
  return {
    ...summaryOf(row, files),
    columns: JSON.parse(row.columns),
    rowGroups: JSON.parse(row.row_groups),
    warnings: JSON.parse(row.warnings),
    stepsLog: JSON.parse(row.steps_log),
  }
}
