import type { MultipartUpload, NewMultipart } from '../sources/multipart.ts'
import type { Facts } from './inspection.ts'
import { MAX_REASON_LENGTH } from './limits.ts'
import type { PartsPlan } from './plan.ts'
import type { StoredSession, UploadKind, UploadStatus } from './session-store.ts'

/** The steps that finish an upload, in order. */
export const STEPS = ['combine', 'inspect', 'record'] as const
export type Step = (typeof STEPS)[number]
/** `receive` is no step of the pipeline: it is the body that comes in. */
export type FailedStep = 'receive' | Step

/** What was measured while the bytes came in, or read from the storage afterwards, and what inspection added. */
export interface Received {
  readonly size: number
  /** `null` while nobody has read all of it. */
  readonly contentHash: string | null
  readonly contentType: string
  readonly contradicts: boolean
  /** There once `inspect` has ended. */
  readonly facts?: Facts
}

export interface Failure {
  readonly step: FailedStep
  /** What the user can use; no internals. */
  readonly exc_str: string
  readonly at: string
}

export interface StepLogEntry {
  readonly step: Step
  readonly phase: 'start' | 'end'
  readonly started_at?: string
  readonly finished_at?: string
  readonly status: 'running' | 'ok' | 'failed'
  readonly attempts?: number
  readonly error?: string
}

/** One attempt to bring bytes into a source. The row is the job. */
export interface UploadSession {
  readonly id: string
  readonly kind: UploadKind
  readonly sourceId: number
  readonly fileId: string
  readonly path: string
  readonly filename: string
  readonly declaredType: string | undefined
  readonly declaredSize: number | undefined
  /** Whether it waits for its client (the three-step flow), or lives and dies with one request. */
  readonly prepared: boolean
  readonly actorId: string | null
  readonly status: UploadStatus
  readonly completionStatus: string | null
  readonly steps: readonly StepLogEntry[]
  readonly failure: Failure | undefined
  readonly received: Received | undefined
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
    sourceId: stored.sourceId,
    fileId: stored.fileId,
    path: stored.path,
    filename: stored.filename,
    declaredType: stored.declaredType ?? undefined,
    declaredSize: size ?? undefined,
    prepared: stored.tokenHash !== null,
    actorId: stored.actorId,
    status: stored.status,
    completionStatus: stored.completionStatus,
    steps: stored.steps,
    failure: stored.failure ?? undefined,
    received: stored.received ?? undefined,
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

export function failure(step: FailedStep, reason: string, at: Date): Failure {
  return { step, exc_str: reason.slice(0, MAX_REASON_LENGTH).toWellFormed(), at: at.toISOString() }
}

/** The step that `completion_status` names as running, such as `inspecting`. */
export const RUNNING: Readonly<Record<Step, string>> = {
  combine: 'combining',
  inspect: 'inspecting',
  record: 'recording',
}

/**
 * The log with a step begun. Beginning it again after a crash counts inside its entry, so that the log is bounded.
 *
 * @param anew whether somebody asked for it, so that the time in which it is tried begins again
 */
export function begun(log: readonly StepLogEntry[], step: Step, at: Date, anew = false): StepLogEntry[] {
  const before = log.find((entry) => entry.step === step && entry.phase === 'start')
  const entry: StepLogEntry = {
    step,
    phase: 'start',
    started_at: (anew ? undefined : before?.started_at) ?? at.toISOString(),
    status: 'running',
    ...(before === undefined ? {} : { attempts: (before.attempts ?? 1) + 1 }),
  }
  return [...log.filter((other) => other.step !== step), entry]
}

/** The log with a step ended. */
export function ended(log: readonly StepLogEntry[], step: Step, at: Date, error?: string): StepLogEntry[] {
  const status = error === undefined ? 'ok' : 'failed'
  const others = log.filter((entry) => !(entry.step === step && entry.phase === 'end'))
  return [
    ...others,
    { step, phase: 'end', finished_at: at.toISOString(), status, ...(error === undefined ? {} : { error }) },
  ]
}
