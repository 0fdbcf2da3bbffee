import { type RawBuilder, sql } from 'kysely'
import type { UnreadableReason } from '../database/schema.ts'
import { type FileRecord, UNKNOWN_TYPE } from './record.ts'

/** A file as the database gives it. */
export interface FileRow {
  seq: number
  id: string
  source_id: number
  source_slug: string
  path: string
  filename: string
  content_type: string | null
  declared_type: string | null
  content_hash: string | null
  size: number | null
  width: number | null
  height: number | null
  uploaded_by: string | null
  created_at: string
  metadata: string
  search_text: string
  adopted: number
  version: string | null
  modified_at: string | null
  changed_at: string | null
  missing_since: string | null
  unreadable: UnreadableReason | null
}

/** The columns of `FileRow`, from a query in which `f` is the file and `s` its source. */
export const FILE_COLUMNS_SQL = `f.seq, f.id, f.source_id, s.slug AS source_slug, f.path,
  f.filename, f.content_type, f.declared_type, f.content_hash, f.size, f.width, f.height, f.uploaded_by,
  f.created_at, f.metadata, f.search_text, f.adopted, f.version, f.modified_at, f.changed_at, f.missing_since, f.unreadable`

export const FILE_COLUMNS: RawBuilder<unknown> = sql.raw(FILE_COLUMNS_SQL)

export function toRecord(row: FileRow): FileRecord {
  let metadata: Readonly<Record<string, unknown>> | undefined
  return {
    id: row.id,
    sourceId: row.source_id,
    sourceSlug: row.source_slug,
    path: row.path,
    filename: row.filename,
    contentType: row.content_type ?? UNKNOWN_TYPE,
    declaredType: row.declared_type,
    contentHash: row.content_hash,
    size: row.size,
    width: row.width,
    height: row.height,
    uploadedBy: row.uploaded_by,
    createdAt: row.created_at,
    // A page of a hundred cells shows none of it.
    get metadata() {
      metadata ??= asObject(row.metadata)
      return metadata
    },
    searchText: row.search_text,
    adopted: row.adopted === 1,
    version: row.version,
    modifiedAt: row.modified_at,
    changedAt: row.changed_at,
    missingSince: row.missing_since,
    // What came into the trash before there was such a column has none.
    unreadable: row.unreadable ?? null,
  }
}

// A registry that another program wrote may hold anything here.
export function asObject(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {}
  } catch {
    return {}
  }
}
