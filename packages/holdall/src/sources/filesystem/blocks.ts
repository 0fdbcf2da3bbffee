const BLOCK_BYTES = 16 * 1024
/** Free blocks that wait for the next body; more are left to the garbage collector. */
const KEPT_BYTES = 8 * 1024 * 1024

const free: Buffer[] = []

/** Bytes that were gathered for one write, copied into blocks of memory that are used again and again. */
export interface Blocks {
  readonly bytes: number
  /** @returns how much of the chunk was taken: all of it, unless `most` bytes are gathered then */
  add(chunk: Uint8Array, most: number): number
  /** All that was added, in order; valid until `free`. */
  chunks(): Uint8Array[]
  /** Nobody reads them any more. */
  free(): void
}

/**
 * A chunk that waits to be written outlives V8's collections of young objects, and lies about as an old one, with its
 * 64 KiB, long after it was written. One that is copied and dropped at once is gone with the next of them.
 */
export function gatherBlocks(): Blocks {
  const blocks: Buffer[] = []
  let bytes = 0
  return {
    get bytes() {
      return bytes
    },
    add(chunk, most) {
      const taken = Math.min(chunk.byteLength, Math.max(0, most - bytes))
      for (let from = 0; from < taken; ) {
        const at = bytes % BLOCK_BYTES
        if (at === 0) blocks.push(free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES))
        const piece = chunk.subarray(from, Math.min(taken, from + BLOCK_BYTES - at))
        blocks.at(-1)?.set(piece, at)
        from += piece.byteLength
        bytes += piece.byteLength
      }
      return taken
    },
    chunks() {
      const rest = bytes % BLOCK_BYTES
      if (rest === 0) return blocks
      return [...blocks.slice(0, -1), (blocks.at(-1) as Buffer).subarray(0, rest)]
    },
    free() {
      const room = KEPT_BYTES / BLOCK_BYTES - free.length
      free.push(...blocks.splice(0).slice(0, room))
      bytes = 0
    },
  }
}
