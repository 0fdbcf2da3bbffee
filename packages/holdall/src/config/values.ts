import { z } from 'zod'

/** A block of keys as it stands in the file, without a prototype: any text is a safe key. */
export type Block = Record<string, unknown>

export function block<Value = unknown>(entries: Iterable<readonly [string, Value]> = []): Record<string, Value> {
  const made: Record<string, Value> = Object.create(null)
  for (const [key, value] of entries) made[key] = value
  return made
}

export function isBlock(value: unknown): value is Block {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const TRUE = /^(?:true|yes|on|1)$/i
const FALSE = /^(?:false|no|off|0)$/i
const DIGITS = /^\d(?:_?\d)*$/

/** `"true"`, `"off"`, `1` as the boolean they mean; anything else unchanged. */
export function asBoolean(value: unknown): unknown {
  const written = typeof value === 'string' ? value.trim() : value === 0 || value === 1 ? String(value) : ''
  if (TRUE.test(written)) return true
  return FALSE.test(written) ? false : value
}

function asInteger(value: unknown): unknown {
  const written = typeof value === 'string' ? value.trim() : ''
  return DIGITS.test(written) ? Number(written.replaceAll('_', '')) : value
}

/** `true` and `false`, also as text, as Datasette users write them. */
export const flag = z.preprocess(asBoolean, z.boolean({ error: 'must be true or false.' }))

/** A whole number, also as text, of at least `minimum`. */
export function wholeNumber(minimum: number) {
  const error = `must be a whole number of at least ${minimum}.`
  return z.preprocess(asInteger, z.int({ error }).min(minimum, { error }))
}

/** A text; a number stands for its digits, because YAML makes a number of a title such as 2024. */
export const text = z.preprocess(
  (value) => (typeof value === 'number' ? String(value) : value),
  z.string({ error: 'must be a text.' }),
)

export const name = text.pipe(z.string().min(1, { error: 'must not be empty.' }))

/** A list of names; one name alone is a list of one. */
export const names = z.preprocess(
  (value) => (Array.isArray(value) ? value : [value]),
  z.array(name, { error: 'must be a list of names.' }),
)
