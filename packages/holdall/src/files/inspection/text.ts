/** What the head of a file is as text. */
export interface Text {
  readonly text: string
  readonly charset: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252'
}

const BYTE_ORDER_MARKS = [
  { bytes: [0xef, 0xbb, 0xbf], charset: 'utf-8' },
  { bytes: [0xff, 0xfe], charset: 'utf-16le' },
  { bytes: [0xfe, 0xff], charset: 'utf-16be' },
] as const

/**
 * The head as text, or `undefined` for bytes that no text has: the "binary data bytes" of the MIME Sniffing Standard.
 *
 * @param complete whether the head is the whole file, so that nothing can be cut off in the middle
 */
export function asText(head: Uint8Array, complete: boolean): Text | undefined {
  const mark = BYTE_ORDER_MARKS.find(({ bytes }) => bytes.every((byte, at) => head[at] === byte))
  if (mark !== undefined) {
    const text = new TextDecoder(mark.charset).decode(head)
    return hasBinary(text) ? undefined : { text, charset: mark.charset }
  }
  if (head.some(isBinary)) return undefined
  try {
    // A head that is not the whole file may end within a character; the decoder keeps that back.
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: !complete }), charset: 'utf-8' }
  } catch {
    return { text: new TextDecoder('windows-1252').decode(head), charset: 'windows-1252' }
  }
}

function isBinary(byte: number): boolean {
  return byte <= 0x08 || byte === 0x0b || (byte >= 0x0e && byte <= 0x1a) || (byte >= 0x1c && byte <= 0x1f)
}

function hasBinary(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (isBinary(text.charCodeAt(at))) return true
  return false
}
