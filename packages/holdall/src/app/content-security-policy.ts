/** Scheme, host and port, and nothing that would end the header's value or begin another directive. */
const ORIGIN = /^https?:\/\/[A-Za-z0-9.:[\]-]+$/

/**
 * What pages of ours may load. Scripts and styles are files of ours; pictures may also come from the page itself while
 * they are being uploaded.
 *
 * @param origins where files lie that browsers fetch and send themselves
 */
export function contentSecurityPolicy(origins: readonly string[]): string {
  const files = [...new Set(origins)].filter((origin) => ORIGIN.test(origin)).map((origin) => ` ${origin}`)
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src 'self' data: blob:${files.join('')}`,
    `media-src 'self'${files.join('')}`,
    `frame-src 'self'${files.join('')}`,
    `connect-src 'self'${files.join('')}`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
