/**
 * What is uploaded: a browser's `File`, or in Node anything with a name and a size that can be streamed from its
 * beginning more than once (`fs.openAsBlob` gives such a Blob).
 */
export interface UploadSource {
  readonly name: string
  /** bytes */
  readonly size: number
  readonly type?: string
  stream(): ReadableStream<Uint8Array>
}

export interface UploadTarget {
  /** Where the server is: `https://host/`, with its `base_url`; in browsers a path will do. Default `/`. */
  readonly baseUrl?: string
  /** The slug of the source that shall hold the file. */
  readonly source: string
  /** A bearer token. Browsers send their cookie and need none. */
  readonly token?: string
}

/**
 * `sending`: bytes are on their way. `finishing`: all are sent, and the server hashes, inspects and records.
 * `waiting`: the connection broke, or the server asked for a pause; it is tried again after `retryIn` seconds.
 */
export interface UploadProgress {
  readonly phase: 'sending' | 'finishing' | 'waiting'
  /** bytes that left this machine; falls back to 0 when the upload starts over */
  readonly sent: number
  readonly total: number
  readonly retryIn?: number
}

export interface UploadOptions {
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: UploadProgress) => void
  /** Milliseconds without a byte moving until the connection counts as broken. @default 60000 */
  readonly stallTimeout?: number
  /** How often a broken upload starts again, where that is safe. @default 7 (some two minutes) */
  readonly retries?: number
}

/** What the server answers: 201 of `POST /-/files/upload/{source}`. */
export interface StoredFile {
  readonly ok: true
  readonly file_id: string
  readonly filename: string
  readonly content_type: string | null
  readonly size: number
  readonly url: string
  /** The whole record. */
  readonly file: Readonly<Record<string, unknown>>
}

/** One request, as a transport sends it. */
export interface Sending {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: UploadSource
  readonly signal: AbortSignal
  /** bytes of the body that were handed to the network so far */
  readonly onSent: (sent: number) => void
}

export interface Answer {
  readonly status: number
  readonly retryAfter: string | null
  readonly text: string
}
