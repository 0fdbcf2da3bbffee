import { HoldallError } from '../../web/error.ts'
import type { RawSchema } from './introspect.ts'
import { aborted, type BatchAnswer, deliver, fingerprintOf, type Job, type Outcome, settle, timedOut } from './job.ts'
import { createKnownCosts } from './known-costs.ts'
import {
  FRESH_READERS,
  IDLE_MS,
  LOOK_AFTER_MS,
  LOOK_EVERY_MS,
  MAX_FRESH_READERS,
  MAX_SLOW_READERS,
  SCHEMA_TIME_FACTOR,
  SLOW_WORK_MS,
} from './limits.ts'
import type { Batch, Request } from './protocol.ts'
import { type Answer, startReader } from './reader.ts'
import { clearTimers, emptySlot, type Slot } from './slot.ts'
import { createWaitingLine } from './waiting-line.ts'

export interface ReadOptions {
  /** The read is known to be short whatever the data (a key, a first page): one reader is kept for these. */
  readonly short?: boolean
  /** It holds SQL from outside, whose plan tells too little of what it costs. */
  readonly suspect?: boolean
  /** Milliseconds; never more than the pool's own limit. */
  readonly timeLimit?: number
  readonly signal?: AbortSignal
}

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

/** Between the end of a reader that could not even start and the next attempt. */
const RESTART_DELAY_MS = 500
export function createReaderPool(options: ReaderPoolOptions): ReaderPool {
  const freshReaders = options.freshReaders ?? FRESH_READERS
  const maxFresh = Math.max(freshReaders, options.maxFreshReaders ?? MAX_FRESH_READERS)
  const maxSlow = options.maxSlowReaders ?? MAX_SLOW_READERS
  const slots = new Set<Slot>()
  const waiting = createWaitingLine(abort)
  const known = createKnownCosts()
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
    const slot = emptySlot(slow, (own) =>
      startReader({ answer: (answer) => onAnswer(own, answer), gone: () => onGone(own) }),
    )
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

  function dispatch() {
    waiting.seat(place, run)
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
    known.remember(job.fingerprint, 'slow')
    job.slow = true
    job.short = false
    if (busySlow() >= maxSlow) {
      // No room among the slow: it starts again when there is, so that short reads keep their readers.
      slot.job = null
      end(slot, 'kill')
      waiting.add(job)
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
      if (!job.settled) waiting.add(job)
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
    if (!slot.slow || performance.now() - job.startedAt < LOOK_AFTER_MS) known.remember(job.fingerprint, 'quick')
    settle(job, () => deliver(job, answer))
    dispatch()
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

  function enqueue(
    asked: Request,
    { short = false, suspect = false, timeLimit, signal }: ReadOptions,
    limitFactor = 1,
  ): Promise<Outcome> {
    if (closed) return Promise.reject(new HoldallError('unavailable', { reason: 'The server is stopping.' }))
    if (waiting.isFull) return Promise.reject(new HoldallError('database_busy'))
    if (signal?.aborted) return Promise.reject(aborted(signal))
    const fingerprint = fingerprintOf(asked)
    const cost = known.of(fingerprint)
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
      waiting.add(job)
      dispatch()
    })
  }

  /** A job that waits is dropped. One that runs goes on until it is slow: most are done before a kill would pay. */
  function abort(job: Job, reason: unknown) {
    waiting.remove(job)
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
      for (const job of waiting.drain()) {
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
