import { readAnswer } from './answer.ts'
import { arrived } from './arrived.ts'
import { addressOf, unreachable, uploadPath } from './call.ts'
import { fileChanged, UploadError } from './error.ts'
import { follow } from './follow.ts'
import { gate } from './gate.ts'
import { createRate } from './rate.ts'
import { type Patience, persist } from './retry.ts'
import type { Answer, StoredFile, UploadOptions, UploadSource, UploadTarget } from './types.ts'
import { Broken, STALL_TIMEOUT, watched } from './watch.ts'

/** The server hashes while it receives; what is left when all is sent (flush, inspect, record) takes seconds, not minutes. */
const FINISH_TIMEOUT = 600_000

/**
 * One request with the file as its body.
 *
 * It starts again by itself only where that cannot make a second file: the server cannot have received all of it, or it
 * said that it took nothing, or it is seen not to have it. A connection that breaks after the last byte leaves the outcome
 * unknown: then it is looked whether the file has arrived. Where that cannot be seen either: `outcome_unknown`.
 */
export function uploadSingle(
  file: UploadSource,
  target: UploadTarget,
  { onProgress, ...options }: UploadOptions,
  signal: AbortSignal,
): Promise<StoredFile> {
  const rate = createRate()
  function moved(sent: number): void {
    if (sent > 0) rate.add(sent)
    const speed = rate.perSecond()
    const phase = sent >= file.size && file.size > 0 ? 'finishing' : 'sending'
    onProgress?.({ phase, sent, total: file.size, ...(speed !== undefined && { speed }) })
  }
  const patience: Patience = {
    signal,
    ...(options.retries !== undefined && { retries: options.retries }),
    onPause: (retryIn, { message: reason }) =>
      onProgress?.({ phase: 'waiting', sent: 0, total: file.size, retryIn, reason }),
  }

  async function attempt(): Promise<StoredFile> {
    const leave = await gate.enter('whole', signal)
    const began = Date.now()
    try {
      rate.reset()
      moved(0)
      const outcome = readAnswer(await send(file, target, options, signal, moved))
      return 'statusUrl' in outcome ? await follow(outcome.statusUrl, target, signal) : outcome
    } catch (error) {
      if (!(error instanceof UploadError) || error.code !== 'outcome_unknown') throw error
      return await foundOrAgain(error, began)
    } finally {
      leave()
    }
  }

  async function foundOrAgain(unknown: UploadError, began: number): Promise<StoredFile> {
    const found = await arrived(file, target, began, patience)
    if (found === undefined) throw unknown
    if (found !== null) return found
    throw new UploadError(
      'connection_broken',
      'The connection broke, and the file has not arrived. It is sent again.',
      {
        cause: unknown,
        retryable: true,
      },
    )
  }

  return persist(attempt, patience)
}

async function send(
  file: UploadSource,
  target: UploadTarget,
  { stallTimeout = STALL_TIMEOUT }: UploadOptions,
  signal: AbortSignal,
  onSent: (sent: number) => void,
): Promise<Answer> {
  const headers: Record<string, string> = {
    accept: 'application/json',
    'content-type': file.type || 'application/octet-stream',
  }
  if (target.token !== undefined) headers.authorization = `Bearer ${target.token}`
  const url = addressOf(target, `${uploadPath(target)}?filename=${encodeURIComponent(file.name)}`).href
  const request = { method: 'POST' as const, url, headers, body: file, size: file.size, signal, onSent }
  try {
    return await watched({ ...request, stallTimeout, answerTimeout: FINISH_TIMEOUT })
  } catch (error) {
    throw error instanceof Broken ? await explain(file, error) : error
  }
}

/** What no server can have heard of. */
const UNHEARD = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

async function explain(file: UploadSource, broken: Broken): Promise<UploadError> {
  const { allSent, stalled, cause } = broken
  if (UNHEARD.has(String((cause as { code?: unknown } | null)?.code))) return unreachable(broken)
  if (cause instanceof UploadError) return cause
  if (!(await readable(file))) return fileChanged(file.name, cause)
  if (file.size > 0 && !allSent) {
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
