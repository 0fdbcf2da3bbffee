import { setTimeout as sleep } from 'node:timers/promises'
import { HoldallError } from '../web/error.ts'
import type { Actor } from '../web/route.ts'
import type { Urls } from '../web/url.ts'
import type { Ending, Uploads } from './engine.ts'
import { QUICK_FINISH_MS } from './limits.ts'
import type { UploadSession } from './session.ts'

/** What the answer to an upload says of one stored file. */
export interface StoredJson {
  readonly file_id: string
  readonly filename: string
  readonly content_type: string
  /** Bytes. */
  readonly size: number
  readonly url: string
  readonly file: Readonly<Record<string, unknown>>
}

/**
 * The session once its steps have ended; `undefined` when they are still running after QUICK_FINISH_MS.
 *
 * @throws HoldallError `upload_failed`; `upload_parts_missing`, `upload_not_received` when it waits for its client again;
 * `multipart_gone`
 */
export async function whenQuick({ ended }: Ending, limit = QUICK_FINISH_MS): Promise<UploadSession | undefined> {
  const abort = new AbortController()
  try {
    const late = sleep(limit, undefined, { signal: abort.signal }).catch(() => undefined)
    const session = await Promise.race([ended, late])
    const { step = '', exc_str: reason = '' } = session?.failure ?? {}
    if (session?.status === 'failed') throw new HoldallError('upload_failed', { step, reason })
    if (session?.status === 'expired') throw new HoldallError('multipart_gone')
    if (session?.status === 'initiated' && session.kind === 'parts') {
      throw new HoldallError('upload_parts_missing', {}, { errors: [reason] })
    }
    if (session?.status === 'initiated') throw new HoldallError('upload_not_received', {}, { errors: [reason] })
    return session?.status === 'completed' ? session : undefined
  } finally {
    abort.abort()
  }
}

export async function storedJson(
  uploads: Uploads,
  session: UploadSession,
  actor: Actor | null,
  urls: Urls,
): Promise<StoredJson> {
  const file = await uploads.intake.describe(session.fileId, actor)
  if (file === undefined) throw new HoldallError('file_not_found', { id: session.fileId })
  return {
    file_id: session.fileId,
    filename: session.filename,
    content_type: session.received?.contentType ?? 'application/octet-stream',
    size: session.received?.size ?? 0,
    url: urls.file(session.fileId),
    file,
  }
}

export function sessionUrl(urls: Urls, slug: string, id: string): string {
  return urls.path(`/-/files/upload/${encodeURIComponent(slug)}/-/sessions/${id}`)
}

/** How the client sends the bytes. */
export function methodOf({ kind }: UploadSession): 'POST' | 'PUT' | 'MULTIPART' {
  return METHODS[kind]
}

const METHODS = { post: 'POST', put: 'PUT', direct: 'PUT', parts: 'MULTIPART' } as const
