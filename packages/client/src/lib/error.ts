/** Codes of this package; any other code is the server's own. */
export type UploadErrorCode =
  | 'aborted'
  | 'bad_answer'
  | 'confirmation_needed'
  | 'connection_broken'
  | 'file_changed'
  | 'follow_timeout'
  | 'outcome_unknown'
  | 'stalled'
  | 'storage_keeps_out'
  | 'storage_refused'
  | 'upload_cancelled'
  | 'upload_failed'
  | 'upload_gone'
  | 'upload_shared'
  | (string & {})

export interface UploadErrorDetails {
  readonly status?: number
  /** Whether the same file may be sent again without making a second one. */
  readonly retryable?: boolean
  /** What the answer asked for in `Retry-After`. */
  readonly retryAfter?: string | null
  readonly cause?: unknown
}

/** Why an upload did not happen. The message can be shown as it is: it says what happened and what to do. */
export class UploadError extends Error {
  readonly code: UploadErrorCode
  /** The HTTP status; 0 when no answer came. */
  readonly status: number
  readonly retryable: boolean
  readonly retryAfter: string | null
  /** Where the parts are kept that were sent before it failed; for `discard`. */
  sessionUrl?: string

  constructor(code: UploadErrorCode, message: string, details: UploadErrorDetails = {}) {
    super(message, { cause: details.cause })
    this.name = 'UploadError'
    this.code = code
    this.status = details.status ?? 0
    this.retryable = details.retryable ?? false
    this.retryAfter = details.retryAfter ?? null
  }
}

/** The signal's own error when the caller stopped the upload. */
export function aborted(signal: AbortSignal): UploadError {
  return new UploadError('aborted', 'The upload was cancelled.', { cause: signal.reason })
}

export function fileChanged(name: string, cause?: unknown): UploadError {
  return new UploadError('file_changed', `${name} changed or went away while it was sent. Choose it again.`, { cause })
}
