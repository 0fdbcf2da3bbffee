import { type Json, strange } from './call.ts'
import { UploadError } from './error.ts'
import type { Patience } from './retry.ts'
import { createAsking, partCalls, partsPlan, type Sessions } from './sessions.ts'
import type { DatasetTarget, UnfinishedUpload } from './types.ts'

/** What the server says to a `complete` that comes second: the first one's answer was lost, or it was somebody else's. */
const BEGUN_ALREADY = 'multipart_not_completable'

/** `public/uploads/{organization}/{collection}/multipart`, below which everything about its uploads is. */
export function multipartPath({ organization, collection }: DatasetTarget): string {
  return `public/uploads/${encodeURIComponent(organization)}/${encodeURIComponent(collection)}/multipart`
}

/** The same of uploads that become datasets: another API, and the same parts. */
export function createDatasetSessions(target: DatasetTarget, patience: Patience, timeout?: number): Sessions {
  const asking = createAsking(target, patience, timeout)
  const { ask, make, pages } = asking
  const base = multipartPath(target)
  const urlOf = (id: unknown) => `${base}/${String(id)}`

  return {
    ...partCalls(asking),

    async prepare(file) {
      const { body } = await make(`${base}/init`, {
        filename: file.name,
        ...(file.type && { content_type: file.type }),
        total_size: file.size,
        // Each is asked for shortly before it is used.
        part_urls: 0,
        ...(target.sheet !== undefined && { sheet: target.sheet }),
        ...joining(target),
      })
      return partsPlan({ ...body, session_url: urlOf(body.upload_id) }, file.size)
    },

    async open(filename, size) {
      const [initiated, failed] = await Promise.all(
        ['initiated', 'failed'].map((status) => pages(base, { status }, 'uploads')),
      )
      return [...(initiated ?? []), ...(failed ?? []).filter(takesParts)]
        .filter(({ is_own }) => is_own === true)
        .filter(isFor(target))
        .filter(({ sheet = null }) => sheet === (target.sheet ?? null))
        .filter((one) => filename === undefined || (one.filename === filename && one.total_size === size))
        .map((one) => ({ ...one, session_url: urlOf(one.upload_id) }) as Json & UnfinishedUpload)
    },

    async complete(sessionUrl) {
      try {
        return await ask('POST', `${sessionUrl}/complete`, {})
      } catch (error) {
        if (error instanceof UploadError && error.code === BEGUN_ALREADY) return { status: 202, body: {} }
        throw error
      }
    },

    completeByToken() {
      throw strange('A dataset is uploaded in parts.')
    },
  }
}

function joining({ into }: DatasetTarget): Json {
  if (into === undefined) return {}
  const { dataset: dataset_id, mode, batch, confirm } = into
  return { dataset_id, mode, ...(batch && { batch: { ...batch } }), ...(confirm && { confirm }) }
}

/** Whether an upload does what this one shall do: what was begun for one dataset is not gone on with for another. */
export function isFor({ into }: DatasetTarget): (session: Json) => boolean {
  return ({ mode = 'create', dataset_id, batch_id }) => {
    if (into === undefined) return mode === 'create'
    const { batch } = into
    return mode === into.mode && dataset_id === into.dataset && (batch === undefined || batch_id === batch.id)
  }
}

/** It was said to be complete, and lacked parts. */
function takesParts({ retryable, failure_reason: failure }: Json): boolean {
  return retryable === true && (failure as { step?: unknown } | null)?.step === 'combine'
}
