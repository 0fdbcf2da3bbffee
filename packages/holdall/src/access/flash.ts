import { getCookie, setCookie } from 'hono/cookie'
import type { Said } from '../web/page.ts'
import type { RouteContext } from '../web/route.ts'
import type { Clock } from './clock.ts'
import { MINUTE_MS } from './clock.ts'
import type { Signer } from './credentials.ts'
import { isSecure, type ProxySettings } from './origin.ts'

/** How long the page after a form may take to arrive. */
const LIFETIME_MS = 2 * MINUTE_MS
const COOKIE = 'holdall_once'

/** Something to show once, on the page that a form leads to: a new token, what was just done. */
export interface Flash {
  readonly said?: string | Said
  /** A credential that is never shown again. */
  readonly secret?: string
}

/** Carries a flash over the redirect after a form, in a signed cookie for that one page and that one actor. */
export interface FlashCookie {
  write(c: RouteContext, path: string, flash: Flash): void
  /** What was left for this actor; reading it here takes it away. */
  take(c: RouteContext, path: string): Flash
}

export function createFlashCookie(signer: Signer, now: Clock, proxy: ProxySettings): FlashCookie {
  function set(c: RouteContext, path: string, value: string, maxAge: number): void {
    setCookie(c, COOKIE, value, { path, httpOnly: true, sameSite: 'Strict', secure: isSecure(c, proxy), maxAge })
  }
  return {
    write(c, path, flash) {
      const content = { ...flash, for: c.var.actor?.id, until: now() + LIFETIME_MS }
      set(c, path, signer.sign(Buffer.from(JSON.stringify(content)).toString('base64url')), LIFETIME_MS / 1000)
    },
    take(c, path) {
      const cookie = getCookie(c, COOKIE)
      if (cookie === undefined) return {}
      set(c, path, '', 0)
      const content = signer.verify(cookie)
      if (content === undefined) return {}
      const {
        said,
        secret,
        for: actor,
        until,
      } = JSON.parse(Buffer.from(content, 'base64url').toString()) as Flash & {
        for?: string
        until: number
      }
      return actor === c.var.actor?.id && until > now() ? { said, secret } : {}
    },
  }
}
