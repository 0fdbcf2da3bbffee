import { formatBytes, formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html, safeUrl } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { button, hiddenFields, linkButton } from '../../web/parts/button.ts'
import { fileCell, pickBox } from '../../web/parts/file.ts'
import { searchInput } from '../../web/parts/inputs.ts'
import { emptyState, notice } from '../../web/parts/notice.ts'
import { dataTable, pager } from '../../web/parts/table.ts'
import { shownTime } from '../../web/parts/time.ts'
import type { RouteContext } from '../../web/route.ts'
import type { Urls } from '../../web/url.ts'
import { MAX_COUNT } from '../list.ts'
import { filesInWords, howMany } from '../pages/listing.ts'
import { restoringBar } from '../pages/selection.ts'
import type { ManyUses } from '../references.ts'
import type { FilesRoom } from '../room.ts'
import { folderOf } from '../search/folders.ts'
import { shownFile } from '../shown.ts'
import { EMPTY_PATH } from './empty-page.ts'
import type { TrashList } from './list.ts'
import type { TrashedFile } from './record.ts'
import { usingRows } from './uses.ts'
import { KEPT_WORDS } from './words.ts'

const PATH = '/-/files/trash'
/** Names that one reads are not searched. */
const FEW = 10

/** GET `/-/files/trash`: what was moved there, last first, to be restored or to be deleted for good. */
export async function trashPage(
  room: FilesRoom,
  c: RouteContext,
  list: TrashList,
  {
    q,
    cursor,
    going,
  }: {
    readonly q: string
    readonly cursor: string | undefined
    /** Files that nobody can restore any more and that are still there. */
    readonly going: number
  },
): Promise<Html> {
  const { urls, frame, sources } = room
  const counted = { total: Math.min(list.total, MAX_COUNT), truncated: list.total > MAX_COUNT }
  const asked = q || undefined
  const purgeable = list.files.some((file) => isPurgeable(file, sources))
  return renderPage({
    ...(await frame(c)),
    title: 'Trash',
    section: 'files',
    crumbs: [{ label: 'Files', href: urls.path('/-/files') }, { label: 'Trash' }],
    lede:
      list.total === 0 ? undefined : `${filesInWords(counted)}. Each can be restored; until when is written beside it.`,
    // What cannot be deleted anywhere on this page may be deletable on the next.
    ...((purgeable || list.next !== null || cursor !== undefined) && {
      actions: linkButton({
        label: q === '' ? 'Empty trash…' : 'Delete all found for good…',
        href: urls.path(EMPTY_PATH, { q: asked }),
        icon: 'trash',
        kind: 'danger',
      }),
    }),
    said: room.once?.take(c, urls.path(PATH)).said,
    body: html`${going > 0 && goingNotice(going)}${
      list.files.length === 0
        ? q !== ''
          ? html`${nameSearch(urls, q)}${emptyState({
              title: `No file in the trash has “${q}” in its name`,
              body: 'Fewer letters find more.',
              actions: linkButton({ label: 'Everything in the trash', href: urls.path(PATH) }),
            })}`
          : emptyState({
              icon: 'trash',
              title: 'The trash is empty',
              body: 'What is moved to the trash stays here for 30 days and can be restored until then.',
            })
        : html`${(q !== '' || list.next !== null || cursor !== undefined || list.files.length >= FEW) && nameSearch(urls, q)}<form class="selecting" method="post" action="${urls.path('/-/files/-/restore')}" data-selecting>${hiddenFields(
            {
              return: urls.path(PATH, { q: asked }),
            },
          )}${restoringBar(urls.path('/-/files/-/purge'), list.files.length, purgeable)}<div class="panel">${await table(room, c, list.files)}</div></form>${pager(
            {
              text: `${formatNumber(list.seen + 1)}–${formatNumber(list.seen + list.files.length)} of ${howMany(counted)}`,
              firstHref: cursor === undefined ? null : urls.path(PATH, { q: asked }),
              nextHref: list.next === null ? null : urls.path(PATH, { q: asked, _next: list.next }),
              bare: true,
            },
          )}`
    }`,
  })
}

function goingNotice(going: number): Html {
  const one = going === 1
  return notice({
    tone: 'info',
    title: `${filesInWords({ total: Math.min(going, MAX_COUNT), truncated: going > MAX_COUNT })} ${one ? 'is' : 'are'} being deleted for good.`,
    body: `${one ? 'Its bytes are' : 'Their bytes are'} removed in the background, also when this page is closed.`,
    role: 'status',
  })
}

function nameSearch(urls: Urls, q: string): Html {
  return html`<form class="toolbar" role="search" aria-label="Trash" action="${urls.path(PATH)}">${searchInput(
    { name: 'q', value: q, label: 'Search the names of files in the trash', placeholder: 'Name', autocomplete: 'off' },
    q === '' ? undefined : urls.path(PATH),
  )}${button({ label: 'Search', type: 'submit' })}</form>`
}

async function table(room: FilesRoom, c: RouteContext, files: readonly TrashedFile[]): Promise<Html> {
  const { urls, sources, registry } = room
  const uses = await room.findManyUses(
    c.var.actor,
    files.map(({ id }) => id),
  )
  const people = new Map<string, string>()
  for (const id of new Set(files.flatMap(({ trash }) => trash.trashedBy ?? []))) {
    people.set(id, await registry.nameOf(id))
  }
  return dataTable({
    caption: `Files in the trash, ${formatCount(files.length, 'file')}, the last first`,
    cards: true,
    density: 'roomy',
    columns: [
      { label: 'Select' },
      { label: 'Name', kind: 'file' },
      { label: 'Source' },
      { label: 'Size', kind: 'numeric' },
      { label: 'Since' },
      { label: 'Kept' },
      { label: 'Rows that use it' },
    ],
    rows: files.map((file) => ({
      cells: [
        html`<label class="choice">${pickBox(file, !isPurgeable(file, sources))}</label>`,
        fileCell({ state: 'file', file: shownFile(file, urls) }),
        placeOf(file, sources),
        file.size === null ? '' : formatBytes(file.size),
        html`<span>${shownTime(file.trash.trashedAt)}${
          file.trash.trashedBy !== null &&
          html` <span class="muted">by ${people.get(file.trash.trashedBy) ?? file.trash.trashedBy}</span>`
        }</span>`,
        html`<span>${keptUntil(file, sources)}</span>`,
        usedBy(file, uses, urls),
      ],
    })),
  })
}

/** The rows that go on holding it: the first by its name, then how many more. */
function usedBy({ id }: TrashedFile, { seen, hidden, truncated }: ManyUses, urls: Urls): Html {
  const [first, ...others] = usingRows({ seen: new Map([[id, seen.get(id) ?? []]]) })
  if (first === undefined) {
    if (hidden.has(id)) return html`<span class="muted">some that you may not see</span>`
    return html`<span class="faint">${truncated ? 'not every table could be searched in time' : 'none'}</span>`
  }
  const more =
    others.length === 0
      ? ''
      : html` and <a href="${safeUrl(`${urls.file(id)}#used`)}">${formatNumber(others.length)} more</a>`
  return html`<span><a href="${safeUrl(first.url)}">${first.label}</a> <span class="muted">in ${first.table}</span>${more}${hidden.has(id) && html` <span class="muted">and some that you may not see</span>`}</span>`
}

/** Of what lay there before us the folder as well: two files may be called alike. */
function placeOf(file: TrashedFile, sources: FilesRoom['sources']): Html {
  const folder = file.adopted ? folderOf(file) : ''
  return html`<span>${sources.byId(file.sourceId)?.label ?? file.sourceSlug}${folder !== '' && html` <span class="muted">${folder}</span>`}</span>`
}

/** What is null is kept: its bytes were there before us, or its source cannot delete. */
function keptUntil(file: TrashedFile, sources: FilesRoom['sources']): Html | string {
  if (file.trash.purgeAfter !== null) return html`until ${shownTime(file.trash.purgeAfter)}`
  if (isPurgeable(file, sources)) return 'until restored or deleted for good'
  return html`until restored <span class="muted">${KEPT_WORDS.one.toLowerCase()}</span>`
}

function isPurgeable({ sourceId }: TrashedFile, sources: FilesRoom['sources']): boolean {
  return sources.byId(sourceId)?.capabilities.can_delete === true
}
