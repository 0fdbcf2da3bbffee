interface ErrorEntry {
  readonly status: number
  /** `{name}` is filled with the value of that name. Says what happened, then what to do. */
  readonly message: string
}

/** Every error code that a client can meet. Codes are stable: add, never rename. */
export const ERRORS = {
  // Requests
  bad_request: { status: 400, message: '{reason}' },
  invalid_json: { status: 400, message: 'Invalid JSON: {reason}' },
  invalid_cursor: { status: 400, message: 'The cursor is not one that this list gave out. Start again without it.' },
  not_found: { status: 404, message: 'Nothing is at this address.' },
  method_not_allowed: { status: 405, message: 'Method not allowed. This address takes {allow}.' },
  body_too_large: { status: 413, message: 'The body is larger than {limit} bytes.' },
  internal: { status: 500, message: 'The server failed at this request. Its log has the reason under the request id.' },
  unavailable: { status: 503, message: '{reason}' },
  database_busy: { status: 503, message: 'The database is busy. Try again in a moment.' },

  // Who asks, and whether they may
  sign_in_required: { status: 401, message: 'Sign in to do this: {action} is needed.' },
  invalid_token: { status: 401, message: 'This token is unknown, expired or revoked. Make a new one at /-/tokens.' },
  permission_denied: { status: 403, message: 'Permission denied: {action} on {resource}' },
  cross_site: {
    status: 403,
    message: 'This request came from another site. Send it from a page of this server or with a bearer token.',
  },

  // Files and sources
  file_not_found: { status: 404, message: 'File not found: {id}' },
  source_not_found: { status: 404, message: 'Source not found: {source}' },

  // The internal database
  internal_database_unknown: {
    status: 500,
    message:
      '{path} is not an internal database of Holdall. Nothing in it was changed. Name another file with --internal; this version cannot yet carry over one that Datasette wrote.',
  },
  internal_database_newer: {
    status: 500,
    message:
      '{path} was written by a newer Holdall ({migrations}). Nothing in it was changed. Start that version, or name another file with --internal.',
  },

  // Databases
  database_not_found: { status: 404, message: 'Database not found' },
  table_not_found: { status: 404, message: 'Table not found' },
  row_not_found: { status: 404, message: 'Row not found' },
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof ERRORS
