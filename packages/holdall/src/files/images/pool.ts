import { fileURLToPath } from 'node:url'
import { type ChildPool, createChildPool, type PoolOptions } from '../children/pool.ts'

const CHILD = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './child.ts' : './child.js', import.meta.url))

/** Processes that decode pictures. Their jobs: `jobs.ts`. */
export type ImagePool = ChildPool

export function createImagePool(options: PoolOptions = {}): ImagePool {
  return createChildPool(
    {
      script: CHILD,
      // Threads of our own pool do the work; arenas for each of them would multiply what libvips keeps. What a picture needed
      // the next one needs too, and the system takes a tenth of a thumbnail's time to give it again; `RETIRE_BYTES` ends it.
      env: { VIPS_BLOCK_UNTRUSTED: '1', MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: String(256 * 1024 * 1024) },
    },
    options,
  )
}
