import type { Facts } from './inspection.ts'
import { MAX_REASON_LENGTH } from './limits.ts'

/** The step that all uploads have in common: what was sent becomes one object. */
export const COMBINE = 'combine'

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
  /** Of its purpose; or `receive`, which is no step of the pipeline: it is the body that comes in. */
  readonly step: string
  /** What the user can use; no internals. */
  readonly exc_str: string
  readonly at: string
}

export interface StepLogEntry {
  readonly step: string
  readonly phase: 'start' | 'end'
  readonly started_at?: string
  readonly finished_at?: string
  readonly status: 'running' | 'ok' | 'failed'
  readonly attempts?: number
  readonly error?: string
}

export function failure(step: string, reason: string, at: Date): Failure {
  return { step, exc_str: cutReason(reason), at: at.toISOString() }
}

/**
 * The log with a step begun. Beginning it again after a crash counts inside its entry, so that the log is bounded.
 *
 * @param anew whether somebody asked for it, so that the time in which it is tried begins again
 */
export function begun(log: readonly StepLogEntry[], step: string, at: Date, anew = false): StepLogEntry[] {
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
export function ended(log: readonly StepLogEntry[], step: string, at: Date, error?: string): StepLogEntry[] {
  const status = error === undefined ? 'ok' : 'failed'
  const others = log.filter((entry) => !(entry.step === step && entry.phase === 'end'))
  return [
    ...others,
    {
      step,
      phase: 'end',
      finished_at: at.toISOString(),
      status,
      ...(error === undefined ? {} : { error: cutReason(error) }),
    },
  ]
}

function cutReason(reason: string): string {
  return reason.slice(0, MAX_REASON_LENGTH).toWellFormed()
}
