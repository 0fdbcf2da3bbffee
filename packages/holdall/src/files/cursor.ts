import { HoldallError } from '../web/error.ts'

/** Where a page of a list begins: after the file with these values in the list's order. */
export interface Position {
  /** The order that the list was in; a cursor of one order means nothing in another. */
  readonly sort: string
  /** The values to continue after. */
  readonly after: readonly (string | number)[]
  /** How many files came before, for "21–40 of 10,482". Advice, never trusted for anything else. */
  readonly seen: number
}

const MAX_CURSOR_LENGTH = 2_000

export function encodeCursor(position: Position): string {
  return Buffer.from(JSON.stringify([position.sort, position.seen, ...position.after])).toString('base64url')
}

/**
 * @param sort the order that is asked for now
 * @param shape the types of the values that this order continues after
 * @throws HoldallError `invalid_cursor` for what no page of a list in this order gave out
 */
export function decodeCursor(cursor: string, sort: string, shape: readonly ('string' | 'number')[]): Position {
  return decodeOneOf(cursor, { [sort]: shape })
}

/** The same where the cursor says in which of several orders its list was. */
export function decodeOneOf(
  cursor: string,
  shapes: Readonly<Record<string, readonly ('string' | 'number')[]>>,
): Position {
  const values = parse(cursor)
  if (!Array.isArray(values)) throw new HoldallError('invalid_cursor')
  const [sort, seen, ...after] = values as unknown[]
  const shape = typeof sort === 'string' && Object.hasOwn(shapes, sort) ? shapes[sort] : undefined
  const fits =
    shape !== undefined &&
    Number.isSafeInteger(seen) &&
    (seen as number) >= 0 &&
    after.length === shape.length &&
    after.every((value, at) => typeof value === shape[at])
  if (!fits) throw new HoldallError('invalid_cursor')
  return { sort: sort as string, seen: seen as number, after: after as (string | number)[] }
}

function parse(cursor: string): unknown {
  if (cursor.length > MAX_CURSOR_LENGTH || !/^[\w-]+$/.test(cursor)) return undefined
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}
