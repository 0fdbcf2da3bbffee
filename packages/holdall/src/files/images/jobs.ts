/** What a child is asked to do with the bytes that follow. */
export type Job = ThumbnailJob | FactsJob

export interface ThumbnailJob {
  readonly kind: 'thumbnail'
  /** The picture fits within these, in pixels, and is never enlarged. */
  readonly width: number
  readonly height: number
  /** `raster` is PNG for pictures with transparency, else JPEG. */
  readonly format: 'webp' | 'raster'
  readonly maxPixels: number
  /** Whether what there is of a picture that is cut off will do; the answer then says `partial`. */
  readonly partial?: boolean
}

/** How decoders say that a picture has no end. */
export const CUT_OFF = /premature end|unexpected end|truncated|libpng read error/i

export interface FactsJob {
  readonly kind: 'facts'
  readonly contentType: string
  readonly keepPosition: boolean
}

/** What pictures say about themselves, in the form in which it is kept as a file's `metadata`. */
export interface ImageFacts {
  readonly width?: number
  readonly height?: number
  readonly metadata: Readonly<Record<string, unknown>>
}

/** The types that a child can decode. */
export const DECODABLE: ReadonlySet<string> = new Set([
  'image/jpeg',
  'image/png',
  'image/apng',
  'image/gif',
  'image/webp',
  'image/tiff',
  'image/avif',
])
