import { within } from './connection.ts'
import type { Trouble } from './examination.ts'

const LIMIT_MS = 20_000
/** Types that forms send: browsers do not ask before they send them. */
const SIMPLE_TYPES = new Set(['text/plain', 'multipart/form-data', 'application/x-www-form-urlencoded'])
/** Browsers set these themselves, and do not ask. */
const OWN_HEADERS = new Set(['content-length', 'host'])
/** Of a service that is busy or away: they say nothing about a rule. 501 does: it knows no such question. */
const PASSING_STATUS = new Set([408, 425, 429, 500, 502, 503, 504])

/** Where a client is told to send, and has sent. */
export interface Target {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Whether a page may know what became of it. */
  readonly isReadable: boolean
}

/** How a storage is asked. */
export interface Asking {
  readonly fetch: typeof fetch
  readonly signal: AbortSignal
}

/**
 * Asks what a browser asks before pages of `origin` may send to the targets.
 *
 * @param reasonOf of a question that was not answered; may throw
 * @returns why they would not send, as one sentence; `undefined` when they would
 */
export async function pagesTrouble(
  asking: Asking,
  origin: string,
  targets: readonly Target[],
  reasonOf: (error: unknown) => string,
): Promise<{ readonly says: string; readonly trouble: Trouble } | undefined> {
  const mixed = targets.find(({ url }) => origin.startsWith('https:') && !isTrusted(new URL(url)))
  if (mixed !== undefined) {
    const says = `Browsers do not let pages of ${origin} send to ${new URL(mixed.url).origin}, which is not https.`
    return { says, trouble: { step: 'plain http', origin } }
  }
  for (const target of targets) {
    const says = await refusalOf(asking, origin, target).catch(reasonOf)
    if (says === undefined) continue
    const headers = [...new Set(targets.flatMap(askedHeaders))].sort()
    return { says, trouble: { step: 'cors', origin, headers } }
  }
  return undefined
}

/** What browsers take for safe: https, and this very machine. */
function isTrusted({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
}

/** The names of the headers that a browser asks about before it sends them, sorted. */
export function askedHeaders({ headers }: Pick<Target, 'headers'>): string[] {
  const names = Object.entries(headers).flatMap(([name, value]) => {
    const lower = name.toLowerCase()
    const isSimple = lower === 'content-type' && SIMPLE_TYPES.has(value.split(';')[0]?.trim().toLowerCase() ?? '')
    return OWN_HEADERS.has(lower) || isSimple ? [] : [lower]
  })
  return names.sort()
}

/**
 * Asks what a browser asks before a page of `origin` may send to the target.
 *
 * @returns why it would not send, as one sentence; `undefined` when it would
 */
async function refusalOf({ fetch, signal }: Asking, origin: string, target: Target): Promise<string | undefined> {
  const { host } = new URL(target.url)
  const names = askedHeaders(target)
  const headers: Record<string, string> = { origin, 'access-control-request-method': 'PUT' }
  if (names.length > 0) headers['access-control-request-headers'] = names.join(',')
  const answer = await within(LIMIT_MS, (limited) =>
    fetch(target.url, {
      method: 'OPTIONS',
      headers,
      redirect: 'manual',
      signal: AbortSignal.any([signal, limited]),
    }),
  )
  await answer.body?.cancel()
  if (PASSING_STATUS.has(answer.status)) throw new Error(`${host} answered ${answer.status} when it was asked`)
  const allowed = answer.headers.get('access-control-allow-origin')
  if (!answer.ok || !isAllowedOrigin(allowed, origin)) {
    return `${host} does not let pages of ${origin} send files to it (its answer to OPTIONS was ${answer.status}).`
  }
  if (!listed(answer, 'access-control-allow-methods', ['PUT'])) {
    return `${host} lets pages of ${origin} do something, but not PUT.`
  }
  if (!listed(answer, 'access-control-allow-headers', names)) {
    return `${host} does not let pages of ${origin} send the headers ${names.join(', ')}.`
  }
  return target.isReadable ? undefined : `${host} does not tell pages of ${origin} what became of what they sent.`
}

/** Whether a page of the origin is told what an answer says. */
export function isReadable(answer: Response, origin: string | undefined): boolean {
  return origin === undefined || isAllowedOrigin(answer.headers.get('access-control-allow-origin'), origin)
}

function isAllowedOrigin(allowed: string | null, origin: string): boolean {
  return allowed === '*' || allowed === origin
}

function listed(answer: Response, header: string, wanted: readonly string[]): boolean {
  const names = (answer.headers.get(header) ?? '').split(',').map((name) => name.trim().toLowerCase())
  return names.includes('*') || wanted.every((name) => names.includes(name.toLowerCase()))
}
