import { formatBytes, formatNumber } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { button, hiddenFields, linkButton } from '../../web/parts/button.ts'
import { linkedRows } from '../../web/parts/facts.ts'
import { thumbnail } from '../../web/parts/file.ts'
import type { RouteContext } from '../../web/route.ts'
import type { FilesRoom } from '../room.ts'
import { shownFile } from '../shown.ts'
import type { TrashedFile } from './record.ts'
import { filesInWords } from './words.ts'

/** So many are named; of more, the number is said. */
const NAMED = 10

/**
 * The question before what cannot be undone: a page of its own, so that it is asked without scripts too.
 * @param left how many more were chosen, whose bytes cannot be deleted
 */
export async function purgePage(
  room: FilesRoom,
  c: RouteContext,
  files: readonly TrashedFile[],
  left = 0,
): Promise<Html> {
  const { urls, frame, findUses } = room
  const [only] = files
  const uses = files.length === 1 && only !== undefined ? await findUses(c.var.actor, only.id) : undefined
  const rows = uses?.references.length ?? 0
  const bytes = files.reduce((sum, { size }) => sum + (size ?? 0), 0)
  const adopted = files.filter((file) => file.adopted).length
  const words = filesInWords(files)
  const it = files.length === 1 ? 'It' : 'They'
  return renderPage({
    ...(await frame(c)),
    title: `Delete ${words} for good?`,
    section: 'files',
    crumbs: [
      { label: 'Files', href: urls.path('/-/files') },
      { label: 'Trash', href: urls.path('/-/files/trash') },
      { label: 'Delete for good' },
    ],
    body: html`<form class="panel card-page stack" method="post" action="${
      files.length === 1 && only !== undefined
        ? urls.path(`/-/files/${only.id}/-/purge`)
        : urls.path('/-/files/-/purge')
    }">${files.length > 1 && html`${hiddenFields({ confirm: 'yes' })}${files.map(({ id }) => hiddenFields({ id }))}`}${linkedRows(
      files.slice(0, NAMED).map((file) => ({
        title: file.filename,
        note: `${room.sources.byId(file.sourceId)?.label ?? file.sourceSlug}${file.size === null ? '' : ` · ${formatBytes(file.size)}`}`,
        picture: thumbnail(shownFile(file, urls)),
      })),
    )}${files.length > NAMED && html`<p class="muted">and ${formatNumber(files.length - NAMED)} more</p>`}<p>${it} cannot be restored afterwards. This frees ${formatBytes(bytes)}.</p>${
      adopted > 0 &&
      html`<p>${adopted === files.length ? it : formatNumber(adopted)} ${adopted === 1 ? 'was' : 'were'} there before Holdall: the bytes are removed from the folder as well.</p>`
    }${
      rows > 0 &&
      html`<p>${uses?.truncated ? 'More than ' : ''}${formatNumber(rows)} ${rows === 1 ? 'row uses' : 'rows use'} it, and will show that it is unavailable.</p>`
    }${
      left > 0 &&
      html`<p>${formatNumber(left)} more ${left === 1 ? 'file is' : 'files are'} only hidden: ${left === 1 ? 'its source keeps its' : 'their sources keep their'} bytes. ${left === 1 ? 'It stays' : 'They stay'} in the trash and can be restored.</p>`
    }<div class="actions">${linkButton({ label: 'Cancel', href: urls.path('/-/files/trash'), more: { autofocus: true } })}${button(
      {
        label: files.length === 1 ? 'Delete file' : `Delete ${words}`,
        type: 'submit',
        kind: 'danger-filled',
      },
    )}</div></form>`,
  })
}
