import { formatBytes, formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { hiddenFields } from '../../web/parts/button.ts'
import { fileCell, pickBox } from '../../web/parts/file.ts'
import { emptyState } from '../../web/parts/notice.ts'
import { dataTable, pager } from '../../web/parts/table.ts'
import { shownTime } from '../../web/parts/time.ts'
import type { RouteContext } from '../../web/route.ts'
import { MAX_COUNT } from '../list.ts'
import { filesInWords, howMany } from '../pages/listing.ts'
import { restoringBar } from '../pages/selection.ts'
import type { FilesRoom } from '../room.ts'
import { shownFile } from '../shown.ts'
import type { TrashList } from './list.ts'
import type { TrashedFile } from './record.ts'

const PATH = '/-/files/trash'

/** GET `/-/files/trash`: what was deleted, last first, to be restored or to be deleted for good. */
export async function trashPage(
  room: FilesRoom,
  c: RouteContext,
  list: TrashList,
  cursor: string | undefined,
): Promise<Html> {
  const { urls, frame, sources } = room
  const counted = { total: Math.min(list.total, MAX_COUNT), truncated: list.total > MAX_COUNT }
  const purgeable = list.files.some((file) => isPurgeable(file, sources))
  return renderPage({
    ...(await frame(c)),
    title: 'Trash',
    section: 'files',
    crumbs: [{ label: 'Files', href: urls.path('/-/files') }, { label: 'Trash' }],
    lede:
      list.total === 0 ? undefined : `${filesInWords(counted)}. Each can be restored; until when is written beside it.`,
    said: room.once?.take(c, urls.path(PATH)).said,
    body:
      list.files.length === 0
        ? emptyState({
            icon: 'trash',
            title: 'The trash is empty',
            body: 'What is deleted stays here for 30 days and can be restored until then.',
          })
        : html`<form class="selecting" method="post" action="${urls.path('/-/files/-/restore')}" data-selecting>${hiddenFields(
            {
              return: urls.path(PATH),
            },
          )}${restoringBar(urls.path('/-/files/-/purge'), purgeable)}<div class="panel">${await table(room, list.files)}</div></form>${pager(
            {
              text: `${formatNumber(list.seen + 1)}–${formatNumber(list.seen + list.files.length)} of ${howMany(counted)}`,
              firstHref: cursor === undefined ? null : urls.path(PATH),
              nextHref: list.next === null ? null : urls.path(PATH, { _next: list.next }),
              bare: true,
            },
          )}`,
  })
}

async function table(room: FilesRoom, files: readonly TrashedFile[]): Promise<Html> {
  const { urls, sources, registry } = room
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
    ],
    rows: files.map((file) => ({
      cells: [
        html`<label class="choice">${pickBox(file, !isPurgeable(file, sources))}</label>`,
        fileCell({ state: 'file', file: shownFile(file, urls) }),
        sources.byId(file.sourceId)?.label ?? file.sourceSlug,
        file.size === null ? '' : formatBytes(file.size),
        html`<span>${file.trash.purgeAfter === null ? 'Hidden' : 'Deleted'} ${shownTime(file.trash.trashedAt)}${
          file.trash.trashedBy !== null &&
          html` <span class="muted">by ${people.get(file.trash.trashedBy) ?? file.trash.trashedBy}</span>`
        }</span>`,
        html`<span>${keptUntil(file, sources)}</span>`,
      ],
    })),
  })
}

/** What is null is kept: its bytes were there before us, or its source cannot delete. */
function keptUntil(file: TrashedFile, sources: FilesRoom['sources']): Html | string {
  if (file.trash.purgeAfter !== null) return html`until ${shownTime(file.trash.purgeAfter)}`
  return isPurgeable(file, sources) ? 'until restored or deleted by hand' : 'until restored'
}

function isPurgeable({ sourceId }: TrashedFile, sources: FilesRoom['sources']): boolean {
  return sources.byId(sourceId)?.capabilities.can_delete === true
}
