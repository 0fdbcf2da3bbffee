import { type Asked, pageAsked } from '../web/asked-page.ts'
import { HoldallError } from '../web/error.ts'
import type { RouteContext } from '../web/route.ts'

export const PAGE_SIZE = 50
export const MAX_PAGE_SIZE = 200

/** Which page of a list is asked for. @throws HoldallError `bad_request` */
export function askedPage(c: RouteContext): Asked {
  return pageAsked(c, { size: PAGE_SIZE, most: MAX_PAGE_SIZE })
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
