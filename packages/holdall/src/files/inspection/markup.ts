/** The elements by which the MIME Sniffing Standard, and so every browser, takes text for HTML. */
const HTML_BEGINS =
  /^<(?:!doctype\s+html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|meta|link|img|svg:script)(?=[\s>/]|$)/i
/** What may stand before the first element; each alternative ends or fails at once, so that nothing is tried twice. */
const BEFORE_ROOT = /^(?:\s+|<\?[^>]*>|<!--[\s\S]*?-->|<!doctype\s(?!\s*html\b)[^>[]*(?:\[[^\]]*\]\s*)?>)/i

export type Markup = 'text/html' | 'image/svg+xml' | 'application/xhtml+xml' | 'application/xml'

/** What kind of markup a text begins like; `undefined` for anything that a browser would show as plain text. */
export function markupOf(text: string): Markup | undefined {
  let rest = text.replace(/^\uFEFF/, '').trimStart()
  if (!rest.startsWith('<')) return undefined
  const isXml = /^<\?xml[\s?]/i.test(rest)
  for (;;) {
    if (HTML_BEGINS.test(rest)) {
      if (isXml && /^<html\b/i.test(rest)) return 'application/xhtml+xml'
      return 'text/html'
    }
    const [before] = BEFORE_ROOT.exec(rest) ?? []
    if (before === undefined) break
    rest = rest.slice(before.length)
  }
  if (/^<(?:[\w.-]{1,64}:)?svg(?=[\s>/]|$)/i.test(rest)) return 'image/svg+xml'
  if (isXml) return 'application/xml'
  // A comment or doctype that does not end within the head: browsers read on, and take it for HTML.
  if (/^<(?:!--|!doctype\b)/i.test(rest)) return 'text/html'
  return undefined
}
