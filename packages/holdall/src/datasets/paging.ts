import { HoldallError } from '../web/error.ts'
import type { RouteContext } from '../web/route.ts'

export const PAGE_SIZE = 50
export const MAX_PAGE_SIZE = 200

export interface Asked {
  readonly cursor: string | undefined
  readonly limit: number
}

/** Which page of a list is asked for. @throws HoldallError `bad_request` */
export function askedPage(c: RouteContext): Asked {
  const cursor = c.req.query('_next') ?? c.req.query('cursor')
  const size = c.req.query('_size') ?? c.req.query('limit') ?? ''
  const limit = size === '' ? PAGE_SIZE : /^\d{1,9}$/.test(size) ? Number(size) : 0
  if (limit < 1) throw new HoldallError('bad_request', { reason: '_size must be a whole number, 1 or more.' })
  return { cursor: cursor === '' ? undefined : cursor, limit: Math.min(limit, MAX_PAGE_SIZE) }
}

/** Where a page of datasets begins. @throws HoldallError `invalid_cursor` */
export function decodeSeq(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined
  const seq = /^d[0-9a-z]{1,11}$/.test(cursor) ? Number.parseInt(cursor.slice(1), 36) : Number.NaN
  if (!Number.isSafeInteger(seq)) throw new HoldallError('invalid_cursor')
  return seq
}

export function encodeSeq(seq: number | null): string | null {
  return seq === null ? null : `d${seq.toString(36)}`
}
