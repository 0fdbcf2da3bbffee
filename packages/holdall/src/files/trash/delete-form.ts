import { formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { button, hiddenFields } from '../../web/parts/button.ts'
import type { FileRecord } from '../record.ts'
import { countRows, type FileUses } from '../references.ts'
import type { FilesRoom } from '../room.ts'
import { keepsBytes } from './kept.ts'
import { RETENTION_DAYS } from './limits.ts'
import { KEPT_WORDS } from './words.ts'

/** Moves it to the trash without a question, because that can be undone; what it means for rows is said beside the button. */
export async function deleteForm(
  { urls, sources, findUsed }: FilesRoom,
  file: FileRecord,
  uses: FileUses,
  /** The datasets that read it, and the list that it was opened from. */
  { datasets, back }: { readonly datasets: number; readonly back: string | undefined },
): Promise<Html> {
  const keeps = keepsBytes(sources, file)
  const isUsedElsewhere = uses.references.length === 0 && (await findUsed([file.id])).used.has(file.id)
  return html`<form class="stack" method="post" action="${urls.path(`/-/files/${file.id}/-/delete`)}" aria-label="Move this file to trash">${back !== undefined && hiddenFields({ return: back })}<p class="hint">${usesWords(uses, isUsedElsewhere)} ${datasets > 0 && `${formatCount(datasets, 'dataset')} ${datasets === 1 ? 'reads' : 'read'} it where it lies: ${keeps ? 'that goes on.' : 'when its bytes are gone for good, nothing more can be asked there.'} `}${
    !keeps
      ? `It can be restored from the trash for ${RETENTION_DAYS} days.`
      : `Moved to the trash, it leaves the lists here${file.missingSince === null ? `; ${KEPT_WORDS.one.toLowerCase()}. It` : ', and'} can be restored at any time.`
  }</p><div class="actions">${button({ label: 'Move to trash', type: 'submit', icon: 'trash', ...(!keeps && { kind: 'danger' }) })}</div></form>`
}

function usesWords({ references, truncated }: FileUses, isUsedElsewhere: boolean): Html | string {
  const rows = countRows(references)
  if (isUsedElsewhere)
    return 'Rows that you may not see use this file. Once it is in the trash, they say so until you restore it.'
  if (rows === 0) {
    return truncated ? 'Not every table could be searched: rows may use it.' : 'No row that you may see uses this file.'
  }
  const uses = rows === 1 ? 'row that uses it' : 'rows that use it'
  const count = `${truncated ? 'at least ' : 'the '}${formatNumber(rows)}`
  return html`Once it is in the trash, <a href="#used">${count} ${uses}</a> ${rows === 1 ? 'says' : 'say'} so until you restore it.`
}
