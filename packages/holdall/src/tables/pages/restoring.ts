import { type Html, NOTHING } from '../../web/html.ts'
import { restoreForm } from '../../web/parts/file.ts'
import type { CellFiles } from '../file-columns/items.ts'

/** What the buttons in the cells of a page send that put a file back from the trash; nothing where no cell has one. */
export function restoring({ deleted }: Pick<CellFiles, 'deleted'>, back: string): Html {
  return [...deleted.values()].some(({ state }) => state === 'trashed') ? restoreForm(back) : NOTHING
}
