import { once } from 'node:events'
import {
  type ClientRequest,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
  request as send,
} from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** A request as it passes, and what became of it. */
export interface Passing {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** Of its body, bytes that have come so far. */
  sent: number
  /** Of the answer's body, bytes that were handed on so far. */
  received: number
  /** That the client was given; 0 while, or because, there is none. */
  status: number
}

/** What is done to one request. `after` counts bytes of the body; without it, 0: before the first. */
export type Fault =
  /** The server hears of it so much later. */
  | { readonly kind: 'latency'; readonly ms: number }
  /**
   * The connection is reset. Of a request, both sides are, in the middle of its body; of an answer, the client's, so that
   * it does not know what the server did.
   */
  | { readonly kind: 'reset'; readonly of: 'request' | 'answer'; readonly after?: number }
  /** The answer ends too soon, though it has said how long it would be. */
  | { readonly kind: 'truncate'; readonly after?: number }
  /** The server hears nothing; the client's connection is closed on this side and stays open on the other. */
  | { readonly kind: 'half-close' }
  /** Nothing moves any more, and nobody closes anything: the request is not read on, or the answer not handed on. */
  | { readonly kind: 'stall'; readonly of: 'request' | 'answer'; readonly after?: number }
  /** The client is given this answer. The server hears nothing of the request, or does what it says when `done`. */
  | { readonly kind: 'answer'; readonly answer: Answer; readonly done?: boolean }
  /** The server's answer with other headers; one that is `undefined` is taken out. */
  | { readonly kind: 'headers'; readonly headers: Readonly<Record<string, string | undefined>> }
  /** The server hears a request with other headers; one that is `undefined` is taken out. */
  | { readonly kind: 'request-headers'; readonly headers: Readonly<Record<string, string | undefined>> }

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Rule {
  /** Which requests; all without it. */
  readonly match?: (request: Passing) => boolean
  /** How many of them; all without it. */
  readonly times?: number
  readonly fault: Fault
}

/** Stands between a client and a server, and breaks what a test wants broken. Everything else passes as it is. */
export interface FaultProxy {
  /** Scheme, host and port. */
  readonly url: string
  /** Where the server is; may change when it comes back. */
  upstream: string
  /** Every request, in the order in which they came. */
  readonly passed: Passing[]
  /** The first rule that matches a request and is not used up decides; one rule a request. */
  add(rule: Rule): void
  /** Everything passes again, and what passed is forgotten. What stalls goes on stalling. */
  clear(): void
  close(): Promise<void>
}

/** What S3 says when it refuses. */
export function s3Error(status: number, code: string, message = code): Answer {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`
  return { status, headers: { 'content-type': 'application/xml' }, body }
}

/**
 * @example
 * const proxy = await startFaultProxy(S3_ENDPOINT)
 * proxy.add({ match: ({ query }) => query.has('partNumber'), times: 3, fault: { kind: 'answer', answer: s3Error(503, 'SlowDown') } })
 * proxy.add({ match: ({ method }) => method === 'POST', times: 1, fault: { kind: 'answer', answer: s3Error(200, 'InternalError'), done: true } })
 */
export async function startFaultProxy(upstream: string): Promise<FaultProxy> {
  let rules: (Rule & { left: number })[] = []
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => void pass(request, response))
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // Broken connections are what this is for.
    socket.on('error', () => {})
  })
  server.on('clientError', (_, socket) => socket.destroy())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy: FaultProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    upstream,
    passed: [],
    add(rule) {
      rules.push({ ...rule, left: rule.times ?? Number.POSITIVE_INFINITY })
    },
    clear() {
      rules = []
      proxy.passed.length = 0
    },
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }

  function faultOf(passing: Passing): Fault | undefined {
    const rule = rules.find(({ left, match }) => left > 0 && (match?.(passing) ?? true))
    if (rule !== undefined) rule.left -= 1
    return rule?.fault
  }

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', proxy.upstream)
    const passing: Passing = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      sent: 0,
      received: 0,
      status: 0,
    }
    proxy.passed.push(passing)
    const fault = faultOf(passing)
    request.on('error', () => {})
    response.on('error', () => {})
    // What the server does not say is not said.
    response.sendDate = false
    if (fault?.kind === 'half-close') {
      request.socket.end()
      request.resume()
      return
    }
    if (fault?.kind === 'answer' && fault.done !== true) {
      request.resume()
      giveOut(passing, response, fault.answer)
      return
    }
    if (fault?.kind === 'latency') await new Promise((resolve) => setTimeout(resolve, fault.ms))
    const outgoing = send(proxy.upstream + request.url, {
      method: passing.method,
      headers: fault?.kind === 'request-headers' ? changed(request.headers, fault.headers) : request.headers,
      agent: false,
    })
    outgoing.on('error', () => response.destroy())
    response.on('close', () => outgoing.destroy())
    outgoing.on('response', (answer) => handBack(passing, answer, response, fault))
    handOn(passing, request, outgoing, fault)
  }

  return proxy
}

function handOn(passing: Passing, request: IncomingMessage, outgoing: ClientRequest, fault: Fault | undefined): void {
  const end = fault?.kind === 'reset' || fault?.kind === 'stall' ? fault : undefined
  const after = end?.of === 'request' ? (end.after ?? 0) : Number.POSITIVE_INFINITY
  function strike(): void {
    if (end?.kind === 'reset') {
      outgoing.destroy()
      request.socket.resetAndDestroy()
    } else {
      request.pause()
    }
  }
  if (after === 0) {
    // The head is on its way; the body never comes.
    outgoing.flushHeaders()
    strike()
    return
  }
  request.on('data', (chunk: Buffer) => {
    const wanted = chunk.subarray(0, after - passing.sent)
    passing.sent += wanted.byteLength
    const isTaken = outgoing.write(wanted)
    if (passing.sent >= after) {
      request.removeAllListeners('data')
      strike()
    } else if (!isTaken) {
      request.pause()
      outgoing.once('drain', () => request.resume())
    }
  })
  request.on('end', () => outgoing.end())
}

function handBack(passing: Passing, answer: IncomingMessage, response: ServerResponse, fault: Fault | undefined): void {
  answer.on('error', () => response.destroy())
  if (fault?.kind === 'answer') {
    answer.resume()
    giveOut(passing, response, fault.answer)
    return
  }
  const end = fault?.kind === 'truncate' || fault?.kind === 'reset' || fault?.kind === 'stall' ? fault : undefined
  const isOfAnswer = end !== undefined && (end.kind === 'truncate' || end.of === 'answer')
  const after = isOfAnswer ? (end.after ?? 0) : Number.POSITIVE_INFINITY
  function strike(): void {
    answer.pause()
    if (end?.kind === 'reset') response.socket?.resetAndDestroy()
    else if (end?.kind === 'truncate') response.socket?.end()
  }
  // Reset or stalled before its first byte, an answer has not even a head.
  if (after === 0 && end?.kind !== 'truncate') {
    strike()
    return
  }
  passing.status = answer.statusCode ?? 0
  const headers = fault?.kind === 'headers' ? changed(answer.headers, fault.headers) : answer.headers
  response.writeHead(passing.status, headers)
  response.flushHeaders()
  if (after === 0) {
    strike()
    return
  }
  answer.on('data', (chunk: Buffer) => {
    const wanted = chunk.subarray(0, after - passing.received)
    passing.received += wanted.byteLength
    const isLast = passing.received >= after
    if (isLast) answer.removeAllListeners('data')
    const isTaken = response.write(wanted, () => {
      if (isLast) strike()
    })
    if (!isTaken && !isLast) {
      answer.pause()
      response.once('drain', () => answer.resume())
    }
  })
  answer.on('end', () => {
    if (passing.received < after) response.end()
  })
}

function giveOut(passing: Passing, response: ServerResponse, { status, headers = {}, body = '' }: Answer): void {
  passing.status = status
  passing.received = Buffer.byteLength(body)
  response.writeHead(status, { ...headers, 'content-length': String(passing.received) })
  response.end(passing.method === 'HEAD' ? '' : body)
}

function changed(
  headers: IncomingHttpHeaders,
  changes: Readonly<Record<string, string | undefined>>,
): OutgoingHttpHeaders {
  const all: Record<string, string | string[] | undefined> = { ...headers }
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) delete all[name.toLowerCase()]
    else all[name.toLowerCase()] = value
  }
  return all
}
