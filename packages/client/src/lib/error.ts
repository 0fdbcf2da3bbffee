/** Codes of this package; any other code is the server's own. */
export type UploadErrorCode =
  | 'aborted'
  | 'bad_answer'
  | 'connection_broken'
  | 'file_changed'
  | 'outcome_unknown'
  | 'stalled'
  | (string & {})

export interface UploadErrorDetails {
  readonly status?: number
  /** Whether the same file may be sent again without making a second one. */
  readonly retryable?: boolean
  readonly cause?: unknown
}

/** Why an upload did not happen. The message can be shown as it is: it says what happened and what to do. */
export class UploadError extends Error {
  readonly code: UploadErrorCode
  /** The HTTP status; 0 when no answer came. */
  readonly status: number
  readonly retryable: boolean

  constructor(code: UploadErrorCode, message: string, details: UploadErrorDetails = {}) {
    super(message, { cause: details.cause })
    this.name = 'UploadError'
    this.code = code
    this.status = details.status ?? 0
    this.retryable = details.retryable ?? false
  }
}
