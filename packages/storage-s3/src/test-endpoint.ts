import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { StorageContext } from 'holdall/plugin'

/** One request as it arrived. */
export interface Asked {
  readonly method: string
  /** Decoded. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

export type Answer = (asked: Asked, response: ServerResponse, request: IncomingMessage) => void

/** A server on this machine that answers as a test says, for what a real one cannot be made to answer. */
export interface Endpoint {
  readonly url: string
  /** Every request so far, such as `PUT /b/key?partNumber=1`. */
  readonly asked: Asked[]
  /** The next requests are answered by these and no others, in order; those after them by the one it was started with. */
  next(...answers: Answer[]): void
  /** Connections that are open. */
  connections(): Promise<number>
  close(): Promise<void>
}

export async function startEndpoint(usual: Answer = empty): Promise<Endpoint> {
  const asked: Asked[] = []
  const waiting: Answer[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const url = new URL(request.url ?? '/', 'http://localhost')
    const one = {
      method: request.method ?? '',
      path: decodeURIComponent(url.pathname),
      query: url.searchParams,
      headers: request.headers,
      body: Buffer.concat(chunks),
    }
    asked.push(one)
    const answer = waiting.shift() ?? usual
    answer(one, response, request)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    next: (...answers) => void waiting.splice(0, waiting.length, ...answers),
    connections: () => new Promise((resolve) => server.getConnections((_, count) => resolve(count))),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** 200, and nothing in it. */
export function empty(_: Asked, response: ServerResponse): void {
  response.writeHead(200, { 'content-length': 0 }).end()
}

export function xml(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Answer {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n${text}`
  return (asked, response) => {
    response.writeHead(status, { 'content-type': 'application/xml', 'content-length': body.length, ...headers })
    response.end(asked.method === 'HEAD' ? undefined : body)
  }
}

export function refusal(status: number, code: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return xml(status, `<Error><Code>${code}</Code><Message>in the service's own words</Message></Error>`, headers)
}

/** What the service breaks off without a word. */
export const hangUp: Answer = (_, response) => void response.destroy()

export const NOTHING_LISTED = xml(
  200,
  '<ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated></ListBucketResult>',
)

/** For what makes storages; `lines` gets what they log. */
export function testContext(): { context: StorageContext; lines: string[] } {
  const lines: string[] = []
  const say = (event: string, facts: object = {}) => void lines.push(`${event} ${JSON.stringify(facts)}`)
  return {
    lines,
    context: {
      getSecret: async () => undefined,
      fetch: () => Promise.reject(new Error('The bucket is reached by a way of its own')),
      log: { info: say, warn: say, error: say },
    },
  }
}
