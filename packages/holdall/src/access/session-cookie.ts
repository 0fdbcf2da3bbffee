import { getCookie, setCookie } from 'hono/cookie'
import type { RouteContext } from '../web/route.ts'
import type { Signer } from './credentials.ts'
import { isSecure, type ProxySettings } from './origin.ts'
import { SESSION_LIFETIME_MS } from './sessions.ts'

export const SESSION_COOKIE = 'holdall_session'

/** The session's token in a cookie that scripts cannot read and other sites cannot send along. */
export interface SessionCookie {
  /** The token, unless there is none or its signature is not ours. */
  read(c: RouteContext): string | undefined
  write(c: RouteContext, token: string): void
  clear(c: RouteContext): void
}

/** @param path `base_url` with its last slash */
export function createSessionCookie(signer: Signer, path: string, proxy: ProxySettings): SessionCookie {
  function set(c: RouteContext, value: string, maxAge: number): void {
    // A handler that answers with a Response of its own would lose headers set before it, unless one exists already.
    void c.res
    setCookie(c, SESSION_COOKIE, value, { path, httpOnly: true, sameSite: 'Lax', secure: isSecure(c, proxy), maxAge })
  }
  return {
    read(c) {
      const cookie = getCookie(c, SESSION_COOKIE)
      return cookie === undefined ? undefined : signer.verify(cookie)
    },
    write: (c, token) => set(c, signer.sign(token), SESSION_LIFETIME_MS / 1000),
    clear: (c) => set(c, '', 0),
  }
}
