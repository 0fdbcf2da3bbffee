import { formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { button } from '../../web/parts/button.ts'
import type { FileRecord } from '../record.ts'
import type { FileUses } from '../references.ts'
import type { FilesRoom } from '../room.ts'
import { keepsBytes } from './kept.ts'
import { RETENTION_DAYS } from './limits.ts'

/** Deletes without a question, because it can be undone; what that means for rows is said beside the button. */
export function deleteForm({ urls, sources }: FilesRoom, file: FileRecord, uses: FileUses, datasets = 0): Html {
  const keeps = keepsBytes(sources, file)
  return html`<form class="stack" method="post" action="${urls.path(`/-/files/${file.id}/-/delete`)}" aria-label="Delete this file"><p class="hint">${usesWords(uses, keeps)} ${datasets > 0 && `${formatCount(datasets, 'dataset')} ${datasets === 1 ? 'reads' : 'read'} it where it lies: ${keeps ? 'that goes on.' : 'when its bytes are gone for good, nothing more can be asked there.'} `}${
    keeps
      ? 'Hiding takes it out of the lists here; its bytes stay as they are where they lie, and it can be restored at any time.'
      : `A deleted file can be restored for ${RETENTION_DAYS} days.`
  }</p><div class="actions">${
    keeps
      ? button({ label: 'Hide file', type: 'submit', icon: 'fileMissing' })
      : button({ label: 'Delete file', type: 'submit', kind: 'danger', icon: 'trash' })
  }</div></form>`
}

function usesWords({ references, truncated }: FileUses, keeps: boolean): string {
  const rows = references.length
  if (rows === 0) {
    return truncated
      ? 'Not every table could be searched in time: rows may use it.'
      : 'No row that you may see uses this file.'
  }
  const uses = rows === 1 && !truncated ? 'row that uses it shows it' : 'rows that use it show it'
  const count = truncated ? `more than ${formatNumber(rows)}` : `the ${formatNumber(rows)}`
  return `If you ${keeps ? 'hide' : 'delete'} it, ${count} ${uses} as ${keeps ? 'hidden' : 'in the trash'} until you restore it.`
}
