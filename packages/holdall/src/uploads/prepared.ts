import type { Source } from '../sources/sources.ts'
import type { Api } from '../web/api.ts'
import { bodyOf } from '../web/body.ts'
import { HoldallError } from '../web/error.ts'
import type { Method, Route, RouteContext } from '../web/route.ts'
import { methodOf, sessionUrl, storedJson, whenQuick } from './answer.ts'
import { COMPLETE_BODY, PREPARE_BODY, UPLOADS_API } from './api.ts'
import { incoming } from './claim.ts'
import { readForm } from './form.ts'
import { readJson } from './json.ts'
import { mayUpload } from './need.ts'
import type { UploadRoutesOptions } from './single.ts'

const TOKEN_HEADER = 'X-Upload-Token'

/** The three-step flow: `prepare` gives a token, `upload` takes the bytes, `complete` makes the file. */
export function preparedRoutes({ uploads, sources, urls }: UploadRoutesOptions): Route[] {
  function sourceOf(c: RouteContext): Source {
    return sources.get(c.req.param('source') as string)
  }

  function route(method: Method, step: string, api: Api, handler: Route['handler']): Route {
    return { method, path: `/-/files/upload/:source/-/${step}`, need: mayUpload, api, handler }
  }

  async function prepare(c: RouteContext): Promise<Response> {
    const source = sourceOf(c)
    const body = await readJson(c, PREPARE_BODY)
    const file = incoming(body.filename, body.content_type ?? undefined, body.size ?? undefined)
    const accepts = (method: string) => body.accept_methods?.includes(method) ?? false
    const methods = { put: accepts('PUT'), parts: accepts('MULTIPART') }
    const { session, token, instructions } = await uploads.prepare(source, c.var.actor, file, methods)
    const own = urls.path(`/-/files/upload/${encodeURIComponent(source.slug)}/-/upload`)
    const { plan } = session
    return c.json({
      ok: true,
      upload_token: token,
      upload_url: plan === undefined ? (instructions?.url ?? own) : null,
      upload_method: methodOf(session),
      upload_headers: instructions?.headers ?? (session.kind === 'put' ? { [TOKEN_HEADER]: token } : {}),
      upload_fields: session.kind === 'post' ? { upload_token: token } : {},
      upload_id: session.id,
      session_url: sessionUrl(urls, source.slug, session.id),
      ...(plan !== undefined && {
        part_size: plan.partSize,
        part_count: plan.partCount,
        checksum: await uploads.parts.checksum(session),
      }),
    })
  }

  async function uploadForm(c: RouteContext): Promise<Response> {
    const source = sourceOf(c)
    let token: string | undefined
    let filled = false
    for await (const part of readForm(c.req.header('Content-Type') ?? '', bodyOf(c).chunks)) {
      if (part.kind === 'field') {
        if (part.name === 'upload_token') token = part.value
        continue
      }
      if (part.name !== 'file' || filled) {
        part.skip()
        continue
      }
      // The bytes are streamed to where the token says, so it has to come first, as `upload_fields` do in every client.
      if (token === undefined) throw new HoldallError('upload_token_required')
      await uploads.fill(source, await uploads.byToken(source, c.var.actor, token), part.body)
      filled = true
    }
    if (token === undefined) throw new HoldallError('upload_token_required')
    if (!filled) {
      await uploads.byToken(source, c.var.actor, token)
      throw new HoldallError('file_required')
    }
    return c.json({ ok: true })
  }

  async function uploadRaw(c: RouteContext): Promise<Response> {
    const source = sourceOf(c)
    const token = c.req.header(TOKEN_HEADER)
    if (token === undefined) throw new HoldallError('upload_token_required')
    await uploads.fill(source, await uploads.byToken(source, c.var.actor, token), bodyOf(c).chunks)
    return c.json({ ok: true })
  }

  async function complete(c: RouteContext): Promise<Response> {
    const source = sourceOf(c)
    const { upload_token: token } = await readJson(c, COMPLETE_BODY)
    const session = await uploads.byToken(source, c.var.actor, token)
    const again = session.status === 'completed'
    const ended = await whenQuick(await uploads.complete(session))
    if (ended === undefined) return c.json({ ok: true, status_url: sessionUrl(urls, source.slug, session.id) }, 202)
    const { file } = await storedJson(uploads, ended, c.var.actor, urls)
    return c.json({ ok: true, file }, again ? 200 : 201)
  }

  return [
    route('POST', 'prepare', UPLOADS_API.prepare, prepare),
    route('POST', 'upload', UPLOADS_API.uploadForm, uploadForm),
    route('PUT', 'upload', UPLOADS_API.uploadRaw, uploadRaw),
    route('POST', 'complete', UPLOADS_API.complete, complete),
  ]
}
