import { readBytes } from '../web/body.ts'
import { HoldallError } from '../web/error.ts'
import type { RouteContext } from '../web/route.ts'

/** The forms of this room are short. */
export const MAX_FORM_BYTES = 65_536

/** What a form or a JSON object says, by name. A form's values are texts, and the last of several counts. */
export type Fields = Readonly<Record<string, unknown>>

export interface FieldsOptions {
  /** Bytes of the body. */
  readonly limit?: number
  /** Names that a form may repeat: all their values count, as a list. */
  readonly lists?: readonly string[]
}

/**
 * The body of a request as fields: urlencoded, multipart or JSON. No body is no fields.
 *
 * @throws HoldallError `invalid_json`, `form_invalid`, and what `readBytes` throws
 */
export async function readFields(
  c: RouteContext,
  { limit = MAX_FORM_BYTES, lists = [] }: FieldsOptions = {},
): Promise<Fields> {
  const bytes = await readBytes(c, limit)
  if (bytes.length === 0) return {}
  const type = c.req.header('Content-Type') ?? ''
  return /^(application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(type)
    ? readForm(bytes, type, lists)
    : readJson(bytes)
}

async function readForm(bytes: Uint8Array<ArrayBuffer>, type: string, lists: readonly string[]): Promise<Fields> {
  try {
    const form = await new Response(bytes, { headers: { 'Content-Type': type } }).formData()
    const texts = [...form].filter(([, value]) => typeof value === 'string')
    const listed = lists.map((name) => [name, texts.flatMap(([key, value]) => (key === name ? [value] : []))] as const)
    return fieldsOf([...texts, ...listed])
  } catch (cause) {
    throw new HoldallError('form_invalid', { reason: 'its parts cannot be told apart' }, { cause })
  }
}

function readJson(bytes: Uint8Array): Fields {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new HoldallError('invalid_json', { reason: 'the body cannot be read' }, { cause })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new HoldallError('invalid_json', { reason: 'the body must be an object' })
  }
  return fieldsOf(Object.entries(value))
}

// Without a prototype, so that a field called `constructor` is only ever what was sent.
function fieldsOf(entries: readonly (readonly [string, unknown])[]): Fields {
  return Object.assign(Object.create(null) as Record<string, unknown>, Object.fromEntries(entries))
}

/** The text of a field; empty when it was not sent or is no text. */
export function textOf(fields: Fields, name: string): string {
  const value = fields[name]
  return typeof value === 'string' ? value : ''
}
