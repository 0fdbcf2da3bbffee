import { parse } from './call.ts'
import { UploadError } from './error.ts'
import type { Answer, StoredFile } from './types.ts'

/** The server was too busy, or something in front of it was, and the file was not taken. */
const PASSING_STATUS = new Set([408, 425, 429, 503])
/** A proxy lost the server after it had passed the file on, or some of it. */
const LOST_STATUS = new Set([502, 504])

/** All bytes are there and the server is still at work on them. */
export interface StillFinishing {
  readonly statusUrl: string
}

/** What became of the file, as an answer says. Throws an `UploadError` with the server's own words when it refuses. */
export function readAnswer(answer: Answer): StoredFile | StillFinishing {
  const body = parse(answer.text)
  if (answer.status === 202 && typeof body?.status_url === 'string') return { statusUrl: body.status_url }
  if (answer.status === 201 && body?.ok === true && typeof body.file_id === 'string') {
    return body as unknown as StoredFile
  }
  if (body?.ok === false && typeof body.error === 'string') {
    throw new UploadError(typeof body.code === 'string' ? body.code : 'bad_answer', body.error, {
      status: answer.status,
      retryable: PASSING_STATUS.has(answer.status),
      retryAfter: answer.retryAfter,
    })
  }
  if (LOST_STATUS.has(answer.status)) {
    throw new UploadError(
      'outcome_unknown',
      'The server was lost behind its proxy, so the file may have arrived. Look among the source’s newest files before sending it again.',
      { status: answer.status },
    )
  }
  throw new UploadError('bad_answer', unforeseen(answer.status), {
    status: answer.status,
    retryable: PASSING_STATUS.has(answer.status),
    retryAfter: answer.retryAfter,
  })
}

/** Answers that are not ours come from what stands between: a proxy, a firewall, a sign-in page. */
function unforeseen(status: number): string {
  if (status === 413)
    return 'Something in front of the server refuses files of this size. Ask whoever runs it to raise its limit.'
  if (status >= 200 && status < 400) return 'The answer did not come from Holdall. Check the address, or sign in again.'
  if (PASSING_STATUS.has(status)) return 'The server did not answer. Try again in a moment.'
  return `The server answered ${status} without saying why. Its log has the reason.`
}
