import type { ParquetFile } from '../footer/parquet-file.ts'
import { MAX_PREVIEW_BYTES } from './limits.ts'

/** What whoever follows an upload sees of the schema before there is a dataset. */
export interface SchemaPreview {
  readonly columns: readonly string[]
  readonly schema_fields: readonly { readonly name: string; readonly type: string }[]
  readonly row_count: number
  readonly num_row_groups: number
  readonly size_bytes: number
  /** There when columns were left out, which a row has no room for. */
  readonly truncated?: true
}

/** @param limit bytes of all of it as JSON */
export function previewOf(
  {
    columns,
    rowCount,
    rowGroups,
    sizeBytes,
  }: Pick<ParquetFile, 'columns' | 'rowCount' | 'sizeBytes'> & {
    readonly rowGroups: Pick<ParquetFile['rowGroups'], 'count'>
  },
  limit = MAX_PREVIEW_BYTES,
): SchemaPreview {
  const totals = { row_count: rowCount, num_row_groups: rowGroups.count, size_bytes: sizeBytes }
  let left = limit - bytesOf({ columns: [], schema_fields: [], ...totals, truncated: true })
  let fits = 0
  for (const { name, type } of columns) {
    // Its name, its field, and a comma for each.
    left -= bytesOf(name) + bytesOf({ name, type }) + 2
    if (left < 0) break
    fits += 1
  }
  const shown = columns.slice(0, fits)
  return {
    columns: shown.map(({ name }) => name),
    schema_fields: shown.map(({ name, type }) => ({ name, type })),
    ...totals,
    ...(fits < columns.length && { truncated: true }),
  }
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}
