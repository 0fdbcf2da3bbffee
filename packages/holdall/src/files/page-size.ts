import { HoldallError } from '../web/error.ts'
import type { RouteContext } from '../web/route.ts'
import { MAX_PAGE } from './list.ts'

/**
 * How many files a page holds: as `_size` or `limit` ask, up to `MAX_PAGE`.
 *
 * @throws HoldallError `bad_request`
 */
export function pageSize(c: RouteContext, otherwise: number): number {
  const asked = c.req.query('_size') ?? c.req.query('limit') ?? ''
  if (asked === '') return otherwise
  const size = /^\d{1,9}$/.test(asked) ? Number(asked) : 0
  if (size < 1) throw new HoldallError('bad_request', { reason: '_size must be a whole number, 1 or more.' })
  return Math.min(size, MAX_PAGE)
}
