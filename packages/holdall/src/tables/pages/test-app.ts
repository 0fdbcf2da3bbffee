import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { assemble } from '../../app/holdall.ts'
import { loadConfig } from '../../config/config.ts'
import { createLog } from '../../web/log.ts'

/** The whole server without a socket, on a database that SQL makes. */
export interface TestApp {
  readonly folder: string
  /** A second connection to the database `data`. */
  readonly look: DatabaseSync
  /** Errors that were logged: there should be none. */
  readonly failures: string[]
  /** A request as an actor; nobody without one. A body of fields is sent as a page's form, files and all. */
  ask(path: string, options?: AskOptions): Promise<Response>
  /** The page behind an address, which must be 200. */
  page(path: string, actor?: string): Promise<string>
  close(): Promise<void>
}

export interface AskOptions {
  readonly actor?: string
  readonly form?: Readonly<Record<string, string>> | FormData
  readonly json?: unknown
  /** As it is, with the type of the headers. */
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Of a statement, where no test is about it: one second, as servers have it, a busy machine may stand still. */
const TIME_LIMIT_MS = 20_000

/** A sync that begins by itself, whenever that is, would find what a test has put there or taken away; one may ask for it. */
function sourcesAsTheyAre(sources: unknown): { readonly sources?: object } {
  if (sources === undefined) return {}
  const manual = Object.entries(sources as object).map(([slug, source]) => [slug, { sync: 'manual', ...source }])
  return { sources: Object.fromEntries(manual) }
}

export async function openTestApp(options: {
  readonly sql: string
  readonly config?: Readonly<Record<string, unknown>>
  /** Without one, there is no database at all. */
  readonly database?: false
  /** Makes a second database, `other.db`, that the configuration may name. */
  readonly other?: string
}): Promise<TestApp> {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-pages-'))
  const path = join(folder, 'data.db')
  const look = new DatabaseSync(path, { enableForeignKeyConstraints: false })
  look.exec(options.sql)
  if (options.other !== undefined) {
    const other = new DatabaseSync(join(folder, 'other.db'))
    other.exec(options.other)
    other.close()
  }
  mkdirSync(join(folder, 'state'))
  const { config } = loadConfig({
    env: {},
    cwd: folder,
    databases: options.database === false ? [] : [path],
    overrides: {
      ...options.config,
      ...sourcesAsTheyAre(options.config?.sources),
      settings: { sql_time_limit_ms: TIME_LIMIT_MS, ...(options.config?.settings as object | undefined) },
    },
  })
  const failures: string[] = []
  const app = await assemble({
    config,
    data: join(folder, 'state'),
    env: {},
    log: createLog((line) => {
      if (line.includes('"level":"error"')) failures.push(line)
    }),
  })
  await app.start()
  // Sources are looked at in the background, and take uploads from then on.
  while ((await app.http.request(`http://holdall.test${config.settings.base_url}-/health`)).status !== 200)
    await sleep(20)
  const cookies = new Map<string, string>()

  async function cookieOf(actor: string): Promise<string> {
    const known = cookies.get(actor)
    if (known) return known
    const link = new URL(await app.createSignInLink(actor), 'http://holdall.test')
    const response = await app.http.request(new URL(link.pathname, link).href, {
      method: 'POST',
      headers: {
        'Sec-Fetch-Site': 'same-origin',
        'Content-Type': 'application/x-www-form-urlencoded',
        Accept: 'text/html',
      },
      body: link.searchParams.toString(),
    })
    const cookie = response.headers
      .getSetCookie()
      .map((value) => value.split(';', 1)[0])
      .join('; ')
    cookies.set(actor, cookie)
    return cookie
  }

  async function ask(
    address: string,
    { actor, form, json, body: raw, headers = {} }: AskOptions = {},
  ): Promise<Response> {
    const sent = new Headers({ Accept: 'text/html', 'Sec-Fetch-Site': 'same-origin', ...headers })
    if (actor !== undefined)
      sent.set('Cookie', [await cookieOf(actor), headers.Cookie].filter((cookie) => cookie !== undefined).join('; '))
    if (json !== undefined) sent.set('Content-Type', 'application/json')
    const fields = form instanceof FormData ? form : form && new URLSearchParams(form)
    const body = json === undefined ? (raw ?? fields) : JSON.stringify(json)
    return app.http.request(`http://holdall.test${address}`, {
      headers: sent,
      ...(body !== undefined && { method: 'POST', body }),
    })
  }

  return {
    folder,
    look,
    failures,
    ask,
    async page(address, actor = 'root') {
      const response = await ask(address, { actor })
      const text = await response.text()
      if (response.status !== 200) throw new Error(`${address} answered ${response.status}: ${text.slice(0, 2000)}`)
      return text
    },
    async close() {
      look.close()
      await app.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
