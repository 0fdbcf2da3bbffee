import { FILE_ID } from '../../files/record.ts'
import { formatCount } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { linkButton } from '../../web/parts/button.ts'
import { linkedRows } from '../../web/parts/facts.ts'
import { fileCell, fileTiles } from '../../web/parts/file.ts'
import { menu } from '../../web/parts/menu.ts'
import { nullCell } from '../../web/parts/table.ts'
import type { RouteContext } from '../../web/route.ts'
import { readCell } from '../file-columns/cell.ts'
import { itemsOf } from '../file-columns/items.ts'
import { answerPage } from './answer.ts'
import { besideRow, listOf } from './beside-row.ts'
import { columnWords, describedAs } from './column-words.ts'
import { placesIn } from './file-place.ts'
import { restoring } from './restoring.ts'
import { crumbs, type PagesRoom } from './room.ts'
import { linkedOf, type RowData, readRowData } from './row-data.ts'
import { plainText, referenceCell, valueCell, WEB_ADDRESS } from './value-cell.ts'

/** About three lines of tiles on a wide screen. */
const MAX_FIRST = 6

/** `GET /{db}/{table}/{pks}` */
export async function rowPage(c: RouteContext, room: PagesRoom): Promise<Response> {
  const [data, frame] = await Promise.all([readRowData(c, room), room.frame(c)])
  const { page, database, href } = data
  const beside = await besideRow(c, room, data)
  return answerPage(
    c,
    renderPage({
      ...frame,
      title: data.title,
      lede: html`A row of ${page.table.name}${usedWords(data, room)}`,
      crumbs: crumbs(room, database.name, page.table.name, data.keyText || '(empty)'),
      section: 'databases',
      actions: html`${
        data.rights.update &&
        linkButton({ label: 'Edit row', href: `${href}/-/update${listOf(c)}`, kind: 'filled', icon: 'edit' })
      }${rowMenu(data, listOf(c))}`,
      body: html`${beside}<div class="with-side"><section class="panel" aria-label="Row">${filesFirst(data).map((column) => line(data, column, listOf(c), room))}</section>${linkedSide(data, room)}</div>${restoring(data, `${href}${listOf(c)}`)}`,
      ...room.once.take(c, href),
    }),
  )
}

/** How many rows of other tables refer to this one, leading down to them. */
function usedWords(data: RowData, room: PagesRoom): Html | string {
  const counts = linkedOf(data, room).map(({ count }) => count)
  if (counts.length === 0) return ''
  const sum = counts.reduce((all: number, count) => all + (count ?? 0), 0)
  // A table that took too long to count holds any number.
  const words = counts.includes(null) ? 'rows of other tables' : formatCount(sum, 'row')
  return sum === 0 && !counts.includes(null) ? '' : html` · <a href="#linked">Used in ${words}</a>`
}

export function rowMenu({ href, rights }: RowData, list: string): Html {
  return menu({
    label: 'More row actions',
    iconOnly: true,
    groups: [
      [{ label: 'Row as JSON', href: `${href}.json`, icon: 'download' }],
      rights.remove ? [{ label: 'Delete row…', href: `${href}/-/delete${list}`, icon: 'trash', danger: true }] : [],
    ],
  })
}

/** What a row holds is looked at before it is read. A column of many files stays in its place: others would be far below. */
function filesFirst({ page: { columns }, fileColumns, values }: RowData): readonly string[] {
  const first = columns.filter((column) => {
    const held = fileColumns.has(column) ? readCell(values.get(column) ?? null).ids.length : 0
    return held > 0 && held <= MAX_FIRST
  })
  return [...first, ...columns.filter((column) => !first.includes(column))]
}

function line(data: RowData, column: string, list: string, room: PagesRoom): Html {
  const { page, fileColumns } = data
  const type = columnWords(page.table, column, fileColumns.get(column), page.references.get(column))
  const description = describedAs(page.table, column)
  return html`<div class="form-row"><div class="form-row-label"><span class="field-label">${column}</span><span class="field-type">${type}</span>${description && html`<p class="hint">${description}</p>`}</div><div class="row-value">${value(data, column, list, room)}</div></div>`
}

function value(data: RowData, column: string, list: string, { urls }: PagesRoom): Html | string {
  const { page, values, fileColumns, files, deleted, database } = data
  const stored = values.get(column) ?? null
  const rule = fileColumns.get(column)
  if (stored === null) return rule ? html`<span class="null">No file</span>` : nullCell
  if (rule) {
    const { ids, other } = readCell(stored)
    if (other === null) {
      const place = placesIn({
        from: 'row',
        database: database.name,
        table: page.table.name,
        column,
        list: list.replace(/^\?/, ''),
      })(page.rowKey)
      const items = itemsOf(ids, { files, deleted }, urls, place)
      const known = items.flatMap((item) => (item.state === 'file' ? [item.file] : []))
      const pictures = rule.multiple || known.some(({ thumbnail }) => thumbnail !== null)
      if (pictures && known.length === ids.length) return known.length === 0 ? '' : fileTiles(known)
      return html`<div class="stack-tight">${items.map((item) => html`<div>${fileCell(item)}</div>`)}</div>`
    }
  }
  const reference = page.references.get(column)
  if (reference) return referenceCell(stored, page.labels.get(column)?.get(stored), reference, database.name, urls)
  if (typeof stored !== 'string') return plainText(stored)
  if (FILE_ID.test(stored) || WEB_ADDRESS.test(stored)) return valueCell(stored, urls)
  return html`<div class="full-text">${stored}</div>`
}

export function linkedSide(data: RowData, room: PagesRoom, more: Html | string = ''): Html | string {
  const linked = linkedOf(data, room)
  if (linked.length === 0 && more === '') return ''
  return html`<aside class="stack" aria-label="About this row">${
    linked.length > 0 &&
    html`<section id="linked"><h2>Linked rows</h2>${linkedRows(
      linked.map(({ table, column, count, href }) => ({
        title: table,
        note:
          count === null
            ? `Rows whose ${column} is this row`
            : `${formatCount(count, 'row')} ${count === 1 ? 'refers' : 'refer'} to this row`,
        href,
      })),
    )}</section>`
  }${more}</aside>`
}
