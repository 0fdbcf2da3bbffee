import { formatBytes, formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html, NOTHING, safeUrl } from '../../web/html.ts'
import { button, hiddenFields } from '../../web/parts/button.ts'
import { excerptLine, fileCell, fileTiles, pickBox } from '../../web/parts/file.ts'
import { type SelectOption, searchInput, selectInput } from '../../web/parts/inputs.ts'
import { dataTable, pager, segmented } from '../../web/parts/table.ts'
import { shownTime } from '../../web/parts/time.ts'
import type { Actor } from '../../web/route.ts'
import type { FileRecord } from '../record.ts'
import { type FilesRoom, fileResource } from '../room.ts'
import { type Asked, MISSING } from '../search/asked.ts'
import type { Excerpt } from '../search/excerpts.ts'
import type { FileList, Sort } from '../search/find.ts'
import { GROUPS, isGroup } from '../search/kinds.ts'
import { shownFile } from '../shown.ts'
import { keepsBytes } from '../trash/kept.ts'
import { typeName } from '../types.ts'
import { deletingBar } from './selection.ts'
import { TILE_SIDE } from './tiles.ts'

/** A list of files as a page shows it. */
export interface Listing {
  readonly asked: Asked
  readonly list: FileList
  /** What the list is of: "Files of Photographs" */
  readonly caption: string
  /** The address of the same list with something else asked. The cursor goes unless it is given. */
  readonly hrefOf: (changes: Partial<Asked>) => string
  /** Where files of several sources are listed: what each one's is called. */
  readonly sourceOf?: (file: FileRecord) => string
}

const SORT_LABELS: Record<Sort, string> = {
  relevance: 'Best match',
  newest: 'Newest first',
  name: 'Name',
  size: 'Size',
}

/** The address of a list: what says nothing is left out. */
export function parametersOf(asked: Asked, changes: Partial<Asked>): Record<string, string | undefined> {
  const { q, hash, source, type, missing, sort, view, cursor } = { ...asked, cursor: undefined, ...changes }
  return {
    q: q || undefined,
    hash,
    source: source || undefined,
    content_type: type || undefined,
    state: missing ? MISSING : undefined,
    _sort: sort,
    view: view === 'grid' ? undefined : view,
    _next: cursor,
  }
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
export function listToolbar({ asked, hrefOf }: Listing, options: ToolbarOptions): Html {
  const types: SelectOption[] = Object.entries(GROUPS).map(([value, { label }]) => ({ value, label }))
  if (asked.type !== '' && !isGroup(asked.type)) types.push({ value: asked.type, label: typeName(asked.type) })
  // What suits the question needs no word in the address.
  const usual: Sort = asked.q === '' ? 'newest' : 'relevance'
  const others = (Object.keys(SORT_LABELS) as Sort[]).filter((sort) => sort !== usual && sort !== 'relevance')
  const views = (['grid', 'list'] as const).map((view) => ({
    label: view === 'grid' ? 'Grid' : 'List',
    href: hrefOf({ view, cursor: asked.cursor }),
    icon: view,
    current: asked.view === view,
  }))
  return html`<form class="toolbar" role="search" aria-label="${options.label}" action="${safeUrl(options.action)}" data-searches>${
    asked.view === 'list' && hiddenFields({ view: 'list' })
  }${asked.hash !== undefined && hiddenFields({ hash: asked.hash })}${asked.missing && hiddenFields({ state: MISSING })}${searchInput(
    {
      name: 'q',
      value: asked.q,
      label: options.searchLabel,
      placeholder: 'Name, description or words inside',
      autocomplete: 'off',
      autofocus: options.autofocus,
    },
  )}${
    options.sources &&
    selectInput({ name: 'source', value: asked.source, label: 'Source', submits: true, options: options.sources })
  }${selectInput({
    name: 'content_type',
    value: asked.type,
    label: 'Type',
    submits: true,
    options: [{ value: '', label: 'All types' }, ...types],
  })}${selectInput({
    name: '_sort',
    value: asked.sort === usual ? '' : (asked.sort ?? ''),
    label: 'Sort by',
    submits: true,
    options: [
      { value: '', label: SORT_LABELS[usual] },
      ...others.map((value) => ({ value, label: SORT_LABELS[value] })),
    ],
  })}${button({ label: 'Show', type: 'submit', more: { 'data-when-scriptless': true } })}<div class="to-end">${segmented('View', views)}</div></form>${
    asked.missing &&
    html`<p class="muted">Only files that are missing from their place. <a href="${safeUrl(hrefOf({ missing: false }))}">All files</a></p>`
  }`
}

/** The files, as tiles or as rows, those that the actor may delete with a box to select them by; then the pages. */
export async function listedFiles(room: FilesRoom, actor: Actor | null, listing: Listing): Promise<Html> {
  const { list, asked, hrefOf } = listing
  const deletable = await deletableAmong(room, actor, list.files)
  const excerpts = await room.registry.excerpts(asked.q, list.files)
  const first = list.seen + 1
  const last = list.seen + list.files.length
  const shown: Shown = { deletable, excerpts }
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

async function deletableAmong(
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
}

function tiles(room: FilesRoom, { list, sourceOf }: Listing, { deletable, excerpts }: Shown): Html {
  return fileTiles(
    list.files.map((file) => ({
      ...shownFile(file, room.urls, TILE_SIDE),
      selectable: deletable.has(file.id),
      kept: keepsBytes(room.sources, file),
      note: sourceOf?.(file),
      excerpt: excerpts.get(file.id),
    })),
  )
}

function table(room: FilesRoom, listing: Listing, { deletable, excerpts }: Shown): Html {
  const { list, caption, hrefOf, sourceOf } = listing
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
      { label: 'Added', sort: sorted('newest', 'descending') },
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
        html`${fileCell({ state: 'file', file: shownFile(file, room.urls) })}${excerptLine(excerpts.get(file.id))}`,
        ...(sourceOf === undefined ? [] : [sourceOf(file)]),
        typeName(file.contentType),
        file.size === null ? '' : formatBytes(file.size),
        shownTime(file.createdAt),
      ],
    })),
  })}</div>`
}
