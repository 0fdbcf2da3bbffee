import { getCookie, setCookie } from 'hono/cookie'
import { HoldallError } from '../web/error.ts'
import type { RouteContext } from '../web/route.ts'
import { isSecure, type ProxySettings } from './origin.ts'

export type Theme = 'light' | 'dark' | 'system'

export const THEME_COOKIE = 'holdall_theme'
const REMEMBERED_SECONDS = 365 * 24 * 3600

/** The theme that the browser has asked for with the switch; the system's own without a choice. */
export function themeOf(c: RouteContext): Theme {
  const chosen = getCookie(c, THEME_COOKIE)
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system'
}

/** @throws HoldallError `bad_request` */
export function chooseTheme(c: RouteContext, asked: unknown, path: string, proxy: ProxySettings): Theme {
  if (asked !== 'light' && asked !== 'dark' && asked !== 'system') {
    throw new HoldallError('bad_request', { reason: 'theme must be light, dark or system.' })
  }
  const maxAge = asked === 'system' ? 0 : REMEMBERED_SECONDS
  setCookie(c, THEME_COOKIE, asked, { path, httpOnly: true, sameSite: 'Lax', secure: isSecure(c, proxy), maxAge })
  return asked
}
