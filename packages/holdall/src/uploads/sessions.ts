import { ulid } from 'ulid'
import type { UploadKind, UploadPurpose, UploadStatus } from '../database/schema.ts'
import type { BeforeIo } from '../sources/filesystem/io.ts'
import { storagePath } from '../sources/paths.ts'
import { createLeases, LeaseLost } from './leases.ts'
import { BATCH, TTL_S } from './limits.ts'
import type { PartsPlan } from './plan.ts'
import { type Lease, toSession, type UploadSession } from './session.ts'
import type {
  ListQuestion,
  Made,
  SessionCondition,
  SessionPatch,
  SessionStore,
  StoredSession,
} from './session-store.ts'
import type { Failure, Received, StepLogEntry } from './steps.ts'

export interface SessionIds {
  /** A ULID in lower case. */
  readonly id: string
  /** `df-` and another one. */
  readonly fileId: string
}

export interface NewSession {
  /** @default 'post' */
  readonly kind?: UploadKind
  /** @default 'file' */
  readonly purpose?: UploadPurpose
  /** Of datasets. */
  readonly organizationId?: string
  readonly collectionId?: string
  /** Of `parts`. */
  readonly plan?: PartsPlan
  /** Where the bytes go, and what is known of it, by the ids that the session got. Default: the path of a file. */
  readonly placeOf?: (ids: SessionIds) => { readonly path: string; readonly made?: Made }
  readonly sourceId: number
  readonly filename: string
  readonly declaredType: string | undefined
  readonly declaredSize: number | undefined
  readonly actorId: string | null
}

/** What a change writes; what is left out stays. */
export interface SessionChange {
  readonly status?: UploadStatus
  readonly completionStatus?: string | null
  readonly steps?: readonly StepLogEntry[]
  readonly failure?: Failure | null
  readonly storageUpload?: string
  /** When the bytes must be removed (again); only of what ends with this change. */
  readonly clearAt?: Date | null
  readonly received?: Received | null
  /** Beside what was there before. */
  readonly made?: Made
  readonly retryable?: boolean
  /** Gives the lease back. With a time, nobody takes it before, or nobody has a reason to before. */
  readonly release?: true | { readonly notBefore: Date } | { readonly until: Date }
}

export interface SessionsPage {
  readonly sessions: readonly UploadSession[]
  readonly next: string | null
}

export interface SessionsOptions {
  readonly store: SessionStore
  readonly before: BeforeIo
  readonly now: () => number
}

export type Sessions = ReturnType<typeof createSessions>

/** Of two processes that change one session at one moment the later one looks again, so many times. */
const ATTEMPTS = 20

/** Upload sessions as the engine works with them: every change is one conditional write that names the fence it was made under. */
export function createSessions({ store, before, now }: SessionsOptions) {
  const leases = createLeases({ store, before, now })

  function time(): string {
    return new Date(now()).toISOString()
  }

  function seconds(): number {
    return Math.floor(now() / 1_000)
  }

  async function update(
    name: string,
    id: string,
    condition: SessionCondition,
    patch: SessionPatch,
  ): Promise<StoredSession | undefined> {
    before(`database: ${name}`)
    return await store.update(id, condition, patch)
  }

  /**
   * Takes the lease, and in the same write makes whatever change the session as it is now asks for.
   *
   * @param changeOf `undefined` from it: the session is no longer one to be taken
   */
  async function claim(
    id: string,
    statuses: readonly UploadStatus[],
    name = 'claim session',
    changeOf: (session: UploadSession) => SessionChange | undefined = () => ({}),
  ): Promise<Lease | undefined> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const seen = await store.get(id)
      if (seen === undefined || !statuses.includes(seen.status) || isLeased(seen, time())) return undefined
      const fence = seen.fence + 1
      const condition = { fence: seen.fence, statuses, leaseOverAt: time() }
      const session = toSession(seen)
      const change = changeOf(session)
      if (change === undefined) return undefined
      // A lease that is only taken changes nothing else.
      const changes = Object.keys(change).length > 0 ? patchOf(session, change) : {}
      const patch = { ...changes, ...leases.taken(), fence }
      const changed = await update(name, id, condition, patch)
      if (changed !== undefined) return leases.hold(toSession(changed), fence)
    }
    return undefined
  }

  return {
    ...leases.upkeep,
    isInternal: store.isInternal ?? false,
    claim,

    /** Leased to us from the first moment. @param tokenHash of the token that its client gets, if it waits for one */
    async begin(fresh: NewSession, tokenHash: string | null = null): Promise<Lease> {
      const session = newSession(fresh, { tokenHash, ...leases.taken() })
      before('database: create session')
      await store.create(session)
      return leases.hold(toSession(session), session.fence)
    },

    /** A session that waits for its client. @param tokenHash SHA-256 of the token that the client gets */
    async prepare(fresh: NewSession, tokenHash: string): Promise<UploadSession> {
      const session = newSession(fresh, { tokenHash })
      before('database: create session')
      await store.create(session)
      return toSession(session)
    },

    /** Changes the row under the lease. @throws LeaseLost */
    async change(lease: Lease, name: string, change: SessionChange): Promise<Lease> {
      const { id } = lease.session
      const condition = { fence: lease.fence, owner: leases.owner }
      const changed = await update(name, id, condition, patchOf(lease.session, change))
      if (changed === undefined) throw new LeaseLost(id)
      if (change.release !== undefined) leases.drop(id)
      return { ...lease, session: toSession(changed) }
    },

    /**
     * Ends a session that has made no file, whoever holds its lease. Its bytes are to be removed from now on.
     *
     * @returns `undefined` when it is in none of these states
     */
    async abort(id: string, failure: Failure, statuses: readonly UploadStatus[]): Promise<UploadSession | undefined> {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const seen = await store.get(id)
        if (seen === undefined || !statuses.includes(seen.status)) return undefined
        const change: SessionChange = {
          status: 'aborted',
          // Whoever waits for the end of the steps must hear that there is none.
          ...(seen.status === 'completing' && { completionStatus: 'failed' }),
          failure,
          retryable: false,
          release: true,
          clearAt: new Date(now()),
        }
        const patch = { ...patchOf(toSession(seen), change), fence: seen.fence + 1 }
        const aborted = await update('abort session', id, { fence: seen.fence, statuses }, patch)
        if (aborted === undefined) continue
        leases.lose(id)
        return toSession(aborted)
      }
      return undefined
    },

    /** Nobody may ask for its steps again from now on. @returns `undefined` when somebody has */
    async giveUp(id: string): Promise<UploadSession | undefined> {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const seen = await store.get(id)
        if (seen?.status !== 'failed') return undefined
        const patch = { retryable: false, fence: seen.fence + 1 }
        const given = await update('give up', id, { fence: seen.fence, statuses: ['failed'] }, patch)
        if (given !== undefined) return toSession(given)
      }
      return undefined
    },

    /** Its client is still there: it gets all of its time again. @returns `undefined` when its status is another one now */
    async renew({ id, status }: UploadSession): Promise<UploadSession | undefined> {
      const ttl = ttlOf(status)
      if (status !== 'initiated') {
        const patch = { updatedAt: time(), ttl, dueAt: timeOf(ttl) }
        const renewed = await update('renew session', id, { statuses: [status] }, patch)
        return renewed && toSession(renewed)
      }
      const patch = { updatedAt: time(), ttl }
      const free = { statuses: ['initiated'], leaseOverAt: time() } as const
      const renewed =
        (await update('renew session', id, free, { ...patch, dueAt: timeOf(ttl) })) ??
        // Somebody holds its lease, and will say when it is due.
        (await update('renew session', id, { statuses: ['initiated'] }, patch))
      return renewed && toSession(renewed)
    },

    /**
     * Sessions that nobody works on and somebody should: those whose steps were interrupted, those whose body broke off
     * with its process, and those that waited for their client until their time was over.
     */
    orphaned: () => due(false),

    /** Ended sessions whose bytes are to be removed, or whose time is over. */
    over: () => due(true),

    /** @param next when the bytes of an ended session are to be removed again; `null`: never */
    async cleared({ id, status, ttl }: UploadSession, next: Date | null): Promise<void> {
      const clearAt = next?.toISOString() ?? null
      await update('bytes removed', id, { statuses: [status] }, { clearAt, dueAt: clearAt ?? timeOf(ttl) })
    },

    /**
     * A page, newest first, without those past their time and those that were never begun in their storage: nobody has
     * heard of these. `next` is what `before` takes for the page after it.
     */
    async list(question: ListQuestion): Promise<SessionsPage> {
      const listed = await store.list({ ...question, limit: question.limit + 1 })
      const page = listed.slice(0, question.limit)
      return {
        sessions: page
          .filter(({ ttl, kind, storageUpload }) => ttl >= seconds() && (kind !== 'parts' || storageUpload !== null))
          .map(toSession),
        next: listed.length > page.length ? (page.at(-1)?.id ?? null) : null,
      }
    },

    async remove(ids: readonly string[]): Promise<void> {
      if (ids.length === 0) return
      before('database: remove sessions')
      await store.remove(ids)
    },

    /** Rows past their ttl are gone, even before they are removed. */
    async get(id: string): Promise<UploadSession | undefined> {
      return known(await store.get(id))
    },

    async byToken(tokenHash: string): Promise<UploadSession | undefined> {
      return known(await store.byToken(tokenHash))
    },
  }

  /** In batches; what is done with one may take it out of the next. */
  async function* due(ended: boolean): AsyncGenerator<UploadSession[]> {
    const at = time()
    for (let after: StoredSession | undefined; ; ) {
      const page = await store.due({ ended, at, after, limit: BATCH })
      yield page.map(toSession)
      if (page.length < BATCH) return
      after = page.at(-1)
    }
  }

  function known(stored: StoredSession | undefined): UploadSession | undefined {
    return stored === undefined || stored.ttl < seconds() ? undefined : toSession(stored)
  }

  function newSession(fresh: NewSession, values: Partial<StoredSession>): StoredSession {
    const fileId = `df-${ulid(now()).toLowerCase()}`
    const at = time()
    const ttl = ttlOf('initiated')
    const id = ulid(now()).toLowerCase()
    const { path, made = null } = fresh.placeOf?.({ id, fileId }) ?? { path: storagePath(fileId, fresh.filename) }
    return {
      id,
      kind: fresh.kind ?? 'post',
      purpose: fresh.purpose ?? 'file',
      organizationId: fresh.organizationId ?? null,
      collectionId: fresh.collectionId ?? null,
      sourceId: fresh.sourceId,
      fileId,
      path,
      filename: fresh.filename,
      declaredType: fresh.declaredType ?? null,
      declaredSize: fresh.declaredSize ?? null,
      partSize: fresh.plan?.partSize ?? null,
      partCount: fresh.plan?.partCount ?? null,
      storageUpload: null,
      tokenHash: null,
      actorId: fresh.actorId,
      status: 'initiated',
      completionStatus: null,
      steps: [],
      failure: null,
      received: null,
      made,
      retryable: false,
      leaseOwner: null,
      leaseUntil: null,
      leaseProcess: null,
      fence: 1,
      createdAt: at,
      updatedAt: at,
      completedAt: null,
      ttl,
      clearAt: null,
      dueAt: timeOf(ttl),
      ...values,
    }
  }

  function patchOf({ prepared, status: before, made }: UploadSession, change: SessionChange): SessionPatch {
    const { release, clearAt } = change
    const status = change.status ?? before
    const isOver = status !== 'initiated' && status !== 'completing'
    const ttl = ttlOf(status)
    const notBefore =
      typeof release === 'object' && 'notBefore' in release ? release.notBefore.toISOString() : undefined
    const until = typeof release === 'object' && 'until' in release ? release.until.toISOString() : undefined
    // Who lives and dies with one request is looked after at once; who waits for its client, when that took too long.
    const next = status === 'initiated' && prepared ? timeOf(ttl) : time()
    return {
      updatedAt: time(),
      status,
      ttl,
      ...(status === 'completed' && { completedAt: time() }),
      ...(change.completionStatus !== undefined && { completionStatus: change.completionStatus }),
      ...(change.steps !== undefined && { steps: change.steps }),
      ...(change.failure !== undefined && { failure: change.failure }),
      ...(change.storageUpload !== undefined && { storageUpload: change.storageUpload }),
      ...(change.received !== undefined && { received: change.received }),
      ...(change.made !== undefined && { made: { ...made, ...change.made } }),
      ...(change.retryable !== undefined && { retryable: change.retryable }),
      ...(!isOver && { clearAt: null }),
      ...(release !== undefined && {
        leaseOwner: null,
        leaseProcess: null,
        leaseUntil: notBefore ?? null,
        clearAt: clearAt?.toISOString() ?? null,
        dueAt: isOver ? (clearAt?.toISOString() ?? timeOf(ttl)) : (notBefore ?? until ?? next),
      }),
    }
  }

  function ttlOf(status: UploadStatus): number {
    return seconds() + TTL_S[status]
  }
}

function timeOf(epochSeconds: number): string {
  return new Date(epochSeconds * 1_000).toISOString()
}

function isLeased({ leaseUntil }: StoredSession, at: string): boolean {
  return leaseUntil !== null && leaseUntil >= at
}
