import { formatBytes, formatCount, formatNumber, formatTime } from '../../web/format.ts'
import { type Html, html, NOTHING, safeUrl } from '../../web/html.ts'
import { button, hiddenFields } from '../../web/parts/button.ts'
import { excerptLine, fileCell, fileTiles, folderLine, pickBox } from '../../web/parts/file.ts'
import { type SelectOption, searchInput, selectInput } from '../../web/parts/inputs.ts'
import { dataTable, pager, segmented } from '../../web/parts/table.ts'
import { shownTime } from '../../web/parts/time.ts'
import type { Actor } from '../../web/route.ts'
import type { FileState } from '../list.ts'
import type { FileRecord } from '../record.ts'
import { type FilesRoom, fileResource } from '../room.ts'
import type { Asked } from '../search/asked.ts'
import { type FileList, type Sort, usualSort } from '../search/file-list.ts'
import type { Excerpt } from '../search/marking.ts'
import { shownFile } from '../shown.ts'
import type { FormerState } from '../sync/history.ts'
import { keepsBytes } from '../trash/kept.ts'
import { typeName } from '../types.ts'
import { stateFilter, typeFilter } from './filters.ts'
import { folderLink } from './folder-link.ts'
import { hrefFrom, type Origin } from './list-address.ts'
import { deletingBar } from './selection.ts'
import { TILE_SIDE } from './tiles.ts'

/** A list of files as a page shows it. */
export interface Listing {
  readonly asked: Asked
  readonly list: FileList
  /** Where the files of the list know it from. */
  readonly from: Origin
  /** What the list is of: "Files of Photographs" */
  readonly caption: string
  /** The address of the same list with something else asked. The cursor goes unless it is given. */
  readonly hrefOf: (changes: Partial<Asked>) => string
  /** Where files of several sources are listed: what each one's is called. */
  readonly sourceOf?: (file: FileRecord) => string
  /** Of a list of files that cannot be read: whether there may be more, because some have not been read yet. */
  readonly isReading?: boolean
}

const SORT_LABELS: Record<Sort, string> = {
  relevance: 'Best match',
  newest: 'Newest first',
  name: 'Name',
  size: 'Size',
  path: 'Folder',
  changed: 'Changed last',
}

export interface ToolbarOptions {
  readonly action: string
  /** What is searched, for those who do not see it: "This source" */
  readonly label: string
  readonly searchLabel: string
  /** Whether typing goes there at once. */
  readonly autofocus?: boolean
  /** Before the types: the sources to choose among. */
  readonly sources?: readonly SelectOption[]
}

/** Search, filters, sorting and the two looks. What is typed is searched at once; without scripts a button sends it. */
export function listToolbar({ asked, hrefOf, isReading = false }: Listing, options: ToolbarOptions): Html {
  // What suits the question needs no word in the address.
  const usual = usualSort(asked)
  const offered: Sort[] = ['newest', 'name', 'size']
  if (asked.folder !== '' || asked.sort === 'path') offered.push('path')
  if (asked.state === 'changed') offered.push('changed')
  const others = offered.filter((sort) => sort !== usual)
  const views = (['grid', 'list'] as const).map((view) => ({
    label: view === 'grid' ? 'Grid' : 'List',
    href: hrefOf({ view, cursor: asked.cursor }),
    icon: view,
    current: asked.view === view,
  }))
  return html`<form class="toolbar" role="search" aria-label="${options.label}" action="${safeUrl(options.action)}" data-searches>${
    asked.view === 'list' && hiddenFields({ view: 'list' })
  }${asked.hash !== undefined && hiddenFields({ hash: asked.hash })}${asked.folder !== '' && hiddenFields({ folder: asked.folder })}${searchInput(
    {
      name: 'q',
      value: asked.q,
      label: options.searchLabel,
      placeholder: asked.folder === '' ? 'Name, description or words inside' : 'Search this folder',
      autocomplete: 'off',
      autofocus: options.autofocus,
    },
  )}${
    options.sources &&
    selectInput({ name: 'source', value: asked.source, label: 'Source', submits: true, options: options.sources })
  }${typeFilter(asked.type)}${stateFilter(asked.state)}${selectInput({
    name: '_sort',
    value: asked.sort === usual ? '' : (asked.sort ?? ''),
    label: 'Sort by',
    submits: true,
    options: [
      { value: '', label: SORT_LABELS[usual] },
      ...others.map((value) => ({ value, label: SORT_LABELS[value] })),
    ],
  })}${button({ label: 'Show', type: 'submit', more: { 'data-when-scriptless': true } })}<div class="to-end">${segmented('View', views)}</div></form>${
    asked.state !== undefined &&
    html`<p class="muted">${STATE_WORDS[asked.state]}${isReading && ' Some files are still being read.'} <a href="${safeUrl(hrefOf({ state: undefined, sort: undefined }))}">All files</a></p>`
  }`
}

const STATE_WORDS: Record<FileState, string> = {
  missing: 'Only files that are missing from their place.',
  changed: 'Only files that have had other bytes since they were listed.',
  unreadable:
    'Only files that cannot be read: pictures that are cut off or damaged, PDFs that do not open, and what is only called one of these.',
}

/** The files, as tiles or as rows, those that the actor may delete with a box to select them by; then the pages. */
export async function listedFiles(room: FilesRoom, actor: Actor | null, listing: Listing): Promise<Html> {
  const { list, asked, hrefOf } = listing
  const deletable = await deletableAmong(room, actor, list.files)
  const excerpts = await room.registry.excerpts(asked.q, list.files)
  const former = asked.state === 'changed' ? await room.sync.lastFormer(list.files.map(({ id }) => id)) : undefined
  const first = list.seen + 1
  const last = list.seen + list.files.length
  const shown: Shown = { deletable, excerpts, former }
  const files = asked.view === 'grid' ? tiles(room, listing, shown) : table(room, listing, shown)
  const pages = pager({
    text: `${formatNumber(first)}–${formatNumber(last)} of ${howMany(list)}`,
    firstHref: asked.cursor === undefined ? null : hrefOf({}),
    nextHref: list.next === null ? null : hrefOf({ cursor: list.next }),
    bare: true,
  })
  if (deletable.size === 0) return html`${files}${pages}`
  const selectable = list.files.filter(({ id }) => deletable.has(id))
  return html`<form class="selecting" method="post" action="${room.urls.path('/-/files/-/delete')}" data-selecting>${hiddenFields(
    { return: hrefOf({ cursor: asked.cursor }) },
  )}${deletingBar(room.sources, selectable)}${files}</form>${pages}`
}

/** "318", or "more than 10,000". */
export function howMany({ total, truncated }: Pick<FileList, 'total' | 'truncated'>): string {
  return truncated ? `more than ${formatNumber(total)}` : formatNumber(total)
}

/** "1 file", "more than 10,000 files". */
export function filesInWords(list: Pick<FileList, 'total' | 'truncated'>): string {
  return list.truncated ? `more than ${formatCount(list.total, 'file')}` : formatCount(list.total, 'file')
}

/** The ids of those that the actor may delete. */
export async function deletableAmong(
  { permissions }: FilesRoom,
  actor: Actor | null,
  files: readonly FileRecord[],
): Promise<ReadonlySet<string>> {
  const allowed = await permissions.among(actor, 'files-delete', files.map(fileResource))
  return new Set(allowed.flatMap((resource) => resource.child ?? []))
}

/** What is known of the files of a page beside themselves. */
interface Shown {
  readonly deletable: ReadonlySet<string>
  readonly excerpts: ReadonlyMap<string, Excerpt>
  /** What those that changed were before. */
  readonly former: ReadonlyMap<string, FormerState> | undefined
}

/** The order is that of the answer: too many are not sorted as they were asked for. */
function hrefIn(room: FilesRoom, { asked, list, from }: Listing, { id }: FileRecord): string {
  return hrefFrom(room, id, from, { ...asked, sort: list.sort })
}

function tiles(room: FilesRoom, listing: Listing, { deletable, excerpts, former }: Shown): Html {
  const { list, asked, sourceOf } = listing
  return fileTiles(
    list.files.map((file) => ({
      ...shownFile(file, room.urls, TILE_SIDE),
      href: hrefIn(room, listing, file),
      selectable: deletable.has(file.id),
      kept: keepsBytes(room.sources, file),
      note: former === undefined ? sourceOf?.(file) : `Before: ${formerWords(former.get(file.id))}`,
      excerpt: excerpts.get(file.id),
      folder: folderLink(file, room.urls, asked.folder),
    })),
  )
}

/** "2.1 MB, written 14 March 2025, 10:42" */
function formerWords(former: FormerState | undefined): string {
  if (former === undefined) return 'not known'
  const parts = [
    former.size !== null && formatBytes(former.size),
    former.modifiedAt !== null && `written ${formatTime(former.modifiedAt)}`,
  ].filter((part) => part !== false)
  return parts.length === 0 ? 'not known' : parts.join(', ')
}

function table(room: FilesRoom, listing: Listing, { deletable, excerpts, former }: Shown): Html {
  const { list, asked, caption, hrefOf, sourceOf } = listing
  const sorted = (sort: Sort, direction: 'ascending' | 'descending') => ({
    href: hrefOf({ sort }),
    direction: list.sort === sort ? direction : undefined,
  })
  return html`<div class="panel">${dataTable({
    caption: `${caption}, ${SORT_LABELS[list.sort].toLowerCase()}`,
    cards: true,
    density: 'roomy',
    columns: [
      ...(deletable.size > 0 ? [{ label: 'Select' }] : []),
      { label: 'Name', kind: 'file', sort: sorted('name', 'ascending') },
      ...(sourceOf === undefined ? [] : [{ label: 'Source' }]),
      { label: 'Type' },
      { label: 'Size', kind: 'numeric', sort: sorted('size', 'descending') },
      ...(former === undefined
        ? [{ label: 'Added', sort: sorted('newest', 'descending') }]
        : [{ label: 'Changed', sort: sorted('changed', 'descending') }, { label: 'Before' }]),
    ],
    rows: list.files.map((file) => ({
      cells: [
        ...(deletable.size > 0
          ? [
              deletable.has(file.id)
                ? html`<label class="choice">${pickBox(file, keepsBytes(room.sources, file))}</label>`
                : NOTHING,
            ]
          : []),
        html`${fileCell({ state: 'file', file: { ...shownFile(file, room.urls), href: hrefIn(room, listing, file) } })}${folderLine(folderLink(file, room.urls, asked.folder))}${excerptLine(excerpts.get(file.id))}`,
        ...(sourceOf === undefined ? [] : [sourceOf(file)]),
        typeName(file.contentType),
        file.size === null ? '' : formatBytes(file.size),
        ...(former === undefined
          ? [shownTime(file.createdAt)]
          : [file.changedAt === null ? '' : shownTime(file.changedAt), formerWords(former.get(file.id))]),
      ],
    })),
  })}</div>`
}
