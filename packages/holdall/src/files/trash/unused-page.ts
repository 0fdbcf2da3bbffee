import type { Source } from '../../sources/sources.ts'
import { formatBytes, formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { hiddenFields } from '../../web/parts/button.ts'
import { excerptLine, fileCell, pickBox } from '../../web/parts/file.ts'
import { emptyState, notice } from '../../web/parts/notice.ts'
import { dataTable, pager } from '../../web/parts/table.ts'
import { shownTime } from '../../web/parts/time.ts'
import type { RouteContext } from '../../web/route.ts'
import { filterBar, sourceFilter, typeFilter } from '../pages/filters.ts'
import { deletingBar } from '../pages/selection.ts'
import type { FilesRoom } from '../room.ts'
import type { Kind } from '../search/kinds.ts'
import { shownFile } from '../shown.ts'
import { keepsBytes } from './kept.ts'
import type { UnusedList, UnusedTotal } from './unused.ts'

const PATH = '/-/files/unused'
/** Of a description; the style cuts what is more than three lines. */
const MOST_SHOWN = 500

export interface UnusedQuery {
  /** The sources to choose among. */
  readonly deletable: readonly Source[]
  /** The slug of the one that was chosen; empty for all. */
  readonly source: string
  /** The types that are looked for; empty for all. */
  readonly kind: Kind
  readonly cursor: string | undefined
}

/** A page of them, and how much there is of all. */
export interface CountedList extends UnusedList {
  readonly total: UnusedTotal | null
}

/** GET `/-/files/unused`: the files that no row uses, to be moved to the trash. */
export async function unusedPage(
  room: FilesRoom,
  c: RouteContext,
  list: CountedList,
  { deletable, source: slug, kind, cursor }: UnusedQuery,
): Promise<Html> {
  const { urls, frame } = room
  const asked = { source: slug || undefined, content_type: kind || undefined }
  const here = urls.path(PATH, { ...asked, _next: cursor })
  return renderPage({
    ...(await frame(c)),
    title: 'Unused files',
    section: 'files',
    crumbs: [{ label: 'Files', href: urls.path('/-/files') }, { label: 'Unused' }],
    lede: list.truncated || (list.files.length === 0 && list.next === null) ? undefined : totalWords(list),
    said: room.once?.take(c, urls.path(PATH)).said,
    body: html`${filterBar(urls.path(PATH), sourceFilter(deletable, slug), typeFilter(kind))}${
      list.truncated &&
      notice({
        tone: 'warning',
        title: 'Not every table could be searched.',
        body: 'Files of which nobody knows whether a row uses them are left out. An index on the file columns helps, or a higher settings.sql_time_limit_ms.',
        role: 'status',
      })
    }${
      list.files.length === 0
        ? !list.truncated &&
          emptyState({
            icon: 'check',
            title: list.next !== null ? 'None so far' : `Every file${kind === '' ? '' : ' of this type'} is used`,
            body:
              list.next === null
                ? 'Each of them is in a row of a table.'
                : `All ${formatNumber(list.looked)} files up to here are used. The next page looks at the rest.`,
          })
        : html`<form class="selecting" method="post" action="${urls.path('/-/files/-/delete')}" data-selecting>${hiddenFields({ return: here })}${deletingBar(room.sources, list.files)}<div class="panel">${table(room, list)}</div></form>`
    }${pager({
      text:
        list.next === null
          ? `${formatCount(list.looked, 'file')} checked`
          : `${formatCount(list.looked, 'file')} checked so far`,
      firstHref: cursor === undefined ? null : urls.path(PATH, asked),
      nextHref: list.next === null ? null : urls.path(PATH, { ...asked, _next: list.next }),
      bare: true,
    })}`,
  })
}

/** "1,234 files, 5.6 GB, are in no row of any table. 50 of them are on this page." */
function totalWords(list: CountedList): string {
  const { files, next, total } = list
  if (total === null || (total.truncated && total.files <= files.length)) {
    return `${formatCount(files.length, 'file')} on this page ${files.length === 1 ? 'is' : 'are'} in no row of any table. ${checkedWords(list)}`
  }
  const amount = `${total.truncated ? 'At least ' : ''}${formatCount(total.files, 'file')}, ${formatBytes(total.bytes)},`
  const here =
    next === null
      ? checkedWords(list)
      : `${formatNumber(files.length)} of them ${files.length === 1 ? 'is' : 'are'} on this page.`
  return `${amount} ${total.files === 1 ? 'is' : 'are'} in no row of any table. ${here}`
}

function checkedWords({ looked, next }: UnusedList): string {
  return next === null
    ? 'Every file has been checked.'
    : `The newest ${formatCount(looked, 'file')} have been checked; the next page goes on from there.`
}

function table({ urls, sources }: FilesRoom, { files }: UnusedList): Html {
  return dataTable({
    caption: `Unused files, ${formatNumber(files.length)}, newest first`,
    cards: true,
    density: 'roomy',
    columns: [
      { label: 'Select' },
      { label: 'Name', kind: 'file' },
      { label: 'Source' },
      { label: 'Size', kind: 'numeric' },
      { label: 'Added' },
    ],
    rows: files.map((file) => ({
      cells: [
        html`<label class="choice">${pickBox(file, keepsBytes(sources, file))}</label>`,
        // What somebody has written goes with the file.
        html`${fileCell({ state: 'file', file: shownFile(file, urls) })}${file.searchText !== '' && excerptLine([file.searchText.slice(0, MOST_SHOWN).toWellFormed()])}`,
        sources.byId(file.sourceId)?.label ?? file.sourceSlug,
        file.size === null ? '' : formatBytes(file.size),
        shownTime(file.createdAt),
      ],
    })),
  })
}
