import { formatBytes, formatNumber } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { button, hiddenFields, linkButton } from '../../web/parts/button.ts'
import { linkedRows } from '../../web/parts/facts.ts'
import { thumbnail } from '../../web/parts/file.ts'
import { notice } from '../../web/parts/notice.ts'
import type { RouteContext } from '../../web/route.ts'
import type { FilesRoom } from '../room.ts'
import { shownFile } from '../shown.ts'
import type { TrashedFile } from './record.ts'
import { usesWords } from './uses.ts'
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
  const { urls, frame, findManyUses } = room
  const [only] = files
  const ids = files.map(({ id }) => id)
  const says = usesWords(await findManyUses(c.var.actor, ids), files.length)
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
        note: placeAndSize(room, file),
        picture: thumbnail(shownFile(file, urls)),
      })),
    )}${files.length > NAMED && html`<p class="muted">and ${formatNumber(files.length - NAMED)} more</p>`}${
      adopted > 0 &&
      notice({
        tone: 'danger',
        title: originalsWords(adopted, files.length),
        body: 'No copy of what is deleted is left here.',
      })
    }<p>${it} cannot be restored afterwards. This frees ${formatBytes(bytes)}.</p>${
      says !== null &&
      html`<p>${says}. What holds ${files.length === 1 ? 'it' : 'them'} will say “Gone for good” to who may see every source, and show nothing to others.</p>`
    }${
      left > 0 &&
      html`<p>${formatNumber(left)} more ${left === 1 ? 'file stays' : 'files stay'} in the trash: ${left === 1 ? 'its source keeps its' : 'their sources keep their'} bytes. ${left === 1 ? 'It' : 'They'} can be restored.</p>`
    }<div class="actions">${linkButton({ label: 'Cancel', href: urls.path('/-/files/trash'), more: { autofocus: true } })}${button(
      {
        label: files.length === 1 ? 'Delete for good' : `Delete ${words} for good`,
        type: 'submit',
        kind: 'danger-filled',
      },
    )}</div></form>`,
  })
}

/** Of what others may have put there, where it lies: two files may be called alike. */
function placeAndSize({ sources }: FilesRoom, { sourceId, sourceSlug, adopted, path, size }: TrashedFile): string {
  const source = sources.byId(sourceId)?.label ?? sourceSlug
  return [source, adopted && path, size !== null && formatBytes(size)].filter(Boolean).join(' · ')
}

function originalsWords(adopted: number, files: number): string {
  if (files === 1) return 'This is your original: the file itself is removed from its folder or bucket.'
  const which = adopted === files ? 'These are' : `${formatNumber(adopted)} of them ${adopted === 1 ? 'is' : 'are'}`
  const one = adopted === 1
  return `${which} your ${one ? 'original' : 'originals'}: the ${one ? 'file itself is' : 'files themselves are'} removed from ${one ? 'its folder or bucket' : 'their folders or buckets'}.`
}
