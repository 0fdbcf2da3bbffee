import { createHash } from 'node:crypto'
import type { Sources } from '../../sources/sources.ts'
import type { Storage, StoredFile } from '../../sources/storage.ts'
import { HoldallError } from '../../web/error.ts'
import type { FileRecord } from '../record.ts'
import { versionOf } from '../sync/listed.ts'
import { isInline, isMedia, servedType } from '../types.ts'
import { isNotModified, rangeApplies, type Validators } from './conditions.ts'
import { disposition } from './disposition.ts'
import { type Part, parseRange } from './range.ts'
import { exactly } from './stream.ts'

/** Files never change, so that a copy is right for as long as permission may be presumed. */
const CACHE_SECONDS = 3_600
/** Others may write where an adopted file lies, so that a copy is asked about each time it is used. */
const ASK_AGAIN = 'private, no-cache'
/** How long a URL of a storage works; it is followed at once. */
const REDIRECT_SECONDS = 300

const NOTHING_RUNS = "default-src 'none'; sandbox"
// Without an origin of its own Chromium does not play what it was given.
const MEDIA_PLAYS = "default-src 'none'; media-src 'self'; sandbox allow-same-origin"

/** Told what a reader has found at the path of a file, where the registry says otherwise; `undefined`: nothing. */
export type Notice = (file: FileRecord, stored: StoredFile | undefined) => Promise<void>

/**
 * The bytes of a file, as `GET` and `HEAD` of `/-/files/{id}/download` give them.
 *
 * @throws HoldallError `file_missing` when the storage has lost it, before any header promises otherwise;
 * `storage_failed`, `source_inactive` and `source_unavailable` when it cannot be asked
 */
export async function serveFile(
  request: Request,
  registered: FileRecord,
  sources: Pick<Sources, 'byId'>,
  notice: Notice,
): Promise<Response> {
  let file = registered
  const inline = new URL(request.url).searchParams.get('inline') === '1' && isInline(file.contentType)
  const source = sources.byId(file.sourceId)
  if (source === undefined) throw new HoldallError('source_inactive', { source: file.sourceSlug })
  const storage = await source.storage()
  // What is shown within our pages comes from here, or from an origin that they may reach.
  if (storage.downloadUrl !== undefined && (!inline || storage.origins !== undefined)) {
    // Elsewhere its absence would be somebody else's error page.
    if (file.missingSince !== null) await find(storage, file, request.signal, notice)
    return redirect(storage.downloadUrl, file, inline)
  }

  const found = file.adopted ? await find(storage, file, request.signal, notice) : undefined
  if (found !== undefined) file = asFound(file, found)
  const validators = { etag: etagOf(file), lastModified: timeOf(file) }
  const headers = headersOf(file, inline, validators)
  if (isNotModified(request.headers, validators)) return new Response(null, { status: 304, headers: kept(headers) })
  const { size } = found ?? (await findUnchanged(storage, file, request.signal, notice))
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

/**
 * What lies at the path of a file, or that nothing does; whoever keeps the registry is told where it says otherwise.
 *
 * @throws HoldallError `file_missing`, or what the storage says
 */
async function find(storage: Storage, file: FileRecord, signal: AbortSignal, notice: Notice): Promise<StoredFile> {
  const stored = await storage.stat(file.path, { signal }).catch(storageFailed)
  const isChanged = file.adopted && stored !== undefined && versionOf(stored) !== file.version
  const isMissing = stored === undefined
  if (isChanged || isMissing !== (file.missingSince !== null)) await notice(file, stored)
  if (stored === undefined) throw new HoldallError('file_missing')
  return stored
}

/** As `find`; what came in through here must have the size that was recorded: other bytes are not this file. */
async function findUnchanged(storage: Storage, file: FileRecord, signal: AbortSignal, notice: Notice) {
  const stored = await find(storage, file, signal, notice)
  if (file.size !== null && stored.size !== file.size) {
    throw new HoldallError('file_missing', {}, { cause: `${stored.size} bytes are stored, ${file.size} were recorded` })
  }
  return stored
}

/** An adopted file is whatever lies at its path now; its hash is known only of the bytes that were read for it. */
function asFound(file: FileRecord, stored: StoredFile): FileRecord {
  const version = versionOf(stored)
  if (version === file.version) return file
  const { size, lastModified, contentHash } = stored
  return {
    ...file,
    size,
    version,
    contentHash: contentHash ?? null,
    modifiedAt: lastModified?.toISOString() ?? null,
  }
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
    'Cache-Control': file.adopted ? ASK_AGAIN : `private, max-age=${CACHE_SECONDS}`,
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
function timeOf({ adopted, createdAt, modifiedAt }: FileRecord): Date | undefined {
  const time = new Date(adopted && modifiedAt !== null ? modifiedAt : createdAt)
  return Number.isNaN(time.getTime()) ? undefined : time
}

function etagOf({ contentHash, id, size, version }: FileRecord): string {
  const hash = contentHash?.replace(/^sha256:/, '').replace(/[^\w-]/g, '')
  if (hash !== undefined) return `"${hash}"`
  // The storage's own words may hold anything.
  return `"${id}-${version === null ? size : createHash('sha256').update(version).digest('base64url').slice(0, 22)}"`
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
