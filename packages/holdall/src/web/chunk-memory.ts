import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { late } from './late.ts'

/** Received bytes, of all bodies together, after which the buffers that they came in are given back. */
export const COLLECT_EVERY_BYTES = 4 * 1024 * 1024

/**
 * Gives back the memory of chunks that were read, where nobody says when one is done with. V8 looks at its young objects
 * when those have grown, and hardly notices that each small object of a received chunk holds a buffer of 64 KiB:
 * measured, uploads left some 120 MiB of dead buffers lying about. A collection of young objects every few megabytes
 * takes a tenth of a millisecond and keeps it at half.
 */
export function createChunkMemory(collect: () => void = collectYoung): { received(bytes: number): void } {
  let since = 0
  return {
    received(bytes) {
      since += bytes
      if (since < COLLECT_EVERY_BYTES) return
      since = 0
      collect()
    },
  }
}

/**
 * From the first upload on V8's young generation stays as large as it is. It would grow to 100 MiB for the small objects
 * of many uploads at once, which live for as long as one write takes. (`--max-semi-space-size` says the same, but is heard
 * on the command line only.)
 */
export const keepYoungSmall = late(() => setFlagsFromString('--semi-space-growth-factor=1'))

function collectYoung(): void {
  collector()({ type: 'minor' })
}

const collector = late((): ((options: { type: 'minor' }) => void) => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  return collect
})

/** Of all that comes in through this process. */
export const chunkMemory = createChunkMemory()
