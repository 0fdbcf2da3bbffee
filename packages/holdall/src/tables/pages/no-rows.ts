import { formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html, safeUrl } from '../../web/html.ts'
import { linkButton } from '../../web/parts/button.ts'
import { emptyState } from '../../web/parts/notice.ts'
import type { Urls } from '../../web/url.ts'
import { placeIn } from '../place.ts'
import { searchTableOf } from '../search.ts'
import type { Address } from './address.ts'
import { conditionsOf } from './conditions.ts'
import type { Misread } from './filter-labels.ts'
import type { Listing } from './listing.ts'
import type { TableData } from './table-data.ts'

const NUMBER = /^-?\d+(?:\.\d+)?$/

/** A table that is empty. */
export function noRowsYet({ page, rights, database }: TableData, urls: Urls): Html {
  return emptyState({
    title: `No rows in ${page.table.name}`,
    body: rights.insert ? 'Insert the first one here, or send rows to the API.' : 'Rows show here once there are any.',
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

/**
 * Where a page has no rows: what belongs here, or which condition to drop and what that gives.
 * @param empty where there are none at all
 */
export function noRows(data: Listing, address: Address, empty: Html): Html {
  const { page, total, dropped, labels, fileColumns, countLimit } = data
  const conditions = conditionsOf(page, fileColumns, address.parameters, labels)
  const clear = address.with(Object.fromEntries(conditions.map(({ name }) => [name, null])))
  if (conditions.length === 0) {
    if (placeIn(page.table, address.parameters, '_next') !== undefined) {
      return emptyState({ title: 'No more rows', actions: linkButton({ label: 'First page', href: address.with({}) }) })
    }
    return empty
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
    body: html`${words}.${labels.misread.map((one) => misreadWords(one, address))}${page.query.search && searchTableOf(page.table) !== null && ' The search finds whole words.'}${drop && ` Without the ${what} there ${drop.count === 1 ? 'is' : 'are'} ${drop.count > countLimit ? `more than ${formatNumber(countLimit)} rows` : formatCount(drop.count, 'row')}.`}`,
    actions: html`${
      drop && linkButton({ label: `Remove ${what}`, href: address.without(drop.name, drop.value) })
    }${conditions.length > 1 && linkButton({ label: 'Clear all filters', href: clear, kind: 'quiet' })}`,
  })
}

/** A name where a key belongs: says so, and offers the rows that may have been meant. */
function misreadWords({ filter, table, suggested }: Misread, address: Address): Html {
  const { column, operator, value } = filter
  const left = address.less(column, value).less(`${column}__${operator}`, value)
  const links = suggested.map(
    ({ key, label }, at) =>
      html`${at > 0 && ', '}<a href="${safeUrl(left.with({ [`${column}__exact`]: key }))}">${label}</a>`,
  )
  return html` ${column} is a row of ${table}, and the database knows it by a number: choose it by its full name.${
    suggested.length > 0 && html` Did you mean ${links}?`
  }`
}
