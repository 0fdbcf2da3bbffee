import type { Answer, Sending, UploadSource } from './types.ts'

/** Browsers open six connections to a server over HTTP/1.1: one stays free, so that the page goes on working. */
export const CONNECTIONS = 5

/** Files up to this size are read before they are sent: some versions of Safari never finish sending a file-backed Blob. */
const READ_FIRST = 16 * 1024 * 1024

/** `XMLHttpRequest`, because `fetch` cannot tell how much was sent. */
export async function transport({ method, url, headers, body, signal, onSent }: Sending): Promise<Answer> {
  const content = typeof body === 'object' && !ArrayBuffer.isView(body) ? await read(body) : body
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
    if (typeof content === 'object') request.upload.addEventListener('progress', (event) => onSent(event.loaded))
    request.addEventListener('load', () =>
      settle(() => {
        const { status, responseText: text } = request
        resolve({ status, retryAfter: header(request, 'retry-after'), etag: header(request, 'etag'), text })
      }),
    )
    request.addEventListener('error', () => settle(() => reject(new TypeError('network error'))))
    // Safari aborts requests by itself; only the signal says that somebody cancelled.
    request.addEventListener('abort', () => settle(() => reject(new TypeError('connection closed'))))
    signal.addEventListener('abort', stop, { once: true })
    request.open(method, url)
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.send(asBlob(content))
  })
}

/**
 * Bytes in the hands of the browser: it stands still while `send` takes them from a buffer, for a second or more when it is
 * busy. They are a copy in memory, not the file.
 */
function asBlob(content: Blob | ArrayBuffer | Uint8Array<ArrayBuffer> | string | undefined): Blob | string | undefined {
  return content === undefined || typeof content === 'string' || content instanceof Blob ? content : new Blob([content])
}

async function read(source: UploadSource): Promise<Blob | ArrayBuffer> {
  const blob = source instanceof Blob ? source : await new Response(source.stream()).blob()
  return blob.size <= READ_FIRST ? await blob.arrayBuffer() : blob
}

/** Asking for a header that another origin does not expose is reported on the console as an error; the list is not. */
function header(request: XMLHttpRequest, name: string): string | null {
  for (const line of request.getAllResponseHeaders().split('\r\n')) {
    const colon = line.indexOf(':')
    if (line.slice(0, colon).toLowerCase() === name)
      return line
        .slice(colon + 1)
        .trim()
        .replaceAll('"', '')
  }
  return null
}
