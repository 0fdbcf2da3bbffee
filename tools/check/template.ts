/** Where in an HTML template an expression stands. */
export type Place =
  | { readonly kind: 'text' | 'tag' | 'comment' }
  | { readonly kind: 'script' | 'style' }
  | {
      readonly kind: 'attribute'
      /** Lower case. */
      readonly name: string
      readonly quoted: boolean
      /** What stands in the value before the expression; `HOLE` for an earlier expression. */
      readonly before: string
    }

/** Stands for an expression in the text that `places` walks through. */
export const HOLE = '\0'

const ATTRIBUTE_START = /^\s*[\w:@.-]+\s*=/
const RAW_END = { script: /<\/script/i, style: /<\/style/i }

/**
 * The place of each expression of a template, from the texts around them. A template that begins with an attribute
 * (a fragment that other templates put into a tag) is read as the inside of a tag.
 */
export function places(quasis: readonly string[]): Place[] {
  const html = quasis.join(HOLE)
  const found: Place[] = []
  let at = 0
  if (ATTRIBUTE_START.test(html)) tag('')
  while (at < html.length) text()
  return found

  function text(): void {
    const opened = html[at] === '<' ? /^<([a-z][\w-]*)/i.exec(html.slice(at)) : null
    if (html.startsWith('<!--', at)) {
      skipTo(/-->/, 3, 'comment')
    } else if (opened) {
      at += opened[0].length
      tag((opened[1] as string).toLowerCase())
    } else {
      if (html[at] === HOLE) found.push({ kind: 'text' })
      at += 1
    }
  }

  function tag(element: string): void {
    while (at < html.length && html[at] !== '>') {
      const named = /^[^\s=>"'\0/]+(?=\s*=)/.exec(html.slice(at))
      if (named) {
        at += named[0].length
        at += /^\s*=\s*/.exec(html.slice(at))?.[0].length ?? 0
        value(named[0].toLowerCase())
        continue
      }
      if (html[at] === HOLE) found.push({ kind: 'tag' })
      at += 1
    }
    at += 1
    if (element === 'script' || element === 'style') skipTo(RAW_END[element], 0, element)
  }

  function value(name: string): void {
    const quote = html[at] === '"' || html[at] === "'" ? html[at] : undefined
    if (quote) at += 1
    const start = at
    const ends = quote ? (character: string) => character === quote : (character: string) => /[\s>]/.test(character)
    while (at < html.length && !ends(html[at] as string)) {
      if (html[at] === HOLE) {
        found.push({ kind: 'attribute', name, quoted: quote !== undefined, before: html.slice(start, at) })
      }
      at += 1
    }
    if (quote) at += 1
  }

  function skipTo(end: RegExp, length: number, kind: 'comment' | 'script' | 'style'): void {
    const rest = html.slice(at)
    const stop = rest.search(end)
    const inside = stop === -1 ? rest : rest.slice(0, stop)
    for (const character of inside) if (character === HOLE) found.push({ kind })
    at += inside.length + (stop === -1 ? 0 : length)
  }
}
