import { HoldallError } from '../../web/error.ts'
import { isObject, type Json } from './body.ts'
import { MAX_ROWS } from './limits.ts'
import type { Conflict, NewRow } from './protocol.ts'
import { rowOf } from './values.ts'

export interface RowsRequest {
  readonly rows: readonly NewRow[]
  readonly conflict: Conflict
  readonly alter: boolean
  readonly returning: boolean
}

const OPTIONS = ['alter', 'ignore', 'replace', 'return']

/**
 * Reads `{row}` or `{rows}` with their options, in Datasette's words where it refuses.
 * @throws HoldallError `bad_request`
 */
export function readRowsRequest(body: { [key: string]: Json }): RowsRequest {
  const { row, rows, ...options } = body
  if (row === undefined && rows === undefined) refuse('JSON must have one or other of "row" or "rows"')
  if (row !== undefined && rows !== undefined) refuse('Cannot use "row" and "rows" at the same time')
  if (row !== undefined && !isObject(row)) refuse('"row" must be a dictionary')
  const list = row === undefined ? rows : [row]
  if (!Array.isArray(list)) refuse('"rows" must be a list')
  if (!list.every(isObject)) refuse('"rows" must be a list of dictionaries')
  if (list.length > MAX_ROWS) refuse(`Too many rows, maximum allowed is ${MAX_ROWS}`)
  const strangers = Object.keys(options).filter((key) => !OPTIONS.includes(key))
  if (strangers.length > 0)
    refuse(
      `Invalid parameter: ${strangers
        .sort()
        .map((key) => `"${key}"`)
        .join(', ')}`,
    )
  if (isOn(options.ignore) && isOn(options.replace)) refuse('Cannot use "ignore" and "replace" at the same time')
  return {
    rows: list.map((values, index) => rowOf(values, `Row ${index}`)),
    conflict: isOn(options.ignore) ? 'ignore' : isOn(options.replace) ? 'replace' : 'abort',
    alter: isOn(options.alter),
    returning: row !== undefined || isOn(options.return),
  }
}

export interface UpdateRequest {
  readonly changes: NewRow
  readonly alter: boolean
  readonly returning: boolean
}

/** @throws HoldallError `bad_request` */
export function readUpdateRequest(body: { [key: string]: Json }): UpdateRequest {
  const { update, alter, return: returning, ...strangers } = body
  if (!isObject(update)) refuse('JSON must contain an update dictionary')
  const invalid = Object.keys(strangers)
  if (invalid.length > 0) refuse(`Invalid keys: ${invalid.sort().join(', ')}`)
  return { changes: rowOf(update, ''), alter: isOn(alter), returning: isOn(returning) }
}

/** Options are switched on by whatever Python calls true: `true`, `1`, `"on"`. */
export function isOn(value: Json | undefined): boolean {
  return value !== undefined && value !== null && value !== false && value !== 0n && value !== 0 && value !== ''
}

export function refuse(reason: string): never {
  throw new HoldallError('bad_request', { reason })
}
