import { aborted, UploadError } from './error.ts'
import { gate } from './gate.ts'
import { type Memory, uploadPlanned } from './parts.ts'
import { uploadPrepared } from './put.ts'
import type { Patience } from './retry.ts'
import { createAsking, createSessions, partCalls } from './sessions.ts'
import { uploadSingle } from './single.ts'
import type { ServerTarget, StoredFile, UnfinishedUpload, UploadOptions, UploadSource, UploadTarget } from './types.ts'

/** Files up to this size are one request, larger ones are parts: the same bound as the server's. */
export const ONE_REQUEST = 16 * 1024 * 1024

/**
 * Uploads one file and resolves when the server has committed it, never before.
 *
 * Up to 16 MiB it is one request. A larger file goes as the server plans it, mostly in parts: several at once, straight to
 * the storage where it can, each sent again alone when it breaks. What was sent is kept when this fails or is aborted, and
 * the same call, made later and anywhere, goes on from there once it has proved that the file is the same.
 *
 * @throws {UploadError}
 * @example
 * const stop = new AbortController()
 * const stored = await upload(file, { source: 'media' }, { signal: stop.signal, onProgress: ({ sent, total }) => … })
 */
export function upload(file: UploadSource, target: UploadTarget, options: UploadOptions = {}): Promise<StoredFile> {
  return uploadRemembering(file, target, options, { acknowledged: new Map() })
}

/** As `upload`; what it learns stays in `memory`, with which the next call goes on without reading anything again. */
export async function uploadRemembering(
  file: UploadSource,
  target: UploadTarget,
  options: UploadOptions,
  memory: Memory,
): Promise<StoredFile> {
  const signal = options.signal ?? new AbortController().signal
  try {
    if (signal.aborted) throw aborted(signal)
    if (file.size > ONE_REQUEST && (file.read !== undefined || file.slice !== undefined)) {
      return await uploadPlanned(file, target, options, signal, memory)
    }
    return await gate.whole(() =>
      target.direct && file.size > 0
        ? uploadDirect(file, target, options, signal)
        : uploadSingle(file, target, options, signal),
    )
  } catch (thrown) {
    const error = signal.aborted ? aborted(signal) : thrown
    if (error instanceof UploadError && memory.plan !== undefined) error.sessionUrl = memory.plan.sessionUrl
    throw error
  }
}

async function uploadDirect(
  file: UploadSource,
  target: UploadTarget,
  options: UploadOptions,
  signal: AbortSignal,
): Promise<StoredFile> {
  const sessions = createSessions(target, {
    signal,
    ...(options.retries !== undefined && { retries: options.retries }),
    onPause: (retryIn, { message: reason }) =>
      options.onProgress?.({ phase: 'waiting', sent: 0, total: file.size, retryIn, reason }),
  })
  const plan = await sessions.prepare(file, ['PUT'])
  if ('partSize' in plan) throw new UploadError('bad_answer', 'The server plans parts, which were not asked for.')
  return uploadPrepared(file, plan, target, options, sessions, signal)
}

/**
 * The caller's own uploads in parts that were begun and not finished, newest first. To go on with one, its file has to
 * be picked again: `upload` finds by itself what it can go on from.
 *
 * @throws {UploadError}
 */
export function unfinished(
  target: UploadTarget,
  { signal }: { signal?: AbortSignal } = {},
): Promise<UnfinishedUpload[]> {
  return createSessions(target, patienceOf(signal)).open()
}

/** Gives an unfinished upload up: its parts are removed from storage. One that is gone already is no error. */
export function discard(
  target: ServerTarget,
  { session_url }: Pick<UnfinishedUpload, 'session_url'>,
  { signal }: { signal?: AbortSignal } = {},
): Promise<void> {
  return partCalls(createAsking(target, patienceOf(signal))).discard(session_url)
}

function patienceOf(signal = new AbortController().signal): Patience {
  return { signal }
}
