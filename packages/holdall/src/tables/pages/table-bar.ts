import { type Html, html, safeUrl } from '../../web/html.ts'
import { button } from '../../web/parts/button.ts'
import { icon } from '../../web/parts/icon.ts'
import { segmented, toolbar } from '../../web/parts/table.ts'
import { isSortable } from '../query.ts'
import { searchedColumns } from '../search.ts'
import type { Address } from './address.ts'
import { automaticDensity, type Density, densityOf } from './density.ts'
import type { Listing } from './listing.ts'

/** Columns that the search field names; there may be more. */
const NAMED_IN_SEARCH = 3

/**
 * What stands above a table: its search, its order on narrow screens, its columns, the height of its rows.
 * @param more what stands between the last two
 */
export function tableBar(data: Listing, address: Address, more?: Html): Html {
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
        label: `Search ${data.title} in ${searched.join(', ')}`,
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
    end: html`${chooser(data)}${more}${densities(data, address)}`,
  })}<form id="columns" action="${safeUrl(address.path)}">${address
    .keep('_col', '_nocol')
    .map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}</form>`
}

/** The boxes belong to a form beside the toolbar's, since forms cannot stand in forms. */
function chooser({ page }: Listing): Html {
  const { table } = page
  const choosable = table.columns.filter(({ hidden }) => hidden !== 1)
  const shown = new Set(page.columns)
  const count = choosable.filter(({ name }) => shown.has(name)).length
  return html`<details class="menu column-chooser"><summary class="button">${icon('columns')}Columns <span class="muted only-wide">${count} of ${choosable.length}</span></summary><div class="menu-panel filter-form">${choosable.map(
    ({ name, keyPosition }) =>
      html`<label class="choice"><input type="checkbox" name="_col" value="${name}" form="columns"${shown.has(name) && html` checked`}${keyPosition > 0 && html` disabled`}>${name}</label>`,
  )}<div class="menu-foot">${button({ label: 'Show columns', type: 'submit', form: 'columns' })}</div></div></details>`
}

const DENSITIES = [
  ['compact', 'Compact rows', 'compact'],
  ['default', 'Normal rows', 'rows'],
  ['roomy', 'Roomy rows', 'list'],
] as const satisfies readonly (readonly [Density, string, string])[]

function densities(data: Listing, address: Address): Html {
  const current = densityOf(data, address)
  const automatic = automaticDensity(data)
  return segmented(
    'Row height',
    DENSITIES.map(([density, label, icon]) => ({
      label,
      href: address.with({ _density: density === automatic ? null : density }),
      icon,
      current: density === current,
    })),
  )
}
