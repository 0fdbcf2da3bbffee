import { folderLink } from '../../../files/pages/folder-link.ts'
import type { FileRecord } from '../../../files/record.ts'
import { formatCount, formatNumber } from '../../../web/format.ts'
import { type Html, html } from '../../../web/html.ts'
import { attributes } from '../../../web/parts/attributes.ts'
import { fileCell, folderLine } from '../../../web/parts/file.ts'
import { icon } from '../../../web/parts/icon.ts'
import { dataTable } from '../../../web/parts/table.ts'
import type { Actor } from '../../../web/route.ts'
import { type CellFiles, itemsOf } from '../../file-columns/items.ts'
import { recordsOf } from '../decide-all.ts'
import type { JournalCell } from '../journal-cells.ts'
import { replacedIn } from '../replaced.ts'
import type { AttachRoom } from '../room.ts'

/** So many files that were replaced are listed. */
const MOST_LISTED = 100
/** More than this are listed once somebody asks. */
const MOST_OPEN = 10

/** The files whose place others took, the first of them with what is known of them. */
export interface Replaced {
  readonly count: number
  readonly first: readonly { readonly key: string; readonly file: string }[]
  readonly known: Pick<CellFiles, 'deleted'> & { readonly files: ReadonlyMap<string, FileRecord> }
}

export async function readReplaced(
  room: AttachRoom,
  actor: Actor | null,
  cells: readonly JournalCell[],
): Promise<Replaced> {
  const all = cells.flatMap((cell) => replacedIn(cell).map((file) => ({ key: cell.key, file })))
  const first = all.slice(0, MOST_LISTED)
  const ids = first.map(({ file }) => file)
  const files = await recordsOf(room, actor, ids)
  const missing = ids.filter((id) => !files.has(id))
  return { count: all.length, first, known: { files, deleted: await room.findDeleted(actor, missing) } }
}

/** Which files were replaced, and where they are now. @param row names a row and leads to it */
export function replacedPanel(
  room: AttachRoom,
  { count, first, known }: Replaced,
  column: string,
  row: (key: string) => Html,
): Html {
  if (count === 0) return html``
  return html`<details class="panel fold-panel"${attributes({ open: count <= MOST_OPEN })}><summary>${icon('chevronRight')}<strong>${formatCount(count, 'file')} ${count === 1 ? 'was' : 'were'} replaced</strong> <span class="muted">Undo puts ${count === 1 ? 'it' : 'them'} back</span></summary>${dataTable(
    {
      caption: `What was in ${column} before`,
      columns: [{ label: 'Row' }, { label: 'Replaced file', kind: 'file' }, { label: 'Where it is now' }],
      rows: first.map(({ key, file }) => ({
        cells: [row(key), html`${itemsOf([file], known, room.urls).map(fileCell)}`, placeOf(room, known, file)],
      })),
      cards: true,
    },
  )}${count > first.length && html`<p class="panel-body fine muted">These are the first ${formatNumber(first.length)}.</p>`}</details>`
}

function placeOf({ sources, urls }: AttachRoom, { files, deleted }: Replaced['known'], id: string): Html {
  const file = files.get(id)
  if (file === undefined) {
    const { state } = deleted.get(id) ?? { state: 'unavailable' }
    if (state === 'trashed') return html`<a href="${urls.file(id)}">In the trash</a>`
    return html`${state === 'gone' ? 'Gone for good' : 'Not shown to you'}`
  }
  const label = sources.list().find(({ slug }) => slug === file.sourceSlug)?.label ?? file.sourceSlug
  const words = file.missingSince === null ? `In the source ${label}` : `The source ${label} is without it`
  return html`${words}${folderLine(folderLink(file, urls))}`
}
