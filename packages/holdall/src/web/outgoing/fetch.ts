import { Readable } from 'node:stream'
import type { ReadableStream as NodeReadableStream } from 'node:stream/web'
import type { Agent, Dispatcher } from 'undici'
import { HoldallError } from '../error.ts'
import { allowedHosts } from './addresses.ts'
import { createGuard, type Guard, type LookupAll, refused } from './guard.ts'
import { webStream } from './stream.ts'

export const CONNECT_LIMIT_MS = 10_000
/** From the request to the headers of its answer. */
export const ANSWER_LIMIT_MS = 30_000
/** Between two pieces of a body that is being read. */
export const STALL_LIMIT_MS = 30_000
export const MAX_REDIRECTS = 5
/** At once to one server; further requests wait. */
const MAX_CONNECTIONS = 128
/** How long an unused connection stays open. */
const IDLE_MS = 1_000
/** What nobody reads may end within this time; then its connection is used again instead of closed. */
const LET_GO_MS = 1_000

const REDIRECTS = new Set([301, 302, 303, 307, 308])
/** What another server than the one asked may be told. */
const HEADERS_FOR_ANYBODY = ['accept', 'accept-encoding', 'range', 'if-range', 'if-none-match', 'user-agent']
const USER_AGENT = 'Holdall'

export interface OutgoingOptions {
  /** Names, addresses and networks that may be asked although they are not public. */
  readonly allowPrivate?: readonly string[]
  readonly lookup?: LookupAll
  readonly connectLimitMs?: number
  readonly answerLimitMs?: number
  readonly stallLimitMs?: number
}

/** The one way in which this server makes requests. */
export interface Outgoing {
  /**
   * As the global `fetch`, with differences: it connects to public addresses only, limits every wait, follows at most
   * MAX_REDIRECTS redirects and each only as far as it would go itself, keeps no cookies, tells another server none of
   * the first one's headers, and gives bodies as they were sent: `Content-Encoding` is the caller's to read or refuse.
   *
   * @throws HoldallError `address_refused`; the system's or undici's error when the server cannot be reached
   */
  readonly fetch: typeof fetch
  /** What it connects to, for who makes requests of their own. */
  readonly guard: Guard
  close(): Promise<void>
}

export function createOutgoing(options: OutgoingOptions = {}): Outgoing {
  const guard = createGuard(allowedHosts(options.allowPrivate ?? []), options.lookup)
  let loading: Promise<Undici> | undefined
  return {
    guard,
    async fetch(input, init) {
      // Loaded when somebody first asks: a server without such sources starts without it.
      loading ??= load(guard, options)
      const { request, agent } = await loading
      const signal = init?.signal ?? (input instanceof Request ? input.signal : null)
      const target = new URL(input instanceof Request ? input.url : input)
      guard.checkUrl(target)
      const asked = new Request(input, { ...init, signal: null })
      return await follow(asked, target, (url, headers) =>
        request(url, {
          method: asked.method as Dispatcher.HttpMethod,
          headers: Object.fromEntries(headers),
          body: asked.body && Readable.fromWeb(asked.body as NodeReadableStream),
          signal,
          dispatcher: agent,
        }),
      )
    },
    async close() {
      await (await loading)?.agent.destroy()
    },
  }

  async function follow(asked: Request, target: URL, send: Send): Promise<Response> {
    const headers = new Headers(asked.headers)
    if (!headers.has('user-agent')) headers.set('user-agent', USER_AGENT)
    if (!headers.has('accept-encoding')) headers.set('accept-encoding', 'identity')
    for (let redirects = 0, url = target, known = headers; ; redirects += 1) {
      const answer = await send(url, known)
      const location = answer.headers.location
      if (!REDIRECTS.has(answer.statusCode) || typeof location !== 'string' || asked.redirect === 'manual') {
        return responseOf(answer, url, asked.method)
      }
      letGo(answer.body)
      const repeatable = asked.method === 'GET' || asked.method === 'HEAD'
      if (asked.redirect === 'error' || !repeatable) throw refused(url.hostname, 'it sends this request elsewhere')
      if (redirects === MAX_REDIRECTS) throw refused(url.hostname, `it redirects more than ${MAX_REDIRECTS} times`)
      const next = guard.redirect(url, fromHeader(location))
      if (next.origin !== url.origin) known = forAnybody(known)
      url = next
    }
  }
}

type Send = (url: URL, headers: Headers) => Promise<Dispatcher.ResponseData>

interface Undici {
  readonly request: typeof import('undici').request
  readonly agent: Agent
}

async function load(guard: Guard, options: OutgoingOptions): Promise<Undici> {
  const { Agent, request } = await import('undici')
  const agent = new Agent({
    connect: { lookup: guard.lookup, timeout: options.connectLimitMs ?? CONNECT_LIMIT_MS },
    allowH2: false,
    connections: MAX_CONNECTIONS,
    headersTimeout: options.answerLimitMs ?? ANSWER_LIMIT_MS,
    bodyTimeout: options.stallLimitMs ?? STALL_LIMIT_MS,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
  })
  return { request, agent }
}

function forAnybody(headers: Headers): Headers {
  return new Headers([...headers].filter(([name]) => HEADERS_FOR_ANYBODY.includes(name)))
}

function responseOf({ statusCode, headers, body }: Dispatcher.ResponseData, url: URL, method: string): Response {
  if (statusCode < 200 || statusCode > 599) {
    letGo(body)
    throw new HoldallError('storage_failed', {}, { cause: new Error(`${url.host} answered ${statusCode}`) })
  }
  const bodiless = method === 'HEAD' || statusCode === 204 || statusCode === 205 || statusCode === 304
  if (bodiless) letGo(body)
  const told = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    [value ?? []].flat().map((one) => [name, one]),
  )
  try {
    const response = new Response(bodiless ? null : webStream(body), { status: statusCode, headers: told })
    return Object.defineProperty(response, 'url', { value: url.href })
  } catch (error) {
    // A header that undici lets through and the web's own type does not.
    letGo(body)
    throw error
  }
}

/** For a body that nobody reads. */
function letGo(body: Readable): void {
  body.on('error', () => {})
  body.resume()
  setTimeout(() => body.destroy(), LET_GO_MS).unref()
}

/** Some servers write addresses as UTF-8, which a header is not read as. */
function fromHeader(location: string): string {
  return /[\x80-\xff]/.test(location) ? Buffer.from(location, 'latin1').toString() : location
}
