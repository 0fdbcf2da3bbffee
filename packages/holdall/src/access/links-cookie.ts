import { getCookie, setCookie } from 'hono/cookie'
import type { RouteContext } from '../web/route.ts'
import { type Clock, HOUR_MS } from './clock.ts'
import type { Sealer } from './credentials.ts'
import { isSecure, type ProxySettings } from './origin.ts'

/** How long the browser that made a link can show it again. */
export const LINK_SHOWN_MS = HOUR_MS
/** Of several new links the last ones are kept: a cookie is small. */
const MOST_LINKS = 4
const COOKIE = 'holdall_links'

/** A sign-in link that was just made. */
export interface MadeLink {
  readonly id: string
  /** Whom it signs in. */
  readonly actorId: string
  readonly url: string
}

interface KeptLink extends MadeLink {
  readonly until: number
}

/**
 * Keeps new links for whoever made them: the database has their hashes only. They are in a cookie of that browser,
 * encrypted, which scripts cannot read and which is sent to the people pages and nowhere else.
 */
export interface LinksCookie {
  keep(c: RouteContext, link: MadeLink): void
  /** The links for a person that this actor made here and that may still be shown, the newest first. */
  shown(c: RouteContext, actorId: string): MadeLink[]
  /** Forgets the links for a person. */
  drop(c: RouteContext, actorId: string): void
}

export function createLinksCookie(sealer: Sealer, path: string, now: Clock, proxy: ProxySettings): LinksCookie {
  function read(c: RouteContext): KeptLink[] {
    const content = sealer.open(getCookie(c, COOKIE) ?? '')
    if (content === undefined) return []
    const { by, links } = JSON.parse(content) as { by: string; links: KeptLink[] }
    return by === c.var.actor?.id ? links.filter(({ until }) => until > now()) : []
  }
  function write(c: RouteContext, links: readonly KeptLink[]): void {
    const value = links.length === 0 ? '' : sealer.seal(JSON.stringify({ by: c.var.actor?.id, links }))
    const maxAge = links.length === 0 ? 0 : LINK_SHOWN_MS / 1000
    setCookie(c, COOKIE, value, { path, httpOnly: true, sameSite: 'Strict', secure: isSecure(c, proxy), maxAge })
  }
  return {
    keep(c, { id, actorId, url }) {
      write(c, [{ id, actorId, url, until: now() + LINK_SHOWN_MS }, ...read(c)].slice(0, MOST_LINKS))
    },
    shown: (c, actorId) => read(c).filter((link) => link.actorId === actorId),
    drop(c, actorId) {
      const links = read(c)
      const rest = links.filter((link) => link.actorId !== actorId)
      if (rest.length < links.length) write(c, rest)
    },
  }
}
