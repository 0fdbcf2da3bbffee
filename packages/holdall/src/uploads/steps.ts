import type { Facts } from './inspection.ts'
import { MAX_REASON_LENGTH } from './limits.ts'

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
