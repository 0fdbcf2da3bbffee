import { formatBytes, formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { button, hiddenFields, linkButton } from '../../web/parts/button.ts'
import { linkedRows } from '../../web/parts/facts.ts'
import { checkbox } from '../../web/parts/inputs.ts'
import { emptyState, notice } from '../../web/parts/notice.ts'
import type { RouteContext } from '../../web/route.ts'
import type { FilesRoom } from '../room.ts'
import type { EmptyQuestion, Part } from './empty-question.ts'

export const EMPTY_PATH = '/-/files/trash/empty'

/**
 * GET `/-/files/trash/empty`: the question before all of the trash goes, or all that was found in it.
 *
 * @param isMore it is asked again, because more would go than was said before
 */
export async function emptyPage(
  room: FilesRoom,
  c: RouteContext,
  question: EmptyQuestion,
  { q, isMore = false }: { readonly q: string; readonly isMore?: boolean },
): Promise<Html> {
  const { urls, frame } = room
  const { gone, hidden } = question
  const back = urls.path('/-/files/trash', { q: q || undefined })
  const found = q === '' ? '' : ` with “${q}” in ${gone.files + hidden.files === 1 ? 'its name' : 'their names'}`
  const title = q === '' ? 'Empty the trash?' : `Delete all${found} for good?`
  const page = {
    ...(await frame(c)),
    title,
    section: 'files',
    crumbs: [
      { label: 'Files', href: urls.path('/-/files') },
      { label: 'Trash', href: urls.path('/-/files/trash') },
      { label: q === '' ? 'Empty trash' : 'Delete for good' },
    ],
  } as const
  if (gone.files + hidden.files === 0) {
    return renderPage({
      ...page,
      title: 'Nothing to delete',
      body: emptyState({
        icon: 'trash',
        title: 'Nothing here can be deleted for good',
        body: leftWords(question) ?? 'The trash is empty, or somebody has emptied it meanwhile.',
        actions: linkButton({ label: 'Back to the trash', href: back }),
      }),
    })
  }
  return renderPage({
    ...page,
    body: html`<form class="panel card-page stack" method="post" action="${urls.path(EMPTY_PATH)}">${
      isMore &&
      notice({
        tone: 'warning',
        title: 'More would go than was said before, and nothing was deleted.',
        body: 'Look at what it is now, then press the button again.',
        role: 'alert',
      })
    }${
      gone.files > 0 &&
      html`<p><strong>${formatCount(gone.files, 'file')}, ${formatBytes(gone.bytes)},</strong> ${gone.files === 1 ? 'is' : 'are'} deleted for good. ${gone.files === 1 ? 'It' : 'They'} cannot be restored afterwards. What comes to the trash from now on stays in it.</p>`
    }${sourcesOf(room, question)}${usesOf(question)}${
      hidden.files > 0 &&
      html`<div>${hiddenChoice(hidden, gone.files === 0)}<p class="hint">${hiddenHint(hidden)}</p></div>`
    }${leftWords(question) !== null && html`<p>${leftWords(question)}</p>`}<div class="actions">${hiddenFields({ state: question.state, q })}${linkButton(
      { label: 'Cancel', href: back, more: { autofocus: true } },
    )}${button({ label: q === '' ? 'Empty trash' : 'Delete for good', type: 'submit', kind: 'danger-filled' })}</div></form>`,
  })
}

/** Where they are, when that is more than one place. */
function sourcesOf({ sources }: FilesRoom, { shares }: EmptyQuestion): Html | false {
  const going = shares.filter(({ hidden }) => !hidden)
  if (going.length < 2) return false
  return linkedRows(
    going.map(({ sourceId, files, bytes }) => ({
      title: sources.byId(sourceId)?.label ?? '',
      note: `${formatCount(files, 'file')} · ${formatBytes(bytes)}`,
    })),
  )
}

function usesOf({ gone, hidden, lookedUp, truncated }: EmptyQuestion): Html | false {
  if (truncated) return html`<p>Not every table could be searched: rows may use some of them.</p>`
  if (gone.used === 0) return gone.files > 0 && html`<p>No row uses ${gone.files === 1 ? 'it' : 'any of them'}.</p>`
  const of =
    lookedUp < gone.files + hidden.files ? `Of the ${formatNumber(lookedUp)} that came there last, rows` : 'Rows'
  return html`<p><strong>${of} still use ${gone.used === gone.files ? (gone.files === 1 ? 'it' : `all ${formatNumber(gone.files)}`) : `${formatNumber(gone.used)} of them`}.</strong> What holds ${gone.used === 1 ? 'it' : 'them'} will say “Gone for good” to who may see every source, and show nothing to others.</p>`
}

function hiddenChoice({ files, bytes }: Part, isAll: boolean): Html {
  return checkbox({
    name: 'hidden',
    value: 'yes',
    label: `${isAll ? 'Delete' : 'Also delete'} ${files === 1 ? 'the original' : `the ${formatNumber(files)} originals`}, ${formatBytes(bytes)}`,
    required: isAll,
  })
}

function hiddenHint({ files, used }: Part): string {
  const rows = used === 0 ? '' : used === files ? ' Rows use all of it.' : ` Rows use ${formatNumber(used)} of them.`
  return files === 1
    ? `It was there before Holdall: this removes your original from its folder or bucket.${used === 0 ? '' : ' A row uses it.'}`
    : `They were there before Holdall: this removes your originals from their folders or buckets.${rows}`
}

/** What stays, and why; null where nothing does. */
function leftWords({ kept, unreachable }: EmptyQuestion): string | null {
  const words: string[] = []
  if (kept > 0) {
    words.push(
      `${formatCount(kept, 'file')} stay${kept === 1 ? 's' : ''} in the trash: ${kept === 1 ? 'its source keeps its' : 'their sources keep their'} bytes.`,
    )
  }
  if (unreachable > 0) {
    words.push(
      `${formatCount(unreachable, 'file')} stay${unreachable === 1 ? 's' : ''} in the trash: ${unreachable === 1 ? 'its source' : 'their sources'} cannot be reached now.`,
    )
  }
  return words.length === 0 ? null : words.join(' ')
}
