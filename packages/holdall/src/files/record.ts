import type { UnreadableReason } from '../database/schema.ts'
import type { Urls } from '../web/url.ts'

/** A file of the registry. Its bytes never change unless it is adopted; its name, description and metadata may. */
export interface FileRecord {
  readonly id: string
  readonly sourceId: number
  readonly sourceSlug: string
  /** Where the bytes are in the source's storage. */
  readonly path: string
  /** Exactly as it was sent. */
  readonly filename: string
  /** As the bytes say; never with parameters. */
  readonly contentType: string
  /** What the client said, where the bytes say something else. */
  readonly declaredType: string | null
  /** `sha256:` and 64 hexadecimal digits. */
  readonly contentHash: string | null
  readonly size: number | null
  /** Pixels, with the orientation applied. */
  readonly width: number | null
  readonly height: number | null
  readonly uploadedBy: string | null
  /** ISO 8601 in UTC with milliseconds. */
  readonly createdAt: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly searchText: string
  /** Whether sync found it where it lies; others may write there too, so that its bytes can change. */
  readonly adopted: boolean
  /** What the storage tells two states of the bytes apart by: an ETag, or size and time. Only of adopted files. */
  readonly version: string | null
  /** ISO 8601 in UTC, as the storage says. Only of adopted files. */
  readonly modifiedAt: string | null
  /** When other bytes were last seen at its path. */
  readonly changedAt: string | null
  /** Since when the storage is without it. */
  readonly missingSince: string | null
  /** Why it cannot be read, where somebody has read all of it and seen that. */
  readonly unreadable: UnreadableReason | null
}

/** As much of a file as a cell of a table shows. */
export type FileBrief = Pick<
  FileRecord,
  | 'id'
  | 'sourceSlug'
  | 'filename'
  | 'contentType'
  | 'contentHash'
  | 'size'
  | 'width'
  | 'height'
  | 'changedAt'
  | 'missingSince'
  | 'unreadable'
>

/** What can stand for a file in an address. */
export const FILE_ID = /^df-[a-z0-9]{26}$/

export const UNKNOWN_TYPE = 'application/octet-stream'

/** The file as JSON, as every answer that carries a file shows it. */
export function fileJson(file: FileRecord, urls: Urls): Record<string, unknown> {
  return {
    id: file.id,
    source_id: file.sourceId,
    source_slug: file.sourceSlug,
    path: file.path,
    filename: file.filename,
    content_type: file.contentType,
    declared_type: file.declaredType,
    content_hash: file.contentHash,
    size: file.size,
    width: file.width,
    height: file.height,
    uploaded_by: file.uploadedBy,
    created_at: file.createdAt,
    metadata: file.metadata,
    search_text: file.searchText,
    adopted: file.adopted,
    modified_at: file.modifiedAt,
    changed_at: file.changedAt,
    missing_since: file.missingSince,
    unreadable: file.unreadable,
    ...addresses(file.id, urls),
  }
}

function addresses(id: string, urls: Urls): Record<string, string> {
  return { url: urls.file(id), download_url: urls.download(id), thumbnail_url: urls.thumbnail(id) }
}

/** The whole form, with the other files that have the same bytes, as far as whoever asks may see them. */
export function withDuplicates(
  file: FileRecord,
  duplicates: readonly FileRecord[],
  urls: Urls,
): Record<string, unknown> {
  return {
    ...fileJson(file, urls),
    duplicates: duplicates.map(({ id, filename, sourceSlug, createdAt }) => ({
      id,
      filename,
      source_slug: sourceSlug,
      created_at: createdAt,
      url: urls.file(id),
    })),
  }
}
