import type { DeletedFile } from '@holdall/elements/shared'
import type { FileBrief } from '../../files/record.ts'
import { shownFile } from '../../files/shown.ts'
import type { Trouble } from '../../files/troubles.ts'
import type { CellItem } from '../../web/parts/file.ts'
import type { Urls } from '../../web/url.ts'
import type { SqliteValue } from '../value.ts'
import { readCell } from './cell.ts'

/** The files of the cells of a page, as far as the actor may know of them. */
export interface CellFiles {
  readonly files: ReadonlyMap<string, FileBrief>
  /** Those that the actor could restore, and those that are known to be nowhere. */
  readonly deleted: ReadonlyMap<string, DeletedFile>
}

/**
 * What a cell shows for its ids; an id that is missing or hidden tells nothing.
 * @param place what the address of a file ends in, on a page that it leads back to, where it can be restored
 */
export function itemsOf(ids: readonly string[], { files, deleted }: CellFiles, urls: Urls, place = ''): CellItem[] {
  return ids.map((id) => {
    const file = files.get(id)
    if (file !== undefined) {
      const shown = shownFile(file, urls)
      return { state: 'file', file: { ...shown, href: `${shown.href}${place}` } }
    }
    const absent = deleted.get(id) ?? { state: 'unavailable' as const }
    if (absent.state !== 'trashed' || place === '') return absent
    const action = urls.path(`/-/files/${id}/-/restore`)
    return { ...absent, restore: { href: `${urls.file(id)}${place}`, action } }
  })
}

/** What is not right with a file, as far as the actor may know. */
export function troubleOf(id: string, { files, deleted }: CellFiles): Trouble | undefined {
  const file = files.get(id)
  if (file === undefined) return deleted.get(id)?.state
  if (file.missingSince !== null) return 'missing'
  return file.unreadable === null ? undefined : 'unreadable'
}

/** Every id in the cells of some columns, for the one query of a page. */
export function idsIn(rows: readonly (readonly SqliteValue[])[], columns: readonly number[]): string[] {
  return rows.flatMap((row) => columns.flatMap((column) => readCell(row[column] ?? null).ids))
}
