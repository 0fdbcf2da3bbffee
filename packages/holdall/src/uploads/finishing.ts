import { setTimeout as sleep } from 'node:timers/promises'
import type { BeforeIo } from '../sources/filesystem/io.ts'
import type { Source } from '../sources/sources.ts'
import type { Storage } from '../sources/storage.ts'
import { HoldallError } from '../web/error.ts'
import type { Log } from '../web/log.ts'
import { combine } from './combine.ts'
import type { FileIntake, FinishedUpload } from './inspection.ts'
import { FIRST_PAUSE_MS, LONGEST_PAUSE_MS, RETRY_LIMIT_MS } from './limits.ts'
import { measure } from './measure.ts'
import type { Lease, UploadSession } from './session.ts'
import type { SessionChange, Sessions } from './sessions.ts'
import { begun, ended, failure, type Received, RUNNING, STEPS, type Step } from './steps.ts'

export interface FinishingOptions {
  readonly sessions: Sessions
  readonly intake: FileIntake
  readonly sourceById: (id: number) => Source | undefined
  /** Removes the bytes of a session that has failed for good. */
  readonly clear: (session: UploadSession) => Promise<void>
  readonly log: Log
  readonly before: BeforeIo
  readonly now: () => number
}

/** The bytes cannot become a file, whatever is tried. The message is for the user. */
class CannotFinish extends Error {
  override readonly name = 'CannotFinish'
}

/** The source does not take what the bytes turned out to be, so that they go. */
class Refused extends CannotFinish {}

/**
 * Runs the steps that turn stored bytes into a file: `combine`, `inspect`, `record`. Each transition is one write, so
 * that after a crash whoever takes the lease continues with the step that was running. Every step may run twice.
 */
export function createFinishing({ sessions, intake, sourceById, clear, log, before, now }: FinishingOptions) {
  /** What a row says when its client says that it is done. For a body that we stored ourselves there is nothing to combine. */
  function entering(session: UploadSession, received: Received | undefined): SessionChange {
    const at = new Date(now())
    if (received === undefined) {
      const steps = begun(session.steps, 'combine', at, true)
      return { status: 'completing', completionStatus: RUNNING.combine, steps, failure: null }
    }
    const combined = ended(begun(session.steps, 'combine', at), 'combine', at)
    return {
      status: 'completing',
      received,
      completionStatus: RUNNING.inspect,
      steps: begun(combined, 'inspect', at),
    }
  }

  /** @returns the session as it ended: `completed`, `failed`, `expired`, or `initiated`: it waits for its client again */
  async function finish(lease: Lease, resumed: boolean): Promise<UploadSession> {
    let current = lease
    for (;;) {
      const step = stepOf(current.session)
      try {
        if (resumed && step !== 'combine') await look(current)
        const next = await attempt(current, step)
        if (next.session.status !== 'completing') return next.session
        current = next
      } catch (error) {
        if (current.signal.aborted || isLeaseLost(error)) throw error
        if (error instanceof CannotFinish || overdue(current.session)) return await fail(current, step, error)
        log.warn('upload step failed, trying again', { upload: current.session.id, step, error })
        await sleep(pauseAfter(current.session, step), undefined, { signal: current.signal })
        const steps = begun(current.session.steps, step, new Date(now()))
        current = await sessions.change(current, `begin ${step} again`, { steps })
        resumed = true
      }
    }
  }

  async function attempt(lease: Lease, step: Step): Promise<Lease> {
    const { session } = lease
    const at = () => new Date(now())
    switch (step) {
      case 'combine': {
        const combined = await combine(session, await sourceOf(session).storage(), lease.signal)
        if (combined.outcome === 'combined') {
          const steps = begun(ended(session.steps, step, at()), 'inspect', at())
          return await sessions.change(lease, 'combined', { completionStatus: RUNNING.inspect, steps })
        }
        const { outcome, error } = combined
        return await sessions.change(lease, outcome, {
          status: outcome === 'gone' ? 'expired' : 'initiated',
          completionStatus: null,
          failure: failure(step, error.message, at()),
          steps: ended(session.steps, step, at(), error.message),
          release: true,
        })
      }
      case 'inspect': {
        const source = sourceOf(session)
        const storage = await source.storage()
        const received = session.received ?? (await judge(session, source, storage, lease.signal))
        const facts = await intake.inspect({
          storage,
          path: session.path,
          size: received.size,
          contentType: received.contentType,
          filename: session.filename,
          keepGps: source.keepGps,
          signal: lease.signal,
        })
        const steps = begun(ended(session.steps, step, at()), 'record', at())
        return await sessions.change(lease, 'inspected', {
          completionStatus: RUNNING.record,
          received: { ...received, facts },
          steps,
        })
      }
      case 'record': {
        const steps = ended(session.steps, step, at())
        // Said first: a session that is completed has its file. Whoever says it again finds it said.
        before('database: record file')
        await intake.record(finishedOf(session), { lasting: !sessions.isInternal })
        const completed = { status: 'completed', completionStatus: 'recorded', steps, release: true } as const
        return await sessions.change(lease, 'recorded', completed)
      }
    }
  }

  async function judge(session: UploadSession, { rules }: Source, storage: Storage, signal: AbortSignal) {
    try {
      return await measure(session, { storage, rules, sniff: intake.sniff, signal })
    } catch (error) {
      if (!(error instanceof HoldallError)) throw error
      if (error.code === 'file_missing') throw new CannotFinish('The storage no longer has the uploaded bytes.')
      if (error.status < 500) throw new Refused(error.message)
      throw error
    }
  }

  /** After a crash, the row alone proves nothing: the bytes must be there too. */
  async function look({ session, signal }: Lease): Promise<void> {
    const storage = await sourceOf(session).storage()
    const stat = await storage.stat(session.path, { signal })
    const size = session.received?.size ?? session.declaredSize
    if (stat === undefined) throw new CannotFinish('The storage no longer has the uploaded bytes.')
    if (stat.size !== size) throw new CannotFinish(`The storage holds ${stat.size} bytes where ${size} were uploaded.`)
  }

  async function fail(lease: Lease, step: Step, error: unknown): Promise<UploadSession> {
    const at = new Date(now())
    const reason = error instanceof CannotFinish ? error.message : 'It could not be finished within an hour.'
    log.error('upload failed', { upload: lease.session.id, step, error })
    const { session } = await sessions.change(lease, 'failed', {
      status: 'failed',
      completionStatus: 'failed',
      failure: failure(step, reason, at),
      steps: ended(lease.session.steps, step, at, reason),
      ...(error instanceof Refused && { clearAt: at }),
      release: true,
    })
    if (error instanceof Refused) await clear(session)
    return session
  }

  function sourceOf({ sourceId }: UploadSession): Source {
    const source = sourceById(sourceId)
    if (source === undefined) throw new CannotFinish('The source is gone.')
    return source
  }

  function finishedOf(session: UploadSession): FinishedUpload {
    const received = receivedOf(session)
    return {
      uploadId: session.id,
      fileId: session.fileId,
      sourceId: session.sourceId,
      sourceSlug: sourceOf(session).slug,
      path: session.path,
      filename: session.filename,
      contentType: received.contentType,
      declaredType: received.contradicts ? (session.declaredType ?? null) : null,
      contentHash: received.contentHash,
      size: received.size,
      uploadedBy: session.actorId,
      facts: received.facts ?? {},
    }
  }

  function overdue(session: UploadSession): boolean {
    const started = session.steps.find(({ step, phase }) => step === STEPS[0] && phase === 'start')?.started_at
    return started !== undefined && now() - Date.parse(started) > RETRY_LIMIT_MS
  }

  return { entering, finish }
}

function stepOf(session: UploadSession): Step {
  const step = STEPS.find((one) => RUNNING[one] === session.completionStatus)
  if (step === undefined) throw new CannotFinish(`Nobody knows how to go on from ${session.completionStatus}.`)
  return step
}

function receivedOf(session: UploadSession): Received {
  if (session.received === undefined) throw new CannotFinish('No bytes were received.')
  return session.received
}

/** Doubled for each attempt before, and half of it by chance, so that many do not come back together. */
function pauseAfter(session: UploadSession, step: Step): number {
  const attempts = session.steps.find((entry) => entry.step === step && entry.phase === 'start')?.attempts ?? 1
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempts - 1, 16))
  return pause / 2 + (Math.random() * pause) / 2
}

function isLeaseLost(error: unknown): boolean {
  return error instanceof Error && error.name === 'LeaseLost'
}
