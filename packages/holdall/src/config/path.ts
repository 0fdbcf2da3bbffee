/** Keys and list indexes from the root of the configuration. */
export type Path = readonly (string | number)[]

const PLAIN_KEY = /^[A-Za-z_$@][\w$-]*$/
/** Control and formatting characters could rewrite the terminal that shows them. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu
const SHOWN_CHARACTERS = 80

/** A path as people write it: `collections[0].id`, `databases["my.db"].allow`. */
export function formatPath(path: Path): string {
  let formatted = ''
  for (const step of path) {
    if (typeof step === 'number') formatted += `[${step}]`
    else if (!PLAIN_KEY.test(step) || step.length > SHOWN_CHARACTERS) formatted += `[${quote(step)}]`
    else formatted += formatted === '' ? step : `.${step}`
  }
  return formatted
}

/** A text from the file, quoted, cut and harmless to print. */
export function quote(text: string): string {
  const cut = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text
  return JSON.stringify(cut).replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
}

/** The path as the key of a map or set. */
export function pathKey(path: Path): string {
  return JSON.stringify(path)
}
