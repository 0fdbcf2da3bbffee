import { lookForPages, UNHURRIED_MS } from '../sources/managing/pages-check.ts'
import { isSentTo } from '../sources/managing/pages-words.ts'
import type { Source, Sources } from '../sources/sources.ts'
import { HoldallError } from '../web/error.ts'
import type { Actor, Route, RouteContext } from '../web/route.ts'
import { UPLOADS_API } from './api.ts'
import { mayUpload } from './need.ts'

/** How it is found out whether pages may send to a storage. */
export interface PagesLook {
  readonly fetch: typeof fetch
  /** Under which a client knows this server. */
  readonly origin: (c: RouteContext) => string
  /** The command that says all that is wrong with a source, as far as the actor may read it. */
  readonly doctor: (slug: string, origin: string, actor: Actor | null) => Promise<string>
}

/** `GET /-/files/upload/{source}/-/pages`: asked by a page before somebody sends for minutes what is not taken. */
export function pagesRoutes({ sources, look }: { readonly sources: Sources; readonly look?: PagesLook }): Route[] {
  if (look === undefined) return []
  return [
    {
      method: 'GET',
      path: '/-/files/upload/:source/-/pages',
      need: mayUpload,
      api: UPLOADS_API.pages,
      handler: async (c) => c.json(await pagesJson(c, sources.get(c.req.param('source') as string), look)),
    },
  ]
}

/**
 * Whether pages may send to the storage of a source. Nothing is sent there, and nothing is kept: the storage changes without
 * us. What was not found out keeps nobody from trying.
 */
export async function pagesJson(c: RouteContext, source: Source, { fetch, origin, doctor }: PagesLook) {
  const from = originAsked(c) ?? origin(c)
  const storage = isSentTo(source) ? await source.storage().catch(() => null) : undefined
  const trouble = storage && (await lookForPages(storage, from, fetch, UNHURRIED_MS))
  const isKnown = storage !== null && trouble?.isKnown !== false
  const told = { ok: true, origin: from, says: null, command: null }
  if (!isKnown) return { ...told, pages_may_send: null }
  if (!trouble) return { ...told, pages_may_send: true }
  const command = await doctor(source.slug, from, c.var.actor)
  return { ...told, pages_may_send: false, says: trouble.says, command }
}

/** Behind a proxy, and on a page of somebody else, only the page knows where it comes from. */
function originAsked(c: RouteContext): string | undefined {
  const asked = c.req.query('origin')
  if (asked === undefined) return undefined
  if (/^https?:/.test(asked) && URL.canParse(asked) && new URL(asked).origin === asked) return asked
  const message = 'origin must be that of a page: https://files.example.org'
  throw new HoldallError('bad_request', {}, { errors: [message], fields: { origin: message } })
}
