import type { RangedFile } from './read.ts'

/** Bytes, as often as said. */
export type Segment = readonly [bytes: Uint8Array, times: number]

/** A file in memory that remembers what was read of it. */
export function inMemory(bytes: Uint8Array) {
  const reads: [position: number, length: number][] = []
  const file: RangedFile = {
    size: bytes.length,
    async read(position, length) {
      reads.push([position, length])
      return bytes.slice(position, position + length)
    },
  }
  return { file, reads }
}

/** A Parquet file with a footer of any size that is made where it is read, so that nothing but the reader holds it. */
export function madeUp(footer: readonly Segment[], body = 0): RangedFile & { readonly footerBytes: number } {
  const footerBytes = footer.reduce((sum, [bytes, times]) => sum + bytes.length * times, 0)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(footerBytes)
  const segments: Segment[] = [
    [Buffer.from('PAR1'), 1],
    [Buffer.of(0), body],
    ...footer,
    [Buffer.concat([length, Buffer.from('PAR1')]), 1],
  ]
  return {
    size: footerBytes + body + 12,
    footerBytes,
    async read(position, wanted) {
      const part = new Uint8Array(wanted)
      let start = 0
      for (const [bytes, times] of segments) {
        const end = start + bytes.length * times
        const from = Math.max(start, position)
        const to = Math.min(end, position + wanted)
        if (from < to) {
          const turn = (from - start) % bytes.length
          const turned = Buffer.concat([bytes.subarray(turn), bytes.subarray(0, turn)])
          Buffer.from(part.buffer, from - position, to - from).fill(turned)
        }
        start = end
      }
      return part
    },
  }
}
