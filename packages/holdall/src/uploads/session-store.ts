import type { UploadKind, UploadPurpose, UploadStatus } from '../database/schema.ts'
import type { Failure, Received, StepLogEntry } from './steps.ts'

export type { UploadKind, UploadPurpose, UploadStatus } from '../database/schema.ts'

/**
 * Where upload sessions live. A store keeps rows and decides conditional writes; what they mean (leases, steps, times) is
 * core's alone. Every write that was answered lasts, and is seen by every later call, whoever makes it.
 */
export interface SessionStore {
  /** Whether it is the internal database: its writes last once a later one of that database does. */
  readonly isInternal?: true
  /** Adds a session. Throws when its id or its token is there already. */
  create(session: StoredSession): Promise<void>
  get(id: string): Promise<StoredSession | undefined>
  byToken(tokenHash: string): Promise<StoredSession | undefined>
  /**
   * One conditional write, decided at one moment.
   *
   * @returns the session as it is after it; `undefined` when there is none, or a condition does not hold
   */
  update(id: string, condition: SessionCondition, change: SessionPatch): Promise<StoredSession | undefined>
  /**
   * Sets `leaseUntil` and `dueAt` to `until` where the lease is still this one's.
   *
   * @returns the ids of those
   */
  renewLeases(owner: string, held: readonly HeldLease[], until: string): Promise<string[]>
  /** Open (`initiated`, `completing`) or ended sessions whose `dueAt` is not after `at`, those due first first. */
  due(question: DueQuestion): Promise<StoredSession[]>
  /** Newest first: an actor's uploads of files in parts that wait for their client, or those to a collection. */
  list(question: ListQuestion): Promise<StoredSession[]>
  /** What is not there is gone already. */
  remove(ids: readonly string[]): Promise<void>
}

/** Times are ISO 8601 in UTC with milliseconds, so that they sort as text. */
export interface StoredSession {
  /** A ULID in lower case. */
  readonly id: string
  readonly kind: UploadKind
  readonly purpose: UploadPurpose
  /** Of datasets: a UUID in lower case. */
  readonly organizationId: string | null
  readonly collectionId: string | null
  readonly sourceId: number
  readonly fileId: string
  readonly path: string
  readonly filename: string
  readonly declaredType: string | null
  readonly declaredSize: number | null
  readonly partSize: number | null
  readonly partCount: number | null
  /** What the storage calls an upload in parts, at most 2,048 characters. */
  readonly storageUpload: string | null
  /** Unique among all sessions. */
  readonly tokenHash: string | null
  readonly actorId: string | null
  readonly status: UploadStatus
  readonly completionStatus: string | null
  readonly steps: readonly StepLogEntry[]
  readonly failure: Failure | null
  readonly received: Received | null
  /** What the steps of its purpose have found out and made so far, at most 128 KiB as JSON. */
  readonly made: Made | null
  /** Of what failed: whether it may be asked for again. */
  readonly retryable: boolean
  readonly leaseOwner: string | null
  readonly leaseUntil: string | null
  readonly leaseProcess: string | null
  readonly fence: number
  readonly createdAt: string
  readonly updatedAt: string
  readonly completedAt: string | null
  /** Epoch seconds. A store may remove what is past it, a while later. */
  readonly ttl: number
  /** When its bytes must be removed (again); of a completed one, what arrived too late. */
  readonly clearAt: string | null
  /** When somebody should look at it. */
  readonly dueAt: string
}

export type Made = Readonly<Record<string, unknown>>

export type SessionPatch = Partial<Omit<StoredSession, 'id' | 'tokenHash' | 'createdAt'>>

/** What must be so for a write to happen; all of it. */
export interface SessionCondition {
  readonly fence?: number
  readonly statuses?: readonly UploadStatus[]
  readonly owner?: string
  /** The lease has run out before this time, or there is none. */
  readonly leaseOverAt?: string
}

export interface HeldLease {
  readonly id: string
  readonly fence: number
}

export interface DueQuestion {
  readonly ended: boolean
  readonly at: string
  /** The last one of the page before: only those that come after it, by `dueAt`, then by `id`. */
  readonly after?: Pick<StoredSession, 'dueAt' | 'id'> | undefined
  readonly limit: number
}

export type ListQuestion = OpenQuestion | CollectionQuestion

/** Of files, in parts, `initiated`. */
export interface OpenQuestion {
  /** In one source, or in any of several. */
  readonly sourceId: number | readonly number[]
  readonly actorId: string
  readonly filename?: string | undefined
  /** Bytes of the whole file. */
  readonly size?: number | undefined
  /** Only those with a smaller id. */
  readonly before?: string | undefined
  readonly limit: number
}

export interface CollectionQuestion {
  readonly organizationId: string
  readonly collectionId: string
  /** Any, unless they are named. */
  readonly statuses?: readonly UploadStatus[] | undefined
  /** Only those with a smaller id. */
  readonly before?: string | undefined
  readonly limit: number
}
