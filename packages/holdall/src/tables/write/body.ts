import { HoldallError } from '../../web/error.ts'

const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * JSON in which a whole number is a bigint and a number is one that was written with a point or an exponent.
 * A byte order mark is skipped.
 */
export type Json = null | boolean | number | bigint | string | Json[] | { [key: string]: Json }

/** @throws HoldallError `invalid_json` */
export function parseJson(bytes: Uint8Array): Json {
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch (cause) {
    throw new HoldallError('invalid_json', { reason: 'the body is not UTF-8' }, { cause })
  }
  try {
    return JSON.parse(text, exactNumber) as Json
  } catch (cause) {
    // A very deep document overflows the stack of the reviver: that is the sender's doing too.
    const reason = cause instanceof RangeError ? 'it is nested too deeply' : (cause as Error).message
    throw new HoldallError('invalid_json', { reason }, { cause })
  }
}

/** @throws HoldallError `bad_request` with the message that the API gives for a body of another kind */
export function asObject(json: Json, otherwise = 'JSON must be a dictionary'): { [key: string]: Json } {
  if (isObject(json)) return json
  throw new HoldallError('bad_request', { reason: otherwise })
}

export function isObject(json: Json | undefined): json is { [key: string]: Json } {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

function exactNumber(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source
  return typeof value === 'number' && source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value
}
