import type { ZodType } from 'zod'
import type { Log } from '../web/log.ts'
import type { Guard } from '../web/outgoing/guard.ts'
import type { Adopting } from './adopting.ts'
import type { Finding, StorageDoctor } from './examination.ts'
import type { Multipart } from './multipart.ts'
import type { CallOptions, StoredFile } from './stored-file.ts'

export type { CallOptions, StoredFile } from './stored-file.ts'

/** What a storage plugin registers: a name, a schema for the `config` block of a source, and a factory. */
export interface StorageType<Config = unknown> {
  /** The value of `storage:` in a source's configuration, such as `s3`. */
  readonly type: string
  readonly config: ZodType<Config>
  /** `false` where reading files whole costs somebody else: their hashes are taken only when a source asks for it. */
  readonly hashUnasked?: false
  /** `false` where nothing can ever be uploaded, however a source is configured: nobody is asked who may. */
  readonly takesUploads?: false
  /** Throws when the backend cannot be reached or used; core shows the source as unavailable and tries again. */
  create(config: Config, context: StorageContext): Promise<Storage>
  /** What the error means that `create` has thrown, for `holdall doctor`; `undefined` when the error says all there is. */
  diagnose?(error: unknown, config: Config): Promise<Finding | undefined>
  /** For sources that are described on a page. */
  readonly adopting?: Adopting<Config>
}

export interface StorageContext {
  /** The value of a secret that this source may read; `undefined` when nobody has set it. */
  getSecret(name: string): Promise<string | undefined>
  /** The one way to make requests: to public addresses, with limits (web/outgoing). */
  readonly fetch: typeof fetch
  /** For a source that was made at runtime: which addresses may be asked, where a storage makes requests of its own. */
  readonly guard?: Pick<Guard, 'checkUrl' | 'lookup'>
  readonly log: Log
  /** For somebody who only looks: making the storage makes, sweeps and changes nothing. */
  readonly readOnly?: boolean
}

/**
 * Where bytes live. `stat` and `read` are required; every other member is a capability that is present when the
 * member is. Paths are opaque except for `/`. Every path that this storage cannot hold at all is absent to `stat`,
 * `read` and `delete`, and `storage_path_invalid` to `write`.
 */
export interface Storage {
  /** `undefined` when nothing is at `path`; throws for anything else. */
  stat(path: string, options?: CallOptions): Promise<StoredFile | undefined>
  /**
   * The bytes at `path`, or of one range of them. The caller reads the stream to its end or cancels it.
   * Throws `file_missing` when nothing is there and `range_not_satisfiable` for a range that begins at or past the end,
   * both before any byte is given out.
   */
  read(path: string, options?: ReadOptions): Promise<ReadableStream<Uint8Array>>
  /**
   * The file at `path` as this computer has it open, for a process of ours that reads all of it: its bytes then need not
   * pass through the server. `undefined` when nothing is there. The caller closes it.
   */
  openLocal?(path: string): Promise<LocalFile | undefined>
  /** One page of the files whose path begins with `prefix`, in an order that never changes, in constant memory. */
  list?(options?: ListOptions): Promise<ListedPage>
  /**
   * Stores the body while it arrives, never whole in memory, and hashes it on the way. What is at `path` is replaced.
   * Nothing is visible at `path` unless this succeeds, and it returns only when the bytes are durable.
   * When the body throws or the signal aborts, that is what is thrown, and nothing is left over.
   */
  write?(path: string, body: AsyncIterable<Uint8Array>, options?: WriteOptions): Promise<WrittenFile>
  /**
   * What lies at `from` lies at `to` as well, without passing through here. What is at `to` is replaced; nothing of it is
   * visible there before all of it is, and it is durable on return. Throws `file_missing` when nothing is at `from`.
   */
  copy?(from: string, to: string, options?: CallOptions): Promise<void>
  /** Removes exactly this path; absent is success. */
  delete?(path: string, options?: CallOptions): Promise<void>
  /** A short-lived URL whose answer carries our disposition and type. */
  downloadUrl?(path: string, options: DownloadUrlOptions): Promise<string>
  /** How others name what lies at `path`, where they do so by bucket and key. */
  address?(path: string): { readonly bucket: string; readonly key: string } | undefined
  /** One request with which a client stores the whole file itself; nothing is at `path` unless all of it arrived. */
  uploadUrl?(path: string, options: UploadUrlOptions): Promise<UploadInstructions>
  /** Files in parts, sent in parallel and taken up again after a break. */
  readonly multipart?: Multipart
  /** A thumbnail that the backend makes itself; `undefined` when it makes none of this file. */
  thumbnailUrl?(path: string, size: { width: number; height: number }): Promise<string | undefined>
  /** The largest file that this storage takes, in bytes. */
  readonly maxFileSize?: number
  /** The origins that pages must be allowed to reach. */
  readonly origins?: readonly string[]
  /** For `holdall doctor`. */
  readonly doctor?: StorageDoctor
  /** Removes what processes that are no more were only making. Making the storage does so, too; this is for who takes over from one. */
  sweep?(): Promise<void>
  close?(): Promise<void>
}

/** `length` bytes from `offset` (to the end without it), or the last `suffix` bytes. What lies past the end is left out. */
export type ByteRange = { readonly offset: number; readonly length?: number } | { readonly suffix: number }

export interface ReadOptions extends CallOptions {
  readonly range?: ByteRange
  /** Only of the state with this ETag, where the storage has given one: another state is `file_missing`. */
  readonly etag?: string
}

export interface LocalFile {
  /** A file descriptor of this process. */
  readonly fd: number
  /** Absolute, as it was found; somebody may since have put another file there. */
  readonly path: string
  close(): Promise<void>
}

export interface WriteOptions extends CallOptions {
  readonly contentType?: string
}

export interface ListOptions extends CallOptions {
  readonly prefix?: string
  /** From the page before; without it the list begins. Throws `invalid_cursor` for one that no page gave out. */
  readonly cursor?: string
  /** At most this many files, 1 to 1,000; 100 without it. */
  readonly limit?: number
}

export interface ListedPage {
  readonly files: readonly StoredFile[]
  /** Where the next page begins; `null` on the last. A page that is not the last may be short, even empty. */
  readonly next: string | null
  /** Folders that may not be read: of what lies below nothing is listed, and nothing is known to be gone. Each once. */
  readonly unreadable?: readonly string[]
}

export interface DownloadUrlOptions {
  /** Seconds. */
  readonly expiresIn: number
  readonly filename: string
  readonly contentType: string
  readonly disposition: 'attachment' | 'inline'
}

export interface UploadUrlOptions {
  /** Bytes; any other length is refused by the storage. */
  readonly size: number
  /** Seconds. */
  readonly expiresIn: number
  readonly contentType?: string
}

export interface UploadInstructions {
  readonly url: string
  readonly method: 'PUT'
  readonly headers: Readonly<Record<string, string>>
}

export interface WrittenFile {
  readonly path: string
  readonly size: number
  /** `sha256:` and 64 hexadecimal digits, over exactly the bytes that were stored. */
  readonly contentHash: string
}

export const DEFAULT_LIST_LIMIT = 100
export const MAX_LIST_LIMIT = 1_000
