/** One range of a file: `offset` and `length` in bytes, both within the file, `length` at least 1. */
export interface Part {
  readonly offset: number
  readonly length: number
}

/**
 * What `Range` asks for. `undefined` means the whole file: without the header, in another unit, malformed, or for several
 * ranges at once, which a server may answer so (RFC 9110, 14.2).
 */
export function parseRange(header: string | null, size: number): Part | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = /^\s*bytes\s*=\s*(\d{0,15})\s*-\s*(\d{0,15})\s*$/i.exec(header ?? '') ?? []
  if (first === '') {
    if (last === '') return undefined
    const length = Math.min(Number(last), size)
    return length === 0 ? 'unsatisfiable' : { offset: size - length, length }
  }
  const offset = Number(first)
  const end = last === '' ? size - 1 : Number(last)
  if (last !== '' && end < offset) return undefined
  return offset >= size ? 'unsatisfiable' : { offset, length: Math.min(end, size - 1) - offset + 1 }
}
