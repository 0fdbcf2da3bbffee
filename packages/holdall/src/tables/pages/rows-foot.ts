import { formatCount, formatNumber } from '../../web/format.ts'
import type { Html } from '../../web/html.ts'
import { pager } from '../../web/parts/table.ts'
import { placeIn } from '../place.ts'
import type { Address } from './address.ts'
import { upTo } from './count-words.ts'
import type { Listing } from './listing.ts'

const PAGE_SIZES = ['20', '50', '100', '500', '1000']

/** Which rows these are, and the way to others. */
export function rowsFoot({ page, countLimit }: Listing, address: Address): Html {
  const first = placeIn(page.table, address.parameters, '_next') === undefined
  const { count, rows, query } = page
  const of = count === null ? '' : ` of ${upTo(count, countLimit)}`
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
