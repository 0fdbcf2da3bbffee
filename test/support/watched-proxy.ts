import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it passes. */
export interface Passed {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  /** The number of the part that it carries; 0 for all others. */
  readonly part: number
  /** Bytes of its body that passed so far. */
  bytes: number
  /** The status that the client was given; 0 while there is none. */
  status: number
}

/** Stands between a client and a server, lets everything through, counts it, and tells a test when to strike. */
export interface WatchedProxy {
  readonly url: string
  /** Where the server is; may change when it comes back. */
  upstream: string
  readonly passed: Passed[]
  /** Told of each request when its head has come, before the server hears of it, and of each piece of its body. */
  onHead: (request: Passed, number: number) => void
  onBody: (request: Passed, total: number) => void
  /** Told of each answer when its head has come, before the client hears of it. */
  onAnswer: (request: Passed) => void
  /** Forgets what passed. */
  reset(): void
  close(): Promise<void>
}

export async function startWatchedProxy(upstream: string): Promise<WatchedProxy> {
  let total = 0
  const server = createServer((request, response) => pass(request, response))
  // A client that is killed breaks its connections; that is what is being tested.
  server.on('clientError', (_, socket) => socket.destroy())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy: WatchedProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    upstream,
    passed: [],
    onHead() {},
    onBody() {},
    onAnswer() {},
    reset() {
      proxy.passed.length = 0
      total = 0
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }

  function pass(request: IncomingMessage, response: ServerResponse): void {
    const [path = '', search] = (request.url ?? '').split('?')
    const query = new URLSearchParams(search)
    const part = Number(query.get('partNumber') ?? /\/upload\/parts\/[^/]+\/(\d+)$/.exec(path)?.[1] ?? 0)
    const passing: Passed = { method: request.method ?? '', path, query, part, bytes: 0, status: 0 }
    proxy.passed.push(passing)
    proxy.onHead(passing, proxy.passed.length)
    const { method, headers } = request
    const outgoing = send(proxy.upstream + request.url, { method, headers, agent: false })
    outgoing.on('response', (answer) => {
      passing.status = answer.statusCode ?? 0
      proxy.onAnswer(passing)
      response.writeHead(passing.status, answer.headers)
      answer.pipe(response)
      answer.on('error', () => response.destroy())
    })
    outgoing.on('error', () => response.destroy())
    request.on('error', () => outgoing.destroy())
    response.on('close', () => outgoing.destroy())
    request.on('data', (chunk: Buffer) => {
      passing.bytes += chunk.length
      total += chunk.length
      proxy.onBody(passing, total)
      if (!outgoing.write(chunk)) {
        request.pause()
        outgoing.once('drain', () => request.resume())
      }
    })
    request.on('end', () => outgoing.end())
  }

  return proxy
}
