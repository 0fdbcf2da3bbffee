import { sanitizeFilename } from '../../sources/paths.ts'

/** Outside of these, RFC 8187 wants percent-encoding. */
const ATTR_CHAR = /[A-Za-z0-9!#$&+.^_`|~-]/
const encoder = new TextEncoder()

/**
 * `Content-Disposition` for a name of any kind: a plain form for old clients, and the name as it is (RFC 6266, RFC 8187).
 * Nothing in a name can end the header, begin another or leave the folder that the file is saved to.
 */
export function disposition(kind: 'attachment' | 'inline', filename: string): string {
  const name = sanitizeFilename(filename)
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/gu, '_')
  const plain = /[^_.\s]/.test(ascii) ? ascii : `download${/\.[A-Za-z0-9]{1,10}$/.exec(ascii)?.[0] ?? ''}`
  return `${kind}; filename="${plain}"; filename*=UTF-8''${encode(name)}`
}

function encode(text: string): string {
  let encoded = ''
  for (const byte of encoder.encode(text)) {
    const character = String.fromCharCode(byte)
    encoded += ATTR_CHAR.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return encoded
}
