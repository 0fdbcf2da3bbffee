import { HoldallError } from '../../web/error.ts'
import { databaseUnreadable } from '../unreadable.ts'
import type { RawSchema } from './introspect.ts'
import type { Request, StatementResult } from './protocol.ts'
import type { Answer } from './reader.ts'

export type BatchAnswer =
  | { readonly stale: true }
  | { readonly stale: false; readonly results: readonly StatementResult[] }

export type Outcome = { kind: 'batch'; answer: BatchAnswer } | { kind: 'schema'; schema: RawSchema }

/** A read that somebody waits for. */
export interface Job {
  request: Request
  short: boolean
  readonly limit: number
  /** What the SQL of the job is known by, to remember that it was slow. */
  readonly fingerprint: string
  slow: boolean
  readonly results: StatementResult[]
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: unknown) => void
  settled: boolean
  waitTimer: NodeJS.Timeout | null
  startedAt: number
}

/** Ends a job once; whatever comes after that is of no use to anybody. */
export function settle(job: Job, how: () => void) {
  if (job.settled) return
  job.settled = true
  if (job.waitTimer) clearTimeout(job.waitTimer)
  how()
}

/** What was optional has its failure in its result; what was not fails as a whole. */
export function timedOut(job: Job) {
  const statements = job.request.kind === 'batch' ? job.request.batch.statements : []
  const missing = statements.slice(job.results.length)
  if (statements.length > 0 && missing.every((statement) => statement.optional)) {
    for (const _ of missing) job.results.push(timeout(job.limit))
    settle(job, () => job.resolve({ kind: 'batch', answer: { stale: false, results: job.results } }))
    return
  }
  settle(job, () => job.reject(new HoldallError('sql_time_limit', { limit: job.limit })))
}

export function deliver(job: Job, answer: Exclude<Answer, { kind: 'ready' | 'costly' }>) {
  switch (answer.kind) {
    case 'stale':
      return job.resolve({ kind: 'batch', answer: { stale: true } })
    case 'schema':
      return job.resolve({ kind: 'schema', schema: answer.schema as RawSchema })
    case 'failed':
      return job.reject(failure(answer.reason, answer.message))
    case 'results':
      return job.resolve({ kind: 'batch', answer: { stale: false, results: job.results } })
  }
}

export function aborted(signal: AbortSignal): HoldallError {
  return new HoldallError('request_aborted', {}, { cause: signal.reason })
}

function timeout(limit: number): StatementResult {
  return {
    columns: [],
    rows: [],
    json: null,
    rowCount: 0,
    more: false,
    last: null,
    labels: new Map(),
    failure: { reason: 'timeout', message: `Took longer than ${limit} ms.` },
  }
}

function failure(reason: 'open' | 'busy' | 'sql' | 'corrupt', message: string): HoldallError {
  switch (reason) {
    case 'sql':
      return new HoldallError('sql_error', { reason: message })
    case 'busy':
      return new HoldallError('database_busy')
    case 'open':
      return databaseUnreadable(new Error(message))
    case 'corrupt':
      return new HoldallError(
        'database_unreadable',
        { reason: 'it is damaged, or no SQLite database.' },
        { cause: new Error(message) },
      )
  }
}

/** What the SQL of a request is known by. */
export function fingerprintOf(request: Request): string {
  if (request.kind === 'schema') return `schema ${request.path}`
  return `${request.batch.path}\n${request.batch.statements.map((statement) => statement.sql).join('\n')}`
}
