/** Milliseconds until a request for JSON counts as lost. */
const REQUEST_TIMEOUT = 30_000

/** A refusal, in the server's own words, or why there is no answer. The message can be shown. */
export class RequestError extends Error {
  /** The HTTP status; 0 when no answer came. */
  readonly status: number

  constructor(message: string, status: number, cause?: unknown) {
    super(message, { cause })
    this.name = 'RequestError'
    this.status = status
  }
}

/**
 * GETs JSON, or POSTs it when there is a body.
 *
 * @throws {RequestError} for every refusal; the signal's reason when it was aborted
 * @example
 * await requestJson('/shop/items/1/-/update', { update: { photo: 'df-01jq…' }, return: true })
 */
export async function requestJson(url: string, body?: unknown, signal?: AbortSignal): Promise<Record<string, unknown>> {
  const response = await send(url, body, signal)
  const answer: unknown = await response.json().catch(() => null)
  if (typeof answer !== 'object' || answer === null) {
    const message = `The server answered ${response.status} without saying why. Reload the page and try again.`
    throw new RequestError(message, response.status)
  }
  const { ok, error } = answer as { ok?: unknown; error?: unknown }
  if (!response.ok || ok === false) {
    throw new RequestError(
      typeof error === 'string' ? error : `The server answered ${response.status}.`,
      response.status,
    )
  }
  return answer as Record<string, unknown>
}

async function send(url: string, body: unknown, signal: AbortSignal | undefined): Promise<Response> {
  const limit = AbortSignal.timeout(REQUEST_TIMEOUT)
  const init: RequestInit = {
    headers: { accept: 'application/json' },
    credentials: 'same-origin',
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
  }
  if (body !== undefined) {
    init.method = 'POST'
    init.headers = { accept: 'application/json', 'content-type': 'application/json' }
    init.body = JSON.stringify(body)
  }
  try {
    return await fetch(url, init)
  } catch (error) {
    if (signal?.aborted) throw error
    const message = limit.aborted
      ? 'The server did not answer in time. Try again in a moment.'
      : 'The server cannot be reached. Check the connection and try again.'
    throw new RequestError(message, 0, error)
  }
}
