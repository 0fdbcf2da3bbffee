import type { Source, Sources } from '../sources/sources.ts'
import { bodyOf } from '../web/body.ts'
import { HoldallError } from '../web/error.ts'
import type { Route, RouteContext } from '../web/route.ts'
import type { Urls } from '../web/url.ts'
import { type StoredJson, sessionUrl, storedJson, whenQuick } from './answer.ts'
import { UPLOADS_API } from './api.ts'
import { incoming } from './claim.ts'
import type { Ending, Uploads } from './engine.ts'
import { asFormError, type FormPart, readForm } from './form.ts'
import { mayUpload } from './need.ts'
import type { PagesLook } from './pages.ts'

export interface UploadRoutesOptions {
  readonly uploads: Uploads
  readonly sources: Sources
  readonly urls: Urls
  /** The server's; the addresses of parts are signed with a key that is derived from it. */
  readonly secret: string
  /** Under which a client knows this server: `https://files.example.org`. */
  readonly origin: (c: RouteContext) => string
  readonly now?: () => number
  /** Without it, pages learn what keeps them out of a storage only by sending. */
  readonly look?: PagesLook
  /** The upload page again, with what was wrong, for a form that was sent from it. */
  readonly refusedPage?: (c: RouteContext, source: Source, error: HoldallError) => Response | Promise<Response>
  /** Where a form leads that was sent by somebody who may not see its files; `undefined` for who may. */
  readonly unseenPage?: (c: RouteContext, source: Source, filenames: readonly string[]) => Promise<string | undefined>
}

/** The only name of a form's file parts; it may be repeated. */
const FILE_PART = 'file'

interface Outcome {
  readonly filename: string
  readonly ending?: Ending
  readonly error?: HoldallError
}

/** `POST /-/files/upload/{source}`: one request, a multipart form or the bytes themselves. */
export function singleRoute({ uploads, sources, urls, refusedPage, unseenPage }: UploadRoutesOptions): Route {
  return {
    method: 'POST',
    path: '/-/files/upload/:source',
    need: mayUpload,
    api: UPLOADS_API.single,
    async handler(c) {
      const source = sources.get(c.req.param('source') as string)
      const type = c.req.header('Content-Type') ?? ''
      const isForm = /^multipart\/form-data\b/i.test(type)
      try {
        const outcomes = isForm ? await form(c, source, type) : [await raw(c, source, type)]
        return await answer(c, source, outcomes)
      } catch (error) {
        if (c.var.format !== 'html' || refusedPage === undefined || !(error instanceof HoldallError)) throw error
        return await refusedPage(c, source, error)
      }
    },
  }

  async function raw(c: RouteContext, source: Source, type: string): Promise<Outcome> {
    const body = bodyOf(c)
    const file = incoming(filenameOf(c), type, body.length)
    return { filename: file.filename, ending: await uploads.send(source, c.var.actor, file, body.chunks) }
  }

  async function form(c: RouteContext, source: Source, type: string): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    try {
      for await (const part of readForm(type, bodyOf(c).chunks)) {
        if (part.kind === 'field') continue
        // A file field that was left empty in a browser.
        if (part.name !== FILE_PART || part.filename === '') {
          part.skip()
          continue
        }
        const outcome = await take(c, source, part)
        outcomes.push(outcome)
        // The rest of it may be any length; nobody waits for that.
        if (outcome.error?.code === 'file_too_large') break
        part.skip()
      }
    } catch (error) {
      const refusal = asFormError(error)
      if (outcomes.length === 0) throw refusal
      // When the form breaks off within a part, the part has said so already.
      if (outcomes.at(-1)?.error === undefined) outcomes.push({ filename: '', error: refusal })
    }
    if (outcomes.length === 0) throw new HoldallError('file_required', {}, { fields: { file: 'Choose a file.' } })
    return outcomes
  }

  async function take(c: RouteContext, source: Source, part: FormPart & { kind: 'file' }): Promise<Outcome> {
    try {
      const file = incoming(part.filename, part.type, undefined)
      return { filename: part.filename, ending: await uploads.send(source, c.var.actor, file, part.body) }
    } catch (error) {
      return { filename: part.filename, error: asFormError(error) }
    }
  }

  async function answer(c: RouteContext, source: Source, outcomes: Outcome[]): Promise<Response> {
    const finished = await Promise.all(outcomes.map((outcome) => finish(c, outcome)))
    const [first] = finished
    if (finished.length === 1 && first !== undefined) {
      if (first.error) throw first.error
      if (c.var.format === 'html') return await goOn(c, source, finished, first.stored?.url)
      if (first.stored) return c.json({ ok: true, ...first.stored }, 201)
      return c.json({ ok: true, ...running(source, first.ending) }, 202)
    }
    return several(c, source, finished)
  }

  async function goOn(c: RouteContext, source: Source, finished: Finished[], to?: string): Promise<Response> {
    const unseen = await unseenPage?.(
      c,
      source,
      finished.map(({ filename }) => filename),
    )
    return c.redirect(unseen ?? to ?? urls.source(source.slug), 303)
  }

  async function several(c: RouteContext, source: Source, finished: Finished[]): Promise<Response> {
    const refused = finished.flatMap(({ filename, error }, index) => (error ? [{ index, filename, error }] : []))
    const files = finished.flatMap(({ stored, ending }) => stored ?? (ending ? running(source, ending) : []))
    if (refused.length === 0) {
      return c.var.format === 'html' ? await goOn(c, source, finished) : c.json({ ok: true, files }, 201)
    }
    const messages = refused.map(({ filename, error }) =>
      filename === '' ? error.message : `${filename}: ${error.message}`,
    )
    const all = new HoldallError('upload_partial', {}, { errors: messages, fields: { file: messages.join('\n') } })
    if (c.var.format === 'html' && refusedPage !== undefined) throw all
    const byIndex = refused.map(({ index, filename, error }) => [
      index,
      { filename, code: error.code, error: error.message },
    ])
    return c.json({ ...all.toBody(), files, errors_by_index: Object.fromEntries(byIndex) }, 400)
  }

  interface Finished extends Outcome {
    /** Absent while the steps still run. */
    readonly stored?: StoredJson
  }

  async function finish(c: RouteContext, outcome: Outcome): Promise<Finished> {
    if (outcome.ending === undefined) return outcome
    try {
      const session = await whenQuick(outcome.ending)
      if (session === undefined) return outcome
      return { ...outcome, stored: await storedJson(uploads, session, c.var.actor, urls) }
    } catch (error) {
      if (error instanceof HoldallError) return { filename: outcome.filename, error }
      throw error
    }
  }

  function running(source: Source, ending: Ending | undefined) {
    const id = ending?.session.id ?? ''
    return { upload_id: id, status: 'completing', status_url: sessionUrl(urls, source.slug, id) }
  }
}

/** `?filename=`, else `X-Filename`, whose value is percent-encoded because headers carry no UTF-8. */
function filenameOf(c: RouteContext): string | undefined {
  // As it was sent: what decodes addresses leniently would make another name of one that is not UTF-8.
  const query = /[?&]filename=([^&#]*)/.exec(c.req.url)?.[1]
  if (query !== undefined) return percentDecoded(query.replaceAll('+', ' '), 'filename')
  const header = c.req.header('X-Filename')
  return header === undefined ? undefined : percentDecoded(header, 'X-Filename')
}

function percentDecoded(text: string, where: string): string {
  try {
    if (/[^\x20-\x7e]/.test(text)) throw new Error('not percent-encoded')
    return decodeURIComponent(text)
  } catch (cause) {
    const reason = `in ${where} must be percent-encoded UTF-8`
    throw new HoldallError('filename_invalid', { reason }, { cause, fields: { filename: `filename ${reason}` } })
  }
}
