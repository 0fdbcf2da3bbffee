import { HoldallError } from '../web/error.ts'
import type { Route, RouteContext } from '../web/route.ts'
import { methodOf, storedJson } from './answer.ts'
import { UPLOADS_API } from './api.ts'
import { mayUpload } from './need.ts'
import type { UploadSession } from './session.ts'
import type { UploadRoutesOptions } from './single.ts'

/** `GET` and `DELETE` of one's own upload session. */
export function sessionRoutes({ uploads, sources, urls }: UploadRoutesOptions): Route[] {
  const path = '/-/files/upload/:source/-/sessions/:upload'

  async function find(c: RouteContext): Promise<UploadSession> {
    const source = sources.get(c.req.param('source') as string)
    return await uploads.get(source, c.var.actor, c.req.param('upload') as string)
  }

  /** The session with how much of it is there, and what its parts are checked by. */
  async function look(c: RouteContext) {
    const session = await find(c)
    const { received, status, kind, plan } = session
    if (received !== undefined) return { session, bytes: received.size, checksum: null }
    if (kind !== 'parts' || status !== 'initiated') {
      return { session, bytes: status === 'completing' ? (plan?.size ?? 0) : 0, checksum: null }
    }
    try {
      const checksum = await uploads.parts.checksum(session)
      return { session, bytes: await uploads.parts.received(session), checksum }
    } catch (error) {
      if (!(error instanceof HoldallError && ENDED_MEANWHILE.has(error.code))) throw error
      return { session: await find(c), bytes: 0, checksum: null }
    }
  }

  return [
    {
      method: 'GET',
      path,
      need: mayUpload,
      api: UPLOADS_API.session,
      async handler(c) {
        const { session, bytes, checksum } = await look(c)
        const stored =
          session.status === 'completed'
            ? await storedJson(uploads, session, c.var.actor, urls).catch(absentWhenDeleted)
            : undefined
        return c.json({
          ok: true,
          upload_id: session.id,
          upload_method: methodOf(session),
          part_size: session.plan?.partSize ?? null,
          part_count: session.plan?.partCount ?? null,
          checksum,
          status: session.status,
          completion_status: session.completionStatus,
          completion_steps_log: session.steps,
          filename: session.filename,
          content_type: session.received?.contentType ?? session.declaredType ?? null,
          total_size: session.declaredSize ?? null,
          bytes_received: bytes,
          created_at: session.createdAt,
          updated_at: session.updatedAt,
          completed_at: session.completedAt,
          failure_reason: session.failure ?? null,
          ...(stored && { file: stored.file }),
        })
      },
    },
    {
      method: 'DELETE',
      path,
      need: mayUpload,
      api: UPLOADS_API.abort,
      async handler(c) {
        await uploads.abort(await find(c))
        return c.json({ ok: true })
      },
    },
  ]
}

/** What is said of a session that was open a moment ago, and is not any more. */
const ENDED_MEANWHILE: ReadonlySet<string> = new Set(['multipart_gone', 'upload_not_open'])

function absentWhenDeleted(error: unknown): undefined {
  if (error instanceof HoldallError && error.code === 'file_not_found') return undefined
  throw error
}
