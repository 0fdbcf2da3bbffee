import { createHash } from 'node:crypto'
import { HoldallError } from '../../web/error.ts'
import { decodeOneOf, encodeCursor, type Position } from '../cursor.ts'
import { MAX_COUNT, ORDERS, type Order } from '../list.ts'
import { type FileRow, toRecord } from '../rows.ts'
import { type FileList, type FileQuestion, orderOf, type Sort } from './file-list.ts'

export interface Page {
  /** What the list is of: a cursor of one list means nothing in another. */
  readonly about: string
  readonly position: Mode | undefined
  readonly limit: number
}

/** How a list is walked, and where from. */
export interface Mode extends Position {
  readonly mode: 'ranked' | 'matched' | Order
}

const SHAPES = {
  ranked: ['number', 'number'],
  matched: ['number'],
  newest: ORDERS.newest.shape,
  name: ORDERS.name.shape,
  size: ORDERS.size.shape,
  path: ORDERS.path.shape,
  changed: ORDERS.changed.shape,
} as const

export function positionOf(cursor: string, about: string): Mode {
  const shapes = Object.fromEntries(Object.entries(SHAPES).map(([mode, shape]) => [`${mode} ${about}`, shape]))
  const position = decodeOneOf(cursor, shapes)
  return { ...position, mode: position.sort.split(' ')[0] as Mode['mode'] }
}

export function fingerprint({ q = '', hash = '', type = '', state, folder = '', sort }: FileQuestion): string {
  return createHash('sha256')
    .update(JSON.stringify([q.trim(), hash, type, sort ?? null, state ?? null, folder]))
    .digest('base64url')
    .slice(0, 8)
}

export function emptyList(sort: Sort, position: Position | undefined): FileList {
  return { files: [], next: null, seen: position?.seen ?? 0, total: 0, truncated: false, sort }
}

/** @param rows one more than fits on the page, where there are more */
export function pageOf(
  { about, position, limit }: Page,
  rows: readonly FileRow[],
  {
    total,
    sort,
    mode = orderOf(sort),
    after = (row) => ORDERS[orderOf(sort)].of(row),
  }: {
    total: number | undefined
    sort: Sort
    mode?: Mode['mode']
    after?: (row: FileRow) => (string | number)[]
  },
): FileList {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const seen = position?.seen ?? 0
  const more = rows.length > limit && last !== undefined
  const all = total ?? rows.length
  return {
    files: shown.map(toRecord),
    next: more ? encodeCursor({ sort: `${mode} ${about}`, seen: seen + limit, after: after(last) }) : null,
    seen,
    total: all,
    truncated: false,
    sort,
  }
}

export function continueIn(position: Mode | undefined, mode: Mode['mode']): Position['after'] | undefined {
  if (position !== undefined && position.mode !== mode) throw new HoldallError('invalid_cursor')
  return position?.after
}

export function counted(list: FileList): FileList {
  return list.total > MAX_COUNT ? { ...list, total: MAX_COUNT, truncated: true } : list
}
