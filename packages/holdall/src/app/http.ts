import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import { TrieRouter } from 'hono/router/trie-router'
import { getPath } from 'hono/utils/url'
import { asHoldallError, HoldallError } from '../web/error.ts'
import type { Log } from '../web/log.ts'
import { refuseUnreadable } from '../web/query.ts'
import type { Actor, Method, Need, Route, RouteContext, RouteEnv } from '../web/route.ts'
import type { Urls } from '../web/url.ts'

const METHODS = ['GET', 'POST', 'PUT', 'DELETE'] as const satisfies readonly Method[]
const OWN = '/-/'
const UNSAFE = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/** What the server asks the rooms for at every request. */
export interface HttpHooks {
  readonly urls: Urls
  readonly log: Log
  /** Who sends this; throws `invalid_token` for a credential that is no good. */
  authenticate(c: RouteContext): Promise<Actor | null>
  /** Refuses an unsafe request that a browser sent from another site. */
  refuseCrossSite(c: RouteContext): void
  /** Refuses who may not; resolves when the request may go on. */
  enforce(need: Need, c: RouteContext): Promise<void>
  errorPage(c: RouteContext, error: HoldallError): Promise<Response> | Response
  contentSecurityPolicy(): string
  theme(c: RouteContext): 'light' | 'dark' | 'system'
  onAnswer?(c: RouteContext, milliseconds: number): void
}

/** One Hono app from all the rooms' routes: who asks and whether they may is settled before a handler runs. */
export function createHttp(routes: readonly Route[], hooks: HttpHooks): Hono<RouteEnv> {
  const app = new Hono<RouteEnv>({ getPath: (request) => routingPath(getPath(request), hooks.urls.base) })
  const routesByPath = new TrieRouter<Route>()

  app.use('*', async (c, next) => {
    const started = performance.now()
    c.set(
      'requestId',
      c.req
        .header('X-Request-Id')
        ?.slice(0, 64)
        .replace(/[^\w.-]/g, '') || randomUUID(),
    )
    c.set('jsonPath', getPath(c.req.raw).endsWith('.json'))
    c.set('format', answerFormat(c))
    c.set('theme', hooks.theme(c))
    c.set('actor', null)
    c.set('found', undefined)
    await next()
    finish(c, hooks)
    const milliseconds = performance.now() - started
    hooks.onAnswer?.(c, milliseconds)
    hooks.log.info('request', {
      id: c.var.requestId,
      method: c.req.method,
      path: getPath(c.req.raw),
      status: c.res.status,
      ms: Math.round(milliseconds * 10) / 10,
      actor: c.var.actor?.id,
    })
  })

  for (const route of routes) {
    const paths = route.json === 'only' ? [] : [route.path]
    if (route.json) paths.push(`${route.path === '/' ? '' : route.path}/.json`)
    for (const path of paths) {
      routesByPath.add('ALL', path, route)
      app.on(route.method, path, async (c, next) => {
        // A name in the place of a database is never `-`: what begins with /-/ is ours.
        if (route.path.startsWith('/:') && routingPath(getPath(c.req.raw), hooks.urls.base).startsWith(OWN))
          return next()
        if (route.format) c.set('format', route.format)
        c.set('actor', await hooks.authenticate(c))
        if (UNSAFE.has(route.method) && route.crossSite !== 'exempt') hooks.refuseCrossSite(c)
        await hooks.enforce(route.need, c)
        // What is sent has names of its own in the query, and says itself what is wrong with them.
        if (route.method === 'GET') refuseUnreadable(queryOf(c.req.url))
        return route.handler(c)
      })
    }
  }

  app.notFound(async (c) => {
    const path = routingPath(getPath(c.req.raw), hooks.urls.base)
    const [matches] = routesByPath.match('GET', path)
    const here = matches
      .map(([route]) => route)
      .filter((route) => !(route.path.startsWith('/:') && path.startsWith(OWN)))
    if (here.length === 0) {
      // The page greets who is signed in; a credential that is no good is said first, as everywhere.
      c.set('actor', await hooks.authenticate(c))
      return refuse(c, new HoldallError('not_found'), hooks)
    }
    const [{ format } = {}] = here
    if (format) c.set('format', format)
    const allowed = new Set(here.map((route) => route.method))
    const allow = METHODS.filter((method) => allowed.has(method))
      .flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
      .concat('OPTIONS')
      .join(', ')
    if (c.req.method === 'OPTIONS') return c.body(null, 204, { Allow: allow })
    return refuse(c, new HoldallError('method_not_allowed', { allow }, { headers: { Allow: allow } }), hooks)
  })

  app.onError((thrown, c) => {
    const error = asHoldallError(thrown)
    if (error.status >= 500) hooks.log.error('request failed', { id: c.var.requestId, code: error.code, error: thrown })
    return refuse(c, error, hooks)
  })
  return app
}

function queryOf(url: string): string {
  const at = url.indexOf('?')
  return at === -1 ? '' : url.slice(at + 1)
}

/** Of a table, what it is wanted as: elsewhere a path may end in any name. */
const TABLE_CSV = /^(\/(?!-\/)[^/]+\/[^/]+)\.csv$/

/**
 * The path that routes are matched with: without `base_url`, and with a final `.json` or a table's `.csv` as a segment of
 * its own, so that `/{db}/{table}.json` is never a table whose name ends in `.json` (a dot in a name is written `~2E`).
 */
export function routingPath(path: string, base: string): string {
  const own =
    base === '' ? path : path === base ? '/' : path.startsWith(`${base}/`) ? path.slice(base.length) : '/-/.outside'
  if (own.endsWith('.json')) return `${own.slice(0, -'.json'.length).replace(/^\/$/, '')}/.json`
  return own.replace(TABLE_CSV, '$1/.csv')
}

// A form sent from a page gets pages back; `curl -F` (Accept: */*) and everything else that is not a GET gets JSON.
function answerFormat(c: RouteContext): 'html' | 'json' {
  if (c.var.jsonPath) return 'json'
  const accept = c.req.header('Accept') ?? ''
  const type = c.req.header('Content-Type') ?? ''
  if (type.startsWith('application/json')) return 'json'
  if (!UNSAFE.has(c.req.method))
    return accept.includes('application/json') && !accept.includes('text/html') ? 'json' : 'html'
  const form = type.startsWith('application/x-www-form-urlencoded') || type.startsWith('multipart/form-data')
  return form && accept.includes('text/html') ? 'html' : 'json'
}

/** Browsers send no token, and say of pages that they want HTML; what says neither may be the picture of a page. */
function isProgram(c: RouteContext): boolean {
  const hasToken = /^Bearer\b/i.test(c.req.header('Authorization') ?? '') || Boolean(c.req.header('X-User-Token'))
  return hasToken && !(c.req.header('Accept') ?? '').includes('text/html')
}

async function refuse(c: RouteContext, error: HoldallError, hooks: HttpHooks): Promise<Response> {
  const isPage = c.var.format === 'html' && !isProgram(c)
  const response = isPage ? await hooks.errorPage(c, error) : c.json(error.toBody(), error.status as 400)
  for (const [name, value] of Object.entries(error.headers)) response.headers.set(name, value)
  return response
}

function finish(c: RouteContext, hooks: HttpHooks): void {
  const { headers } = c.res
  headers.set('X-Request-Id', c.var.requestId)
  // With `no-referrer` browsers send `Origin: null` with our own forms, which cannot be told from a stranger's.
  headers.set('Referrer-Policy', 'same-origin')
  headers.set('X-Content-Type-Options', 'nosniff')
  if (!headers.has('Content-Security-Policy') && headers.get('Content-Type')?.startsWith('text/html')) {
    headers.set('Content-Security-Policy', hooks.contentSecurityPolicy())
  }
  if (!headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store')
}
