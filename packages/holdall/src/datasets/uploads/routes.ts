import type { InternalDatabase } from '../../database/internal.ts'
import type { PartsPage } from '../../sources/multipart.ts'
import type { Sources } from '../../sources/sources.ts'
import { PAGES_API, PARTS_BODY } from '../../uploads/api.ts'
import { cursorOf, idIn, numberIn } from '../../uploads/cursors.ts'
import type { Uploads } from '../../uploads/engine.ts'
import { readJson } from '../../uploads/json.ts'
import { LONG_URL_LIFE_S, MAX_SESSIONS_PAGE, PARTS_PAGE, SESSIONS_PAGE } from '../../uploads/limits.ts'
import { type PagesLook, pagesJson } from '../../uploads/pages.ts'
import { createPartUrls } from '../../uploads/part-urls.ts'
import { type AddressedPart, takesParts } from '../../uploads/parts.ts'
import type { UploadSession } from '../../uploads/session.ts'
import type { Api } from '../../web/api.ts'
import { pageAsked } from '../../web/asked-page.ts'
import { HoldallError } from '../../web/error.ts'
import type { Method, Need, Route, RouteContext } from '../../web/route.ts'
import type { Urls } from '../../web/url.ts'
import { collectionAt, mayCollection } from '../place.ts'
import { DATASET_UPLOADS_API, RETRY_BODY, STATUSES } from './api.ts'
import { goOnWithBatch } from './go-on.ts'
import { createInit, organizationIn, partUrlJson } from './init.ts'
import { madeOf } from './made.ts'
import { otherSheet } from './other-sheet.ts'
import { type Standing, sessionJson } from './session-json.ts'
import { sourceOf } from './source.ts'

export interface DatasetUploadRoutesOptions {
  readonly uploads: Uploads
  readonly sources: Sources
  readonly database: InternalDatabase
  readonly urls: Urls
  /** The server's; the addresses of parts are signed with a key that is derived from it. */
  readonly secret: string
  /** Under which a client knows this server: `https://files.example.org`. */
  readonly origin: (c: RouteContext) => string
  /** Without it, pages learn what keeps them out of a storage only by sending. */
  readonly look?: PagesLook
  readonly now?: () => number
  /** Uploads that a collection has open at once. @default MAX_OPEN_UPLOADS */
  readonly maxOpen?: number
}

const PATH = '/public/uploads/:organization/:collection/multipart'
/** Word for word what the first clients of this API were told. */
const COMBINING = 'Combining parts. Poll GET /multipart/{upload_id} for progress.'
const GOING_ON = 'Going on. Poll GET /multipart/{upload_id} for progress.'
const EDIT = mayCollection('edit-collection')
const VIEW = mayCollection('view-collection')

/** The API by which a Parquet file becomes a dataset: `init`, the parts, `complete`, and how it goes. */
export function datasetUploadRoutes(options: DatasetUploadRoutesOptions): Route[] {
  const { uploads, database, urls, origin, now = Date.now } = options
  const partUrls = createPartUrls({ secret: options.secret, urls, now })

  async function sign(
    c: RouteContext,
    session: UploadSession,
    asked: Parameters<Uploads['parts']['targets']>[1],
  ): Promise<AddressedPart[]> {
    const own = origin(c)
    return await uploads.parts.targets(session, asked, (part, expiresIn) =>
      partUrls.target(own, session.id, part, expiresIn),
    )
  }

  /** The session of an address. @throws HoldallError in the order in which they are to be told */
  async function find(c: RouteContext): Promise<UploadSession> {
    const organizationId = organizationIn(c)
    const session = await uploads.find('dataset', c.req.param('upload') ?? '')
    if (session === undefined || session.organizationId !== organizationId) {
      throw new HoldallError('multipart_session_not_found')
    }
    if (session.collectionId !== c.req.param('collection')) throw new HoldallError('multipart_session_elsewhere')
    return session
  }

  async function standingOf(session: UploadSession): Promise<Standing> {
    if (!takesParts(session)) {
      const isThere = session.status === 'completing' || session.status === 'completed' || session.retryable
      return { bytesReceived: isThere ? (session.plan?.size ?? 0) : 0, checksum: null }
    }
    const checksum = await uploads.parts.checksum(session)
    return { bytesReceived: await uploads.parts.received(session), checksum }
  }

  /** How a session goes, even when its storage cannot be asked, or has just forgotten it. */
  async function describe(c: RouteContext, session: UploadSession) {
    try {
      return sessionJson(session, await standingOf(session), c.var.actor)
    } catch (error) {
      if (!(error instanceof HoldallError)) throw error
      const current = (await uploads.find('dataset', session.id)) ?? session
      return sessionJson(current, { bytesReceived: 0, checksum: null }, c.var.actor)
    }
  }

  async function status(c: RouteContext): Promise<Response> {
    return c.json({ ok: true, ...(await describe(c, await find(c))) })
  }

  async function list(c: RouteContext): Promise<Response> {
    const organizationId = organizationIn(c)
    const collection = await collectionAt({ database }, c)
    const { cursor, limit } = pageAsked(c, { size: SESSIONS_PAGE, most: MAX_SESSIONS_PAGE })
    const { sessions, next } = await uploads.ofCollection({
      organizationId,
      collectionId: collection.id,
      statuses: statusesIn(c.req.query('status')),
      before: cursor === undefined ? undefined : idIn(cursor),
      limit,
    })
    return c.json({
      ok: true,
      uploads: await Promise.all(sessions.map((session) => describe(c, session))),
      next: next === null ? null : cursorOf(next),
    })
  }

  async function signMore(c: RouteContext): Promise<Response> {
    const session = await find(c)
    const { part_numbers: numbers, checksums } = await readJson(c, PARTS_BODY)
    const addressed = await sign(c, session, { numbers, checksums: checksums ?? {}, expiresIn: LONG_URL_LIFE_S })
    return c.json({ ok: true, part_urls: addressed.map(partUrlJson) })
  }

  async function parts(c: RouteContext): Promise<Response> {
    const session = await find(c)
    const { cursor, limit } = pageAsked(c, { size: PARTS_PAGE, most: PARTS_PAGE })
    const after = cursor === undefined ? undefined : numberIn(cursor)
    const page: PartsPage = await uploads.parts.list(session, after, limit)
    return c.json({
      ok: true,
      parts: page.parts.map(({ number, size, etag, checksum }) => ({
        part_number: number,
        size,
        etag,
        ...(checksum !== undefined && { checksum }),
      })),
      next: page.next === null ? null : cursorOf(String(page.next)),
    })
  }

  async function complete(c: RouteContext): Promise<Response> {
    const session = await find(c)
    // The body is advice: what counts is what the storage lists.
    const begun = await uploads.begin(session)
    if (begun === undefined) return await refused(c, session, 'multipart_not_completable')
    return accepted(c, begun.session, COMBINING)
  }

  async function retry(c: RouteContext): Promise<Response> {
    const session = await find(c)
    const { sheet } = await readJson(c, RETRY_BODY)
    const begun = await uploads.retry(session, otherSheet(session, sheet))
    if (begun === undefined) return await refused(c, session, 'multipart_not_retryable')
    return accepted(c, begun.session, GOING_ON)
  }

  /** What differs was seen, and is wanted: with this upload all that came with it goes on. */
  async function confirm(c: RouteContext): Promise<Response> {
    const session = await find(c)
    const { join } = madeOf(session)
    const waits = session.status === 'completing' && session.completionStatus === 'inferred'
    if (join === undefined || !waits || !(await goOnWithBatch(options, join.batch, c.var.actor))) {
      const { status, completionStatus } = (await uploads.find('dataset', session.id)) ?? session
      const error = new HoldallError('multipart_not_waiting', { status: completionStatus ?? status })
      return c.json({ ...error.toBody(), completion_status: completionStatus }, 409)
    }
    return accepted(c, session, GOING_ON)
  }

  function accepted(c: RouteContext, session: UploadSession, message: string): Response {
    const { s3_bucket, s3_key } = madeOf(session)
    return c.json(
      {
        ok: true,
        upload_id: session.id,
        status: session.status,
        completion_status: session.completionStatus,
        s3_bucket,
        s3_key,
        part_count: session.plan?.partCount ?? 1,
        message,
      },
      202,
    )
  }

  /** With where it is, so that a client that lost the first answer just carries on. */
  async function refused(
    c: RouteContext,
    seen: UploadSession,
    code: 'multipart_not_completable' | 'multipart_not_retryable',
  ): Promise<Response> {
    const session = (await uploads.find('dataset', seen.id)) ?? seen
    const { status, completionStatus } = session
    return c.json({ ...new HoldallError(code, { status }).toBody(), completion_status: completionStatus }, 409)
  }

  async function abort(c: RouteContext): Promise<Response> {
    const session = await find(c)
    await uploads.abort(session).catch((error: unknown) => {
      const registered = error instanceof HoldallError && error.code === 'upload_not_open'
      const code = madeOf(session).join === undefined ? 'multipart_registered' : 'multipart_joined'
      throw registered ? new HoldallError(code, {}, { cause: error }) : error
    })
    return c.json({ ok: true, upload_id: session.id, status: 'aborted' })
  }

  function route(method: Method, path: string, need: Need, api: Api, handler: Route['handler']): Route {
    return { method, path: PATH + path, need, api, format: 'json', handler }
  }

  async function pages(c: RouteContext, look: PagesLook): Promise<Response> {
    return c.json(await pagesJson(c, sourceOf(options.sources, await collectionAt({ database }, c)), look))
  }

  const { look } = options
  return [
    ...(look === undefined ? [] : [route('GET', '/-/pages', EDIT, PAGES_API, (c) => pages(c, look))]),
    route('GET', '', VIEW, DATASET_UPLOADS_API.list, list),
    route('POST', '/init', EDIT, DATASET_UPLOADS_API.init, createInit({ ...options, sign })),
    route('GET', '/:upload', VIEW, DATASET_UPLOADS_API.status, status),
    route('DELETE', '/:upload', EDIT, DATASET_UPLOADS_API.abort, abort),
    route('GET', '/:upload/parts', VIEW, DATASET_UPLOADS_API.parts, parts),
    route('POST', '/:upload/parts', EDIT, DATASET_UPLOADS_API.partUrls, signMore),
    route('POST', '/:upload/complete', EDIT, DATASET_UPLOADS_API.complete, complete),
    route('POST', '/:upload/confirm', EDIT, DATASET_UPLOADS_API.confirm, confirm),
    route('POST', '/:upload/retry', EDIT, DATASET_UPLOADS_API.retry, retry),
  ]
}

function statusesIn(asked: string | undefined): (typeof STATUSES)[number][] | undefined {
  if (asked === undefined || asked === '') return undefined
  const found = STATUSES.find((status) => status === asked)
  if (found !== undefined) return [found]
  const message = `status must be one of ${STATUSES.join(', ')}`
  throw new HoldallError('bad_request', {}, { errors: [message], fields: { status: message } })
}
