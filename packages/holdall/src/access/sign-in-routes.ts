import { HoldallError } from '../web/error.ts'
import type { Html } from '../web/html.ts'
import { type FrameOf, type PageContent, renderPage } from '../web/page.ts'
import type { Route, RouteContext } from '../web/route.ts'
import type { Access } from './access.ts'
import { ACCESS_API } from './api.ts'
import { readFields, textOf } from './fields.ts'
import { isFromThisComputer } from './origin.ts'
import { safeReturnPath } from './return-path.ts'
import { endSession } from './sessions.ts'
import { readLink, useLink } from './sign-in-links.ts'
import { confirmPage, helpPage } from './sign-in-page.ts'
import { chooseTheme } from './theme.ts'

export interface PageRoutesOptions {
  readonly access: Access
  readonly frame: FrameOf
}

/** Signing in and out, the theme, and who one is. */
export function signInRoutes({ access, frame }: PageRoutesOptions): Route[] {
  const { db, now, urls, sessionCookie, proxy } = access

  async function page(c: RouteContext, content: PageContent): Promise<Html> {
    return renderPage({ ...(await frame(c)), ...content })
  }

  // Where a server keeps its files is nobody's business but theirs who can look anyway.
  function commandFor(c: RouteContext): string | undefined {
    return isFromThisComputer(c, proxy) ? access.linkCommand : undefined
  }

  async function showLink(c: RouteContext): Promise<Response> {
    const token = c.req.query('token')
    const current = c.var.actor
    if (token === undefined) return c.html(await page(c, helpPage({ urls, current, command: commandFor(c) })))
    try {
      const actorId = await readLink(db, now, token)
      const next = safeReturnPath(c.req.query('next') ?? c.req.query('return'), urls)
      return c.html(await page(c, confirmPage({ urls, actorId, token, next, current })))
    } catch (error) {
      return refuseLink(c, error)
    }
  }

  async function refuseLink(c: RouteContext, error: unknown): Promise<Response> {
    if (c.var.format !== 'html' || !(error instanceof HoldallError) || error.code !== 'sign_in_link_invalid')
      throw error
    const content = helpPage({ urls, current: c.var.actor, command: commandFor(c), problem: error.message })
    return c.html(await page(c, content), error.status as 403)
  }

  async function signIn(c: RouteContext): Promise<Response> {
    const fields = await readFields(c)
    const next = safeReturnPath(fields.next ?? fields.return, urls)
    try {
      const started = await useLink(db, now, textOf(fields, 'token'), { userAgent: c.req.header('User-Agent') })
      // What the browser was signed in as before ends here: nobody could sign that session out any more.
      const before = sessionCookie.read(c)
      if (before !== undefined) await endSession(db, now, before)
      sessionCookie.write(c, started.token)
      return c.var.format === 'html' ? c.redirect(next, 303) : c.json({ ok: true, actor: { id: started.actorId } })
    } catch (error) {
      return refuseLink(c, error)
    }
  }

  async function signOut(c: RouteContext): Promise<Response> {
    const fields = await readFields(c)
    const session = sessionCookie.read(c)
    if (session !== undefined) await endSession(db, now, session)
    sessionCookie.clear(c)
    const next = safeReturnPath(fields.next ?? fields.return, urls)
    return c.var.format === 'html' ? c.redirect(next, 303) : c.json({ ok: true })
  }

  async function setTheme(c: RouteContext): Promise<Response> {
    const fields = await readFields(c)
    const theme = chooseTheme(c, fields.theme, `${urls.base}/`, proxy)
    const next = safeReturnPath(fields.next ?? fields.return, urls)
    return c.var.format === 'html' ? c.redirect(next, 303) : c.json({ ok: true, theme })
  }

  const capability = { kind: 'capability', because: 'the link itself says who may sign in' } as const
  return [
    { method: 'GET', path: '/-/sign-in', need: capability, api: ACCESS_API.signInPage, handler: showLink },
    { method: 'POST', path: '/-/sign-in', need: capability, api: ACCESS_API.signIn, handler: signIn },
    {
      method: 'POST',
      path: '/-/sign-out',
      need: { kind: 'public', because: 'it ends the session that the request itself carries' },
      api: ACCESS_API.signOut,
      handler: signOut,
    },
    {
      method: 'POST',
      path: '/-/theme',
      need: { kind: 'public', because: 'it sets a cookie in the browser that asks and nothing else' },
      api: ACCESS_API.theme,
      handler: setTheme,
    },
    {
      method: 'GET',
      path: '/-/actor',
      json: 'only',
      need: { kind: 'public', because: 'it tells whoever asks who they are' },
      api: ACCESS_API.actor,
      handler: (c) => c.json({ ok: true, actor: c.var.actor }),
    },
  ]
}
