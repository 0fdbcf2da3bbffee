import { HoldallError } from '../../web/error.ts'
import type { RawSchema } from './introspect.ts'
import {
  FRESH_READERS,
  IDLE_MS,
  LOOK_AFTER_MS,
  LOOK_EVERY_MS,
  MAX_FRESH_READERS,
  MAX_SLOW_READERS,
  MAX_WAIT_MS,
  MAX_WAITING,
  SCHEMA_TIME_FACTOR,
  SLOW_WORK_MS,
} from './limits.ts'
import type { Batch, Request, StatementResult } from './protocol.ts'
import { type Answer, type Reader, startReader } from './reader.ts'

export interface ReadOptions {
  /** The read is known to be short whatever the data (a key, a first page): one reader is kept for these. */
  readonly short?: boolean
  /** It holds SQL from outside, whose plan tells too little of what it costs. */
  readonly suspect?: boolean
  /** Milliseconds; never more than the pool's own limit. */
  readonly timeLimit?: number
  readonly signal?: AbortSignal
}

export type BatchAnswer =
  | { readonly stale: true }
  | { readonly stale: false; readonly results: readonly StatementResult[] }

/** Reads served databases in processes of their own, which are killed when a read takes longer than its limit. */
export interface ReaderPool {
  /**
   * Runs the statements of a batch on one snapshot. A statement that is `optional` and did not finish in time has a
   * `failure` in its result.
   * @throws HoldallError `sql_time_limit`, `sql_error`, `database_busy`, `database_unreadable`
   */
  read(batch: Batch, options?: ReadOptions): Promise<BatchAnswer>
  /** @throws HoldallError as `read` */
  schema(path: string, immutable: boolean): Promise<RawSchema>
  /** Kills every reader; reads that are under way fail. */
  close(): Promise<void>
}

export interface ReaderPoolOptions {
  /** `settings.sql_time_limit_ms` */
  readonly timeLimit: number
  readonly freshReaders?: number
  readonly maxFreshReaders?: number
  readonly maxSlowReaders?: number
}

type Outcome = { kind: 'batch'; answer: BatchAnswer } | { kind: 'schema'; schema: RawSchema }

interface Job {
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

interface Slot {
  reader: Reader
  /** Fresh readers have normal priority; a slow one has been slowed down for good. */
  slow: boolean
  job: Job | null
  /** It has been told to end and takes no more work. */
  ending: boolean
  /** It has started and takes work. One that ends before that could not start, and the next is not hurried. */
  ready: boolean
  slowTimer: NodeJS.Timeout | null
  limitTimer: NodeJS.Timeout | null
  idleTimer: NodeJS.Timeout | null
}

/** Between the end of a reader that could not even start and the next attempt. */
const RESTART_DELAY_MS = 500
/** Reads that are remembered by their SQL: what was slow starts among the slow, what was quick counts as short. */
const REMEMBERED = 2_000

export function createReaderPool(options: ReaderPoolOptions): ReaderPool {
  const freshReaders = options.freshReaders ?? FRESH_READERS
  const maxFresh = Math.max(freshReaders, options.maxFreshReaders ?? MAX_FRESH_READERS)
  const maxSlow = options.maxSlowReaders ?? MAX_SLOW_READERS
  const slots = new Set<Slot>()
  const waiting: Job[] = []
  const known = new Map<string, 'slow' | 'quick'>()
  let closed = false
  let onAllGone: (() => void) | null = null

  function fresh(): Slot[] {
    return [...slots].filter((slot) => !slot.slow && !slot.ending)
  }

  function busySlow(): number {
    let count = 0
    for (const slot of slots) if (slot.slow && slot.job) count += 1
    return count
  }

  function start(slow = false): Slot {
    const slot: Slot = {
      reader: undefined as unknown as Reader,
      slow,
      job: null,
      ending: false,
      ready: false,
      slowTimer: null,
      limitTimer: null,
      idleTimer: null,
    }
    slot.reader = startReader({ answer: (answer) => onAnswer(slot, answer), gone: () => onGone(slot) })
    slot.reader.unref()
    slots.add(slot)
    return slot
  }

  function end(slot: Slot, how: 'kill' | 'close') {
    slot.ending = true
    clearTimers(slot)
    slot.reader[how]()
    keepFresh()
  }

  function keepFresh() {
    while (!closed && fresh().length < freshReaders) start()
  }

  /** The slot that may take this job now, or null. */
  function place(job: Job): Slot | null {
    if (job.slow) return placeSlow()
    const idle = fresh().filter((slot) => slot.ready && !slot.job)
    // The last idle reader waits for a read that is short for certain, unless there is only one reader at all.
    const reserved = job.short || freshReaders === 1 ? 0 : 1
    return idle.length > reserved ? (idle[0] as Slot) : null
  }

  function placeSlow(): Slot | null {
    let count = 0
    let starting = false
    for (const slot of slots) {
      if (!slot.slow || slot.ending) continue
      if (slot.ready && !slot.job) return slot
      count += 1
      starting ||= !slot.ready
    }
    if (count < maxSlow && !starting) start(true)
    return null
  }

  /** Short reads stand before the others, each kind in the order of its coming. */
  function wait(job: Job) {
    job.waitTimer = setTimeout(() => abort(job, new HoldallError('database_busy')), MAX_WAIT_MS)
    const at = job.short ? waiting.findIndex((other) => !other.short) : -1
    if (at < 0) waiting.push(job)
    else waiting.splice(at, 0, job)
  }

  function dispatch() {
    for (let index = 0; index < waiting.length; ) {
      const job = waiting[index] as Job
      const slot = place(job)
      if (slot === null) {
        index += 1
        continue
      }
      waiting.splice(index, 1)
      run(slot, job)
    }
    // One more at a time: starting takes a processor from those that work.
    const ready = fresh().every((slot) => slot.ready)
    if (ready && fresh().length < maxFresh && waiting.some((job) => !job.slow)) start()
  }

  function run(slot: Slot, job: Job) {
    if (job.waitTimer) clearTimeout(job.waitTimer)
    job.waitTimer = null
    slot.job = job
    if (slot.idleTimer) clearTimeout(slot.idleTimer)
    slot.idleTimer = null
    job.startedAt = performance.now()
    job.results.length = 0
    slot.reader.ref()
    slot.reader.send(job.request)
    slot.slowTimer = slot.slow ? null : setTimeout(look, LOOK_AFTER_MS, slot, null)
    slot.limitTimer = setTimeout(onLimit, job.limit, slot)
  }

  /** Whether a reader is slow, or has merely not had a processor: then it is looked at again. */
  function look(slot: Slot, first: { readonly at: number; readonly waited: number } | null) {
    const job = slot.job
    if (!job) return
    if (job.settled) return end(slot, 'kill')
    const at = performance.now()
    const waited = slot.reader.timeWithoutProcessor()
    const works = waited === null || (first !== null && at - first.at - (waited - first.waited) >= SLOW_WORK_MS)
    if (works) return onSlow(slot, job)
    slot.slowTimer = setTimeout(look, LOOK_EVERY_MS, slot, first ?? { at, waited })
  }

  function onSlow(slot: Slot, job: Job) {
    remember(job, 'slow')
    job.slow = true
    job.short = false
    if (busySlow() >= maxSlow) {
      // No room among the slow: it starts again when there is, so that short reads keep their readers.
      slot.job = null
      end(slot, 'kill')
      wait(job)
      return dispatch()
    }
    slot.slow = true
    slot.reader.slowDown()
    keepFresh()
    dispatch()
  }

  function onLimit(slot: Slot) {
    const job = slot.job
    if (!job) return
    slot.job = null
    end(slot, 'kill')
    if (!job.settled) timedOut(job)
    dispatch()
  }

  function timedOut(job: Job) {
    const statements = job.request.kind === 'batch' ? job.request.batch.statements : []
    const missing = statements.slice(job.results.length)
    if (statements.length > 0 && missing.every((statement) => statement.optional)) {
      for (const _ of missing) job.results.push(timeout(job.limit))
      settle(job, () => job.resolve({ kind: 'batch', answer: { stale: false, results: job.results } }))
      return
    }
    settle(job, () => job.reject(new HoldallError('sql_time_limit', { limit: job.limit })))
  }

  function onAnswer(slot: Slot, answer: Answer) {
    if (answer.kind === 'ready') {
      slot.ready = true
      if (slot.slow) slot.reader.slowDown()
      return dispatch()
    }
    const job = slot.job
    if (!job) return
    if (answer.kind === 'costly') {
      release(slot)
      if (job.request.kind === 'batch') job.request = { ...job.request, onlyIfQuick: false }
      job.short = false
      if (!job.settled) wait(job)
      return dispatch()
    }
    if (answer.kind === 'results') {
      job.results.push(...answer.results)
      if (!answer.done) {
        // Each part of the answer starts the clock again: the limit is one for a statement.
        if (slot.limitTimer) clearTimeout(slot.limitTimer)
        slot.limitTimer = setTimeout(onLimit, job.limit, slot)
        return
      }
    }
    release(slot)
    if (!slot.slow || performance.now() - job.startedAt < LOOK_AFTER_MS) remember(job, 'quick')
    settle(job, () => deliver(job, answer))
    dispatch()
  }

  function deliver(job: Job, answer: Exclude<Answer, { kind: 'ready' | 'costly' }>) {
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

  function release(slot: Slot) {
    slot.job = null
    clearTimers(slot)
    slot.reader.unref()
    if (slot.slow || fresh().length > freshReaders) leaveLater(slot)
  }

  /** Ends a reader that is not needed, unless it has something to do by then. */
  function leaveLater(slot: Slot) {
    slot.idleTimer = setTimeout(() => {
      if (slot.slow || fresh().length > freshReaders) end(slot, 'close')
    }, IDLE_MS)
    slot.idleTimer.unref()
  }

  function clearTimers(slot: Slot) {
    if (slot.slowTimer) clearTimeout(slot.slowTimer)
    if (slot.limitTimer) clearTimeout(slot.limitTimer)
    slot.slowTimer = null
    slot.limitTimer = null
  }

  function onGone(slot: Slot) {
    slots.delete(slot)
    clearTimers(slot)
    if (slot.idleTimer) clearTimeout(slot.idleTimer)
    const job = slot.job
    slot.job = null
    if (job)
      settle(job, () =>
        job.reject(
          new HoldallError('unavailable', { reason: 'The reader of the database ended unexpectedly. Try again.' }),
        ),
      )
    if (closed) {
      if (slots.size === 0) onAllGone?.()
      return
    }
    if (slot.ready || slot.ending) refill()
    else setTimeout(refill, RESTART_DELAY_MS).unref()
  }

  function refill() {
    keepFresh()
    dispatch()
  }

  function remember({ fingerprint }: Job, cost: 'slow' | 'quick') {
    known.delete(fingerprint)
    known.set(fingerprint, cost)
    if (known.size > REMEMBERED) known.delete(known.keys().next().value as string)
  }

  function settle(job: Job, how: () => void) {
    if (job.settled) return
    job.settled = true
    if (job.waitTimer) clearTimeout(job.waitTimer)
    how()
  }

  function enqueue(
    asked: Request,
    { short = false, suspect = false, timeLimit, signal }: ReadOptions,
    limitFactor = 1,
  ): Promise<Outcome> {
    if (closed) return Promise.reject(new HoldallError('unavailable', { reason: 'The server is stopping.' }))
    if (waiting.length >= MAX_WAITING) return Promise.reject(new HoldallError('database_busy'))
    if (signal?.aborted) return Promise.reject(aborted(signal))
    const fingerprint = fingerprintOf(asked)
    const cost = known.get(fingerprint)
    const onlyIfQuick = !short && !suspect && cost === undefined
    const request = asked.kind === 'batch' ? { ...asked, onlyIfQuick } : asked
    return new Promise((resolve, reject) => {
      const job: Job = {
        request,
        short: short || onlyIfQuick || cost === 'quick',
        limit: Math.min(timeLimit ?? options.timeLimit, options.timeLimit) * limitFactor,
        fingerprint,
        slow: cost === 'slow',
        results: [],
        resolve,
        reject,
        settled: false,
        waitTimer: null,
        startedAt: 0,
      }
      signal?.addEventListener('abort', () => abort(job, aborted(signal)), { once: true })
      wait(job)
      dispatch()
    })
  }

  /** A job that waits is dropped. One that runs goes on until it is slow: most are done before a kill would pay. */
  function abort(job: Job, reason: unknown) {
    const index = waiting.indexOf(job)
    if (index >= 0) waiting.splice(index, 1)
    settle(job, () => job.reject(reason))
    for (const slot of slots) if (slot.job === job && slot.slow && !slot.ending) end(slot, 'kill')
  }

  keepFresh()
  return {
    async read(batch, readOptions = {}) {
      const outcome = await enqueue({ kind: 'batch', batch, onlyIfQuick: false }, readOptions)
      if (outcome.kind !== 'batch') throw new Error('A reader answered something else than was asked')
      return outcome.answer
    },
    async schema(path, immutable) {
      const outcome = await enqueue({ kind: 'schema', path, immutable }, { short: true }, SCHEMA_TIME_FACTOR)
      if (outcome.kind !== 'schema') throw new Error('A reader answered something else than was asked')
      return outcome.schema
    },
    async close() {
      if (closed) return
      closed = true
      for (const job of waiting.splice(0)) {
        settle(job, () => job.reject(new HoldallError('unavailable', { reason: 'The server is stopping.' })))
      }
      if (slots.size === 0) return
      const gone = new Promise<void>((resolve) => {
        onAllGone = resolve
      })
      for (const slot of slots) {
        slot.reader.ref()
        slot.reader.kill()
      }
      await gone
    },
  }
}

function aborted(signal: AbortSignal): HoldallError {
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
    case 'corrupt':
      return new HoldallError('database_unreadable', { reason: message })
  }
}

function fingerprintOf(request: Request): string {
  if (request.kind === 'schema') return `schema ${request.path}`
  return `${request.batch.path}\n${request.batch.statements.map((statement) => statement.sql).join('\n')}`
}
