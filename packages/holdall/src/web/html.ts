import { html, raw } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'

export { html }

/** What `html` templates give and take. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>

/** A list of templates as one. */
export function join(parts: readonly (Html | string)[]): Html {
  return html`${parts}`
}

export const NOTHING: Html = html``

const SAFE_SCHEME = /^(?:https?:|mailto:)/i
const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:/i
// biome-ignore lint/suspicious/noControlCharactersInRegex: browsers drop these inside a scheme, so `java\nscript:` runs
const IGNORED_BY_BROWSERS = /[\u0000-\u0020]/g

/** A URL that can stand in `href` or `src`: http, https, mailto or a path. Anything else (`javascript:`) becomes `#`. */
export function safeUrl(url: string): string {
  const seen = url.replace(IGNORED_BY_BROWSERS, '')
  return SAFE_SCHEME.test(seen) || !HAS_SCHEME.test(seen) ? url : '#'
}

/** A value as `<script type="application/json">`, unable to end the element that it stands in. */
export function jsonScript(value: unknown, className?: string): Html {
  const json = JSON.stringify(value)
    .replace(/</g, '\\u003c')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029')
  return className === undefined
    ? html`<script type="application/json">${raw(json)}</script>`
    : html`<script type="application/json" class="${className}">${raw(json)}</script>`
}
