const BLOCK_BYTES = 16 * 1024
/** Free blocks that wait for the next body; more are left to the garbage collector. */
const KEPT_BYTES = 8 * 1024 * 1024

const free: Buffer[] = []

/** Bytes that are gathered for one write. */
export interface Gathered {
  readonly bytes: number
  /** @returns how much of the chunk was taken: all of it, or what `most` bytes left room for */
  add(chunk: Uint8Array, most: number): number
  /** All that was added, in order; valid until `free`. */
  chunks(): Uint8Array[]
  /** Nobody reads them any more. */
  free(): void
}

/** Copied into blocks of memory that are used again and again: the chunks may be taken back at once. */
export function gatherBlocks(): Gathered {
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

/** The chunks themselves, of a body that takes none back: copying them would only cost. */
export function gatherChunks(): Gathered {
  const chunks: Uint8Array[] = []
  let bytes = 0
  return {
    get bytes() {
      return bytes
    },
    add(chunk) {
      chunks.push(chunk)
      bytes += chunk.byteLength
      return chunk.byteLength
    },
    chunks: () => chunks,
    free() {
      chunks.length = 0
      bytes = 0
    },
  }
}
