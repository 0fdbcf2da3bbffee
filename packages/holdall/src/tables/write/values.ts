import { HoldallError } from '../../web/error.ts'
import type { SqliteValue } from '../value.ts'
import { isObject, type Json } from './body.ts'
import type { NewRow } from './protocol.ts'

const MAX_INTEGER = 2n ** 63n - 1n
const MIN_INTEGER = -(2n ** 63n)
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/**
 * A JSON value as SQLite stores it: booleans are 1 and 0, `{"$base64": true, "encoded": …}` is a BLOB, `{"$raw": …}` is
 * the JSON of what it holds, and so are lists and other objects.
 *
 * @param where what the messages call the value, such as `Row 0: photo`
 * @throws HoldallError `bad_request`
 */
export function sqliteValue(json: Json, where: string): SqliteValue {
  switch (typeof json) {
    case 'boolean':
      return json ? 1n : 0n
    case 'bigint':
      if (json > MAX_INTEGER || json < MIN_INTEGER) throw wrong(`${where} is an integer that does not fit 64 bits.`)
      return json
    case 'string':
      return textOf(json, where)
    case 'number':
      if (!Number.isFinite(json)) throw wrong(`${where} is a number too large for SQLite.`)
      return json
    default:
      if (json === null) return null
      if (isObject(json) && '$base64' in json) return blobOf(json, where)
      return textOf(jsonText(isObject(json) && Object.keys(json).join() === '$raw' ? (json.$raw as Json) : json), where)
  }
}

/** @throws HoldallError `bad_request` */
export function rowOf(json: { [key: string]: Json }, where: string): NewRow {
  return Object.entries(json).map(([column, value]) => [
    nameOf(column, where),
    sqliteValue(value, where === '' ? column : `${where}: ${column}`),
  ])
}

/** A name of a table or column as it can stand in SQL. */
export function nameOf(name: string, where: string): string {
  if (name.includes('\0')) throw wrong(`${where === '' ? '' : `${where}: `}a name cannot hold a NUL character.`)
  if (!name.isWellFormed()) throw wrong(`${where === '' ? '' : `${where}: `}a name is not valid Unicode.`)
  return name
}

function textOf(text: string, where: string): string {
  if (text.includes('\0')) throw wrong(`${where} has a NUL character, which text cannot hold. Send it as a BLOB.`)
  if (!text.isWellFormed()) throw wrong(`${where} is not valid Unicode: it has half of a surrogate pair.`)
  return text
}

function blobOf(json: { [key: string]: Json }, where: string): Uint8Array {
  const { encoded } = json
  if (json.$base64 !== true || typeof encoded !== 'string' || !BASE64.test(encoded)) {
    throw wrong(`${where} must be {"$base64": true, "encoded": "…"} with base64 text.`)
  }
  return new Uint8Array(Buffer.from(encoded, 'base64'))
}

function jsonText(json: Json): string {
  return JSON.stringify(json, (_key, value: unknown) => (typeof value === 'bigint' ? rawJson(value) : value))
}

function rawJson(value: bigint): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(value.toString())
}

function wrong(reason: string): HoldallError {
  return new HoldallError('bad_request', { reason })
}
