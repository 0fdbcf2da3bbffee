import type { LookupFunction } from 'node:net'
import { Agent, type Dispatcher } from 'undici'

const CONNECT_LIMIT_MS = 10_000
/** From the request to the headers of its answer. */
const ANSWER_LIMIT_MS = 60_000
/** Between two pieces of a body that is being read. */
const STALL_LIMIT_MS = 60_000
/** At once to one server; further requests wait. */
const MAX_CONNECTIONS = 128
/** How long an unused connection stays open: longer than between two parts of an upload. */
const IDLE_MS = 1_000

/** What the SDK makes of a command. */
interface Outgoing {
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
  readonly path: string
  readonly query?: Readonly<Record<string, string | string[] | null>>
  readonly method: string
  readonly headers: Record<string, string>
  readonly body?: Uint8Array | string
}

interface Incoming {
  readonly statusCode: number
  readonly headers: Record<string, string>
  readonly body: unknown
}

/** A `requestHandler` of the SDK. */
type Handler = {
  readonly metadata: { readonly handlerProtocol: string }
  destroy(): void
  updateHttpClientConfig(): void
  httpHandlerConfigs(): Record<string, never>
  handle(
    request: Outgoing,
    options?: { readonly abortSignal?: AbortSignal; readonly requestTimeout?: number },
  ): Promise<{ readonly response: Incoming }>
}

export interface TransportLimits {
  readonly answerLimitMs?: number
  readonly stallLimitMs?: number
}

export interface TransportOptions extends TransportLimits {
  /** Finds the address of a host; throws for one that may not be asked. */
  readonly lookup?: LookupFunction
}

/** How requests leave: what the SDK sends, and what we ask ourselves. */
export interface Transport {
  readonly handler: Handler
  /** As undici's, through the same connections. */
  request(options: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData>
  close(): Promise<void>
}

/**
 * The SDK's own transport keeps no time of its own: it waits for an answer that never comes, and keeps every connection.
 * Addresses are the operator's, out of the configuration: private ones too, unless `lookup` refuses them.
 */
export function createTransport({ answerLimitMs, stallLimitMs, lookup }: TransportOptions = {}): Transport {
  const agent = new Agent({
    connect: { timeout: CONNECT_LIMIT_MS, ...(lookup && { lookup }) },
    connections: MAX_CONNECTIONS,
    headersTimeout: answerLimitMs ?? ANSWER_LIMIT_MS,
    bodyTimeout: stallLimitMs ?? STALL_LIMIT_MS,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
    allowH2: false,
  })
  const handler: Handler = {
    metadata: { handlerProtocol: 'http/1.1' },
    destroy() {},
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
    async handle(request, { abortSignal: signal, requestTimeout } = {}) {
      const { protocol, hostname, port, path, query, method, headers, body } = request
      if (signal?.aborted) throw named('AbortError', signal.reason)
      try {
        const answer = await agent.request({
          origin: `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`,
          path: path + queryString(query),
          method: method as Dispatcher.HttpMethod,
          headers,
          ...(body !== undefined && { body }),
          ...(signal && { signal }),
          ...(requestTimeout && { headersTimeout: requestTimeout }),
        })
        const told = Object.entries(answer.headers).map(([name, value]) => [name, [value ?? []].flat().join(', ')])
        return {
          response: { statusCode: answer.statusCode, headers: Object.fromEntries(told), body: answer.body },
        }
      } catch (error) {
        if (signal?.aborted) throw named('AbortError', signal.reason)
        // By this name the SDK knows what may be tried again.
        throw isPassing(error) ? named('TimeoutError', error) : error
      }
    },
  }
  return {
    handler,
    request: (options) => agent.request(options),
    close: () => agent.destroy(),
  }
}

/** Values as the SDK signs them. */
export function queryString(query: Readonly<Record<string, string | string[] | null>> = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) =>
      one === null ? percentEncode(name) : `${percentEncode(name)}=${percentEncode(one)}`,
    ),
  )
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

const PLAIN = /^[\w.~-]*$/

/** Percent-encoding as signatures want it: everything but letters, digits and `-_.~`. */
export function percentEncode(text: string): string {
  if (PLAIN.test(text)) return text
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

const PASSING = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_SOCKET',
  'ECONNRESET',
  'EPIPE',
])

function isPassing(error: unknown): boolean {
  return error instanceof Error && PASSING.has((error as NodeJS.ErrnoException).code ?? '')
}

function named(name: string, cause: unknown): Error {
  const error: NodeJS.ErrnoException = new Error(cause instanceof Error ? cause.message : name, { cause })
  error.name = name
  const { code } = (cause ?? {}) as NodeJS.ErrnoException
  if (typeof code === 'string') error.code = code
  return error
}
