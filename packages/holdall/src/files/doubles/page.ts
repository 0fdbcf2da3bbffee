import type { Source } from '../../sources/sources.ts'
import { formatBytes, formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html, NOTHING, safeUrl } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { hiddenFields } from '../../web/parts/button.ts'
import { fileCell, folderLine, pickBox } from '../../web/parts/file.ts'
import { emptyState } from '../../web/parts/notice.ts'
import { dataTable, pager } from '../../web/parts/table.ts'
import { shownTime } from '../../web/parts/time.ts'
import type { RouteContext } from '../../web/route.ts'
import { MAX_COUNT } from '../list.ts'
import { filterBar, sourceFilter } from '../pages/filters.ts'
import { folderLink } from '../pages/folder-link.ts'
import { deletableAmong } from '../pages/listing.ts'
import { deletingBar } from '../pages/selection.ts'
import { SEARCH_PATH } from '../pages/tiles.ts'
import type { FileRecord } from '../record.ts'
import type { ManyUses } from '../references.ts'
import type { FilesRoom } from '../room.ts'
import { shownFile } from '../shown.ts'
import { keepsBytes } from '../trash/kept.ts'
import type { DoubleGroup, DoublesList, DoubleTotals } from './list.ts'

export const DOUBLES_PATH = '/-/files/duplicates'

interface Doubled {
  readonly list: DoublesList
  readonly totals: DoubleTotals
  readonly notCompared: number
  /** The sources to choose among. */
  readonly browsable: readonly Source[]
  /** The slug of the one that was chosen; empty for all. */
  readonly source: string
  readonly cursor: string | undefined
}

/** GET `/-/files/duplicates`: each group of files with the same bytes, where they lie and what uses them. */
export async function doublesPage(room: FilesRoom, c: RouteContext, doubled: Doubled): Promise<Html> {
  const { urls, frame } = room
  const { list, totals, notCompared, browsable, source, cursor } = doubled
  const chosen = source || undefined
  const files = list.groups.flatMap((group) => group.files)
  const [deletable, uses] = await Promise.all([
    deletableAmong(room, c.var.actor, files),
    room.findManyUses(
      c.var.actor,
      files.map(({ id }) => id),
    ),
  ])
  const groups = list.groups.map((group, at) => groupOf(room, group, list.seen + at, { deletable, uses }))
  const selectable = files.filter(({ id }) => deletable.has(id))
  return renderPage({
    ...(await frame(c)),
    title: 'Duplicate files',
    section: 'files',
    crumbs: [{ label: 'Files', href: urls.path('/-/files') }, { label: 'Duplicates' }],
    lede: totals.groups === 0 ? undefined : summary(totals),
    said: room.once?.take(c, urls.path(DOUBLES_PATH, { source: chosen, _next: cursor })).said,
    body: html`${filterBar(urls.path(DOUBLES_PATH), sourceFilter(browsable, source))}${comparison(notCompared)}${
      list.groups.length === 0
        ? nothing(list)
        : selectable.length === 0
          ? html`<div class="stack">${groups}</div>`
          : html`<form class="selecting" method="post" action="${urls.path('/-/files/-/delete')}" data-selecting>${hiddenFields(
              { return: urls.path(DOUBLES_PATH, { source: chosen, _next: cursor }) },
            )}${deletingBar(room.sources, selectable, { isList: false })}<div class="stack">${groups}</div></form>`
    }${pager({
      text: `${pageWords(list)} ${totals.truncated ? `more than ${formatCount(totals.groups, 'group')}` : formatCount(totals.groups, 'group')}`,
      firstHref: cursor === undefined ? null : urls.path(DOUBLES_PATH, { source: chosen }),
      nextHref: list.next === null ? null : urls.path(DOUBLES_PATH, { source: chosen, _next: list.next }),
      bare: true,
    })}`,
  })
}

function summary({ groups, files, bytes, truncated }: DoubleTotals): string {
  const count = `${truncated ? 'More than ' : ''}${formatCount(groups, 'group')}`
  return `${count} of files with the same bytes, ${formatCount(files, 'file')} in all. One of each takes ${formatBytes(bytes)} less.`
}

function pageWords({ groups, seen }: DoublesList): string {
  return groups.length === 0 ? 'None of' : `${formatNumber(seen + 1)}–${formatNumber(seen + groups.length)} of`
}

/** What is not compared is neither twice there nor not. */
function comparison(files: number): Html {
  if (files === 0) return NOTHING
  const are = files === 1 ? 'file is' : 'files are'
  return html`<p class="muted">${formatNumber(files)} ${are} not compared yet: the bytes are still to be read, or there are more of them than the source has read (<code>hash_up_to</code>).</p>`
}

function nothing({ next }: DoublesList): Html {
  return next === null
    ? emptyState({
        icon: 'check',
        title: 'No file is there twice',
        body: 'As far as their bytes were compared, whatever the files are called.',
      })
    : emptyState({ title: 'None so far', body: 'The next page looks at the rest.' })
}

interface Known {
  readonly deletable: ReadonlySet<string>
  readonly uses: ManyUses
}

function groupOf(room: FilesRoom, group: DoubleGroup, at: number, known: Known): Html {
  const { urls, sources } = room
  const { contentHash, size, count, files } = group
  const id = `group-${at}`
  const many = count > MAX_COUNT ? `More than ${formatNumber(MAX_COUNT)} files` : formatCount(count, 'file')
  const saved = `${formatBytes(size)} each · one copy would save ${formatBytes(size * (count - 1))}`
  return html`<section aria-labelledby="${id}"><div class="section-head"><h2 id="${id}">${many}</h2><p class="muted">${saved}</p></div><div class="panel">${dataTable(
    {
      caption: `${many} with the same bytes: ${files[0]?.filename}`,
      cards: true,
      density: 'roomy',
      columns: [
        ...(known.deletable.size > 0 ? [{ label: 'Select' }] : []),
        { label: 'Name', kind: 'file' },
        { label: 'Source' },
        { label: 'Added' },
        { label: 'Used in' },
      ],
      rows: files.map((file) => ({
        cells: [
          ...(known.deletable.size > 0
            ? [
                known.deletable.has(file.id)
                  ? html`<label class="choice">${pickBox(file, keepsBytes(sources, file))}</label>`
                  : NOTHING,
              ]
            : []),
          html`${fileCell({ state: 'file', file: shownFile(file, urls) })}${folderLine(folderLink(file, urls))}`,
          sources.byId(file.sourceId)?.label ?? file.sourceSlug,
          shownTime(file.createdAt),
          usedIn(room, file, known),
        ],
      })),
    },
  )}</div>${
    count > files.length &&
    html`<p class="hint"><a href="${urls.path(SEARCH_PATH, { hash: contentHash })}">All ${many.toLowerCase()} of this group</a></p>`
  }</section>`
}

/** The first row that uses a file. Of rows that one may not see only those are told who could delete what they show. */
function usedIn({ urls }: FilesRoom, { id }: FileRecord, { deletable, uses }: Known): Html | string {
  const [first, ...others] = uses.seen.get(id) ?? []
  if (first !== undefined) {
    return html`<span><a href="${safeUrl(first.url)}">${first.label}</a>${others.length > 0 && html` <a href="${urls.file(id)}#used">+${formatNumber(others.length)} more</a>`}</span>`
  }
  if (uses.hidden.has(id) && deletable.has(id)) return 'A row that you may not see'
  return html`<span class="faint">${uses.truncated ? 'Not known' : 'None'}</span>`
}
