import type { MultipartLimits } from '../sources/multipart.ts'
import type { Source } from '../sources/sources.ts'
import type { Storage } from '../sources/storage.ts'
import { checkSize } from '../sources/validation.ts'
import { HoldallError } from '../web/error.ts'
import type { Actor } from '../web/route.ts'
import { MAX_PARTS, PART_SIZE } from './limits.ts'
import type { Parts } from './parts.ts'
import { type PartsPlan, planParts } from './plan.ts'
import { checkWritable, type Incoming } from './prepare.ts'
import type { UploadSession } from './session.ts'
import type { Made } from './session-store.ts'
import type { NewSession, SessionIds, Sessions } from './sessions.ts'

export interface PlanQuestion extends Required<Pick<NewSession, 'purpose' | 'organizationId' | 'collectionId'>> {
  readonly placeOf: (ids: SessionIds, storage: Storage) => { readonly path: string; readonly made?: Made }
  readonly file: Incoming & { readonly declaredSize: number }
  /** Bytes of every part but the last, where the client minds. */
  readonly partSize?: number | undefined
}

/**
 * Makes a session for an upload in parts, whatever its size, that is for something else than a file.
 *
 * @throws HoldallError `source_read_only`, `file_too_large`, `bad_request` for a part size that cannot be
 */
export type PlanFor = (source: Source, actor: Actor | null, question: PlanQuestion) => Promise<UploadSession>

export function createPlanFor({ sessions, parts }: { sessions: Sessions; parts: Parts }): PlanFor {
  return async function planFor(source, actor, { file, partSize, placeOf, ...belongs }) {
    const storage = await source.storage()
    const { multipart } = storage
    checkWritable(source, storage)
    if (multipart === undefined) throw new HoldallError('source_read_only', { source: source.slug })
    checkSize(source.rules, file.declaredSize)
    const { declaredSize: size } = file
    const plan = partSize === undefined ? planParts(size, multipart.limits) : asked(size, partSize, multipart.limits)
    const lease = await sessions.begin({
      ...belongs,
      ...file,
      kind: 'parts',
      plan,
      placeOf: (ids) => placeOf(ids, storage),
      sourceId: source.id,
      actorId: actor?.id ?? null,
    })
    return await parts.begin(lease, multipart)
  }
}

/** A plan with the parts that its client wants. */
function asked(size: number, partSize: number, limits: MultipartLimits): PartsPlan {
  const least = Math.max(PART_SIZE, limits.minPartSize)
  const partCount = Math.ceil(size / partSize)
  const most = Math.min(MAX_PARTS, limits.maxParts)
  const message =
    partSize < least || partSize > limits.maxPartSize
      ? `part_size must be ${least} to ${limits.maxPartSize} bytes`
      : partCount > most
        ? `part_size is too small: a file of ${size} bytes would have more than ${most} parts`
        : undefined
  if (message !== undefined)
    throw new HoldallError('bad_request', {}, { errors: [message], fields: { part_size: message } })
  return { size, partSize, partCount }
}
