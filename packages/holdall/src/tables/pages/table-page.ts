import { formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { linkButton } from '../../web/parts/button.ts'
import { menu } from '../../web/parts/menu.ts'
import { pager } from '../../web/parts/table.ts'
import type { RouteContext } from '../../web/route.ts'
import type { Urls } from '../../web/url.ts'
import { placeIn } from '../place.ts'
import { COUNT_LIMIT } from '../query.ts'
import { databaseIn, tableIn } from '../routes.ts'
import { type Address, addressOf } from './address.ts'
import { answerPage } from './answer.ts'
import { noRows } from './no-rows.ts'
import { crumbs, type PagesRoom } from './room.ts'
import { settle } from './settle.ts'
import { tableBar } from './table-bar.ts'
import { readTableData, type TableData } from './table-data.ts'
import { tableFilters } from './table-filters.ts'
import { tableRows } from './table-rows.ts'

const PAGE_SIZES = ['20', '50', '100', '500', '1000']

/** `GET /{db}/{table}` */
export async function tablePage(c: RouteContext, room: PagesRoom): Promise<Response> {
  const parameters = new URL(c.req.url).searchParams
  const settled = await settle(c, room, parameters)
  const path = room.urls.table(databaseIn(c, room).name, tableIn(c))
  if (settled !== null) return c.redirect(settled.size === 0 ? path : `${path}?${settled}`, 302)
  const [data, frame] = await Promise.all([readTableData(c, room, parameters), room.frame(c)])
  const address = addressOf(path, parameters)
  const { table } = data.page
  return answerPage(
    c,
    renderPage({
      ...frame,
      title: table.name,
      lede: countWords(data),
      crumbs: crumbs(room, data.database.name, table.name),
      section: 'databases',
      width: 'full',
      actions: actions(data, room.urls, address),
      body: html`${tableBar(data, address)}${tableFilters(data, address)}<section class="panel all-rows" aria-label="Rows">${
        data.page.rows.length === 0
          ? noRows(data, address, room.urls)
          : html`${tableRows(data, address, room.urls)}${foot(data, address)}`
      }</section>`,
      ...room.once.take(c, path),
    }),
  )
}

function countWords(data: TableData): Html | string {
  const { page, total } = data
  const conditions = page.query.filters.length + page.query.where.length + (page.query.search ? 1 : 0)
  if (page.count === null) return page.table.isView ? 'A view' : ''
  if (conditions === 0) return rowsWords(page.count)
  const match = page.count === 1 && total !== 1 ? 'matches' : 'match'
  const what = page.query.filters.length + page.query.where.length
  const words = [page.query.search ? 'the search' : '', what > 0 ? formatCount(what, 'filter') : '']
    .filter(Boolean)
    .join(' and ')
  return `${upTo(page.count)} of ${total === null ? 'all' : upTo(total)} rows ${match} ${words}`
}

function upTo(count: number): string {
  return count > COUNT_LIMIT ? `more than ${formatNumber(COUNT_LIMIT)}` : formatNumber(count)
}

function rowsWords(count: number): string {
  return count > COUNT_LIMIT ? `More than ${formatNumber(COUNT_LIMIT)} rows` : formatCount(count, 'row')
}

function actions({ page, rights, fileColumns, database }: TableData, urls: Urls, address: Address): Html {
  const path = urls.table(database.name, page.table.name)
  const names = [...fileColumns.keys()]
  const held =
    names.length === 0
      ? 'No column holds files yet'
      : `${formatCount(names.length, 'column holds', 'columns hold')} files: ${names.join(', ')}`
  const json = address.with({}).replace(path, `${path}.json`)
  return html`${
    rights.insert && linkButton({ label: 'Insert row', href: `${path}/-/insert`, kind: 'filled', icon: 'plus' })
  }${menu({
    label: 'Table actions',
    groups: [
      rights.update && names.length > 0
        ? [
            {
              label: 'Attach many files…',
              href: `${path}/-/attach`,
              icon: 'upload',
              note: 'A folder, by the names of its files',
            },
          ]
        : [],
      rights.configure
        ? [{ label: 'Configure file columns', href: `${path}/-/file-columns`, icon: 'image', note: held }]
        : [],
      [{ label: 'These rows as JSON', href: json, icon: 'download' }],
    ],
  })}`
}

function foot({ page }: TableData, address: Address): Html {
  const first = placeIn(page.table, address.parameters, '_next') === undefined
  const { count, rows, query } = page
  const of = count === null ? '' : ` of ${upTo(count)}`
  const text = first ? `Rows 1–${formatNumber(rows.length)}${of}` : `${formatCount(rows.length, 'row')}${of}`
  const size = String(query.size)
  const sizes = PAGE_SIZES.includes(size) ? PAGE_SIZES : [...PAGE_SIZES, size].sort((a, b) => Number(a) - Number(b))
  const next = new URLSearchParams(address.parameters)
  for (const name of ['cursor', '_change']) next.delete(name)
  next.set('_next', page.next ?? '')
  return pager({
    text,
    firstHref: first ? null : address.with({}),
    nextHref: page.next === null ? null : `${address.path}?${next}`,
    sizes: { action: address.path, name: '_size', value: size, options: sizes, keep: address.keep('_size') },
  })
}
