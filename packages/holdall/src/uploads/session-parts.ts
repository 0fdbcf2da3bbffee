import type { PartsPage } from '../sources/multipart.ts'
import type { Source } from '../sources/sources.ts'
import type { Api } from '../web/api.ts'
import { pageAsked } from '../web/asked-page.ts'
import { HoldallError } from '../web/error.ts'
import type { Method, Route, RouteContext } from '../web/route.ts'
import { sessionUrl, storedJson, whenQuick } from './answer.ts'
import { PARTS_BODY, UPLOADS_API } from './api.ts'
import { cursorOf, idIn, numberIn } from './cursors.ts'
import { readJson } from './json.ts'
import { MAX_SESSIONS_PAGE, PARTS_PAGE, SESSIONS_PAGE } from './limits.ts'
import { mayUpload } from './need.ts'
import type { PartUrls } from './part-urls.ts'
import type { UploadSession } from './session.ts'
import type { UploadRoutesOptions } from './single.ts'

const SESSIONS = '/-/files/upload/:source/-/sessions'

/** What a client asks of an upload in parts: which are there, where others go, that all are sent, and what it left open. */
export function sessionPartsRoutes(options: UploadRoutesOptions, partUrls: PartUrls): Route[] {
  const { uploads, sources, urls, origin } = options

  function sourceOf(c: RouteContext): Source {
    return sources.get(c.req.param('source') as string)
  }

  async function find(c: RouteContext): Promise<UploadSession> {
    return await uploads.get(sourceOf(c), c.var.actor, c.req.param('upload') as string)
  }

  async function list(c: RouteContext): Promise<Response> {
    const session = await find(c)
    const { cursor, limit } = pageAsked(c, { size: PARTS_PAGE, most: PARTS_PAGE })
    const after = cursor === undefined ? undefined : numberIn(cursor)
    const page: PartsPage = await uploads.parts.list(session, after, limit)
    const parts = page.parts.map(({ number, size, etag, checksum }) => ({
      part_number: number,
      size,
      etag,
      ...(checksum !== undefined && { checksum }),
    }))
    return c.json({ ok: true, parts, next: page.next === null ? null : cursorOf(String(page.next)) })
  }

  async function sign(c: RouteContext): Promise<Response> {
    const session = await find(c)
    const { part_numbers: numbers, checksums } = await readJson(c, PARTS_BODY)
    const own = origin(c)
    const targets = await uploads.parts.targets(session, { numbers, checksums: checksums ?? {} }, (part, expiresIn) =>
      partUrls.target(own, session.id, part, expiresIn),
    )
    return c.json({
      ok: true,
      part_urls: targets.map(({ number, url, headers, expiresIn }) => ({
        part_number: number,
        url,
        headers,
        expires_in: expiresIn,
      })),
    })
  }

  async function complete(c: RouteContext): Promise<Response> {
    const session = await find(c)
    const again = session.status === 'completed'
    // The body is advice: what counts is what the storage lists.
    const ended = await whenQuick(await uploads.complete(session))
    const source = c.req.param('source') as string
    if (ended === undefined) return c.json({ ok: true, status_url: sessionUrl(urls, source, session.id) }, 202)
    const { file } = await storedJson(uploads, ended, c.var.actor, urls)
    return c.json({ ok: true, file }, again ? 200 : 201)
  }

  async function open(c: RouteContext): Promise<Response> {
    const source = sourceOf(c)
    const { cursor, limit } = pageAsked(c, { size: SESSIONS_PAGE, most: MAX_SESSIONS_PAGE })
    const found = await uploads.open(source, c.var.actor, {
      filename: c.req.query('filename'),
      size: sizeIn(c.req.query('size')),
      before: cursor === undefined ? undefined : idIn(cursor),
      limit,
    })
    const sessions = await Promise.all(found.sessions.map((session) => openJson(source, session)))
    return c.json({
      ok: true,
      sessions: sessions.filter((session) => session !== undefined),
      next: found.next === null ? null : cursorOf(found.next),
    })
  }

  /** `undefined` for one that ended while it was looked at, or that its storage has forgotten. */
  async function openJson({ slug }: Source, session: UploadSession) {
    try {
      const { bytes, lastAt } = await uploads.parts.arrived(session)
      return {
        upload_id: session.id,
        session_url: sessionUrl(urls, slug, session.id),
        filename: session.filename,
        total_size: session.plan?.size,
        part_size: session.plan?.partSize,
        part_count: session.plan?.partCount,
        checksum: await uploads.parts.checksum(session),
        upload_method: 'MULTIPART',
        bytes_received: bytes,
        last_part_at: lastAt?.toISOString() ?? null,
        last_part_seconds_ago: lastAt && Math.max(0, Math.round((Date.now() - lastAt.getTime()) / 1_000)),
        created_at: session.createdAt,
        updated_at: session.updatedAt,
      }
    } catch (error) {
      if (error instanceof HoldallError && ['multipart_gone', 'upload_not_open'].includes(error.code)) return undefined
      throw error
    }
  }

  function route(method: Method, path: string, api: Api, handler: Route['handler']): Route {
    return { method, path, need: mayUpload, api, handler }
  }

  return [
    route('GET', SESSIONS, UPLOADS_API.openSessions, open),
    route('GET', `${SESSIONS}/:upload/parts`, UPLOADS_API.parts, list),
    route('POST', `${SESSIONS}/:upload/parts`, UPLOADS_API.partUrls, sign),
    route('POST', `${SESSIONS}/:upload/complete`, UPLOADS_API.completeSession, complete),
  ]
}

function sizeIn(asked: string | undefined): number | undefined {
  if (asked === undefined || asked === '') return undefined
  if (/^\d{1,15}$/.test(asked)) return Number(asked)
  const message = 'size must be a number of bytes'
  throw new HoldallError('bad_request', {}, { errors: [message], fields: { size: message } })
}
