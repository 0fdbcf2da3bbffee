import { listWords } from '../../access/action-words.ts'
import { formatCount } from '../../web/format.ts'
import { type Html, html, NOTHING } from '../../web/html.ts'
import { idsIn } from '../file-columns/items.ts'
import type { TableData } from './table-data.ts'

/** That files of a page are not shown to whoever looks at it: said once, since each cell has but a sign for it. */
export function notShownLine({ page, fileColumns, files, deleted }: TableData): Html {
  const columns = page.columns.flatMap((column, at) => {
    const ids = new Set(fileColumns.has(column) ? idsIn(page.rows, [at]) : [])
    const shown = [...ids].filter((id) => files.has(id) || deleted.has(id)).length
    return shown === ids.size ? [] : [{ column, shown, hidden: ids.size - shown }]
  })
  if (columns.length === 0) return NOTHING
  const none = columns.filter(({ shown }) => shown === 0)
  const some = columns.filter(({ shown }) => shown > 0)
  const sentences = [
    ...(none.length === 0 ? [] : [`${listWords(none.map(({ column }) => column))}: the files are not shown to you.`]),
    ...some.map(({ column, hidden }) => `${column}: ${formatCount(hidden, 'file is', 'files are')} not shown to you.`),
  ]
  return html`<div class="sync-line"><p class="muted">On this page, ${sentences.join(' ')} You may not see their source, or they are not there. Ask who manages this server.</p></div>`
}
