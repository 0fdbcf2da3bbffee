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

export function isSecure(c: RouteContext, settings: ProxySettings): boolean {
  return requestOrigin(c, settings).startsWith('https:')
}

// Each proxy adds its value at the end; the first one is what the browser used.
function forwarded(c: RouteContext, name: string): string | undefined {
  return c.req.header(name)?.split(',')[0]?.trim().toLowerCase() || undefined
}
