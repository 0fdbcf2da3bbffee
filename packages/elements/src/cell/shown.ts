import type { AbsentFile } from '../lib/absent.ts'
import type { FileSummary } from '../lib/files.ts'
import type { Known } from '../lib/known.ts'

/** As many of several files as the server shows. */
export const STRIP_LENGTH = 3

/**
 * A file of the cell: as the server drew it, or as an upload or an answer brought it. Nothing is known of what "+N more"
 * hides, before it is asked about; what is not there is `absent`.
 */
export interface Shown {
  readonly id: string
  readonly node?: Node
  readonly file?: FileSummary
  readonly absent?: AbsentFile
}

/** What the server drew in a cell, beside the ids that the cell holds. */
export function drawnByServer(cell: HTMLElement, ids: readonly string[], multiple: boolean): Shown[] {
  const drawn = multiple
    ? [...(cell.querySelector('.file-strip')?.children ?? [])].filter((node) => !node.matches('.more'))
    : [...cell.querySelectorAll('.file-cell')]
  return ids.map((id, at) => (drawn[at] ? { id, node: drawn[at] } : { id }))
}

/** Those of the files that have to be drawn and of which nothing is known. */
export function unknownIn(shown: readonly Shown[]): string[] {
  return shown.slice(0, STRIP_LENGTH).flatMap(({ id, node, file, absent }) => (node || file || absent ? [] : [id]))
}

/** The files of a cell with what an answer says of some of them. */
export function withAnswer(shown: readonly Shown[], asked: readonly string[], { files, deleted }: Known): Shown[] {
  return shown.map((one) => {
    const { id } = one
    if (one.file || !asked.includes(id)) return one
    const file = files.get(id)
    return file ? { id, file } : { id, absent: deleted.get(id) ?? { state: 'unavailable' } }
  })
}

/** What stands in a cell whose files have addresses that end so. */
export function inPlace(shown: Shown, place: string): Shown {
  return shown.file ? { ...shown, file: { ...shown.file, url: `${shown.file.url}${place}` } } : shown
}

/** What draws a file in its cell now; null for what is not drawn. */
export function elementOf(cell: HTMLElement, { id, node }: Shown): Element | null {
  return node instanceof Element ? node : cell.querySelector(`[data-id="${CSS.escape(id)}"]`)
}

/** What a file of the cell is called, whoever drew it. */
export function nameOf({ node, file, absent }: Shown): string {
  if (file) return file.filename
  if (absent?.state === 'trashed') return absent.filename
  const link = !(node instanceof Element) ? null : node.matches('a') ? node : node.querySelector('a[aria-label]')
  return link?.getAttribute('aria-label') ?? 'the file before'
}
