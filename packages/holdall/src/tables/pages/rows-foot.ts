import { formatCount, formatNumber } from '../../web/format.ts'
import type { Html } from '../../web/html.ts'
import { pager } from '../../web/parts/table.ts'
import { placeIn, sizeNames } from '../place.ts'
import type { Address } from './address.ts'
import { upTo } from './count-words.ts'
import type { Listing } from './listing.ts'

const PAGE_SIZES = ['20', '50', '100', '500', '1000']

/** Which rows these are, and the way to others. */
export function rowsFoot({ page, countLimit }: Listing, address: Address): Html {
  const { count, rows, query, previous, start = null } = page
  const first = placeIn(page.table, address.parameters, '_next') === undefined && !address.parameters.get('_before')
  const of = count === null ? '' : ` of ${upTo(count, countLimit)}`
  const before = first ? 0 : start
  const text =
    before === null
      ? `${formatCount(rows.length, 'row')}${of}`
      : `Rows ${formatNumber(before + 1)}–${formatNumber(before + rows.length)}${of}`
  const size = String(query.size)
  const sizes = PAGE_SIZES.includes(size) ? PAGE_SIZES : [...PAGE_SIZES, size].sort((a, b) => Number(a) - Number(b))
  return pager({
    text,
    firstHref: first ? null : address.with({}),
    ...(previous !== undefined && { previousHref: previous === null ? null : address.with({}, { _before: previous }) }),
    ...(previous !== undefined && { lastHref: page.next === null ? null : address.with({}, { _before: 'end' }) }),
    nextHref: page.next === null ? null : address.with({}, { _next: page.next }),
    sizes: {
      action: address.path,
      name: '_size',
      value: size,
      options: sizes,
      keep: address.keep(...sizeNames(page.table)),
    },
  })
}
