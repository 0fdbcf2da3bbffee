import { kindOf } from './block.ts'
import { type Path, quote } from './path.ts'
import type { Report } from './report.ts'
import { asBoolean, block, isBlock } from './values.ts'

export type AllowValue = string | number | boolean

/**
 * Who may: everybody (`true`), nobody (`false`, or a block without keys), or each actor that has one of the values under
 * one of the keys, as Datasette means it: `"*"` is any value, `unauthenticated: true` is nobody signed in. The values
 * are as written: a number is not the text of its digits.
 */
export type AllowBlock = boolean | { readonly [key: string]: AllowValue | readonly AllowValue[] }

const SHAPE = 'true, false, or a block such as { id: alice } or { role: [editor, admin] }'

/** `undefined` when it is none, which is reported. */
export function readAllow(report: Report, path: Path, value: unknown): AllowBlock | undefined {
  const simple = asBoolean(value)
  if (typeof simple === 'boolean') return simple
  if (!isBlock(value)) {
    report.problem(path, `must be ${SHAPE}, not ${kindOf(value)}.`)
    return undefined
  }
  const made = block<AllowValue | AllowValue[]>()
  let sound = true
  for (const [key, entry] of Object.entries(value)) {
    const at = [...path, key]
    if (key === 'allow') {
      report.problem(at, '`allow` has no place in an allow block. Write its value in its stead.')
      sound = false
    } else if (isAllowValue(entry)) {
      made[key] = key === 'unauthenticated' ? (asBoolean(entry) as AllowValue) : entry
    } else if (Array.isArray(entry) && entry.every(isAllowValue)) {
      made[key] = [...entry]
    } else {
      report.problem(at, `must be the value of ${quote(key)} that an actor has, or a list of such values.`)
      sound = false
    }
  }
  return sound ? made : undefined
}

/** What may stand under the key of an actor's property. */
export function isAllowValue(value: unknown): value is AllowValue {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}
