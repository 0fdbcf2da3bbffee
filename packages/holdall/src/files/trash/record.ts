import type { Selectable } from 'kysely'
import type { FileTable, FileTrashTable } from '../../database/schema.ts'
import { formatDay } from '../../web/format.ts'
import type { Urls } from '../../web/url.ts'
import { type FileRecord, fileJson } from '../record.ts'
import { toRecord } from '../rows.ts'

/** What is known of a file because it is in the trash. */
export interface TrashFacts {
  /** ISO 8601 in UTC. */
  readonly trashedAt: string
  readonly trashedBy: string | null
  /** When its bytes go; null: not by itself. */
  readonly purgeAfter: string | null
  /** What one request deleted has this in common. */
  readonly batch: string
}

/** A file as it was when it was deleted. */
export type TrashedFile = FileRecord & { readonly trash: TrashFacts }

export type TrashRow = Selectable<FileTrashTable> & { readonly source_slug: string }

export function isTrashed(file: FileRecord): file is TrashedFile {
  return 'trash' in file
}

/** The row of the registry that a row of the trash keeps. */
export function keptRow({ record }: Pick<TrashRow, 'record'>): Selectable<FileTable> {
  return JSON.parse(record) as Selectable<FileTable>
}

export function toTrashed(row: TrashRow): TrashedFile {
  return {
    ...toRecord({ ...keptRow(row), source_slug: row.source_slug }),
    trash: {
      trashedAt: row.trashed_at,
      trashedBy: row.trashed_by,
      purgeAfter: row.purge_after,
      batch: row.batch,
    },
  }
}

/** The file as JSON, as everywhere, and when it goes. */
export function trashedJson(file: TrashedFile, urls: Urls): Record<string, unknown> {
  const { trashedAt, trashedBy, purgeAfter } = file.trash
  return { ...fileJson(file, urls), trashed_at: trashedAt, trashed_by: trashedBy, purge_after: purgeAfter }
}

/** "In the trash until 13 April 2027"; what keeps its bytes is there until somebody restores it */
export function trashNote(purgeAfter: string | null): string {
  return purgeAfter === null ? 'In the trash' : `In the trash until ${formatDay(purgeAfter)}`
}
