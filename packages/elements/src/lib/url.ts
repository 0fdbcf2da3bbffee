/** `blob:` are pictures that this page made of files that were dropped onto it. */
const SAFE_SCHEME = /^(?:https?:|blob:)/i
const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:/i
// biome-ignore lint/suspicious/noControlCharactersInRegex: browsers drop these inside a scheme, so `java\nscript:` runs
const IGNORED_BY_BROWSERS = /[\u0000-\u0020]/g

/** An address that can stand in `href` or `src`. Addresses come from answers; one that runs code becomes `#`. */
export function safeUrl(url: string): string {
  const seen = url.replace(IGNORED_BY_BROWSERS, '')
  return SAFE_SCHEME.test(seen) || !HAS_SCHEME.test(seen) ? url : '#'
}
