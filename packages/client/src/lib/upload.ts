import { transport } from '#transport'
import { readAnswer } from './answer.ts'
import { UploadError } from './error.ts'
import { follow } from './follow.ts'
import { pause, pauseBefore } from './retry.ts'
import type { Answer, StoredFile, UploadOptions, UploadSource, UploadTarget } from './types.ts'

const STALL_TIMEOUT = 60_000
/** The server hashes while it receives; what is left when all is sent (flush, inspect, record) takes seconds, not minutes. */
const FINISH_TIMEOUT = 600_000
const RETRIES = 7

/**
 * Uploads one file as one request and resolves when the server has committed it, never before.
 *
 * A broken upload starts again by itself only where that cannot make a second file: the server cannot have received
 * all of it, or it said that it took nothing. A connection that breaks after the last byte leaves the outcome unknown:
 * that is an `UploadError` with the code `outcome_unknown`.
 *
 * @throws {UploadError}
 */
export async function upload(
  file: UploadSource,
  target: UploadTarget,
  options: UploadOptions = {},
): Promise<StoredFile> {
  const retries = options.retries ?? RETRIES
  const cancelled = options.signal ?? new AbortController().signal
  for (let attempt = 1; ; attempt += 1) {
    let retryAfter: string | null = null
    try {
      const answer = await attemptOnce(file, target, options, cancelled)
      retryAfter = answer.retryAfter
      const outcome = readAnswer(answer)
      return 'statusUrl' in outcome ? await follow(outcome.statusUrl, target, cancelled) : outcome
    } catch (error) {
      if (cancelled.aborted) throw aborted(cancelled)
      if (!(error instanceof UploadError) || !error.retryable || attempt > retries) throw error
      const seconds = pauseBefore(attempt, retryAfter)
      options.onProgress?.({ phase: 'waiting', sent: 0, total: file.size, retryIn: seconds })
      await pause(seconds, cancelled).catch(() => {
        throw aborted(cancelled)
      })
    }
  }
}

async function attemptOnce(
  file: UploadSource,
  target: UploadTarget,
  options: UploadOptions,
  cancelled: AbortSignal,
): Promise<Answer> {
  if (cancelled.aborted) throw aborted(cancelled)
  const stall = new AbortController()
  const stallTimeout = options.stallTimeout ?? STALL_TIMEOUT
  let sent = 0
  let timer = setTimeout(() => stall.abort(), stallTimeout)
  function moved(bytes: number): void {
    sent = bytes
    clearTimeout(timer)
    timer = setTimeout(() => stall.abort(), sent >= file.size ? FINISH_TIMEOUT : stallTimeout)
    options.onProgress?.({ phase: sent >= file.size ? 'finishing' : 'sending', sent, total: file.size })
  }
  options.onProgress?.({ phase: 'sending', sent: 0, total: file.size })
  try {
    return await transport({
      url: uploadUrl(target, file.name),
      headers: uploadHeaders(target, file),
      body: file,
      signal: AbortSignal.any([cancelled, stall.signal]),
      onSent: moved,
    })
  } catch (error) {
    if (cancelled.aborted || error instanceof UploadError) throw error
    throw await explain(file, sent, stall.signal.aborted, error)
  } finally {
    clearTimeout(timer)
  }
}

async function explain(file: UploadSource, sent: number, stalled: boolean, cause: unknown): Promise<UploadError> {
  if (!(await readable(file))) {
    return new UploadError('file_changed', `${file.name} changed or went away while it was sent. Choose it again.`, {
      cause,
    })
  }
  if (file.size > 0 && sent < file.size) {
    return stalled
      ? new UploadError('stalled', 'Nothing moved for a while. Retry sends the file again.', { cause, retryable: true })
      : new UploadError('connection_broken', 'The connection broke. Retry sends the file again.', {
          cause,
          retryable: true,
        })
  }
  return new UploadError(
    'outcome_unknown',
    `The connection broke after all of ${file.name} was sent, so it may have arrived. Look among the source’s newest files before sending it again.`,
    { cause },
  )
}

/** A file on disk that changed since it was picked cannot be read any more: browsers refuse, and so does Node's Blob. */
async function readable(file: UploadSource): Promise<boolean> {
  if (file.size === 0) return true
  const reader = file.stream().getReader()
  try {
    const { done } = await reader.read()
    return !done
  } catch {
    return false
  } finally {
    reader.cancel().catch(() => {})
  }
}

function uploadUrl(target: UploadTarget, filename: string): string {
  const base = (target.baseUrl ?? '/').replace(/\/*$/, '/')
  return `${base}-/files/upload/${encodeURIComponent(target.source)}?filename=${encodeURIComponent(filename)}`
}

function uploadHeaders(target: UploadTarget, file: UploadSource): Record<string, string> {
  const headers: Record<string, string> = {
    accept: 'application/json',
    'content-type': file.type || 'application/octet-stream',
  }
  if (target.token !== undefined) headers.authorization = `Bearer ${target.token}`
  return headers
}

function aborted(signal: AbortSignal): UploadError {
  return new UploadError('aborted', 'The upload was cancelled.', { cause: signal.reason })
}
