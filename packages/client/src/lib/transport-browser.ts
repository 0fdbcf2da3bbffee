import type { Answer, Sending } from './types.ts'

/** Files up to this size are read before they are sent: some versions of Safari never finish sending a file-backed Blob. */
const READ_FIRST = 16 * 1024 * 1024

/** `XMLHttpRequest`, because `fetch` cannot tell how much was sent. */
export async function transport({ url, headers, body, signal, onSent }: Sending): Promise<Answer> {
  const blob = body instanceof Blob ? body : await new Response(body.stream()).blob()
  const content = blob.size <= READ_FIRST ? await blob.arrayBuffer() : blob
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const request = new XMLHttpRequest()
    function stop(): void {
      request.abort()
      reject(signal.reason)
    }
    function settle(done: () => void): void {
      signal.removeEventListener('abort', stop)
      done()
    }
    request.upload.addEventListener('progress', (event) => onSent(event.loaded))
    request.addEventListener('load', () =>
      settle(() =>
        resolve({
          status: request.status,
          retryAfter: request.getResponseHeader('retry-after'),
          text: request.responseText,
        }),
      ),
    )
    request.addEventListener('error', () => settle(() => reject(new TypeError('network error'))))
    // Safari aborts requests by itself; only the signal says that somebody cancelled.
    request.addEventListener('abort', () => settle(() => reject(new TypeError('connection closed'))))
    signal.addEventListener('abort', stop, { once: true })
    request.open('POST', url)
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.send(content)
  })
}
