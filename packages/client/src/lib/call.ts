import { UploadError } from './error.ts'
import type { ServerTarget, UploadTarget } from './types.ts'
import { Broken, STALL_TIMEOUT, watched } from './watch.ts'

/** Something passing is wrong with the server or with what stands before it. Every call here may be made twice. */
const PASSING_STATUS = new Set([408, 425, 429, 500, 502, 503, 504])

export type Json = Readonly<Record<string, unknown>>

export interface Called {
  readonly status: number
  readonly body: Json
}

/** An address of this server: `path` as it says it, with its own prefix, or relative to it. */
export function addressOf({ baseUrl = '/' }: ServerTarget, path: string): URL {
  return new URL(path, new URL(baseUrl.replace(/\/*$/, '/'), globalThis.location?.href))
}

/** Whether an address is Holdall's own; others are those of a storage that is sent to directly. */
export function isOwn(target: ServerTarget, { origin }: URL): boolean {
  return origin === addressOf(target, '').origin
}

/** `-/files/upload/{source}`, below which everything about uploads is. */
export function uploadPath({ source }: UploadTarget): string {
  return `-/files/upload/${encodeURIComponent(source)}`
}

/**
 * One request for JSON, and its answer when it is a success.
 *
 * @param timeout milliseconds until it counts as lost
 * @throws {UploadError} `retryable` when it is worth asking again
 */
export async function call(
  target: ServerTarget,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body: Json | undefined,
  signal: AbortSignal,
  timeout: number = STALL_TIMEOUT,
): Promise<Called> {
  const url = addressOf(target, path)
  // The token is for this server alone, whatever addresses its answers name.
  if (!isOwn(target, url)) throw strange(`The server names an address elsewhere: ${url.origin}`)
  const headers: Record<string, string> = { accept: 'application/json', ...tokenOf(target) }
  if (body !== undefined) headers['content-type'] = 'application/json'
  const answer = await watched({
    method,
    url: url.href,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
    size: 0,
    signal,
    stallTimeout: timeout,
    answerTimeout: timeout,
    onSent() {},
  }).catch((error: unknown) => {
    throw error instanceof Broken ? unreachable(error) : error
  })
  const parsed = parse(answer.text)
  if (answer.status >= 200 && answer.status < 300 && parsed !== null) return { status: answer.status, body: parsed }
  const retryable = PASSING_STATUS.has(answer.status)
  const details = { status: answer.status, retryAfter: answer.retryAfter, retryable }
  if (typeof parsed?.error === 'string') {
    throw new UploadError(typeof parsed.code === 'string' ? parsed.code : 'bad_answer', parsed.error, details)
  }
  if (retryable) throw new UploadError('bad_answer', 'The server did not answer. Try again in a moment.', details)
  throw answer.status < 400
    ? strange('The answer did not come from Holdall. Check the address, or sign in again.', answer.status)
    : strange(`The server answered ${answer.status} without saying why. Its log has the reason.`, answer.status)
}

/** The header that says who asks. */
export function tokenOf({ token, tokenHeader }: ServerTarget): Record<string, string> {
  if (token === undefined) return {}
  return tokenHeader === undefined ? { authorization: `Bearer ${token}` } : { [tokenHeader.toLowerCase()]: token }
}

/** A page is where its server is; whoever has named an address wants to know which one was asked. */
export function unreachable({ stalled, cause, url }: Broken): UploadError {
  const message =
    globalThis.location === undefined
      ? `${new URL(url).origin} cannot be reached${codeOf(cause)}. Is the server running, and is this its address?`
      : 'The server cannot be reached. Check the connection and try again.'
  return new UploadError(stalled ? 'stalled' : 'connection_broken', message, { cause, retryable: true })
}

/** " (ECONNREFUSED)" */
function codeOf(cause: unknown): string {
  const code = (cause as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' && /^E[A-Z_]+$/.test(code) ? ` (${code})` : ''
}

export function strange(message: string, status = 0): UploadError {
  return new UploadError('bad_answer', message, { status })
}

export function parse(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Json) : null
  } catch {
    return null
  }
}
