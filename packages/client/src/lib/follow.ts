import { type Called, call } from './call.ts'
import { UploadError } from './error.ts'
import { pause } from './retry.ts'
import { storedFile } from './stored.ts'
import type { StoredFile, UploadTarget } from './types.ts'

export const PARTS_MISSING = 'upload_parts_missing'
const CONFLICT = 409
const FIRST_LOOK = 0.5
const LONGEST_LOOK = 5
/** Looks in a row that may fail before the outcome counts as unknown: some minutes. */
const FAILED_LOOKS = 40

/**
 * Asks how an upload goes whose finishing took longer than one answer could wait for (202), until it has ended.
 *
 * @param statusUrl as the answer gave it: a path, or a whole address
 * @throws {UploadError}
 */
export async function follow(statusUrl: string, target: UploadTarget, signal: AbortSignal): Promise<StoredFile> {
  let failed = 0
  for (let seconds = FIRST_LOOK; ; seconds = Math.min(seconds * 2, LONGEST_LOOK)) {
    await pause(seconds, signal)
    const session = await look(statusUrl, target, signal)
    failed = session === undefined ? failed + 1 : 0
    if (session?.status === 'completed' && session.file) return storedFile(session.file)
    if (session?.status === 'failed') throw uploadFailed(session)
    if (session?.status === 'initiated') throw openAgain()
    if (failed > FAILED_LOOKS || ['aborted', 'expired'].includes(session?.status ?? '')) {
      throw new UploadError(
        'outcome_unknown',
        'All was sent, but the server does not say what became of it. Look among the source’s newest files before sending it again.',
      )
    }
  }
}

export interface SessionState {
  readonly status?: string
  readonly file?: unknown
  readonly failure_reason?: { readonly exc_str?: string } | null
}

export function uploadFailed(session: SessionState): UploadError {
  return new UploadError('upload_failed', session.failure_reason?.exc_str ?? 'The server could not finish the upload.')
}

/** Whether a session that refused a part because it was being completed takes parts again: that came too early. */
export function isOpenAgain({ status }: SessionState, refusal: UploadError): boolean {
  return status === 'initiated' && refusal.status === CONFLICT
}

/** Somebody's `complete` found that parts are missing, and the session waits for them. */
export function openAgain(): UploadError {
  return new UploadError(PARTS_MISSING, 'Parts of the upload are missing. Send it again.', { retryable: true })
}

async function look(url: string, target: UploadTarget, signal: AbortSignal): Promise<SessionState | undefined> {
  try {
    const answer: Called = await call(target, 'GET', url, undefined, signal)
    return answer.body
  } catch (error) {
    if (signal.aborted) throw error
    return undefined
  }
}
