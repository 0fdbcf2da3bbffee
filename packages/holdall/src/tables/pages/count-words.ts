import { formatCount, formatNumber } from '../../web/format.ts'
import type { Html } from '../../web/html.ts'
import type { Listing } from './listing.ts'

/** How many rows there are, and how many of them match. */
export function countWords(data: Listing): Html | string {
  const { page, total, countLimit } = data
  const conditions = page.query.filters.length + page.query.where.length + (page.query.search ? 1 : 0)
  if (page.count === null) return page.table.isView ? 'A view' : ''
  if (conditions === 0) return rowsWords(page.count, countLimit)
  const match = page.count === 1 && total !== 1 ? 'matches' : 'match'
  const what = page.query.filters.length + page.query.where.length
  const words = [page.query.search ? 'the search' : '', what > 0 ? formatCount(what, 'filter') : '']
    .filter(Boolean)
    .join(' and ')
  return `${upTo(page.count, countLimit)} of ${total === null ? 'all' : upTo(total, countLimit)} rows ${match} ${words}`
}

/** `318`, `more than 10,000` */
export function upTo(count: number, limit: number): string {
  return count > limit ? `more than ${formatNumber(limit)}` : formatNumber(count)
}

function rowsWords(count: number, limit: number): string {
  return count > limit ? `More than ${formatNumber(limit)} rows` : formatCount(count, 'row')
}
