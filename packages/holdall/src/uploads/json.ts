import type { ZodType } from 'zod'
import { HoldallError } from '../web/error.ts'
import type { RouteContext } from '../web/route.ts'
import { bodyOf } from './body.ts'
import { MAX_JSON_BYTES } from './limits.ts'

/** The request's body as JSON of this shape. @throws HoldallError `body_too_large`, `invalid_json`, `bad_request` */
export async function readJson<Shape>(c: RouteContext, schema: ZodType<Shape>): Promise<Shape> {
  const read = schema.safeParse(parse(await textOf(c)))
  if (read.success) return read.data
  const { issues } = read.error
  const errors = issues.map(({ path, message }) => (path.length === 0 ? 'The body must be a JSON object' : message))
  const fields = Object.fromEntries(issues.map(({ path, message }) => [path.join('.'), message]))
  throw new HoldallError('bad_request', {}, { errors, fields })
}

async function textOf(c: RouteContext): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of bodyOf(c).chunks) {
    size += chunk.byteLength
    if (size > MAX_JSON_BYTES) throw new HoldallError('body_too_large', { limit: MAX_JSON_BYTES })
    chunks.push(chunk)
  }
  return new TextDecoder().decode(Buffer.concat(chunks))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new HoldallError('invalid_json', { reason: 'it does not parse' }, { cause })
  }
}
