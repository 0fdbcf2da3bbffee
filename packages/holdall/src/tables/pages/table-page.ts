import { formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html, safeUrl } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { button, linkButton } from '../../web/parts/button.ts'
import { filterBar } from '../../web/parts/chips.ts'
import { icon } from '../../web/parts/icon.ts'
import { menu } from '../../web/parts/menu.ts'
import { emptyState } from '../../web/parts/notice.ts'
import { pager, segmented, toolbar } from '../../web/parts/table.ts'
import type { RouteContext } from '../../web/route.ts'
import type { Urls } from '../../web/url.ts'
import { OPERATORS } from '../filters.ts'
import { referencesOf } from '../labels.ts'
import { placeIn } from '../place.ts'
import { COUNT_LIMIT, isSortable } from '../query.ts'
import { databaseIn, tableIn } from '../routes.ts'
import { searchedColumns, searchTableOf } from '../search.ts'
import { visibleTables } from '../visible-tables.ts'
import { type Address, addressOf } from './address.ts'
import { answerPage } from './answer.ts'
import { keyMeant, type Misread } from './filter-labels.ts'
import { OPERATOR_CHOICES } from './operator-words.ts'
import { crumbs, type PagesRoom } from './room.ts'
import { conditionsOf, readTableData, type TableData } from './table-data.ts'
import { densityOf, tableRows } from './table-rows.ts'

const NUMBER = /^-?\d+(?:\.\d+)?$/
/** Columns that the search field names; there may be more. */
const NAMED_IN_SEARCH = 3
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
      body: html`${bar(data, address)}${filters(data, address)}<section class="panel" aria-label="Rows">${
        data.page.rows.length === 0
          ? nothing(data, address, room.urls)
          : html`${tableRows(data, address, room.urls)}${foot(data, address)}`
      }</section>`,
      ...room.once.take(c, path),
    }),
  )
}

/**
 * What the page's own forms send, as the address that it means: a new filter, an order from the menu of narrow screens,
 * an empty search. Null when the address is one already.
 */
async function settle(c: RouteContext, room: PagesRoom, given: URLSearchParams): Promise<URLSearchParams | null> {
  const asks = ['_filter_column', '_filter_op', '_filter_value', '_order'].some((name) => given.has(name))
  if (!asks && !(given.has('_search') && given.get('_search') === '')) return null
  const settled = new URLSearchParams(given)
  const [column, operator, value] = ['_filter_column', '_filter_op', '_filter_value'].map(
    (name) => given.get(name) ?? '',
  )
  const order = given.get('_order')
  for (const name of ['_filter_column', '_filter_op', '_filter_value', '_order']) settled.delete(name)
  if (settled.get('_search') === '') settled.delete('_search')
  if (column && operator && Object.hasOwn(OPERATORS, operator)) {
    settled.append(`${column}__${operator}`, await meant(c, room, column, operator, value ?? ''))
  }
  if (order !== null) {
    settled.delete('_sort')
    settled.delete('_sort_desc')
    const name = order.startsWith('-') ? '_sort_desc' : '_sort'
    if (order !== '') settled.set(name, order.slice(1))
  }
  return settled
}

/** A row that a foreign key leads to may be named in place of its key. */
async function meant(c: RouteContext, room: PagesRoom, column: string, operator: string, value: string) {
  const database = databaseIn(c, room)
  const schema = await database.schema()
  const table = schema.tables.get(tableIn(c))
  const reference = table && referencesOf(schema, table).find((one) => one.column === column)
  if (reference === undefined) return value
  const visible = await visibleTables(room.permissions, c.var.actor, database.name, [reference.table.name])
  if (!visible.has(reference.table.name)) return value
  return keyMeant(database, reference, operator, value, c.req.raw.signal)
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
      rights.configure
        ? [{ label: 'Configure file columns', href: `${path}/-/file-columns`, icon: 'image', note: held }]
        : [],
      [{ label: 'These rows as JSON', href: json, icon: 'download' }],
    ],
  })}`
}

function bar(data: TableData, address: Address): Html {
  const { page } = data
  const { table, query } = page
  const searched = searchedColumns(page.schema, table)
  const sortable = page.columns.filter((column) => isSortable(table, column))
  return html`${toolbar({
    action: address.path,
    keep: address.keep('_search', '_order'),
    ...(searched.length > 0 && {
      search: {
        name: '_search',
        value: query.search?.text ?? '',
        label: `Search ${table.name} in ${searched.join(', ')}`,
        placeholder: `Search ${searched.slice(0, NAMED_IN_SEARCH).join(', ')}${searched.length > NAMED_IN_SEARCH ? ', …' : ''}`,
        ...(query.search && { clearHref: address.with({ _search: null }) }),
      },
    }),
    ...(sortable.length > 0 && {
      sort: {
        name: '_order',
        value: query.sort === null ? '' : `${query.sort.descending ? '-' : '+'}${query.sort.column}`,
        options: [
          ...(query.sort === null ? [{ value: '', label: 'Sort by' }] : []),
          ...sortable.flatMap((column) => [
            { value: `+${column}`, label: `${column} ↑` },
            { value: `-${column}`, label: `${column} ↓` },
          ]),
        ],
      },
    }),
    end: html`${chooser(data)}${densities(data, address)}`,
  })}<form id="columns" action="${safeUrl(address.path)}">${address
    .keep('_col', '_nocol')
    .map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}</form>`
}

/** The boxes belong to a form beside the toolbar's, since forms cannot stand in forms. */
function chooser({ page }: TableData): Html {
  const { table } = page
  const choosable = table.columns.filter(({ hidden }) => hidden !== 1)
  const shown = new Set(page.columns)
  const count = choosable.filter(({ name }) => shown.has(name)).length
  return html`<details class="menu column-chooser"><summary class="button">${icon('columns')}Columns <span class="muted only-wide">${count} of ${choosable.length}</span></summary><div class="menu-panel filter-form">${choosable.map(
    ({ name, keyPosition }) =>
      html`<label class="choice"><input type="checkbox" name="_col" value="${name}" form="columns"${shown.has(name) && html` checked`}${keyPosition > 0 && html` disabled`}>${name}</label>`,
  )}<div class="menu-foot">${button({ label: 'Show columns', type: 'submit', form: 'columns' })}</div></div></details>`
}

function densities(data: TableData, address: Address): Html {
  const density = densityOf(data, address)
  return segmented('Row height', [
    {
      label: 'Compact rows',
      href: address.with({ _density: 'compact' }),
      icon: 'compact',
      current: density === 'compact',
    },
    { label: 'Roomy rows', href: address.with({ _density: null }), icon: 'list', current: density !== 'compact' },
  ])
}

function filters({ page, labels }: TableData, address: Address): Html {
  const conditions = conditionsOf(page, address.parameters, labels).filter(({ name }) => name !== '_search')
  const asked = address.parameters.get('_change')
  const changing = conditions.find((condition) => condition.operator !== null && changeOf(condition) === asked)
  const left = changing
    ? addressOf(address.path, new URL(address.without(changing.name, changing.value), 'http://here').searchParams)
    : address
  return filterBar({
    filters: conditions.map((condition) => ({
      ...condition.words,
      removeHref: address.without(condition.name, condition.value),
      ...(condition.operator !== null && { href: address.with({}, { _change: changeOf(condition) }) }),
    })),
    add: {
      action: address.path,
      keep: left.keep(),
      columns: page.table.columns.filter(({ hidden }) => hidden !== 1).map(({ name }) => name),
      operators: OPERATOR_CHOICES,
      values: [...labels.offered].flatMap(([column, rows]) => rows.map(({ label }) => ({ value: label, column }))),
      ...(changing && {
        changing: { column: changing.words.field, operator: changing.operator as string, value: changing.words.value },
      }),
    },
    clearHref: address.with(Object.fromEntries(conditions.map(({ name }) => [name, null]))),
  })
}

/** How an address says which of its filters is open. */
function changeOf({ name, value }: { readonly name: string; readonly value: string }): string {
  return `${name}=${value}`
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

function nothing(data: TableData, address: Address, urls: Urls): Html {
  const { page, total, dropped, rights, database, labels } = data
  const conditions = conditionsOf(page, address.parameters, labels)
  const clear = address.with(Object.fromEntries(conditions.map(({ name }) => [name, null])))
  if (conditions.length === 0) {
    if (placeIn(page.table, address.parameters, '_next') !== undefined) {
      return emptyState({ title: 'No more rows', actions: linkButton({ label: 'First page', href: address.with({}) }) })
    }
    return emptyState({
      title: `No rows in ${page.table.name}`,
      body: rights.insert
        ? 'Insert the first one here, or send rows to the API.'
        : 'Rows show here once there are any.',
      icon: 'table',
      ...(rights.insert && {
        actions: linkButton({
          label: 'Insert row',
          href: `${urls.table(database.name, page.table.name)}/-/insert`,
          icon: 'plus',
        }),
      }),
    })
  }
  const words = conditions.map(
    ({ words: { field, operator, value } }, at) =>
      html`${at > 0 && ' and '}<b>${field}</b> ${operator}${value !== '' && (NUMBER.test(value) ? ` ${value}` : ` “${value}”`)}`,
  )
  const single = conditions.length === 1 ? conditions[0] : undefined
  const drop = dropped ?? (single && total ? { ...single, count: total } : undefined)
  const what = drop?.name === '_search' ? 'search' : `${drop?.words.field} filter`
  return emptyState({
    title: 'No rows match',
    body: html`${words}.${labels.misread.map((one) => misreadWords(one, address))}${page.query.search && searchTableOf(page.table) !== null && ' The search finds whole words.'}${drop && ` Without the ${what} there ${drop.count === 1 ? 'is' : 'are'} ${drop.count > COUNT_LIMIT ? `more than ${formatNumber(COUNT_LIMIT)} rows` : formatCount(drop.count, 'row')}.`}`,
    actions: html`${
      drop && linkButton({ label: `Remove ${what}`, href: address.without(drop.name, drop.value) })
    }${conditions.length > 1 && linkButton({ label: 'Clear all filters', href: clear, kind: 'quiet' })}`,
  })
}

/** A name where a key belongs: says so, and offers the rows that may have been meant. */
function misreadWords({ filter, table, suggested }: Misread, address: Address): Html {
  const { column, operator, value } = filter
  const left = addressOf(
    address.path,
    new URL(
      addressOf(address.path, new URL(address.without(column, value), 'http://here').searchParams).without(
        `${column}__${operator}`,
        value,
      ),
      'http://here',
    ).searchParams,
  )
  const links = suggested.map(
    ({ key, label }, at) =>
      html`${at > 0 && ', '}<a href="${safeUrl(left.with({ [`${column}__exact`]: key }))}">${label}</a>`,
  )
  return html` ${column} is a row of ${table}, and the database knows it by a number: choose it by its full name.${
    suggested.length > 0 && html` Did you mean ${links}?`
  }`
}
