import type { Source } from '../../sources/sources.ts'
import { formatBytes, formatCount, formatNumber, formatTime } from '../../web/format.ts'
import { type Html, html, NOTHING } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { button, hiddenFields, linkButton } from '../../web/parts/button.ts'
import { fileCell, fileTiles } from '../../web/parts/file.ts'
import { type SelectOption, searchInput, selectInput } from '../../web/parts/inputs.ts'
import { emptyState, notice } from '../../web/parts/notice.ts'
import { dataTable, pager, segmented } from '../../web/parts/table.ts'
import type { RouteContext } from '../../web/route.ts'
import { type FileList, MAX_COUNT, type Sort } from '../list.ts'
import { GROUPS, isGroup } from '../match.ts'
import type { SourceTotals } from '../registry.ts'
import { type FilesRoom, sourcesFor } from '../room.ts'
import { shownFile } from '../shown.ts'
import { typeName } from '../types.ts'
import { storageName, uploadHref } from './index.ts'
import { TILE_SIDE } from './tiles.ts'

export interface LibraryQuery {
  readonly name: string
  readonly type: string
  readonly sort: Sort
  readonly view: 'grid' | 'list'
  readonly cursor: string | undefined
  readonly limit: number
}

export interface Library {
  readonly source: Source
  readonly query: LibraryQuery
  readonly list: FileList
  readonly totals: SourceTotals
  /** How many files the filter leaves; more than `MAX_COUNT` means just that. */
  readonly matching: number
}

const SORT_LABELS: Record<Sort, string> = { newest: 'Newest first', name: 'Name', size: 'Size' }

/** GET `/-/files/browse/{source}`: the files of a source as tiles or as a list. */
export async function libraryPage(room: FilesRoom, c: RouteContext, library: Library): Promise<Html> {
  const { urls, frame } = room
  const { source, list, totals } = library
  const takesFiles = source.availability.available && source.capabilities.can_upload
  const uploadable = takesFiles && (await sourcesFor(room, c.var.actor, 'files-upload')).includes(source)
  const upload = linkButton({ label: 'Upload files', href: uploadHref(room, source), kind: 'filled', icon: 'upload' })
  const where = source.storageType === 'filesystem' ? 'in a directory' : `in ${storageName(source.storageType)}`
  return renderPage({
    ...(await frame(c)),
    title: source.label,
    section: 'files',
    crumbs: [{ label: 'Files', href: urls.path('/-/files') }, { label: source.label }],
    lede:
      totals.files === 0 ? undefined : `${formatCount(totals.files, 'file')}, ${formatBytes(totals.bytes)} ${where}`,
    actions: uploadable && totals.files > 0 ? upload : undefined,
    said: room.once?.take(c, urls.source(source.slug)).said,
    body: html`${unavailable(source)}${totals.files > 0 && toolbar(room, library)}${
      list.files.length === 0 ? empty(room, library, uploadable ? upload : undefined) : files(room, library)
    }`,
  })
}

function unavailable({ availability, label }: Source): Html {
  if (availability.available) return NOTHING
  return notice({
    tone: 'warning',
    title: `${label} cannot be reached: ${availability.reason}.`,
    body: 'Its files are listed, but none can be opened until it is back.',
    role: 'status',
  })
}

function hrefOf({ urls }: FilesRoom, { source, query }: Library, changes: Partial<LibraryQuery>): string {
  const { name, type, sort, view, cursor } = { ...query, cursor: undefined, ...changes }
  return urls.path(`/-/files/browse/${encodeURIComponent(source.slug)}`, {
    q: name || null,
    content_type: type || null,
    _sort: sort === 'newest' ? null : sort,
    view: view === 'grid' ? null : view,
    _next: cursor,
  })
}

function toolbar(room: FilesRoom, library: Library): Html {
  const { query, source } = library
  const types: SelectOption[] = Object.entries(GROUPS).map(([value, { label }]) => ({ value, label }))
  if (query.type !== '' && !isGroup(query.type)) types.push({ value: query.type, label: typeName(query.type) })
  const views = (['grid', 'list'] as const).map((view) => ({
    label: view === 'grid' ? 'Grid' : 'List',
    href: hrefOf(room, library, { view, cursor: query.cursor }),
    icon: view,
    current: query.view === view,
  }))
  return html`<form class="toolbar" role="search" aria-label="This source" action="${room.urls.source(source.slug)}">${
    query.view === 'list' && hiddenFields({ view: 'list' })
  }${searchInput({ name: 'q', value: query.name, label: 'Filter by name', placeholder: 'Filter by name' })}${selectInput(
    {
      name: 'content_type',
      value: query.type,
      label: 'Type',
      submits: true,
      options: [{ value: '', label: 'All types' }, ...types],
    },
  )}${selectInput({
    name: '_sort',
    value: query.sort,
    label: 'Sort by',
    submits: true,
    options: Object.entries(SORT_LABELS).map(([value, label]) => ({ value, label })),
  })}${button({ label: 'Show', type: 'submit', more: { 'data-when-scriptless': true } })}<div class="to-end">${segmented('View', views)}</div></form>`
}

function files(room: FilesRoom, library: Library): Html {
  const { list, query } = library
  const first = list.seen + 1
  const last = list.seen + list.files.length
  return html`${query.view === 'grid' ? fileTiles(list.files.map((file) => shownFile(file, room.urls, TILE_SIDE))) : fileTable(room, library)}${pager(
    {
      text: `${formatNumber(first)}–${formatNumber(last)} of ${howMany(library)}`,
      firstHref: query.cursor === undefined ? null : hrefOf(room, library, {}),
      nextHref: list.next === null ? null : hrefOf(room, library, { cursor: list.next }),
      bare: true,
    },
  )}`
}

function howMany({ matching, query }: Library): string {
  const filtered = query.name !== '' || query.type !== ''
  return filtered && matching > MAX_COUNT ? `more than ${formatNumber(MAX_COUNT)}` : formatNumber(matching)
}

function fileTable(room: FilesRoom, library: Library): Html {
  const { list, source, query } = library
  const sorted = (sort: Sort, direction: 'ascending' | 'descending') => ({
    href: hrefOf(room, library, { sort }),
    direction: query.sort === sort ? direction : undefined,
  })
  return html`<div class="panel">${dataTable({
    caption: `Files of ${source.label}, ${SORT_LABELS[query.sort].toLowerCase()}`,
    cards: true,
    density: 'roomy',
    columns: [
      { label: 'Name', kind: 'file', sort: sorted('name', 'ascending') },
      { label: 'Type' },
      { label: 'Size', kind: 'numeric', sort: sorted('size', 'descending') },
      { label: 'Added', sort: sorted('newest', 'descending') },
    ],
    rows: list.files.map((file) => ({
      cells: [
        fileCell({ state: 'file', file: shownFile(file, room.urls) }),
        typeName(file.contentType),
        file.size === null ? '' : formatBytes(file.size),
        html`<time datetime="${file.createdAt}">${formatTime(file.createdAt)}</time>`,
      ],
    })),
  })}</div>`
}

function empty(room: FilesRoom, library: Library, upload: Html | undefined): Html {
  const { query, totals, source } = library
  if (totals.files > 0) {
    return emptyState({
      title: query.name === '' ? 'No files of this type' : `No name has words that begin with “${query.name}”`,
      body: `Without the filter there are ${formatCount(totals.files, 'file')}.`,
      actions: linkButton({ label: 'Show all files', href: hrefOf(room, library, { name: '', type: '' }) }),
    })
  }
  return emptyState({
    icon: 'image',
    title: 'No files yet',
    body:
      upload === undefined
        ? `What is uploaded to ${source.label} is listed here.`
        : 'Upload some here, or drop them onto a row of a table with a file column.',
    actions: upload,
  })
}
