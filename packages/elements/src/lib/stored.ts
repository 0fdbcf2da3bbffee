import type { StoredFile } from '@holdall/client'
import type { FileSummary } from './files.ts'

/** What an upload's answer, or an entry of a list, says about a file. Unknown members are ignored, missing ones are null. */
export function summaryOf(record: Readonly<Record<string, unknown>>): FileSummary {
  return {
    id: text(record.id) ?? text(record.file_id) ?? '',
    filename: text(record.filename) ?? '',
    content_type: text(record.content_type),
    size: number(record.size),
    width: number(record.width),
    height: number(record.height),
    thumbnail_url: text(record.thumbnail_url),
    url: text(record.url) ?? '#',
    changed_at: text(record.changed_at),
    missing_since: text(record.missing_since),
    unreadable: text(record.unreadable),
  }
}

export function storedSummary(stored: StoredFile): FileSummary {
  return summaryOf({
    id: stored.file_id,
    filename: stored.filename,
    content_type: stored.content_type,
    size: stored.size,
    url: stored.url,
    ...stored.file,
  })
}

/** Files with the same bytes, as the upload's answer names them. */
export function duplicatesOf({ file }: StoredFile): readonly Duplicate[] {
  return (Array.isArray(file.duplicates) ? file.duplicates : []).flatMap((one: Readonly<Record<string, unknown>>) => {
    const { id, filename, url } = summaryOf(one)
    return filename === '' ? [] : [{ id, filename, url, source: text(one.source_slug) }]
  })
}

export interface Duplicate extends Pick<FileSummary, 'id' | 'filename' | 'url'> {
  /** The slug of the source in which it lies. */
  readonly source: string | null
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function number(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}
