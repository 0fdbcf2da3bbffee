import { formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { button, hiddenFields } from '../../web/parts/button.ts'
import type { FileRecord } from '../record.ts'
import { countRows, type FileUses } from '../references.ts'
import type { FilesRoom } from '../room.ts'
import { keepsBytes } from './kept.ts'
import { RETENTION_DAYS } from './limits.ts'

/** Deletes without a question, because it can be undone; what that means for rows is said beside the button. */
export async function deleteForm(
  { urls, sources, findUsed }: FilesRoom,
  file: FileRecord,
  uses: FileUses,
  /** The datasets that read it, and the list that it was opened from. */
  { datasets, back }: { readonly datasets: number; readonly back: string | undefined },
): Promise<Html> {
  const keeps = keepsBytes(sources, file)
  const isUsedElsewhere = uses.references.length === 0 && (await findUsed([file.id])).used.has(file.id)
  return html`<form class="stack" method="post" action="${urls.path(`/-/files/${file.id}/-/delete`)}" aria-label="Delete this file">${back !== undefined && hiddenFields({ return: back })}<p class="hint">${usesWords(uses, isUsedElsewhere, keeps)} ${datasets > 0 && `${formatCount(datasets, 'dataset')} ${datasets === 1 ? 'reads' : 'read'} it where it lies: ${keeps ? 'that goes on.' : 'when its bytes are gone for good, nothing more can be asked there.'} `}${
    keeps
      ? `Hiding takes it out of the lists here; ${file.missingSince === null ? 'its bytes stay as they are where they lie, and it' : 'it'} can be restored at any time.`
      : `A deleted file can be restored for ${RETENTION_DAYS} days.`
  }</p><div class="actions">${
    keeps
      ? button({ label: 'Hide file', type: 'submit', icon: 'fileMissing' })
      : button({ label: 'Delete file', type: 'submit', kind: 'danger', icon: 'trash' })
  }</div></form>`
}

function usesWords({ references, truncated }: FileUses, isUsedElsewhere: boolean, keeps: boolean): Html | string {
  const rows = countRows(references)
  const shown = `as ${keeps ? 'hidden' : 'in the trash'} until you restore it`
  if (isUsedElsewhere)
    return `Rows that you may not see use this file. If you ${verb(keeps)} it, they show it ${shown}.`
  if (rows === 0) {
    return truncated
      ? 'Not every table could be searched in time: rows may use it.'
      : 'No row that you may see uses this file.'
  }
  const uses = rows === 1 && !truncated ? 'row that uses it' : 'rows that use it'
  const count = truncated ? `more than ${formatNumber(rows)}` : `the ${formatNumber(rows)}`
  return html`If you ${verb(keeps)} it, <a href="#used">${count} ${uses}</a> ${rows === 1 && !truncated ? 'shows' : 'show'} it ${shown}.`
}

function verb(keeps: boolean): string {
  return keeps ? 'hide' : 'delete'
}
