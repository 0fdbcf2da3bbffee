import { UploadError } from './error.ts'
import { pause } from './retry.ts'
import type { StoredFile, UploadTarget } from './types.ts'

const FIRST_LOOK = 0.5
const LONGEST_LOOK = 5
/** Looks in a row that may fail before the outcome counts as unknown: some minutes. */
const FAILED_LOOKS = 40
const LOOK_TIMEOUT_MS = 30_000

/**
 * Asks how an upload goes whose finishing took longer than one answer could wait for (202), until it has ended.
 *
 * @param statusUrl as the answer gave it: a path, or a whole address
 * @throws {UploadError}
 */
export async function follow(statusUrl: string, target: UploadTarget, signal: AbortSignal): Promise<StoredFile> {
  const url = new URL(statusUrl, new URL(target.baseUrl ?? '/', globalThis.location?.href))
  const headers = { accept: 'application/json', ...(target.token && { authorization: `Bearer ${target.token}` }) }
  let failed = 0
  for (let seconds = FIRST_LOOK; ; seconds = Math.min(seconds * 2, LONGEST_LOOK)) {
    await pause(seconds, signal)
    const session = await look(url, headers, signal)
    failed = session === undefined ? failed + 1 : 0
    if (session?.status === 'completed' && session.file) return stored(session.file)
    if (session?.status === 'failed') {
      throw new UploadError(
        'upload_failed',
        session.failure_reason?.exc_str ?? 'The server could not finish the upload.',
      )
    }
    if (failed > FAILED_LOOKS || ['aborted', 'expired'].includes(session?.status ?? '')) {
      throw new UploadError(
        'outcome_unknown',
        'All was sent, but the server does not say what became of it. Look among the source’s newest files before sending it again.',
      )
    }
  }
}

interface Session {
  readonly status?: string
  readonly file?: Readonly<Record<string, unknown>>
  readonly failure_reason?: { readonly exc_str?: string } | null
}

async function look(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<Session | undefined> {
  try {
    const answer = await fetch(url, {
      headers,
      signal: AbortSignal.any([signal, AbortSignal.timeout(LOOK_TIMEOUT_MS)]),
    })
    return answer.ok ? ((await answer.json()) as Session) : undefined
  } catch (error) {
    if (signal.aborted) throw error
    return undefined
  }
}

function stored(file: Readonly<Record<string, unknown>>): StoredFile {
  const { id, filename, content_type, size, url } = file as unknown as Omit<StoredFile, 'file_id'> & { id: string }
  return { ok: true, file_id: id, filename, content_type, size, url, file }
}
