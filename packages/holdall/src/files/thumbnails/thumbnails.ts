import { createHash } from 'node:crypto'
import type { Sources } from '../../sources/sources.ts'
import type { Storage } from '../../sources/storage.ts'
import type { Log } from '../../web/log.ts'
import { ChildFailure } from '../children/child-process.ts'
import { CUT_OFF } from '../images/jobs.ts'
import type { FileRecord } from '../record.ts'
import { createThumbnailCache, type Failure } from './cache.ts'
import type { ThumbnailFormat, ThumbnailGenerator } from './generator.ts'

export const DEFAULT_MAX_SOURCE_BYTES = 200 * 1024 * 1024
/** After a failure that may pass, the file is tried again when this is over. */
export const RETRY_AFTER_MS = 300_000

export interface ThumbnailsOptions {
  readonly sources: Pick<Sources, 'byId'>
  readonly generators: readonly ThumbnailGenerator[]
  readonly directory: string
  readonly log: Log
  readonly maxSourceBytes?: number
  readonly now?: () => number
}

export interface Variant {
  readonly width: number
  readonly height: number
  readonly format: ThumbnailFormat
}

export type Thumbnail =
  | { readonly kind: 'picture'; readonly bytes: Buffer; readonly contentType: string }
  /** There is none now; `transient` says whether there may be one later. */
  | { readonly kind: 'none'; readonly reason: string; readonly transient: boolean }

/** Small pictures of files: made once, kept by content, given out from the cache ever after. */
export interface Thumbnails {
  /** Whether files of this type have pictures, unless they turn out to be broken or too large. */
  has(file: Pick<FileRecord, 'contentType' | 'size'>): boolean
  /** Identifies the picture without looking at it: the same content, policy and variant give the same bytes. */
  tag(file: FileRecord, variant: Variant): string
  get(file: FileRecord, variant: Variant): Promise<Thumbnail>
  /** The largest picture that was made of a file, whatever has become of its bytes. */
  made(file: FileRecord): Promise<Pick<Variant, 'width' | 'height'> | undefined>
  /** Whether the pictures of a file show only a part of it, as far as one was made. */
  isPartial(file: FileRecord): Promise<boolean>
  /** Removes the pictures of an original, by what `pictureKey` gives. */
  remove(key: string): Promise<void>
  /** The originals that there are pictures of, a folder at a time. */
  keys(): AsyncGenerator<string[]>
  start(): Promise<void>
}

export function createThumbnails(options: ThumbnailsOptions): Thumbnails {
  const { sources, generators, directory, log, maxSourceBytes = DEFAULT_MAX_SOURCE_BYTES, now = Date.now } = options
  const policy = shortHash(JSON.stringify([maxSourceBytes, generators.map(({ name, version }) => [name, version])]))
  const cache = createThumbnailCache(directory, policy)
  const running = new Map<string, Promise<Thumbnail>>()

  async function make(file: FileRecord, variant: Variant): Promise<Thumbnail> {
    const key = pictureKey(file)
    const failed = await cache.failure(key)
    const mayTry =
      failed === undefined ||
      failed.partial === true ||
      (failed.partial === undefined && CUT_OFF.test(failed.reason)) ||
      (failed.transient && now() - failed.at >= RETRY_AFTER_MS)
    if (!mayTry) return none(failed)
    let partial = false
    const generator = generators.find(({ accepts }) => accepts(file.contentType))
    if (generator === undefined) return none({ reason: 'no generator takes this type', transient: false })
    try {
      const bytes = await generator.generate({
        contentType: file.contentType,
        ...variant,
        open: (signal) => open(file, signal),
        onPartial() {
          partial = true
        },
      })
      if (partial) await kept(file, cache.fail(key, { reason: 'cut off', at: now(), transient: false, partial }))
      await kept(file, cache.write(key, variantName(variant), bytes))
      return picture(bytes)
    } catch (error) {
      const failure = failureOf(error, now())
      // Nobody looked at the picture, so that nothing is known about it.
      if (error instanceof ChildFailure && error.kind === 'unavailable') return none(failure)
      log.warn('thumbnail_failed', { file: file.id, reason: failure.reason, transient: failure.transient, error })
      await kept(file, cache.fail(key, failure))
      return none(failure)
    }
  }

  /** A cache that is full costs the work of another time, never the answer. */
  async function kept(file: FileRecord, writing: Promise<void>): Promise<void> {
    await writing.catch((error: unknown) => log.warn('thumbnail_not_kept', { file: file.id, error }))
  }

  async function open(file: FileRecord, signal: AbortSignal) {
    const storage = await sources.byId(file.sourceId)?.storage()
    if (storage === undefined) throw new Error(`The source ${file.sourceSlug} is gone`)
    async function* stream() {
      yield* await (storage as Storage).read(file.path, { signal })
    }
    const local = await storage.openLocal?.(file.path)
    const close = () => void local?.close().catch(() => {})
    if (signal.aborted) close()
    else signal.addEventListener('abort', close, { once: true })
    return { bytes: file.size ?? 0, stream: stream(), ...(local && { fd: local.fd }) }
  }

  function has({ contentType, size }: Pick<FileRecord, 'contentType' | 'size'>): boolean {
    return size !== null && size > 0 && size <= maxSourceBytes && generators.some(({ accepts }) => accepts(contentType))
  }

  return {
    has,
    tag: (file, variant) => `"t-${policy}-${shortHash(pictureKey(file))}-${variantName(variant)}"`,
    async get(file, variant) {
      if (!has(file)) return { kind: 'none', reason: 'no pictures are made of this type or size', transient: false }
      const known = await cache.read(pictureKey(file), variantName(variant))
      if (known !== undefined) return picture(known)
      // A page asks for the same picture in several places at once.
      const job = `${pictureKey(file)}.${variantName(variant)}`
      const started = running.get(job) ?? make(file, variant).finally(() => running.delete(job))
      running.set(job, started)
      return started
    },
    async made(file) {
      const sizes = (await cache.variants(pictureKey(file))).flatMap((name) => {
        // As browsers ask for them.
        const [, width, height] = /^(\d+)x(\d+)\.webp$/.exec(name) ?? []
        return width === undefined ? [] : [{ width: Number(width), height: Number(height) }]
      })
      return sizes.sort((one, other) => other.width * other.height - one.width * one.height)[0]
    },
    isPartial: async (file) => (await cache.failure(pictureKey(file)))?.partial === true,
    remove: cache.remove,
    keys: cache.keys,
    start: () => cache.sweep(),
  }
}

/**
 * Equal bytes share their pictures, whatever they are called and wherever they are. Where nobody has hashed them yet,
 * the version keeps the pictures of an adopted file from outliving its bytes.
 */
export function pictureKey({ contentHash, id, version }: Pick<FileRecord, 'contentHash' | 'id' | 'version'>): string {
  const [, hex] = /^sha256:([0-9a-f]{64})$/.exec(contentHash ?? '') ?? []
  return (
    hex ??
    createHash('sha256')
      .update(version === null ? id : `${id} ${version}`)
      .digest('hex')
  )
}

function variantName({ width, height, format }: Variant): string {
  return `${width}x${height}.${format}`
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

function picture(bytes: Buffer): Thumbnail {
  const contentType = bytes[0] === 0x52 ? 'image/webp' : bytes[0] === 0x89 ? 'image/png' : 'image/jpeg'
  return { kind: 'picture', bytes, contentType }
}

function none({ reason, transient }: Pick<Failure, 'reason' | 'transient'>): Thumbnail {
  return { kind: 'none', reason, transient }
}

function failureOf(error: unknown, at: number): Failure {
  const refused = error instanceof ChildFailure && error.kind === 'refused'
  const reason = error instanceof ChildFailure ? `${error.kind}: ${error.message}` : 'failed'
  return { reason, at, transient: !refused, partial: false }
}
