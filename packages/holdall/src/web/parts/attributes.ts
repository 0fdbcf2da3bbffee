import { type Html, quotedAttributes } from '../html.ts'

export type AttributeValue = string | number | boolean | null | undefined

const NAME = /^[a-z][a-z0-9-]*$/

/** Names that have been looked at: a table page writes the same ones thousands of times. */
const known = new Set<string>()

function learn(name: string): void {
  if (!NAME.test(name)) throw new TypeError(`Not an attribute name: ${name}`)
  known.add(name)
}

/**
 * Attributes with a leading space, quoted and escaped. `true` writes the bare name; false, null and undefined write nothing.
 * URLs must have gone through `safeUrl`.
 */
export function attributes(values: Readonly<Record<string, AttributeValue>>): Html {
  const named: (string | null)[] = []
  for (const name in values) {
    const value = values[name]
    if (!known.has(name)) learn(name)
    if (value === true) named.push(name, null)
    else if (value !== false && value !== null && value !== undefined) named.push(name, String(value))
  }
  return quotedAttributes(named)
}
