import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createLog } from '../../web/log.ts'
import { createOutgoing } from '../../web/outgoing/fetch.ts'
import type { StorageContext } from '../storage.ts'

export type Answer = (request: IncomingMessage, response: ServerResponse) => void

export interface Origin {
  /** Scheme, host and port. */
  readonly url: string
  /** Every request so far: `GET /a bytes=0-1`. */
  readonly asked: string[]
  close(): Promise<void>
}

/** Another server, on this machine. */
export async function startOrigin(answer: Answer): Promise<Origin> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push([request.method, request.url, request.headers.range].filter((part) => part !== undefined).join(' '))
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** As servers of files answer: with an ETag, a time and ranges. */
export function sendFile(request: IncomingMessage, response: ServerResponse, body: Buffer | undefined): void {
  if (body === undefined) {
    response.writeHead(404).end('nothing is here')
    return
  }
  const headers = {
    'accept-ranges': 'bytes',
    etag: `"${createHash('md5').update(body).digest('hex')}"`,
    'last-modified': 'Wed, 21 Oct 2015 07:28:00 GMT',
    'content-type': 'application/octet-stream',
  }
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '') ?? []
  if (first === '' && last === '') {
    response.writeHead(200, { ...headers, 'content-length': body.length })
    response.end(request.method === 'HEAD' ? undefined : body)
    return
  }
  const from = first === '' ? Math.max(0, body.length - Number(last)) : Number(first)
  const to = first === '' || last === '' ? body.length - 1 : Math.min(Number(last), body.length - 1)
  if (from > to) {
    response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end()
    return
  }
  response.writeHead(206, {
    ...headers,
    'content-length': to - from + 1,
    'content-range': `bytes ${from}-${to}/${body.length}`,
  })
  response.end(body.subarray(from, to + 1))
}

/** A context whose requests may go to this machine; what is logged is in `lines`. */
export function testContext(allowPrivate: readonly string[] = ['127.0.0.1']) {
  const outgoing = createOutgoing({ allowPrivate, answerLimitMs: 1_000, stallLimitMs: 1_000 })
  const lines: string[] = []
  const context: StorageContext = {
    getSecret: async () => undefined,
    fetch: outgoing.fetch,
    log: createLog((line) => lines.push(line)),
  }
  return { context, lines, close: outgoing.close }
}
