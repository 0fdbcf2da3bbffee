import { call, type Json } from './call.ts'
import { isFor, multipartPath } from './dataset-sessions.ts'
import { UploadError } from './error.ts'
import { createHash, hex } from './hash.ts'
import { createReader, type Reader } from './reader.ts'
import { pause } from './retry.ts'
import type { DatasetTarget, DatasetUploadOptions, UploadSource } from './types.ts'

/** Whoever comes back later means another dataset. */
const FINISHED_WITHIN_MS = 3_600_000
/** Uploads of the same name and size that are looked at; of one file there is rarely a second. */
const MOST_TRIED = 5
/** Bytes that are read and hashed at a time. */
const PIECE = 1024 * 1024
const FIRST_LOOK = 0.3
const LONGEST_LOOK = 5

/**
 * An upload of this very file by the same person that the server is at, or has finished within the last hour: what was
 * sent then hashes to what this file does. What the storage cannot prove is sent again.
 *
 * @returns the path of its session
 */
export async function findSent(
  file: UploadSource,
  target: DatasetTarget,
  { onProgress, onRejoined, followTimeout = Number.POSITIVE_INFINITY }: DatasetUploadOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  const reader = createReader(file)
  if (reader === undefined) return undefined
  const base = multipartPath(target)
  const until = performance.now() + followTimeout
  const known = new Map<number, string>()

  async function etagOf(partSize: number): Promise<string> {
    const etag = known.get(partSize) ?? (await hashParts(reader as Reader, file.size, partSize, compared, signal))
    known.set(partSize, etag)
    return etag
  }

  function compared(bytes: number): void {
    onProgress?.({ phase: 'sending', sent: 0, total: file.size, compared: bytes })
  }

  for (const session of await candidates(file, target, signal)) {
    const url = `${base}/${String(session.upload_id)}`
    const etag = await provenEtag(session, url, target, until, signal)
    if (etag === undefined || etag !== (await etagOf(Number(session.part_size)))) continue
    if (session.status === 'completed' && !(await isThere(session, target, signal))) continue
    onRejoined?.(session.status === 'completed')
    return url
  }
  return undefined
}

async function candidates(file: UploadSource, target: DatasetTarget, signal: AbortSignal): Promise<Json[]> {
  const found: Json[] = []
  for (const status of ['completing', 'completed']) {
    const { body } = await call(target, 'GET', `${multipartPath(target)}?status=${status}`, undefined, signal)
    if (Array.isArray(body.uploads)) found.push(...(body.uploads as Json[]))
  }
  const since = Date.now() - FINISHED_WITHIN_MS
  return found
    .filter(({ filename, total_size, is_own }) => is_own === true && filename === file.name && total_size === file.size)
    .filter(isFor(target))
    .filter(({ sheet = null }) => sheet === (target.sheet ?? null))
    .filter(({ status, completed_at }) => status === 'completing' || Date.parse(String(completed_at)) > since)
    .slice(0, MOST_TRIED)
}

/** The ETag of all that was sent, once the server knows it; `undefined` when it never will. */
async function provenEtag(
  listed: Json,
  url: string,
  target: DatasetTarget,
  until: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  let session = listed
  for (let seconds = FIRST_LOOK; ; seconds = Math.min(seconds * 1.5, LONGEST_LOOK)) {
    if (session.status !== 'completing' && session.status !== 'completed') return undefined
    if (typeof session.final_etag === 'string') return session.final_etag.replaceAll('"', '').toLowerCase()
    if (session.status === 'completed' || session.schema_inferred_at != null) return undefined
    if (performance.now() + seconds * 1_000 > until) return undefined
    await pause(seconds, signal)
    session = (await call(target, 'GET', url, undefined, signal)).body
  }
}

/** Whether its dataset has it: it may be deleted, or replaced, or without this file by now. Who may not look sends it again. */
async function isThere({ dataset_id, s3_key }: Json, target: DatasetTarget, signal: AbortSignal): Promise<boolean> {
  const { organization, collection } = target
  const path = `-/datasets/${encodeURIComponent(organization)}/${encodeURIComponent(collection)}/${String(dataset_id)}.json`
  try {
    const { body } = await call(target, 'GET', path, undefined, signal)
    const { deletion_requested_at, files } = body.dataset as Json & { readonly files: readonly Json[] }
    return deletion_requested_at === null && files.some(({ path }) => lastOf(path) === lastOf(s3_key))
  } catch (error) {
    if (error instanceof UploadError && [401, 403, 404].includes(error.status)) return false
    throw error
  }
}

/** What is added lies elsewhere than it was sent to, under the same name, which nothing else has. */
function lastOf(path: unknown): string {
  return String(path).replace(/^.*\//s, '')
}

/** As S3 makes it of parts: the MD5 of their MD5s, and how many there are. */
async function hashParts(
  reader: Reader,
  size: number,
  partSize: number,
  compared: (bytes: number) => void,
  signal: AbortSignal,
): Promise<string> {
  const whole = createHash('md5')
  const buffer = reader.buffer(Math.min(PIECE, size))
  let count = 0
  for (let from = 0; from < size; from += partSize) {
    const to = Math.min(from + partSize, size)
    const part = createHash('md5')
    for (let at = from; at < to; at += PIECE) {
      signal.throwIfAborted()
      part.update(await reader.read(at, Math.min(PIECE, to - at), buffer))
      compared(Math.min(at + PIECE, to))
    }
    whole.update(part.digest())
    count += 1
  }
  return `${hex(whole.digest())}-${count}`
}
