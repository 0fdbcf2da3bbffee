import { setTimeout as sleep } from 'node:timers/promises'
import type { Source } from '../sources/sources.ts'
import type { Log } from '../web/log.ts'
import { combine } from './combine.ts'
import { FIRST_PAUSE_MS, LONGEST_PAUSE_MS, RETRY_LIMIT_MS } from './limits.ts'
import { CannotFinish, type Purpose, type PurposeStep, type Waiting } from './purpose.ts'
import type { Lease, UploadSession } from './session.ts'
import type { SessionChange, Sessions } from './sessions.ts'
import { begun, COMBINE, ended, failure, type Received } from './steps.ts'

export interface FinishingOptions {
  readonly sessions: Sessions
  readonly purposeOf: (session: UploadSession) => Purpose
  readonly sourceById: (id: number) => Source | undefined
  /** Removes the bytes of a session that has failed for good. */
  readonly clear: (session: UploadSession) => Promise<void>
  readonly log: Log
  readonly now: () => number
}

/** What `completion_status` says of the first step. */
const COMBINING = 'combining'
const COMBINED = 'combined'
const FAILED = 'failed'

/**
 * Runs the steps that make of what was sent what its purpose says: `combine`, then those of the purpose. Each transition
 * is one write, so that after a crash whoever takes the lease continues with the step that was running. Every step may
 * run twice.
 */
export function createFinishing({ sessions, purposeOf, sourceById, clear, log, now }: FinishingOptions) {
  const at = () => new Date(now())
  const stepsOf = (session: UploadSession) => purposeOf(session).steps.filter((step) => step.needed?.(session) ?? true)

  /** What a row says when its client says that it is done. For a body that we stored ourselves there is nothing to combine. */
  function entering(session: UploadSession, received: Received | undefined): SessionChange {
    if (received === undefined) return enteringAt(session, COMBINE, COMBINING)
    const [first] = stepsOf(session)
    const combined = ended(begun(session.steps, COMBINE, at()), COMBINE, at())
    return { status: 'completing', received, ...beginning(first, combined) }
  }

  /** What the row of one that failed says when somebody asks for the step again at which it did, or for one before. */
  function retrying(session: UploadSession, from = session.failure?.step): SessionChange {
    const step = stepsOf(session).find(({ name }) => name === from)
    return step === undefined ? enteringAt(session, COMBINE, COMBINING) : enteringAt(session, step.name, step.running)
  }

  function enteringAt(session: UploadSession, step: string, completionStatus: string): SessionChange {
    const steps = begun(session.steps, step, at(), true)
    return { status: 'completing', completionStatus, steps, failure: null, retryable: false }
  }

  function beginning(next: PurposeStep | undefined, steps: Lease['session']['steps']): SessionChange {
    if (next === undefined) throw new Error('The purpose has no such step')
    return { completionStatus: next.running, steps: begun(steps, next.name, at()) }
  }

  /** @returns the session as it ended: `completed`, `failed`, `expired`, or as it waits: `initiated`, `completing` */
  async function finish(lease: Lease, resumed: boolean): Promise<UploadSession> {
    let current = lease
    // The hours in which nobody was there to try it are not its own.
    const takenUp = resumed ? now() : Number.NEGATIVE_INFINITY
    for (;;) {
      const { name, step } = stepOf(current.session)
      try {
        if (resumed && name !== COMBINE) await look(current)
        if (step !== undefined && current.session.completionStatus !== step.running) {
          const waiting = await step.ready?.(current.session, current.signal)
          if (waiting !== undefined) return await wait(current, waiting)
          current = await begin(current, step)
        }
        const next = await (step === undefined ? attemptCombine(current) : attempt(current, step))
        if (next.session.status !== 'completing') return next.session
        current = next
      } catch (error) {
        if (current.signal.aborted || isLeaseLost(error)) throw error
        if (error instanceof CannotFinish || overdue(current.session, name, takenUp))
          return await fail(current, name, error)
        log.warn('upload step failed, trying again', { upload: current.session.id, step: name, error })
        await sleep(pauseAfter(current.session, name), undefined, { signal: current.signal })
        const steps = begun(current.session.steps, name, at())
        current = await sessions.change(current, `begin ${name} again`, { steps })
        resumed = true
      }
    }
  }

  /** The step that `completion_status` names as running; `step` is undefined for `combine`. */
  function stepOf(session: UploadSession): { name: string; step?: PurposeStep } {
    const { completionStatus } = session
    if (completionStatus === COMBINING) return { name: COMBINE }
    const steps = stepsOf(session)
    if (completionStatus === COMBINED) return { name: steps[0]?.name ?? '', ...(steps[0] && { step: steps[0] }) }
    const at = steps.findIndex(({ running, ended }) => running === completionStatus || ended === completionStatus)
    // One that has ended was said to have, and the next was not begun yet.
    const step = steps[at]?.ended === completionStatus ? steps[at + 1] : steps[at]
    if (step === undefined) throw new CannotFinish(`Nobody knows how to go on from ${completionStatus}.`)
    return { name: step.name, step }
  }

  async function attemptCombine(lease: Lease): Promise<Lease> {
    const { session } = lease
    const combined = await combine(session, await sourceOf(session).storage(), lease.signal)
    const { followed } = purposeOf(session)
    if (combined.outcome === 'combined') {
      const found = followed && combined.etag !== undefined ? { made: { final_etag: combined.etag } } : {}
      return await pass(lease, { name: COMBINE, ended: COMBINED }, stepsOf(session)[0], found)
    }
    const { outcome, error } = combined
    return await sessions.change(lease, outcome, {
      status: outcome === 'gone' ? 'expired' : followed ? 'failed' : 'initiated',
      completionStatus: followed ? FAILED : null,
      failure: failure(COMBINE, error.message, at()),
      steps: ended(session.steps, COMBINE, at(), error.message),
      ...(followed && outcome !== 'gone' && { retryable: true }),
      release: true,
    })
  }

  async function attempt(lease: Lease, step: PurposeStep): Promise<Lease> {
    const steps = stepsOf(lease.session)
    const found = await step.run(lease.session, lease.signal)
    const next = steps[steps.indexOf(step) + 1]
    if (next !== undefined) return await pass(lease, step, next, found)
    const lateArrivals = new Date(now() + purposeOf(lease.session).lateArrivalsMs)
    return await insist(lease, step.ended, {
      ...found,
      status: 'completed',
      completionStatus: step.ended,
      steps: ended(lease.session.steps, step.name, at()),
      // A part that was sent twice may still be on its way: where clients send to a bucket, it begins the upload anew.
      ...(lease.session.kind === 'parts' && { clearAt: lateArrivals }),
      release: true,
    })
  }

  /** What was to be made is made: that it cannot be written down now undoes nothing. */
  async function insist(lease: Lease, name: string, change: SessionChange): Promise<Lease> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        return await sessions.change(lease, name, change)
      } catch (error) {
        if (lease.signal.aborted || isLeaseLost(error)) throw error
        log.warn('upload not said to be complete, trying again', { upload: lease.session.id, error })
        await sleep(pause, undefined, { signal: lease.signal })
      }
    }
  }

  /** Nobody works on it any more, until then or until somebody has a reason to. */
  async function wait(lease: Lease, { until, made }: Waiting): Promise<UploadSession> {
    const { session } = await sessions.change(lease, 'wait', { ...(made && { made }), release: { until } })
    return session
  }

  async function begin(lease: Lease, step: PurposeStep): Promise<Lease> {
    return await sessions.change(lease, `begin ${step.name}`, beginning(step, lease.session.steps))
  }

  /** A step has ended and another one follows: two writes where somebody wants to see it, else one. */
  async function pass(
    lease: Lease,
    { name, ended: status }: Pick<PurposeStep, 'name' | 'ended'>,
    next: PurposeStep | undefined,
    found: SessionChange = {},
  ): Promise<Lease> {
    const steps = ended(lease.session.steps, name, at())
    if (!purposeOf(lease.session).followed) {
      return await sessions.change(lease, status, { ...found, ...beginning(next, steps) })
    }
    return await sessions.change(lease, status, { ...found, completionStatus: status, steps })
  }

  /** After a crash, the row alone proves nothing: the bytes must be there too. */
  async function look({ session, signal }: Lease): Promise<void> {
    // What is made of them may lie elsewhere by now.
    if (await purposeOf(session).isMade(session)) return
    const storage = await sourceOf(session).storage()
    const stat = await storage.stat(session.path, { signal })
    const size = session.received?.size ?? session.declaredSize
    if (stat === undefined) throw new CannotFinish('The storage no longer has the uploaded bytes.')
    if (stat.size !== size) throw new CannotFinish(`The storage holds ${stat.size} bytes where ${size} were uploaded.`)
  }

  async function fail(lease: Lease, step: string, error: unknown): Promise<UploadSession> {
    const purpose = purposeOf(lease.session)
    const {
      message: reason,
      bytes,
      made,
    } = error instanceof CannotFinish ? error : new CannotFinish('It could not be finished within an hour.')
    log.error('upload failed', { upload: lease.session.id, step, error })
    // Before anybody hears of the failure. Whoever dies in between leaves the step to be run again.
    if (step !== COMBINE) await purpose.undo?.(lease.session)
    const { session } = await sessions.change(lease, 'failed', {
      status: 'failed',
      completionStatus: FAILED,
      failure: failure(step, reason, at()),
      steps: ended(lease.session.steps, step, at(), reason),
      ...(made !== undefined && { made }),
      retryable: bytes !== 'removed' && (purpose.followed || (step === COMBINE && lease.session.kind === 'parts')),
      ...(bytes === 'removed' && { clearAt: at() }),
      ...(typeof bytes === 'object' && { clearAt: new Date(now() + bytes.keptForMs) }),
      release: true,
    })
    if (bytes === 'removed') await clear(session)
    return session
  }

  function sourceOf({ sourceId }: UploadSession): Source {
    const source = sourceById(sourceId)
    if (source === undefined) throw new CannotFinish('The source is gone.')
    return source
  }

  /** Since the step was begun, was asked for again, or was taken up; where nobody can ask, since all of it was begun. */
  function overdue(session: UploadSession, step: string, takenUp: number): boolean {
    const since = purposeOf(session).followed ? step : COMBINE
    const started = session.steps.find((entry) => entry.step === since && entry.phase === 'start')?.started_at
    return started !== undefined && now() - Math.max(Date.parse(started), takenUp) > RETRY_LIMIT_MS
  }

  return { entering, retrying, finish }
}

/** Doubled for each attempt before, and half of it by chance, so that many do not come back together. */
function pauseAfter(session: UploadSession, step: string): number {
  const attempts = session.steps.find((entry) => entry.step === step && entry.phase === 'start')?.attempts ?? 1
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempts - 1, 16))
  return pause / 2 + (Math.random() * pause) / 2
}

function isLeaseLost(error: unknown): boolean {
  return error instanceof Error && error.name === 'LeaseLost'
}
