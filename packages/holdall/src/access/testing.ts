import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono'
import { DEFAULT_SETTINGS, type PermissionRule, type Settings } from '../config/config.ts'
import { type InternalDatabase, openInternalDatabase } from '../database/internal.ts'
import { asHoldallError } from '../web/error.ts'
import { createLog } from '../web/log.ts'
import type { Route, RouteEnv } from '../web/route.ts'
import { createUrls } from '../web/url.ts'
import { type Access, createAccess } from './access.ts'
import type { Place } from './people.ts'
import { accessRoutes } from './routes.ts'

/** A fresh internal database in a folder of its own, for the tests of this room. */
export interface TestDatabase {
  readonly db: InternalDatabase
  /** A second connection to the same file, as another process has. */
  another(): Promise<InternalDatabase>
  close(): Promise<void>
}

export async function openTestDatabase(): Promise<TestDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-access-'))
  const path = join(folder, 'internal.db')
  const opened: InternalDatabase[] = []
  async function open(): Promise<InternalDatabase> {
    const db = await openInternalDatabase(path)
    opened.push(db)
    return db
  }
  return {
    db: await open(),
    another: open,
    async close() {
      await Promise.all(opened.map((db) => db.close()))
      rmSync(folder, { recursive: true })
    },
  }
}

export interface TestServerOptions {
  readonly db: InternalDatabase
  readonly rules?: readonly PermissionRule[]
  readonly settings?: Partial<Settings>
  readonly file?: string
  readonly places?: readonly Place[]
  readonly routes?: readonly Route[]
  readonly secret?: string
  readonly now?: () => number
  readonly linkCommand?: string
  readonly servesOthers?: boolean
  readonly startedBy?: string
}

export interface TestServer {
  readonly access: Access
  readonly logged: string[]
  /** @param path under `http://holdall.test`, or a whole address */
  ask(path: string, init?: RequestInit, env?: RouteEnv['Bindings']): Promise<Response>
  /** As the actor whose session the cookie carries. */
  form(path: string, fields: Record<string, string>, headers?: Record<string, string>): Promise<Response>
  json(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>
  /** The `Cookie` header of somebody who has just signed in. */
  signIn(actorId: string): Promise<{ Cookie: string }>
}

/** The routes of this room behind its own checks, in the order in which the app makes them. */
export function serveAccess(options: TestServerOptions): TestServer {
  const settings = { ...DEFAULT_SETTINGS, ...options.settings }
  const urls = createUrls(settings.base_url)
  const logged: string[] = []
  const access = createAccess({
    db: options.db,
    config: { rules: options.rules ?? [], settings, ...(options.file !== undefined && { file: options.file }) },
    secret: options.secret ?? 'a secret for tests',
    urls,
    log: createLog((line) => logged.push(line)),
    now: options.now,
    linkCommand: options.linkCommand,
    servesOthers: options.servesOthers,
    startedBy: options.startedBy,
  })
  const routes = accessRoutes({
    access,
    frame: (c) => ({ urls, actor: c.var.actor, theme: c.var.theme, path: '/' }),
    places: async () => options.places ?? [],
  })
  const app = new Hono<RouteEnv>()
  app.use('*', async (c, next) => {
    const form = /^(application\/x-www-form-urlencoded|multipart)/.test(c.req.header('Content-Type') ?? '')
    const wantsPage = c.req.header('Accept')?.includes('text/html') === true
    c.set('jsonPath', c.req.path.endsWith('.json'))
    c.set('format', !c.var.jsonPath && wantsPage && (form || c.req.method === 'GET') ? 'html' : 'json')
    c.set('actor', null)
    c.set('theme', access.theme(c))
    await next()
  })
  for (const route of [...routes, ...(options.routes ?? [])]) {
    const paths = route.json === 'only' ? [`${route.path}.json`] : [route.path]
    for (const path of paths) {
      app.on(route.method, urls.base + path, async (c) => {
        c.set('actor', await access.authenticate(c))
        access.refuseCrossSite(c)
        await access.enforce(route.need, c)
        return route.handler(c)
      })
    }
  }
  app.onError((thrown, c) => {
    const error = asHoldallError(thrown)
    if (error.status >= 500) logged.push(String(error.cause))
    return c.json(error.toBody(), { status: error.status as 400, headers: error.headers })
  })

  async function ask(path: string, init: RequestInit = {}, env?: RouteEnv['Bindings']): Promise<Response> {
    return app.request(path.startsWith('http') ? path : `http://holdall.test${path}`, init, env)
  }
  return {
    access,
    logged,
    ask,
    form: (path, fields, headers = {}) =>
      ask(path, {
        method: 'POST',
        body: new URLSearchParams(fields).toString(),
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'text/html', ...headers },
      }),
    json: (path, body, headers = {}) =>
      ask(path, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'Content-Type': 'application/json', ...headers },
      }),
    async signIn(actorId) {
      const { path } = await access.createSignInLink(actorId, null)
      const token = new URL(path, 'http://holdall.test').searchParams.get('token') ?? ''
      const answer = await ask(`${urls.base}/-/sign-in`, {
        method: 'POST',
        body: JSON.stringify({ token }),
        headers: { 'Content-Type': 'application/json' },
      })
      return { Cookie: cookieOf(answer) }
    },
  }
}

/** The cookies that an answer sets, as a browser sends them back. */
export function cookieOf(answer: Response): string {
  return answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')
}
