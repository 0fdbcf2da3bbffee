import { type Html, html } from '../html.ts'

export type AttributeValue = string | number | boolean | null | undefined

const NAME = /^[a-z][a-z0-9-]*$/

/**
 * Attributes with a leading space, quoted and escaped. `true` writes the bare name; false, null and undefined write nothing.
 * URLs must have gone through `safeUrl`.
 */
export function attributes(values: Readonly<Record<string, AttributeValue>>): Html {
  const written: Html[] = []
  for (const [name, value] of Object.entries(values)) {
    if (!NAME.test(name)) throw new TypeError(`Not an attribute name: ${name}`)
    if (value === true) written.push(html` ${name}`)
    else if (value !== false && value !== null && value !== undefined) written.push(html` ${name}="${String(value)}"`)
  }
  return html`${written}`
}
