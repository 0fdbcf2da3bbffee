import { createHash } from 'node:crypto'

/** The name of the hidden field that says what a field held when the page was made. */
export function wasField(field: string): string {
  return `$was.${field}`
}

/** What a field held when the page was made, so that what nobody touched is not written. */
export function fingerprint(text: string): string {
  return createHash('sha256').update(asBrowsersSend(text)).digest('base64url').slice(0, 16)
}

/** Browsers change line breaks, and have no NUL. */
export function asBrowsersSend(text: string): string {
  return text.replace(/\r\n?/g, '\n').replaceAll('\0', '\uFFFD')
}
