import type { Totals } from './collections/list.ts'
import type { Collection } from './collections/rows.ts'
import type { ParquetColumn } from './footer/parquet-file.ts'
import type { Dataset } from './records.ts'
import type { DatasetStatistics, KnownStatistics } from './statistics/statistics.ts'

export function collectionJson(collection: Collection) {
  const { organization, id, label, source, catalog, createdAt, updatedAt } = collection
  return { organization, id, label, source, catalog, created_at: createdAt, updated_at: updatedAt }
}

export function listedJson(collection: Collection & Totals) {
  const { datasets, rows, sizeBytes } = collection
  return { ...collectionJson(collection), dataset_count: datasets, row_count: rows, size_bytes: sizeBytes }
}

/** The record of a dataset, as `collection.config.datasets` holds it. */
export function datasetJson(dataset: Dataset) {
  return {
    id: dataset.id,
    source_type: dataset.sourceType,
    parquet_object_keys: keysOf(dataset, 'data'),
    csv_object_keys: keysOf(dataset, 'original'),
    glue_database_name: dataset.catalogDatabase,
    glue_table_name: dataset.catalogTable,
    schema: {
      columns: dataset.columns.map(({ name }) => name),
      schema_fields: dataset.columns.map(({ name, type }) => ({ name, type })),
    },
    row_count: dataset.rowCount,
    size_bytes: dataset.sizeBytes,
    upload_id: dataset.uploadId,
    filename: dataset.filename,
    created_at: dataset.createdAt,
    updated_at: dataset.updatedAt,
    deleted_at: dataset.deletedAt,
    deletion_requested_at: dataset.deletionRequestedAt,
  }
}

/** Everything about a dataset. */
export function wholeDatasetJson(dataset: Dataset, statistics: DatasetStatistics) {
  return {
    ...datasetJson(dataset),
    table_name: dataset.tableName,
    version: dataset.version,
    uploaded_by: dataset.uploadedBy,
    columns: dataset.columns.map((column, position) => ({
      ...columnJson(column),
      statistics: statisticsJson(statistics.columns.get(position)),
    })),
    statistics_partial: statistics.partial,
    row_groups: dataset.rowGroups,
    warnings: dataset.warnings,
    completion_steps_log: dataset.stepsLog,
    files: dataset.files.map((file) => ({
      role: file.role,
      filename: file.filename,
      path: file.path,
      size_bytes: file.sizeBytes,
      row_count: file.rowCount,
      content_hash: file.contentHash,
    })),
  }
}

function columnJson(column: ParquetColumn) {
  return {
    name: column.name,
    type: column.type,
    is_required: column.isRequired,
    null_count: column.nullCount,
    min: column.min,
    max: column.max,
    physical_type: column.physicalType,
    logical_type: column.logicalType,
    compressed_bytes: column.compressedBytes,
    uncompressed_bytes: column.uncompressedBytes,
  }
}

function statisticsJson(statistics: KnownStatistics | undefined) {
  if (statistics === undefined || statistics === null || statistics === 'failed') return null
  const { notFinite, distinctIsExact, ...facts } = statistics
  return { ...facts, distinct_exact: distinctIsExact, not_finite: notFinite }
}

function keysOf({ files }: Dataset, role: 'data' | 'original'): string[] {
  return files.filter((file) => file.role === role).map(({ path }) => path)
}
