import type { ZodType } from 'zod'
import { readBytes } from '../web/body.ts'
import { HoldallError } from '../web/error.ts'
import type { RouteContext } from '../web/route.ts'
import { wordsFor } from './json-words.ts'
import { MAX_JSON_BYTES } from './limits.ts'

/**
 * The request's body as JSON of this shape. Where no field is needed, no body says as much as `{}`.
 *
 * @throws HoldallError `body_too_large`, `invalid_json`, `bad_request`
 */
export async function readJson<Shape>(c: RouteContext, schema: ZodType<Shape>): Promise<Shape> {
  const bytes = await readBytes(c, MAX_JSON_BYTES)
  if (bytes.length === 0) {
    const none = schema.safeParse({}, { error: wordsFor })
    if (none.success) return none.data
  }
  const read = schema.safeParse(parse(bytes), { error: wordsFor })
  if (read.success) return read.data
  const { issues } = read.error
  const errors = issues.map(({ message }) => message)
  const fields = Object.fromEntries(issues.map(({ path, message }) => [path.join('.'), message]))
  throw new HoldallError('bad_request', {}, { errors, fields })
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new HoldallError('invalid_json', { reason: 'it does not parse' }, { cause })
  }
}
