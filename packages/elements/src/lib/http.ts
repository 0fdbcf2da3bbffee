/** A refusal, in the server's own words. */
export class RequestError extends Error {
  readonly status: number

  constructor(message: string, status: number, cause?: unknown) {
    super(message, { cause })
    this.name = 'RequestError'
    this.status = status
  }
}

/** GETs JSON, or POSTs it when there is a body. Rejects with a `RequestError` whose message can be shown. */
export async function requestJson(url: string, body?: unknown, signal?: AbortSignal): Promise<Record<string, unknown>> {
  const init: RequestInit = { headers: { accept: 'application/json' }, credentials: 'same-origin' }
  if (signal) init.signal = signal
  if (body !== undefined) {
    init.method = 'POST'
    init.headers = { accept: 'application/json', 'content-type': 'application/json' }
    init.body = JSON.stringify(body)
  }
  let response: Response
  try {
    response = await fetch(url, init)
  } catch (error) {
    if (signal?.aborted) throw error
    throw new RequestError('The server cannot be reached. Check the connection and try again.', 0, error)
  }
  const answer = await response.json().catch(() => null)
  if (typeof answer !== 'object' || answer === null) {
    throw new RequestError(
      `The server answered ${response.status} without saying why. Reload the page and try again.`,
      response.status,
    )
  }
  if (!response.ok || answer.ok === false) {
    throw new RequestError(
      typeof answer.error === 'string' ? answer.error : `The server answered ${response.status}.`,
      response.status,
    )
  }
  return answer
}
