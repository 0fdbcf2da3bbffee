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

  /** Bytes that the storage has, of an upload that nobody has read. */
  async function arrived(session: UploadSession): Promise<number> {
    if (session.kind !== 'parts') return 0
    if (session.status === 'completing') return session.plan?.size ?? 0
    return session.status === 'initiated' ? await uploads.parts.received(session) : 0
  }

  return [
    {
      method: 'GET',
      path,
      need: mayUpload,
      api: UPLOADS_API.session,
      async handler(c) {
        const session = await find(c)
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
          checksum: session.kind === 'parts' ? await uploads.parts.checksum(session) : null,
          status: session.status,
          completion_status: session.completionStatus,
          completion_steps_log: session.steps,
          filename: session.filename,
          content_type: session.received?.contentType ?? session.declaredType ?? null,
          total_size: session.declaredSize ?? null,
          bytes_received: session.received?.size ?? (await arrived(session)),
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

function absentWhenDeleted(error: unknown): undefined {
  if (error instanceof HoldallError && error.code === 'file_not_found') return undefined
  throw error
}
