import { ulid } from 'ulid'
import type { UploadKind, UploadStatus } from '../database/schema.ts'
import type { BeforeIo } from '../sources/filesystem/io.ts'
import { storagePath } from '../sources/paths.ts'
import { createLeases, LeaseLost } from './leases.ts'
import { BATCH, TTL_S } from './limits.ts'
import type { PartsPlan } from './plan.ts'
import { type Lease, toSession, type UploadSession } from './session.ts'
import type { OpenQuestion, SessionCondition, SessionPatch, SessionStore, StoredSession } from './session-store.ts'
import type { Failure, Received, StepLogEntry } from './steps.ts'

export interface NewSession {
  /** @default 'post' */
  readonly kind?: UploadKind
  /** Of `parts`. */
  readonly plan?: PartsPlan
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
  /** Gives the lease back. With a time, nobody takes it before. */
  readonly release?: true | { readonly notBefore: Date }
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

  /** Takes the lease, and in the same write makes whatever change the session as it is now asks for. */
  async function claim(
    id: string,
    statuses: readonly UploadStatus[],
    name = 'claim session',
    changeOf?: (session: UploadSession) => SessionChange,
  ): Promise<Lease | undefined> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const seen = await store.get(id)
      if (seen === undefined || !statuses.includes(seen.status) || isLeased(seen, time())) return undefined
      const fence = seen.fence + 1
      const condition = { fence: seen.fence, statuses, leaseOverAt: time() }
      const session = toSession(seen)
      const change = changeOf && patchOf(session, changeOf(session))
      const patch = { ...change, ...leases.taken(), fence }
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
        const change = { status: 'aborted', failure, release: true, clearAt: new Date(now()) } as const
        const patch = { ...patchOf(toSession(seen), change), fence: seen.fence + 1 }
        const aborted = await update('abort session', id, { fence: seen.fence, statuses }, patch)
        if (aborted === undefined) continue
        leases.lose(id)
        return toSession(aborted)
      }
      return undefined
    },

    /** Its client is still there: it gets another week. @returns `undefined` when it is not open */
    async renew(id: string): Promise<UploadSession | undefined> {
      const ttl = ttlOf('initiated')
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

    /** An actor's uploads in parts that wait for their client, newest first. */
    async open(question: OpenQuestion): Promise<UploadSession[]> {
      const open = await store.open(question)
      return open.filter(({ ttl, storageUpload }) => ttl >= seconds() && storageUpload !== null).map(toSession)
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
    return {
      id: ulid(now()).toLowerCase(),
      kind: fresh.kind ?? 'post',
      sourceId: fresh.sourceId,
      fileId,
      path: storagePath(fileId, fresh.filename),
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

  function patchOf({ prepared, status: before }: UploadSession, change: SessionChange): SessionPatch {
    const { release, clearAt } = change
    const status = change.status ?? before
    const isOver = status !== 'initiated' && status !== 'completing'
    const ttl = ttlOf(status)
    const notBefore = release === undefined || release === true ? undefined : release.notBefore.toISOString()
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
      ...(release !== undefined && {
        leaseOwner: null,
        leaseProcess: null,
        leaseUntil: notBefore ?? null,
        clearAt: clearAt?.toISOString() ?? null,
        dueAt: isOver ? (clearAt?.toISOString() ?? timeOf(ttl)) : (notBefore ?? next),
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
