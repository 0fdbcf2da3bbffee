import { setTimeout as sleep } from 'node:timers/promises'
import type { InternalDatabase } from '../database/internal.ts'
import type { BeforeIo } from '../sources/filesystem/io.ts'
import type { Source, Sources } from '../sources/sources.ts'
import type { Storage } from '../sources/storage.ts'
import { checkSize } from '../sources/validation.ts'
import { HoldallError } from '../web/error.ts'
import type { Log } from '../web/log.ts'
import type { Actor } from '../web/route.ts'
import { createArrivals } from './arrivals.ts'
import { createClearing } from './clearing.ts'
import { filePurpose } from './file-purpose.ts'
import { createFinishing } from './finishing.ts'
import type { FileIntake } from './inspection.ts'
import { createInternalStore } from './internal-store.ts'
import { LeaseLost } from './leases.ts'
import { HEARTBEAT_MS, STOP_LIMIT_MS, TAKEOVER_MS } from './limits.ts'
import { createParts, type Parts, takesParts } from './parts.ts'
import { createPlanFor, type PlanFor, type PlanQuestion } from './plan-for.ts'
import { checkWritable, createPrepare, type Incoming, type Prepare } from './prepare.ts'
import type { Purpose } from './purpose.ts'
import { receive } from './receive.ts'
import { createRecovery } from './recovery.ts'
import { isProxied, type Lease, type UploadSession } from './session.ts'
import type { CollectionQuestion, Made, OpenQuestion, SessionStore, UploadPurpose } from './session-store.ts'
import { createSessions, type SessionChange, type SessionIds, type SessionsPage } from './sessions.ts'
import { COMBINE, failure, type Received } from './steps.ts'
import { createTokens } from './tokens.ts'

export interface UploadsOptions {
  readonly database: InternalDatabase
  /** Where sessions live. Default: the internal database. */
  readonly store?: SessionStore
  readonly sources: Sources
  readonly intake: FileIntake
  /** What uploads may be for beside files. */
  readonly purposes?: readonly Purpose[]
  readonly log: Log
  /** Told each write before it is made; a test ends the process there. */
  readonly before?: BeforeIo
  readonly now?: () => number
}

/** The one engine that brings bytes into sources. */
export interface Uploads {
  readonly intake: FileIntake
  /** One file in one request. @returns the session once it has ended, or while its steps still run */
  send(source: Source, actor: Actor | null, file: Incoming, body: AsyncIterable<Uint8Array>): Promise<Ending>
  readonly prepare: Prepare
  /** Begins an upload in parts that is for something else than a file. */
  readonly planFor: PlanFor
  readonly parts: Parts
  /**
   * An upload of what the source has already: `copy` lays it where the upload's bytes go, then the steps begin.
   *
   * @throws what `copy` throws, after nothing is left of it
   */
  copied(source: Source, actor: Actor | null, question: CopyQuestion): Promise<Ending>
  /** An actor's uploads of files in parts that wait for their client, newest first; nobody's to the anonymous. */
  open(source: Source | readonly Source[], actor: Actor | null, question: OpenFilter): Promise<SessionsPage>
  /** What is, or was, sent to a collection, newest first. */
  ofCollection(question: CollectionQuestion): Promise<SessionsPage>
  /** The session of a token. @throws HoldallError `upload_token_invalid`, `upload_token_elsewhere` */
  byToken(source: Source, actor: Actor | null, token: string): Promise<UploadSession>
  /** The bytes of a prepared session. */
  fill(source: Source, session: UploadSession, body: AsyncIterable<Uint8Array>): Promise<void>
  /** Begins the steps that make the file; whoever is first gets the ending, the others are told that it runs. */
  complete(session: UploadSession): Promise<Ending>
  /** The same; `undefined` for all but the one whose write has begun the steps. */
  begin(session: UploadSession): Promise<Ending | undefined>
  /**
   * Goes on with the step at which it failed; `undefined` when it has not failed, or cannot be gone on with.
   *
   * @param other another way of doing it: what its row says from now on, and the step from which on it counts
   */
  retry(session: UploadSession, other?: { readonly from: string; readonly made: Made }): Promise<Ending | undefined>
  /**
   * Goes on with one whose steps wait, now that there may be a reason to. Somebody else may be at it already.
   *
   * @param made what its row says from now on
   */
  resume(id: string, made: Made): Promise<void>
  /** A session for something else than a file, whoever began it. */
  find(purpose: Exclude<UploadPurpose, 'file'>, id: string): Promise<UploadSession | undefined>
  /** @throws HoldallError `upload_not_found` when it is not this actor's, or of another source */
  get(source: Source, actor: Actor | null, id: string): Promise<UploadSession>
  /**
   * Removes what was received. Idempotent. @throws HoldallError `upload_not_open` once it is completing; where its client
   * follows the steps, once it is completed
   */
  abort(session: UploadSession): Promise<void>
  /** Ends the leases of dead processes, then takes over what they left, and keeps looking. Resolves after the first. */
  start(): Promise<void>
  /** Removes the bytes of uploads that made no file, and sessions past their time; done by itself once started. */
  sweep(): Promise<void>
  /** Stops, and gives the leases back: what is not finished goes on in the next process. */
  close(): Promise<void>
}

export interface CopyQuestion extends Omit<PlanQuestion, 'partSize'> {
  /** @returns how many bytes there are then */
  copy(path: string, storage: Storage, signal: AbortSignal): Promise<number>
}

export type OpenFilter = Omit<OpenQuestion, 'sourceId' | 'actorId'>

/** `ended` resolves with the session in its last state; `begun` is the session as it was when the steps began. */
export interface Ending {
  readonly session: UploadSession
  readonly ended: Promise<UploadSession>
}

export function createUploads(options: UploadsOptions): Uploads {
  const { database, sources, intake, log, before = () => {}, now = Date.now } = options
  const { store = createInternalStore(database) } = options
  const sessions = createSessions({ store, before, now })
  const sourceById = sources.byId
  const files = filePurpose({ database, intake, sourceById, isInternal: sessions.isInternal, before })
  const purposes = new Map([files, ...(options.purposes ?? [])].map((purpose) => [purpose.name, purpose]))
  const clearing = createClearing({ sessions, purposeOf, sources, log, now })
  const arrivals = createArrivals()
  const parts = createParts({ sessions, sources, clearing, arrivals, log, now })
  const finishing = createFinishing({ sessions, purposeOf, sourceById, clear: clearing.clear, log, now })
  const tokens = createTokens(sessions)
  const prepare = createPrepare({ sessions, tokens, parts, now })
  const running = new Map<string, Promise<unknown>>()
  const timers: NodeJS.Timeout[] = []
  const recovery = createRecovery({
    sessions,
    clearing,
    sources,
    purposeOf,
    log,
    now,
    finish: (lease) => follow(lease, true).ended,
  })

  function purposeOf({ id, purpose }: UploadSession): Purpose {
    const found = purposes.get(purpose)
    if (found === undefined) throw new Error(`Nobody here knows what upload ${id} is for: ${purpose}`)
    return found
  }

  function follow(lease: Lease, resumed: boolean): Ending {
    const { id } = lease.session
    const ended = finishing.finish(lease, resumed).finally(() => sessions.abandon(lease))
    const over = ended
      .catch(async (error) => {
        report('finishing stopped', lease, error)
        // Cancelled meanwhile, here or elsewhere: what this run may have made since is nobody's.
        const current = await sessions.get(id)
        if (current?.status === 'aborted') await clearing.clear(current)
      })
      .catch((error) => report('cancelled upload not cleared', lease, error))
      .finally(() => running.get(id) === over && running.delete(id))
    running.set(id, over)
    return { session: lease.session, ended }
  }

  function report(event: string, lease: Lease, error: unknown): void {
    if (error instanceof LeaseLost || lease.signal.aborted) return
    log.error(event, { upload: lease.session.id, error })
  }

  /** Streams into the storage under the lease. Whatever goes wrong is thrown after the session has been put right. */
  async function take(source: Source, lease: Lease, body: AsyncIterable<Uint8Array>): Promise<Received> {
    const { session, signal } = lease
    try {
      const storage = await source.storage()
      return await receive(session, body, { storage, rules: source.rules, sniff: intake.sniff, signal })
    } catch (thrown) {
      if (signal.aborted) throw new HoldallError('upload_not_open', { status: 'aborted' }, { cause: thrown })
      const error = thrown instanceof HoldallError ? thrown : new HoldallError('storage_failed', {}, { cause: thrown })
      const status = session.prepared ? 'initiated' : BROKEN_OFF.has(error.code) ? 'aborted' : 'failed'
      await sessions
        .change(lease, 'receiving failed', {
          status,
          failure: failure('receive', error.message, new Date(now())),
          release: true,
        })
        .catch((cause) => {
          sessions.abandon(lease)
          report('session not closed', lease, cause)
        })
      throw error
    }
  }

  /** Says in the row that the bytes are there. When it cannot be said, they are nobody's, now or once the lease ran out. */
  async function received(lease: Lease, change: SessionChange): Promise<Lease> {
    try {
      return await sessions.change(lease, 'received', change)
    } catch (error) {
      sessions.abandon(lease)
      if (!(error instanceof LeaseLost)) throw error
      const current = await sessions.get(lease.session.id)
      if (current === undefined || current.status === 'aborted') await clearing.discard(lease.session)
      throw new HoldallError('upload_not_open', { status: current?.status ?? 'gone' }, { cause: error })
    }
  }

  async function begin(session: UploadSession): Promise<Ending | undefined> {
    const from = completableFrom(session)
    if (from === undefined) return undefined
    // One write decides who makes it, and that its steps begin.
    const entered = await sessions.claim(session.id, [from], 'completing', (current) => {
      if (completableFrom(current) !== from) return undefined
      if (current.received === undefined && isProxied(current)) throw new HoldallError('upload_not_received')
      return finishing.entering(current, current.received)
    })
    if (entered === undefined) return undefined
    // A part that comes twice must not be written any more while they are made one.
    await arrivals.end(session.id, new HoldallError('upload_not_open', { status: 'completing' }))
    return follow(entered, false)
  }

  /** In the words of its `completion_status`, if it has one. */
  function stepNow(session: UploadSession): string {
    if (session.status !== 'completing') return session.failure?.step ?? 'receive'
    const steps = purposeOf(session).steps
    const now = session.completionStatus
    return steps.find(({ running, ended }) => running === now || ended === now)?.name ?? COMBINE
  }

  return {
    intake,
    parts,

    async send(source, actor, file, body) {
      checkWritable(source, await source.storage())
      if (file.declaredSize !== undefined) checkSize(source.rules, file.declaredSize)
      const lease = await sessions.begin({ sourceId: source.id, actorId: actor?.id ?? null, ...file })
      const facts = await take(source, lease, body)
      return follow(await received(lease, finishing.entering(lease.session, facts)), false)
    },

    async copied(source, actor, { file, placeOf, copy, ...belongs }) {
      const storage = await source.storage()
      checkWritable(source, storage)
      const place = (ids: SessionIds) => placeOf(ids, storage)
      const who = { sourceId: source.id, actorId: actor?.id ?? null }
      const lease = await sessions.begin({ ...belongs, ...file, ...who, kind: 'put', placeOf: place })
      try {
        const size = await copy(lease.session.path, storage, lease.signal)
        const contentType = file.declaredType ?? 'application/octet-stream'
        const facts: Received = { size, contentHash: null, contentType, contradicts: false }
        return follow(await received(lease, finishing.entering(lease.session, facts)), false)
      } catch (error) {
        const why = failure('receive', 'It could not be copied.', new Date(now()))
        const aborted = await sessions.abort(lease.session.id, why, ['initiated'])
        if (aborted !== undefined) await clearing.clear(aborted)
        throw error
      }
    },

    prepare,
    planFor: createPlanFor({ sessions, parts }),

    async open(source, actor, question) {
      if (actor === null) return { sessions: [], next: null }
      return await sessions.list({ ...question, sourceId: [source].flat().map(({ id }) => id), actorId: actor.id })
    },

    ofCollection: (question) => sessions.list(question),

    async byToken(source, actor, token) {
      const session = await tokens.find(token)
      // To another actor, the token is as good as one that never was.
      if (session === undefined || session.actorId !== (actor?.id ?? null))
        throw new HoldallError('upload_token_invalid')
      if (session.sourceId !== source.id) throw new HoldallError('upload_token_elsewhere')
      return session
    },

    async fill(source, session, body) {
      checkFillable(session)
      const lease = await sessions.claim(session.id, ['initiated'])
      if (lease === undefined) throw new HoldallError('upload_in_progress')
      if (lease.session.received !== undefined) {
        await sessions.change(lease, 'give back', { release: true })
        throw new HoldallError('upload_already_received')
      }
      const facts = await take(source, lease, body)
      await received(lease, { received: facts, release: true })
    },

    async complete(session) {
      if (session.status === 'completing' || session.status === 'completed') return asItIs(session)
      if (completableFrom(session) === undefined) {
        throw new HoldallError('upload_not_open', { status: session.status })
      }
      return (await begin(session)) ?? asItIs((await sessions.get(session.id)) ?? session)
    },

    begin,

    async retry(session, other) {
      // What its client must send again first is only known to `combine`, which looks again.
      if (session.failure?.step === COMBINE) return await begin(session)
      const entered = await sessions.claim(session.id, ['failed'], 'completing again', (current) =>
        current.retryable
          ? { ...finishing.retrying(current, other?.from), ...(other && { made: other.made }) }
          : undefined,
      )
      return entered && follow(entered, true)
    },

    async resume(id, made) {
      const lease = await sessions.claim(id, ['completing'], 'resume', () => ({ made }))
      if (lease !== undefined) follow(lease, true)
    },

    async find(purpose, id) {
      const session = await sessions.get(id)
      return session?.purpose === purpose ? session : undefined
    },

    async get(source, actor, id) {
      const session = await sessions.get(id)
      const own = session?.sourceId === source.id && session.actorId === (actor?.id ?? null)
      if (session === undefined || session.purpose !== 'file' || !own) throw new HoldallError('upload_not_found')
      return session
    },

    async abort(session) {
      const { followed } = purposeOf(session)
      const from = followed ? CANCELLABLE : [completableFrom(session) ?? 'initiated']
      if (session.status === 'aborted') return
      if (!followed && completableFrom(session) === undefined && ['expired', 'failed'].includes(session.status)) return
      const cancelled = failure(stepNow(session), 'It was cancelled.', new Date(now()))
      const aborted = await sessions.abort(session.id, cancelled, from)
      if (aborted === undefined) {
        const current = await sessions.get(session.id)
        if (current?.status === 'aborted') return
        throw new HoldallError('upload_not_open', { status: current?.status ?? 'gone' })
      }
      await arrivals.end(session.id, new HoldallError('upload_not_open', { status: 'aborted' }))
      // The steps that run here have been told to stop, and clear up themselves when that takes them long.
      await Promise.race([running.get(session.id), sleep(STOP_LIMIT_MS, undefined, { ref: false })])
      await clearing.clear(aborted)
    },

    async start() {
      const dead = await sessions.releaseDead()
      if (dead > 0) log.info('leases of dead processes ended', { uploads: dead })
      function every(milliseconds: number, work: () => Promise<void>): void {
        let busy = false
        const timer = setInterval(async () => {
          if (busy) return
          busy = true
          await work().catch((error) => log.error('upload upkeep failed', { error }))
          busy = false
        }, milliseconds)
        timers.push(timer.unref())
      }
      // Not awaited: a source that does not answer must not hold up the start.
      recovery.takeOver().catch((error) => log.error('uploads not taken over', { error }))
      clearing.sweep().catch((error) => log.error('ended uploads not swept', { error }))
      every(HEARTBEAT_MS, () => sessions.heartbeat())
      every(TAKEOVER_MS, () => recovery.takeOver())
      every(TAKEOVER_MS, () => clearing.sweep())
    },

    sweep: () => clearing.sweep(),

    async close() {
      for (const timer of timers) clearInterval(timer)
      const patience = setTimeout(() => sessions.interrupt(), STOP_LIMIT_MS)
      await Promise.allSettled(running.values())
      clearTimeout(patience)
      await sessions.releaseAll()
    },
  }
}

/** Broken off by the client or the way to it, not refused by us. */
const BROKEN_OFF: ReadonlySet<string> = new Set(['upload_interrupted', 'upload_stalled'])

function asItIs(session: UploadSession): Ending {
  const { status } = session
  if (status === 'initiated') throw new HoldallError('upload_in_progress')
  if (status === 'aborted' || status === 'expired') throw new HoldallError('upload_not_open', { status })
  return { session, ended: Promise.resolve(session) }
}

/** Wherever it is, as long as it is not made. */
const CANCELLABLE = ['initiated', 'completing', 'failed', 'expired'] as const

/** One that failed while its parts were made one has them still. */
function completableFrom(session: UploadSession): 'initiated' | 'failed' | undefined {
  const { status } = session
  return takesParts(session) && (status === 'initiated' || status === 'failed') ? status : undefined
}

function checkFillable(session: UploadSession): void {
  if (!isProxied(session)) throw new HoldallError('upload_other_way')
  if (session.status === 'initiated' && session.received === undefined) return
  if (['initiated', 'completing', 'completed'].includes(session.status))
    throw new HoldallError('upload_already_received')
  throw new HoldallError('upload_not_open', { status: session.status })
}
