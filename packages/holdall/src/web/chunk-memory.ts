import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { late } from './late.ts'

/** Received bytes, of all bodies together, after which the buffers that they came in are given back. */
export const COLLECT_EVERY_BYTES = 4 * 1024 * 1024
/** Bytes of buffers, above the least there have been since, after which the old ones are looked at too: V8 waits for 64 MiB. */
export const COLLECT_OLD_BYTES = 16 * 1024 * 1024

/** V8's collector, as far as it is needed here. */
export interface Collector {
  collect(generation: 'minor' | 'major'): void
  /** Bytes of all buffers, whether anybody still has them or not. */
  buffers(): number
}

/**
 * Gives back the memory of chunks that were read, where nobody says when one is done with. V8 looks at its young objects
 * when those have grown, and hardly notices that each small object of a received chunk holds a buffer of 64 KiB:
 * measured, uploads left some 120 MiB of dead buffers lying about. A collection of young objects every few megabytes
 * takes a tenth of a millisecond and keeps it at half. Chunks that waited through two of them are old objects by then.
 */
export function createChunkMemory({ collect, buffers }: Collector = V8): { received(bytes: number): void } {
  let since = 0
  let least = Number.POSITIVE_INFINITY
  return {
    received(bytes) {
      since += bytes
      if (since < COLLECT_EVERY_BYTES) return
      since = 0
      collect('minor')
      least = Math.min(least, buffers())
      if (buffers() - least < COLLECT_OLD_BYTES) return
      collect('major')
      least = buffers()
    },
  }
}

/**
 * From the first upload on V8's young generation stays as large as it is. It would grow to 100 MiB for the small objects
 * of many uploads at once, which live for as long as one write takes. (`--max-semi-space-size` says the same, but is heard
 * on the command line only.)
 */
export const keepYoungSmall = late(() => setFlagsFromString('--semi-space-growth-factor=1'))

const V8: Collector = {
  collect: (type) => gc()({ type }),
  buffers: () => getHeapStatistics().external_memory,
}

const gc = late((): ((options: { type: 'minor' | 'major' }) => void) => {
  keepYoungSmall()
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  return collect
})

/** Of all that comes in through this process. */
export const chunkMemory = createChunkMemory()
