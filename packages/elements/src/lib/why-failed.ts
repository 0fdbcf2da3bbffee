import { UploadError } from '@holdall/client'

/** Statuses of the server's answers about the file itself: the same file would be answered the same. */
const REFUSES_THE_FILE = new Set([400, 413, 415, 422])

/** What a failure is to people. */
export interface Failure {
  /** It is the file that is not taken: trying again would change nothing. */
  readonly refused: boolean
  /** The storage lets nothing in from this page; once it does, the same can be sent. */
  readonly keptOut: boolean
  readonly words: string
}

/** @param kept bytes that stay in storage */
export function failureOf(error: unknown, kept: number): Failure {
  if (!(error instanceof UploadError)) {
    return { refused: false, keptOut: false, words: 'The upload failed. Retry sends the file again.' }
  }
  const refused = isAboutTheFile(error)
  const keptOut = error.code === 'storage_keeps_out'
  return { refused, keptOut, words: refused ? error.message : wordsOf(error, kept) }
}

function isAboutTheFile({ code, status }: UploadError): boolean {
  return code === 'file_changed' || (code !== 'storage_refused' && REFUSES_THE_FILE.has(status))
}

/** Whatever request it was that failed: what people want to know is what has become of what was sent. */
function wordsOf({ code, message }: UploadError, kept: number): string {
  // What became of it on the server the card says itself.
  if (kept === 0 || code === 'upload_failed' || message.includes('is kept')) return message
  const broke = code === 'connection_broken' || code === 'stalled'
  return `${broke ? 'The connection broke.' : message} What was sent is kept; Retry goes on from there.`
}

/** Something of this name and size lies in storage, and yet nothing of it was used. @param compared bytes */
export function whyAnew(compared: number): string {
  return compared > 0
    ? 'What was sent before is of another file with this name and size. This one is sent from its beginning.'
    : 'Nothing that was sent before could be used. It is sent from its beginning.'
}
