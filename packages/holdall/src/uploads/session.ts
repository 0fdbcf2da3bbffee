import type { MultipartUpload, NewMultipart } from '../sources/multipart.ts'
import type { PartsPlan } from './plan.ts'
import type { Made, StoredSession, UploadKind, UploadPurpose, UploadStatus } from './session-store.ts'
import type { Failure, Received, StepLogEntry } from './steps.ts'

/** One attempt to bring bytes into a source. The row is the job. */
export interface UploadSession {
  readonly id: string
  readonly kind: UploadKind
  readonly purpose: UploadPurpose
  /** Of datasets. */
  readonly organizationId: string | null
  readonly collectionId: string | null
  readonly sourceId: number
  readonly fileId: string
  readonly path: string
  readonly filename: string
  readonly declaredType: string | undefined
  readonly declaredSize: number | undefined
  /** Whether it waits for its client (the three-step flow, parts), or lives and dies with one request. */
  readonly prepared: boolean
  readonly actorId: string | null
  readonly status: UploadStatus
  readonly completionStatus: string | null
  readonly steps: readonly StepLogEntry[]
  readonly failure: Failure | undefined
  readonly received: Received | undefined
  /** What the steps of its purpose have found out and made so far. */
  readonly made: Made
  /** Of what failed: whether it may be asked for again. */
  readonly retryable: boolean
  /** Only of `parts`. */
  readonly plan: PartsPlan | undefined
  /** What the storage calls an upload in parts; `undefined` until it was begun there. */
  readonly storageUpload: string | undefined
  readonly createdAt: string
  readonly updatedAt: string
  readonly completedAt: string | null
  /** Epoch seconds. */
  readonly ttl: number
  readonly clearAt: string | undefined
}

/** The right to write a session's row, until the fence has moved on. */
export interface Lease {
  readonly session: UploadSession
  readonly fence: number
  /** Aborts when the lease was lost. */
  readonly signal: AbortSignal
}

export function toSession(stored: StoredSession): UploadSession {
  const { declaredSize: size, partSize, partCount } = stored
  return {
    id: stored.id,
    kind: stored.kind,
    purpose: stored.purpose,
    organizationId: stored.organizationId,
    collectionId: stored.collectionId,
    sourceId: stored.sourceId,
    fileId: stored.fileId,
    path: stored.path,
    filename: stored.filename,
    declaredType: stored.declaredType ?? undefined,
    declaredSize: size ?? undefined,
    prepared: stored.tokenHash !== null || stored.kind === 'parts',
    actorId: stored.actorId,
    status: stored.status,
    completionStatus: stored.completionStatus,
    steps: stored.steps,
    failure: stored.failure ?? undefined,
    received: stored.received ?? undefined,
    made: stored.made ?? {},
    retryable: stored.retryable,
    plan: size === null || partSize === null || partCount === null ? undefined : { size, partSize, partCount },
    storageUpload: stored.storageUpload ?? undefined,
    createdAt: stored.createdAt,
    updatedAt: stored.updatedAt,
    completedAt: stored.completedAt,
    ttl: stored.ttl,
    clearAt: stored.clearAt ?? undefined,
  }
}

/** Whether its bytes come through here, in one request. */
export function isProxied({ kind }: UploadSession): boolean {
  return kind === 'post' || kind === 'put'
}

/** The upload as the storage is told of it. The session's id is the token that the object is known by. */
export function newMultipartOf({ id, path, plan, declaredType }: UploadSession): NewMultipart | undefined {
  if (plan === undefined) return undefined
  const { size, partSize } = plan
  return { path, size, partSize, token: id, ...(declaredType !== undefined && { contentType: declaredType }) }
}

/** The same once the storage has begun it. */
export function multipartUploadOf(session: UploadSession): MultipartUpload | undefined {
  const begun = newMultipartOf(session)
  const { storageUpload: id } = session
  return begun === undefined || id === undefined ? undefined : { ...begun, id }
}
