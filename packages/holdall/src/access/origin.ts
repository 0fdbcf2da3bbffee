import type { RouteContext } from '../web/route.ts'

/** What the settings say about the way to this server. */
export interface ProxySettings {
  /** Whether `X-Forwarded-Proto` and `X-Forwarded-Host` are believed. */
  readonly trustProxy: boolean
  /** Whether every address is https, whatever the request says. */
  readonly forceHttps?: boolean
}

/** The origin under which the browser knows this server: `https://files.example.org`. */
export function requestOrigin(c: RouteContext, { trustProxy, forceHttps = false }: ProxySettings): string {
  const own = new URL(c.req.url)
  const scheme = forceHttps ? 'https' : (trustProxy && forwarded(c, 'X-Forwarded-Proto')) || own.protocol.slice(0, -1)
  const host = (trustProxy && forwarded(c, 'X-Forwarded-Host')) || c.req.header('Host') || own.host
  const told = `${scheme}://${host}`
  return URL.canParse(told) && /^https?$/.test(scheme) ? new URL(told).origin : own.origin
}

/** Whether an address leads nowhere but to the computer on which it is opened. */
export function isLoopback(address: string): boolean {
  return isLoopbackHost(new URL(address).hostname)
}

/** @param host as in an address: `localhost`, `127.0.0.1`, `[::1]` */
export function isLoopbackHost(host: string): boolean {
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '[::1]' ||
    host === '::1' ||
    /^127(\.\d{1,3}){3}$/.test(host)
  )
}

const PROXY_HEADERS = ['Forwarded', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Real-IP', 'Via']

/**
 * Whether a request comes from the very computer that serves it. A proxy there would make everybody seem to, so what
 * looks like one (its headers, HTTP/1.0, a name that is not this computer's) counts as from elsewhere.
 */
export function isFromThisComputer(c: RouteContext, { trustProxy, forceHttps }: ProxySettings): boolean {
  const incoming = c.env?.incoming
  if (incoming === undefined || trustProxy || forceHttps || incoming.httpVersion === '1.0') return false
  if (PROXY_HEADERS.some((name) => c.req.header(name) !== undefined)) return false
  const from = incoming.socket.remoteAddress ?? ''
  const isOwn = isLoopbackHost(from.replace(/^::ffff:/, ''))
  const asked = `http://${c.req.header('Host') ?? ''}`
  return isOwn && URL.canParse(asked) && isLoopback(asked)
}

export function isSecure(c: RouteContext, settings: ProxySettings): boolean {
  return requestOrigin(c, settings).startsWith('https:')
}

// Each proxy adds its value at the end; the first one is what the browser used.
function forwarded(c: RouteContext, name: string): string | undefined {
  return c.req.header(name)?.split(',')[0]?.trim().toLowerCase() || undefined
}
