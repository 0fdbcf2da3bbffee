import { type Html, html, safeUrl } from '../../web/html.ts'
import { fileColumnCell } from '../../web/parts/file-elements.ts'
import { type ColumnKind, dataTable, type TableColumn, type TableRow, textCell } from '../../web/parts/table.ts'
import type { Urls } from '../../web/url.ts'
import { readCell } from '../file-columns/cell.ts'
import { itemsOf } from '../file-columns/items.ts'
import type { FileColumn } from '../file-columns/settings.ts'
import { sizeNames } from '../place.ts'
import { isSortable } from '../query.ts'
import type { Table } from '../schema.ts'
import type { SqliteValue } from '../value.ts'
import type { Address } from './address.ts'
import { attachListHref } from './attach-href.ts'
import { columnWords, describedAs } from './column-words.ts'
import { densityOf } from './density.ts'
import { sourceFor } from './destinations.ts'
import { placesIn } from './file-place.ts'
import type { Listing } from './listing.ts'
import { type TableData, titleColumn } from './table-data.ts'
import { plainText, referenceCell, shortened, valueCell } from './value-cell.ts'

/** The columns of the page in the order in which they stand, keys first. */
function order({ page }: TableData): number[] {
  const keys = page.table.keys.flatMap(({ name }) => {
    const index = page.columns.indexOf(name)
    return index < 0 ? [] : [index]
  })
  return [...keys, ...page.columns.keys().filter((index) => !keys.includes(index))]
}

/** The rows of a page as a table, each column drawn in its own way. */
export function tableRows(data: TableData, address: Address, urls: Urls): Html {
  const { page, fileColumns, rights } = data
  const { table } = page
  const shown = order(data)
  const kinds = shown.map((index, at) => kindOf(table, page.columns[index] as string, at === 0, data))
  const list = listOf(address, table)
  const cells = shown.map((index, at) => cellWriter(data, index, kinds[at] as ColumnKind, list, urls))
  const path = urls.table(data.database.name, table.name)
  const label = labelReader(data)
  const rendered = page.rows.map((row, at): TableRow => {
    const key = page.rowKeys[at]
    const href = key === undefined ? null : `${path}/${key}`
    const known: RowPlace = { key, href, inList: href === null ? null : `${href}${list}`, label: label(row) }
    return {
      cells: cells.map((write) => write(row, known)),
      ...(rights.update &&
        known.href !== null && { edit: { href: `${known.href}/-/update${list}`, label: known.label } }),
    }
  })
  return dataTable({
    caption: rowsCaption(data),
    columns: shown.map((index, at) =>
      head(data, page.columns[index] as string, kinds[at] as ColumnKind, address, urls),
    ),
    rows: rendered,
    density: densityOf(data, address),
    cards: page.columns.some((column) => fileColumns.has(column)),
  })
}

/** Filters, search and sort, and nothing where none is asked for: what a page shows of the rows is no part of it. */
function listOf(address: Address, table: Table): string {
  const kept = new URLSearchParams(address.keep(...sizeNames(table), '_col', '_nocol'))
  return kept.size === 0 ? '' : `?${kept}`
}

interface RowPlace {
  /** The last part of its address. */
  readonly key: string | undefined
  readonly href: string | null
  /** The same with the list that it is in, so that its page can go on to the next of that list. */
  readonly inList: string | null
  readonly label: string
}

function head(data: TableData, name: string, kind: ColumnKind, address: Address, urls: Urls): TableColumn {
  const { page, fileColumns } = data
  const { table } = page
  const type = columnWords(table, name, fileColumns.get(name), page.references.get(name))
  const description = describedAs(table, name)
  const attach = attachMany(data, name, address, urls)
  return {
    label: name,
    kind,
    ...(type !== '' && { type }),
    ...(description !== undefined && { description }),
    ...sortLink(page, name, address),
    ...(attach && { attach }),
  }
}

/** What the head of a file column takes, where many files may be dropped onto it. */
function attachMany({ fileColumns, sources, rights }: TableData, column: string, address: Address, urls: Urls) {
  const rule = fileColumns.get(column)
  const source = rule && sourceFor(rule, sources)
  if (rule === undefined || source === undefined || !rights.update) return undefined
  return {
    base: `${urls.base}/`,
    source: source.slug,
    column,
    label: column,
    accept: rule.accept.length === 0 ? null : rule.accept.join(', '),
    'max-size': rule.maxSize ?? null,
    action: attachListHref(address),
  }
}

/** Where a press on a column's name leads; nothing where rows are not sorted by it. */
export function sortLink({ table, query }: Listing['page'], name: string, address: Address): Pick<TableColumn, 'sort'> {
  if (!isSortable(table, name)) return {}
  const sorted = query.sort ?? byKey(table)
  const current = sorted?.column === name
  const href =
    current && !sorted.descending
      ? address.with({ _sort: null, _sort_desc: name })
      : address.with({ _sort: name, _sort_desc: null })
  const direction = sorted?.descending ? ('descending' as const) : ('ascending' as const)
  return { sort: { href, ...(current && { direction }) } }
}

/** `objects, sorted by title, ascending` */
export function rowsCaption({ title, page: { query } }: Listing): string {
  const { sort } = query
  return sort === null ? title : `${title}, sorted by ${sort.column}, ${sort.descending ? 'descending' : 'ascending'}`
}

/** The order of a page that nobody asked for one. */
function byKey({ keys }: Table): { column: string; descending: boolean } | null {
  return keys.length === 1 && keys[0] ? { column: keys[0].name, descending: false } : null
}

const NUMERIC_TYPE = /INT|REAL|FLOA|DOUB|NUM|DEC/i

function kindOf(table: Table, name: string, isFirst: boolean, { fileColumns, page }: TableData): ColumnKind {
  const file = fileColumns.get(name)
  if (isFirst && table.keys.length > 0) return 'key'
  if (file) return file.multiple ? 'files' : 'file'
  if (name === titleColumn(table)) return 'title'
  if (page.references.has(name)) return 'text'
  return NUMERIC_TYPE.test(table.columnsByName.get(name)?.type ?? '') ? 'numeric' : 'text'
}

type CellWriter = (row: readonly SqliteValue[], place: RowPlace) => Html | string

function cellWriter(data: TableData, index: number, kind: ColumnKind, list: string, urls: Urls): CellWriter {
  const { page, fileColumns, database } = data
  const name = page.columns[index] as string
  const reference = page.references.get(name)
  const labels = page.labels.get(name)
  const file = fileColumns.get(name)
  if (kind === 'key') {
    return (row, { inList }) => {
      const words = plainText(row[index] ?? null)
      return inList === null ? words : html`<a href="${safeUrl(inList)}">${words === '' ? '(empty)' : words}</a>`
    }
  }
  if (file) return fileCellWriter(data, name, index, file, list, urls)
  if (reference) {
    return (row) => {
      const value = row[index] ?? null
      return referenceCell(value, labels?.get(value), reference, database.name, urls)
    }
  }
  if (kind === 'title') {
    return (row, { inList }) => {
      const value = row[index] ?? null
      if (inList === null || typeof value !== 'string' || value === '') return valueCell(value, urls)
      return html`<a class="row-link" href="${safeUrl(inList)}">${textCell(shortened(value))}</a>`
    }
  }
  return (row) => valueCell(row[index] ?? null, urls)
}

function fileCellWriter(
  { sources, rights, files, deleted, readOnly, database, page }: TableData,
  column: string,
  index: number,
  rule: FileColumn,
  list: string,
  urls: Urls,
): CellWriter {
  const common = {
    urls,
    column,
    source: sourceFor(rule, sources)?.slug ?? null,
    accept: rule.accept.length === 0 ? null : rule.accept.join(', '),
    maxSize: rule.maxSize ?? null,
    multiple: rule.multiple,
    editable: rights.update,
    picksFrom: readOnly.get(column)?.label,
  }
  const placeOf = placesIn({
    from: 'table',
    database: database.name,
    table: page.table.name,
    column,
    list: list.replace(/^\?/, ''),
  })
  return (row, place) => {
    const { ids, other } = readCell(row[index] ?? null)
    if (other !== null) return valueCell(row[index] ?? null, urls)
    const inList = place.key === undefined ? '' : placeOf(place.key)
    return fileColumnCell({
      ...common,
      ids,
      items: itemsOf(ids, { files, deleted }, urls, inList),
      place: inList,
      rowHref: place.href ?? '',
      rowLabel: place.label,
    })
  }
}

/** What names a row where its key does not stand beside it. */
function labelReader({ page }: TableData): (row: readonly SqliteValue[]) => string {
  const { table } = page
  const key = page.columns.indexOf(table.keys[0]?.name ?? '')
  const label = page.columns.indexOf(titleColumn(table) ?? '')
  return (row) => plainText(row[label] ?? row[key] ?? '')
}
