/** Of a text, this much is kept as it is, so that phrases in it are found. */
const VERBATIM = 200_000
/** All that is kept: SQLite indexes it in one go, while nothing else is answered. */
export const MAX_WORDS = 300_000

/**
 * What search needs of a text: its beginning as it is, then each further word once. So a word on page 400 is found, and the
 * index does not grow with every repetition.
 */
export function condense(text: string): string {
  const whole = text.replaceAll('\0', ' ').toWellFormed()
  if (whole.length <= VERBATIM) return whole
  const start = boundary(whole, VERBATIM)
  const seen = new Set<string>()
  for (const [word] of whole.slice(0, start).matchAll(WORD)) seen.add(word.toLowerCase())
  const rest: string[] = []
  let left = MAX_WORDS - start - 1
  for (const [word] of whole.slice(start).matchAll(WORD)) {
    const key = word.toLowerCase()
    if (seen.has(key)) continue
    left -= word.length + 1
    if (left < 0) break
    seen.add(key)
    rest.push(word)
  }
  return `${whole.slice(0, start)}\n${rest.join(' ')}`
}

const WORD = /[\p{L}\p{N}\p{M}]+/gu

/** The last place up to `most` where no word is cut. */
function boundary(text: string, most: number): number {
  for (let at = most; at > most - 100; at -= 1) if (/\s/.test(text[at] ?? '')) return at
  return most
}

/** The words between the tags, without scripts and style sheets. Linear, whatever the markup. */
export function withoutTags(markup: string): string {
  const parts: string[] = []
  let at = 0
  for (;;) {
    const open = markup.indexOf('<', at)
    if (open === -1) break
    parts.push(markup.slice(at, open))
    const [, name = ''] = /^<(script|style)\b/i.exec(markup.slice(open, open + 8)) ?? []
    const close = name === '' ? markup.indexOf('>', open) : endOf(markup, name.toLowerCase(), open)
    if (close === -1) return parts.join(' ')
    at = close + 1
  }
  parts.push(markup.slice(at))
  return parts.join(' ')
}

function endOf(markup: string, name: string, from: number): number {
  const pattern = new RegExp(`</${name}\\s*>`, 'gi')
  pattern.lastIndex = from
  const found = pattern.exec(markup)
  return found === null ? -1 : found.index + found[0].length - 1
}
