import type { FileSummary } from '../lib/files.ts'

/** As many of several files as the server shows. */
export const STRIP_LENGTH = 3

/**
 * A file of the cell: as the server drew it, or as an upload or an answer brought it. Neither is known for what "+N more"
 * hides, and for what is `absent`: missing, or not for this person.
 */
export interface Shown {
  readonly id: string
  readonly node?: Node
  readonly file?: FileSummary
  readonly absent?: boolean
}

/** What the server drew in a cell, beside the ids that the cell holds. */
export function drawnByServer(cell: HTMLElement, ids: readonly string[], multiple: boolean): Shown[] {
  const drawn = multiple
    ? [...(cell.querySelector('.file-strip')?.children ?? [])].filter((node) => !node.matches('.more'))
    : [...cell.querySelectorAll('.file-cell')]
  return ids.map((id, at) => (drawn[at] ? { id, node: drawn[at] } : { id }))
}

/** What draws a file in its cell now; null for what is not drawn. */
export function elementOf(cell: HTMLElement, { id, node }: Shown): Element | null {
  return node instanceof Element ? node : cell.querySelector(`[data-id="${CSS.escape(id)}"]`)
}

/** What a file of the cell is called, whoever drew it. */
export function nameOf({ node, file }: Shown): string {
  if (file) return file.filename
  const link = !(node instanceof Element) ? null : node.matches('a') ? node : node.querySelector('a[aria-label]')
  return link?.getAttribute('aria-label') ?? 'the file before'
}
