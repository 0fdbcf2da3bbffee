import type { Ask } from '../children/serve.ts'

/** What parsers read from: `start` to before `end`, within the file, until the budget is used up. */
export interface Ranges {
  readonly size: number
  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>
}

export class TooMuch extends Error {
  override readonly name = 'TooMuch'
}

/** @throws TooMuch when more than `maxBytes` would have been read in all */
export function rangesOf(ask: Ask, size: number, maxBytes: number): Ranges {
  let left = maxBytes
  return {
    size,
    async read(start, end) {
      const from = Math.max(0, Math.min(start, size))
      const length = Math.max(0, Math.min(end, size) - from)
      if (!Number.isSafeInteger(from) || !Number.isSafeInteger(length)) throw new RangeError('No such part of the file')
      if (length > left) throw new TooMuch(`More than ${maxBytes} bytes would have to be read`)
      left -= length
      // A copy of its own: parsers hand buffers on, and take them for as large as their bytes.
      return length === 0 ? new Uint8Array() : new Uint8Array(await ask({ offset: from, length }))
    },
  }
}
