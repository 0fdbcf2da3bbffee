import type { Sources } from '../../sources/sources.ts'
import type { Storage } from '../../sources/storage.ts'
import { HoldallError } from '../../web/error.ts'
import type { FileRecord } from '../record.ts'
import { isInline, isMedia, servedType } from '../types.ts'
import { isNotModified, rangeApplies, type Validators } from './conditions.ts'
import { disposition } from './disposition.ts'
import { type Part, parseRange } from './range.ts'
import { exactly } from './stream.ts'

/** Files never change, so that a copy is right for as long as permission may be presumed. */
const CACHE_SECONDS = 3_600
/** How long a URL of a storage works; it is followed at once. */
const REDIRECT_SECONDS = 300

const NOTHING_RUNS = "default-src 'none'; sandbox"
// Without an origin of its own Chromium does not play what it was given.
const MEDIA_PLAYS = "default-src 'none'; media-src 'self'; sandbox allow-same-origin"

/**
 * The bytes of a file, as `GET` and `HEAD` of `/-/files/{id}/download` give them.
 *
 * @throws HoldallError `file_missing` when the storage has lost it, before any header promises otherwise;
 * `storage_failed`, `source_inactive` and `source_unavailable` when it cannot be asked
 */
export async function serveFile(request: Request, file: FileRecord, sources: Pick<Sources, 'byId'>): Promise<Response> {
  const inline = new URL(request.url).searchParams.get('inline') === '1' && isInline(file.contentType)
  const source = sources.byId(file.sourceId)
  if (source === undefined) throw new HoldallError('source_inactive', { source: file.sourceSlug })
  const storage = await source.storage()
  // What is shown within our pages comes from here, or from an origin that they may reach.
  if (storage.downloadUrl !== undefined && (!inline || storage.origins !== undefined)) {
    return redirect(storage.downloadUrl, file, inline)
  }

  const validators = { etag: etagOf(file), lastModified: timeOf(file) }
  const headers = headersOf(file, inline, validators)
  if (isNotModified(request.headers, validators)) return new Response(null, { status: 304, headers: kept(headers) })
  const size = await sizeNow(storage, file, request.signal)
  const isHead = request.method === 'HEAD'
  const asked =
    isHead || !rangeApplies(request.headers, validators) ? undefined : parseRange(request.headers.get('range'), size)
  if (asked === 'unsatisfiable') {
    throw new HoldallError(
      'range_not_satisfiable',
      {},
      { headers: { 'Content-Range': `bytes */${size}`, 'Accept-Ranges': 'bytes' } },
    )
  }
  headers.set('Content-Length', String(asked?.length ?? size))
  if (isHead) return new Response(null, { headers })
  const body = await open(storage, file, asked, size, request.signal)
  if (asked === undefined) return new Response(body, { headers })
  headers.set('Content-Range', `bytes ${asked.offset}-${asked.offset + asked.length - 1}/${size}`)
  return new Response(body, { status: 206, headers })
}

async function redirect(
  downloadUrl: NonNullable<Storage['downloadUrl']>,
  file: FileRecord,
  inline: boolean,
): Promise<Response> {
  const url = await downloadUrl(file.path, {
    expiresIn: REDIRECT_SECONDS,
    filename: file.filename,
    contentType: contentTypeOf(file, inline),
    disposition: inline ? 'inline' : 'attachment',
  })
  // Permission is asked again every time: what is cached is the storage's answer, never the way there.
  return new Response(null, { status: 302, headers: { Location: url, 'Cache-Control': 'no-cache' } })
}

/** The size of what is stored, which must be the size that was recorded: other bytes are not this file. */
async function sizeNow(storage: Storage, file: FileRecord, signal: AbortSignal): Promise<number> {
  const stored = await storage.stat(file.path, { signal }).catch(storageFailed)
  if (stored === undefined) throw new HoldallError('file_missing')
  if (file.size !== null && stored.size !== file.size) {
    throw new HoldallError('file_missing', {}, { cause: `${stored.size} bytes are stored, ${file.size} were recorded` })
  }
  return stored.size
}

/** A disk that is away, or a service that does not answer: it has lost nothing, and may be back in a moment. */
function storageFailed(cause: unknown): never {
  throw cause instanceof HoldallError ? cause : new HoldallError('storage_failed', {}, { cause })
}

async function open(storage: Storage, file: FileRecord, part: Part | undefined, size: number, signal: AbortSignal) {
  if (size === 0) return null
  const stream = await storage
    .read(file.path, part === undefined ? { signal } : { range: part, signal })
    .catch(storageFailed)
  return exactly(part?.length ?? size, stream)
}

function headersOf(file: FileRecord, inline: boolean, { etag, lastModified }: Validators): Headers {
  return new Headers({
    'Content-Type': contentTypeOf(file, inline),
    'Content-Disposition': disposition(inline ? 'inline' : 'attachment', file.filename),
    'Content-Security-Policy': inline && isMedia(file.contentType) ? MEDIA_PLAYS : NOTHING_RUNS,
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': `private, max-age=${CACHE_SECONDS}`,
    'Accept-Ranges': 'bytes',
    ETag: etag,
    ...(lastModified && { 'Last-Modified': lastModified.toUTCString() }),
  })
}

/** Text that is shown needs its encoding, or browsers guess it; what is saved needs none. */
function contentTypeOf({ contentType, metadata }: FileRecord, inline: boolean): string {
  const type = servedType(contentType)
  if (!inline || type !== 'text/plain') return type
  const charset =
    typeof metadata.charset === 'string' && /^[\w-]{1,40}$/.test(metadata.charset) ? metadata.charset : 'utf-8'
  return `${type}; charset=${charset}`
}

/** A registry that another program wrote may hold a time that is none. */
function timeOf({ createdAt }: FileRecord): Date | undefined {
  const time = new Date(createdAt)
  return Number.isNaN(time.getTime()) ? undefined : time
}

function etagOf({ contentHash, id, size }: FileRecord): string {
  return `"${contentHash?.replace(/^sha256:/, '').replace(/[^\w-]/g, '') ?? `${id}-${size}`}"`
}

/** What a 304 repeats, so that a cache knows how long it may go on. */
function kept(headers: Headers): Headers {
  const names = ['ETag', 'Cache-Control', 'Last-Modified']
  return new Headers(
    names.flatMap((name): [string, string][] => {
      const value = headers.get(name)
      return value === null ? [] : [[name, value]]
    }),
  )
}
