import { fingerprint, wasField } from '../../access/was.ts'
import { formatCount } from '../../web/format.ts'
import type { Said } from '../../web/page.ts'
import { readCell } from '../file-columns/cell.ts'
import type { NewRow } from '../write/protocol.ts'
import type { FormColumn } from './form-columns.ts'
import type { Posted } from './form-values.ts'
import type { RowData } from './row-data.ts'

/** What Undo puts back travels in a cookie, of which browsers keep 4 KB: some 60 files, and more have no way back. */
export const MAX_UNDO_CHARACTERS = 2_000
/** Sent by Undo, so that what it did is not called a saved row, and has no Undo of its own. */
const UNDO_FIELD = '$undo'

/**
 * What a saved form says. Where files were taken off the row, Undo puts them back, as it does in the cell of a table.
 * What else was saved stays: an empty text, or a number as somebody wrote it, could not be sent again as it was.
 */
export function saidOfSaved(
  data: Pick<RowData, 'href' | 'files'>,
  columns: readonly FormColumn[],
  changes: NewRow,
  posted: Posted,
  list: string,
): string | Said {
  if (posted.has(UNDO_FIELD)) return changes.length === 0 ? 'Nothing had changed' : 'Put back as it was'
  if (changes.length === 0) return 'Nothing had changed'
  const after = new Map(changes)
  const lost = columns.flatMap((column) => {
    if (column.control !== 'file' || !after.has(column.column.name)) return []
    const kept = new Set(readCell(after.get(column.column.name) ?? null).ids)
    const ids = readCell(column.stored).ids.filter((id) => !kept.has(id))
    return ids.length === 0 ? [] : [{ column, ids }]
  })
  const ids = lost.flatMap((one) => one.ids)
  // A file that is not shown to this person could not be attached by them again.
  if (ids.length === 0 || !ids.every((id) => data.files.has(id))) return 'Row saved'
  const fields = Object.fromEntries([
    [UNDO_FIELD, '1'],
    ...lost.flatMap(({ column: { column, field, text } }) => [
      [field, text],
      [wasField(field), fingerprint(String(after.get(column.name) ?? ''))],
    ]),
  ])
  const [only] = ids
  const what = ids.length === 1 && only !== undefined ? data.files.get(only)?.filename : undefined
  const text = `Row saved, ${what ?? formatCount(ids.length, 'file')} detached`
  if (JSON.stringify(fields).length + list.length > MAX_UNDO_CHARACTERS) return text
  return { text, undo: { action: `${data.href}/-/update${list}`, fields } }
}
