import type { CallOptions, StoredFile } from './stored-file.ts'

/**
 * A file sent in numbered parts, in any order and in parallel. Core decides the plan (every part has `partSize` bytes,
 * only the last may have fewer), compares what was sent with it, and never believes an error of `complete` before it has
 * looked with `find`: a storage only has to do what it is told and say what it sees.
 *
 * Exactly one of `partTarget` (the client sends to the storage itself) and `writePart` (it sends to Holdall) is there.
 */
export interface Multipart {
  readonly limits: MultipartLimits
  /** What `partTarget` can bind into a part's URL, so that the storage refuses other bytes; only what a test saw refused. */
  readonly checksum?: PartChecksum
  /**
   * Begins an upload; nothing is visible at its path before it is complete. Throws `storage_full` when it can be known
   * that it will not fit. @returns what the storage calls the upload, at most 2,048 characters
   */
  create(upload: NewMultipart, options?: CallOptions): Promise<string>
  /** Where the client sends one part, good for `expiresIn` seconds and for a body of exactly `part.size` bytes. */
  partTarget?(upload: MultipartUpload, part: PartPlan, options: { readonly expiresIn: number }): Promise<PartTarget>
  /**
   * Stores one part; durable when it returns, and until then `listParts` does not have it. A part sent again replaces
   * the one before. Throws what the body throws, `size_mismatch` when it has other than `part.size` bytes,
   * `part_checksum_mismatch` when they are not those of `part.checksum`, `part_in_progress` when somebody else is writing
   * it, and `multipart_gone`. Of what was refused nothing is listed.
   */
  writePart?(
    upload: MultipartUpload,
    part: PartPlan,
    body: AsyncIterable<Uint8Array>,
    options?: CallOptions,
  ): Promise<StoredPart>
  /** One page of the parts that are there, by number. Throws `multipart_gone`. */
  listParts(upload: MultipartUpload, options?: ListPartsOptions): Promise<PartsPage>
  /**
   * Makes the file of its parts: all of them, in order, or it throws and they are as they were. Throws `multipart_gone`.
   */
  complete(upload: MultipartUpload, parts: readonly StoredPart[], options?: CallOptions): Promise<void>
  /** The file that this upload has become: at its path, with its token and its size. `undefined` while there is none. */
  find(upload: MultipartUpload, options?: CallOptions): Promise<StoredFile | undefined>
  /** Removes the parts. Absent is success; the file of a completed upload stays. */
  abort(upload: MultipartUpload, options?: CallOptions): Promise<void>
  /** One page of the uploads under way, whoever began them. */
  listUploads?(options?: CallOptions & { readonly cursor?: string }): Promise<UploadsPage>
}

export type PartChecksum = 'crc32c' | 'md5'

export interface MultipartLimits {
  /** Bytes of every part but the last. */
  readonly minPartSize: number
  readonly maxPartSize: number
  readonly maxParts: number
}

export interface NewMultipart {
  readonly path: string
  /** Bytes of the whole file, at least 1. */
  readonly size: number
  readonly partSize: number
  /** Kept with the file, so that it can be told from any other at its path. Letters and digits. */
  readonly token: string
  readonly contentType?: string
}

export interface MultipartUpload extends NewMultipart {
  /** What `create` returned. */
  readonly id: string
}

export interface PartPlan {
  /** From 1. */
  readonly number: number
  /** Bytes. */
  readonly size: number
  /** In base64, of the kind that `checksum` names. */
  readonly checksum?: string
}

/** One `PUT` of a part's bytes. */
export interface PartTarget {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Seconds; shorter than asked for when the credentials end before. */
  readonly expiresIn: number
}

export interface StoredPart {
  readonly number: number
  /** Bytes. */
  readonly size: number
  /** Without quotes; in most storages the MD5 of the part in hexadecimal. */
  readonly etag: string
  /** In base64, of the kind that `checksum` names, where the storage remembers it. */
  readonly checksum?: string
}

export interface ListPartsOptions extends CallOptions {
  /** Only parts with greater numbers. */
  readonly after?: number
  /** At most this many, 1 to 1,000; 1,000 without it. */
  readonly limit?: number
}

export interface PartsPage {
  readonly parts: readonly StoredPart[]
  /** Give it as `after` for the next page; `null` on the last. */
  readonly next: number | null
  /** When the last one of these, or of all, arrived, where the storage knows it. */
  readonly lastAt?: Date
}

export interface UploadsPage {
  readonly uploads: readonly { readonly path: string; readonly id: string; readonly startedAt: Date }[]
  readonly next: string | null
}
