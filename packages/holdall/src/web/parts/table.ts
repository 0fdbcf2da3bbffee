import { type Html, html, safeUrl } from '../html.ts'
import { attributes } from './attributes.ts'
import { button, deadButton, hiddenFields, linkButton } from './button.ts'
import { icon } from './icon.ts'
import { type SelectOption, searchInput, selectInput } from './inputs.ts'

/**
 * `key` links to the row, `title` names it (on a narrow screen: the card's heading), numbers align right, file columns
 * keep room for a thumbnail.
 */
export type ColumnKind = 'key' | 'title' | 'numeric' | 'file' | 'files' | 'text'

export interface TableColumn {
  readonly label: string
  readonly kind?: ColumnKind
  /** One line under the name: `text · key`, `→ makers`, `files · image/*` */
  readonly type?: string
  /** What it holds, in the words of whoever knows: shown to who points at it. */
  readonly description?: string
  /** What `<file-matcher>` is told when many files are dropped onto the head; absent where they may not be. */
  readonly attach?: Readonly<Record<string, string | number | null>>
  /** Where a press on the name leads; `direction` when the table is sorted by it now. */
  readonly sort?: { readonly href: string; readonly direction?: 'ascending' | 'descending' }
}

export interface TableRow {
  /** As many as columns. */
  readonly cells: readonly (Html | string)[]
  readonly edit?: { readonly href: string /** the row's key or label */; readonly label: string }
}

export interface TableOptions {
  /** What the table is, for those who do not see it: "objects, sorted by title, ascending" */
  readonly caption: string
  readonly columns: readonly TableColumn[]
  readonly rows: readonly TableRow[]
  readonly density?: 'compact' | 'default' | 'roomy'
  /** Rows become cards on narrow screens: for tables with file columns. Others scroll sideways. */
  readonly cards?: boolean
}

export function dataTable(options: TableOptions): Html {
  const { columns, rows, density = 'default', cards = false } = options
  const editable = rows.some((row) => row.edit)
  const className = [density, 'pinned', cards && 'cards'].filter(Boolean).join(' ')
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="${options.caption}"><table class="${className}" role="table">
<caption class="unseen">${options.caption}</caption>
<thead role="rowgroup"><tr role="row">${columns.map(headCell)}${editable && html`<th scope="col" role="columnheader" class="row-edit"><span class="unseen">Edit</span></th>`}</tr></thead>
<tbody role="rowgroup">${rows.map((row) => tableRow(row, columns, editable))}</tbody>
</table></div>`
}

function headCell(column: TableColumn): Html {
  const direction = column.sort?.direction
  const name = column.sort
    ? html`<a class="sort" href="${safeUrl(column.sort.href)}">${column.label}${direction && icon(direction === 'ascending' ? 'arrowUp' : 'arrowDown')}</a>`
    : column.label
  const tied = attributes({
    class: column.kind === 'numeric' ? 'numeric' : null,
    title: column.description,
    'aria-sort': direction,
    'data-attach': column.attach && JSON.stringify(column.attach),
  })
  return html`<th scope="col" role="columnheader"${tied}>${name}${column.type && html`<span class="column-type">${column.type}</span>`}</th>`
}

const CELL_CLASS: Partial<Record<ColumnKind, string>> = {
  title: 'row-title',
  numeric: 'numeric',
  file: 'file-column',
  files: 'files-column',
}

function tableRow(row: TableRow, columns: readonly TableColumn[], editable: boolean): Html {
  const cells = columns.map((column, at) => {
    const content = row.cells[at] ?? ''
    if (column.kind === 'key') {
      return html`<th scope="row" role="rowheader" class="row-key" data-label="${column.label}">${content}</th>`
    }
    const tied = attributes({ class: column.kind && CELL_CLASS[column.kind], 'data-label': column.label })
    return html`<td role="cell"${tied}>${content}</td>`
  })
  const edit =
    editable &&
    html`<td role="cell" class="row-edit">${row.edit && html`<a href="${safeUrl(row.edit.href)}" aria-label="Edit ${row.edit.label}" title="Edit">${icon('edit')}</a>`}</td>`
  return html`<tr role="row">${cells}${edit}</tr>`
}

/** NULL, told apart from an empty text. */
export const nullCell: Html = html`<span class="null">null</span>`

/** A longer text in a cell: two lines of it. */
export function textCell(text: string): Html {
  return html`<span class="two-lines">${text}</span>`
}

/** A foreign key by its label. */
export function foreignCell(href: string, label: string): Html {
  return html`<a class="foreign" href="${safeUrl(href)}">${label}</a>`
}

export interface ToolbarOptions {
  readonly action: string
  /** Everything else of the address, as pairs: names may repeat. */
  readonly keep: readonly (readonly [string, string])[]
  readonly search?: {
    readonly name: string
    readonly value: string
    readonly label: string
    readonly placeholder?: string
    /** The page without the search, where there is one. */
    readonly clearHref?: string
  }
  /** Sorting on narrow screens, where heads are gone. */
  readonly sort?: { readonly name: string; readonly value: string; readonly options: readonly SelectOption[] }
  /** Links at the end, such as columns and density. */
  readonly end?: Html
}

/** What stands above a table: search, sorting where there are no heads, and what the page adds. */
export function toolbar({ action, keep, search, sort, end }: ToolbarOptions): Html {
  return html`<form class="toolbar" role="search" action="${safeUrl(action)}">${keep.map(([name, value]) => hiddenFields({ [name]: value }))}${
    search &&
    searchInput(
      { name: search.name, value: search.value, label: search.label, placeholder: search.placeholder },
      search.clearHref,
    )
  }${
    sort &&
    html`<span class="only-narrow grow">${selectInput({ name: sort.name, value: sort.value, options: sort.options, label: 'Sort by', submits: true })}</span>`
  }${end}</form>`
}

export interface Segment {
  readonly label: string
  readonly href: string
  readonly icon: 'compact' | 'rows' | 'list' | 'grid' | 'table'
  readonly current: boolean
}

/** A choice of two or three looks, as links. */
export function segmented(label: string, segments: readonly Segment[]): Html {
  return html`<div class="segmented only-wide" role="group" aria-label="${label}">${segments.map(
    (segment) =>
      html`<a href="${safeUrl(segment.href)}" aria-label="${segment.label}" title="${segment.label}"${attributes({ 'aria-current': segment.current ? 'true' : null })}>${icon(segment.icon)}</a>`,
  )}</div>`
}

export interface PagerOptions {
  /** "Rows 1–100 of 318" */
  readonly text: string
  /** Null where this is the first page. */
  readonly firstHref: string | null
  /** Only where pages can be turned back; null where this is the first page. */
  readonly previousHref?: string | null
  /** Null where this is the last page. */
  readonly nextHref: string | null
  /** Only where the order can be turned round; null where this is the last page. */
  readonly lastHref?: string | null
  readonly sizes?: {
    readonly action: string
    readonly name: string
    readonly value: string
    readonly options: readonly string[]
    readonly keep: readonly (readonly [string, string])[]
  }
  /** Without the line above it: under a grid rather than in a panel. */
  readonly bare?: boolean
}

/** First, next, and perhaps previous and last: pages are found by key, so there is no number to jump to. */
export function pager(options: PagerOptions): Html {
  const first = { label: 'First page', href: options.firstHref ?? '' }
  const { previousHref, lastHref } = options
  const previous = { label: 'Previous page', href: previousHref ?? '' }
  const next = { label: 'Next page', href: options.nextHref ?? '', endIcon: 'chevronRight' as const }
  const last = { label: 'Last page', href: lastHref ?? '' }
  const nav =
    (options.firstHref !== null || options.nextHref !== null) &&
    html`<nav aria-label="Pages">${options.firstHref === null ? deadButton(first) : linkButton(first)}${
      previousHref !== undefined && (previousHref === null ? deadButton(previous) : linkButton(previous))
    }${options.nextHref === null ? deadButton(next) : linkButton(next)}${
      lastHref !== undefined && (lastHref === null ? deadButton(last) : linkButton(last))
    }</nav>`
  return html`<div class="${options.bare ? 'pager bare' : 'pager'}"><span class="tabular">${options.text}</span>${options.sizes && sizeForm(options.sizes)}${nav}</div>`
}

function sizeForm(sizes: NonNullable<PagerOptions['sizes']>): Html {
  const options = sizes.options.map((value) => ({ value, label: value }))
  return html`<form action="${safeUrl(sizes.action)}">${sizes.keep.map(([name, value]) => hiddenFields({ [name]: value }))}<label>Rows per page${selectInput(
    { name: sizes.name, value: sizes.value, options, submits: true },
  )}</label>${button({ label: 'Show', type: 'submit', more: { 'data-when-scriptless': true } })}</form>`
}
