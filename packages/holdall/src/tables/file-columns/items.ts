import type { FileBrief } from '../../files/record.ts'
import { shownFile } from '../../files/shown.ts'
import type { CellItem } from '../../web/parts/file.ts'
import type { Urls } from '../../web/url.ts'
import type { SqliteValue } from '../value.ts'
import { readCell } from './cell.ts'

/** What a cell shows for its ids; an id that is missing or hidden tells nothing. */
export function itemsOf(ids: readonly string[], files: ReadonlyMap<string, FileBrief>, urls: Urls): CellItem[] {
  return ids.map((id) => {
    const file = files.get(id)
    return file === undefined ? { state: 'unavailable' } : { state: 'file', file: shownFile(file, urls) }
  })
}

/** Every id in the cells of some columns, for the one query of a page. */
export function idsIn(rows: readonly (readonly SqliteValue[])[], columns: readonly number[]): string[] {
  return rows.flatMap((row) => columns.flatMap((column) => readCell(row[column] ?? null).ids))
}
