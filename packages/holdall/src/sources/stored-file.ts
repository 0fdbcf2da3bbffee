export interface CallOptions {
  readonly signal?: AbortSignal
}

export interface StoredFile {
  readonly path: string
  /** Bytes. */
  readonly size: number
  readonly lastModified?: Date
  /** What changes with the bytes, where the storage has such a thing. */
  readonly etag?: string
  /** As the storage remembers it; a plain directory remembers none. */
  readonly contentType?: string
  /** `sha256:` and 64 hexadecimal digits, when the storage knows it without reading the file. */
  readonly contentHash?: string
}
