import { HoldallError } from './error.ts'
import type { RouteContext } from './route.ts'

export interface Asked {
  /** The `next` of the page before. */
  readonly cursor: string | undefined
  readonly limit: number
}

export interface PageSizes {
  /** Entries on a page when nobody asks for a size. */
  readonly size: number
  readonly most: number
}

/** Which page of a list is asked for, by `_next` and `_size` or by `cursor` and `limit`. @throws HoldallError `bad_request` */
export function pageAsked(c: RouteContext, { size, most }: PageSizes): Asked {
  const cursor = c.req.query('_next') ?? c.req.query('cursor')
  const asked = c.req.query('_size') ?? c.req.query('limit') ?? ''
  const limit = asked === '' ? size : /^\d{1,9}$/.test(asked) ? Number(asked) : 0
  if (limit < 1) throw new HoldallError('bad_request', { reason: '_size must be a whole number, 1 or more.' })
  return { cursor: cursor === '' ? undefined : cursor, limit: Math.min(limit, most) }
}
