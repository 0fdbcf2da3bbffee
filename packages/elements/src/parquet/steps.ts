import type { DatasetStatus } from '@holdall/client'
import { isConverted } from './magic.ts'

/** Of the server; the first one, sending, is the page's. */
export const STEPS = ['combine', 'convert', 'infer', 'register'] as const
export type StepName = (typeof STEPS)[number]
export type StepState = 'wait' | 'now' | 'done' | 'bad'

export interface Step {
  readonly name: StepName
  readonly state: StepState
  /** Milliseconds that it took, or has taken so far; null where nothing is known. */
  readonly time: number | null
}

/** At which step a state of the server is; what is between two counts as the next one. */
const AT: Readonly<Record<string, number>> = {
  combining: 0,
  combined: 1,
  converting: 1,
  converted: 2,
  inferring: 2,
  inferred: 3,
  registering: 3,
  registered: 4,
}

/**
 * The server's steps, as one of its answers tells of them.
 *
 * @param name of the file, which tells whether it is converted while the server has not said so
 * @param now milliseconds since 1970
 */
export function stepsOf(session: DatasetStatus | null, name: string, now = Date.now()): Step[] {
  const converts = session === null ? isConverted(name) : (session.format ?? 'parquet') !== 'parquet'
  const at = session === null ? -1 : positionOf(session, converts)
  return STEPS.flatMap((name, index) => {
    if (name === 'convert' && !converts) return []
    // What waits for somebody, or for other files, has not begun.
    const here = session?.status === 'failed' ? 'bad' : session?.waits_for ? 'wait' : 'now'
    const state = index < at ? 'done' : index > at ? 'wait' : here
    return [{ name, state, time: session === null || state === 'wait' ? null : timeOf(session, name, state, now) }]
  })
}

function positionOf({ status, completion_status, failure_reason }: DatasetStatus, converts: boolean): number {
  if (status === 'completed') return STEPS.length
  // What failed otherwise failed before its first step had begun.
  if (status === 'failed') return Math.max(0, STEPS.indexOf(failure_reason?.step as StepName))
  const at = AT[completion_status ?? ''] ?? 0
  return at === 1 && !converts ? 2 : at
}

function timeOf({ completion_steps_log: log }: DatasetStatus, name: StepName, state: StepState, now: number) {
  const entries = log.filter(({ step }) => step === name)
  const begun = timeIn(entries, 'started_at')
  const ended = state === 'now' ? now : timeIn(entries, 'finished_at')
  // Clocks differ: nothing takes less than no time.
  return begun === null || ended === null ? null : Math.max(0, ended - begun)
}

/** How long it took to send, from the beginning of the session to that of the first step. */
export function sentTime({ created_at, completion_steps_log: log }: DatasetStatus): number | null {
  const begun = timeIn(
    log.filter(({ step }) => step === 'combine'),
    'started_at',
  )
  return begun === null ? null : Math.max(0, begun - Date.parse(created_at))
}

function timeIn(entries: DatasetStatus['completion_steps_log'], member: 'started_at' | 'finished_at'): number | null {
  for (const entry of entries) {
    const text = entry[member]
    const time = typeof text === 'string' ? Date.parse(text) : Number.NaN
    if (Number.isFinite(time)) return time
  }
  return null
}
