import type { Body } from '../children/child-process.ts'
import { DECODABLE } from '../images/jobs.ts'
import type { ImagePool } from '../images/pool.ts'

/** Makes small pictures of files of some types. */
export interface ThumbnailGenerator {
  readonly name: string
  /** Part of the cache's key: another version makes all pictures anew. */
  readonly version: string
  accepts(contentType: string): boolean
  /** @throws ChildFailure; of kind `refused` when these bytes will never give a picture */
  generate(question: ThumbnailQuestion): Promise<Buffer>
}

export interface ThumbnailQuestion {
  readonly contentType: string
  readonly width: number
  readonly height: number
  /** `raster` is PNG for pictures with transparency, else JPEG. */
  readonly format: ThumbnailFormat
  /** Opens the original. It is called at most once, and only when there is a process for it. */
  readonly open: (signal: AbortSignal) => Promise<Body>
  /** Called where the picture is of what there is of a file that is cut off. */
  readonly onPartial?: () => void
}

export type ThumbnailFormat = 'webp' | 'raster'

export const DEFAULT_MAX_PIXELS = 100_000_000

/** Raster images, by sharp in child processes. */
export function sharpGenerator(pool: ImagePool, maxPixels = DEFAULT_MAX_PIXELS): ThumbnailGenerator {
  return {
    name: 'sharp',
    version: `1-${maxPixels}`,
    accepts: (contentType) => DECODABLE.has(contentType),
    async generate({ width, height, format, open, onPartial }) {
      const job = { kind: 'thumbnail', width, height, format, maxPixels, partial: true } as const
      const { header, payload } = await pool.run(job, open)
      if (header.partial === true) onPartial?.()
      return payload
    },
  }
}
