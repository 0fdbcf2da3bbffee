import { formatCount } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { linkButton } from '../../web/parts/button.ts'
import { menu } from '../../web/parts/menu.ts'
import type { RouteContext } from '../../web/route.ts'
import type { Urls } from '../../web/url.ts'
import { sizeNames } from '../place.ts'
import { databaseIn, tableIn } from '../routes.ts'
import { type Address, addressOf } from './address.ts'
import { answerPage } from './answer.ts'
import { attachListHref } from './attach-href.ts'
import { countWords } from './count-words.ts'
import { noRows, noRowsYet } from './no-rows.ts'
import { notShownLine } from './not-shown-line.ts'
import { restoring } from './restoring.ts'
import { crumbs, type PagesRoom } from './room.ts'
import { rowsFoot } from './rows-foot.ts'
import { settle } from './settle.ts'
import { tableBar } from './table-bar.ts'
import { readTableData, type TableData } from './table-data.ts'
import { tableFilters } from './table-filters.ts'
import { tableRows } from './table-rows.ts'
import { troubleLine } from './trouble-line.ts'
import { seenByLine } from './who-may.ts'

/** `GET /{db}/{table}` */
export async function tablePage(c: RouteContext, room: PagesRoom): Promise<Response> {
  const parameters = new URL(c.req.url).searchParams
  const settled = await settle(c, room, parameters)
  const path = room.urls.table(databaseIn(c, room).name, tableIn(c))
  if (settled !== null) return c.redirect(settled.size === 0 ? path : `${path}?${settled}`, 302)
  const [data, frame, seenBy] = await Promise.all([
    readTableData(c, room, parameters),
    room.frame(c),
    seenByLine(room, c, 'view-table', { kind: 'table', parent: databaseIn(c, room).name, child: tableIn(c) }),
  ])
  const { table } = data.page
  const address = addressOf(path, parameters, table)
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
      body: html`${seenBy}${tableBar(data, address)}${tableFilters(data, address)}${troubleLine(data, address)}${notShownLine(data)}${restoring(data, `${address.path}?${address.parameters}`)}<section class="panel all-rows" aria-label="Rows">${
        data.page.rows.length === 0
          ? noRows(data, address, noRowsYet(data, room.urls))
          : html`${tableRows(data, address, room.urls)}${rowsFoot(data, address)}`
      }</section>`,
      ...room.once.take(c, path),
    }),
  )
}

function actions({ page, rights, fileColumns, database }: TableData, urls: Urls, address: Address): Html {
  const path = urls.table(database.name, page.table.name)
  const names = [...fileColumns.keys()]
  const held =
    names.length === 0
      ? 'No column holds files yet'
      : `${formatCount(names.length, 'column holds', 'columns hold')} files: ${names.join(', ')}`
  const json = address.with({}).replace(path, `${path}.json`)
  const csv = address
    .with({ _files: 'states', _dl: '1', ...Object.fromEntries(sizeNames(page.table).map((name) => [name, null])) })
    .replace(path, `${path}.csv`)
  const excel = `${csv}&_bom=1`
  return html`${
    rights.insert && linkButton({ label: 'Insert row', href: `${path}/-/insert`, kind: 'filled', icon: 'plus' })
  }${menu({
    label: 'Table actions',
    groups: [
      rights.update && names.length > 0
        ? [
            {
              label: 'Attach many files…',
              href: attachListHref(address),
              icon: 'upload',
              note: 'A folder, by the names of its files',
            },
          ]
        : [],
      rights.configure
        ? [{ label: 'Configure file columns', href: `${path}/-/file-columns`, icon: 'image', note: held }]
        : [],
      [
        { label: 'These rows as CSV', href: csv, icon: 'download', note: 'All that match; files by their names' },
        {
          label: 'These rows for Excel',
          href: excel,
          icon: 'download',
          note: 'Commas between columns, as Excel has it in English',
        },
        {
          label: 'These rows for Excel, with semicolons',
          href: `${excel}&_sep=semicolon`,
          icon: 'download',
          note: 'Where decimals have a comma: Danish, French, German',
        },
        { label: 'These rows as JSON', href: json, icon: 'download', note: 'This page' },
      ],
    ],
  })}`
}
