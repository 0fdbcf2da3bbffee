import type { InternalDatabase } from '../../database/internal.ts'
import { HoldallError } from '../../web/error.ts'
import type { Log } from '../../web/log.ts'
import { ChildFailure } from '../children/child-process.ts'
import { createWorkQueue, LEASE_MS, type Work, type WorkKind } from './queue.ts'

/** How often somebody looks for jobs of other processes, and for those whose time has come. */
const LOOK_EVERY_MS = 5_000
/**
 * Files that are read at once, by the kinds of jobs: hashing large ones takes minutes, and words must not wait for that,
 * nor for a million pictures that nobody has read whole yet.
 */
const LANES: readonly { readonly kinds: readonly WorkKind[]; readonly atOnce: number }[] = [
  { kinds: ['facts', 'text'], atOnce: 2 },
  { kinds: ['hash'], atOnce: 1 },
  { kinds: ['whole'], atOnce: 1 },
]
/** After so many attempts a file is left as it is. */
export const MAX_ATTEMPTS = 6
/** A file that killed its reader twice would do it again. */
const MAX_KILLS = 2
const FIRST_PAUSE_MS = 30_000
const LONGEST_PAUSE_MS = 3_600_000
const UNAVAILABLE_PAUSE_MS = 15_000

/** Does one job, and records what came of it through `done`. What throws is tried again. */
export type Job = (work: Work, signal: AbortSignal) => Promise<Outcome>
export type Outcome = Parameters<ReturnType<typeof createWorkQueue>['done']>[1]

export interface WorkerOptions {
  readonly database: InternalDatabase
  readonly jobs: Readonly<Record<WorkKind, Job>>
  readonly log: Log
  readonly now?: () => number
  readonly lookEveryMs?: number
}

/** Reads files in the background: a few at a time, each job a row that outlives the process. */
export interface Worker {
  start(): void
  /** There is something to do: soon, when the transaction that said so is over. */
  wake(): void
  /** Stops what runs and gives it back. */
  close(): Promise<void>
}

export function createWorker(options: WorkerOptions): Worker {
  const { database, jobs, log, now = Date.now, lookEveryMs = LOOK_EVERY_MS } = options
  const queue = createWorkQueue(database, now)
  const running = new Map<Work, Promise<void>>()
  const stop = new AbortController()
  let looking: Promise<void> | undefined
  let again = false
  let timers: NodeJS.Timeout[] = []

  function look(): void {
    if (stop.signal.aborted || timers.length === 0) return
    if (looking !== undefined) {
      again = true
      return
    }
    again = false
    looking = take()
      .catch((error: unknown) => log.warn('background work not taken', { error }))
      .finally(() => {
        looking = undefined
        if (again) look()
      })
  }

  async function take(): Promise<void> {
    const free = LANES.map(({ kinds, atOnce }) => ({
      kinds,
      atOnce: atOnce - [...running.keys()].filter(({ kind }) => kinds.includes(kind)).length,
    })).filter(({ atOnce }) => atOnce > 0)
    if (free.length === 0) return
    await queue.releaseDead()
    for (const { kinds, atOnce } of free) for (const work of await queue.claim(atOnce, kinds)) begin(work)
  }

  function begin(work: Work): void {
    const ended = run(work).finally(() => {
      running.delete(work)
      look()
    })
    running.set(work, ended)
  }

  async function run(work: Work): Promise<void> {
    const { fileId: file, kind, attempts } = work
    try {
      if (attempts > MAX_ATTEMPTS) {
        log.warn('file given up in the background', { file, kind, attempts })
        return await queue.done(work)
      }
      // It may have been taken in the very moment in which we were told to stop.
      stop.signal.throwIfAborted()
      await queue.done(work, await jobs[kind](work, stop.signal))
    } catch (error) {
      await failed(work, error).catch((again: unknown) =>
        log.warn('background work not put back', { file, error: again }),
      )
    }
  }

  async function failed(work: Work, error: unknown): Promise<void> {
    const { fileId: file, kind, attempts } = work
    if (stop.signal.aborted) return await queue.later(work, 0, false)
    if (isNobodysFault(error)) return await queue.later(work, UNAVAILABLE_PAUSE_MS, false)
    const most = isKill(error) ? MAX_KILLS : MAX_ATTEMPTS
    log.warn('file not read in the background', { file, kind, attempts, last: attempts >= most, error })
    if (attempts >= most) return await queue.done(work)
    await queue.later(work, pauseAfter(attempts), true)
  }

  return {
    start() {
      timers = [
        setInterval(look, lookEveryMs).unref(),
        setInterval(() => {
          queue.renew([...running.keys()]).catch((error: unknown) => log.warn('background work not kept', { error }))
        }, LEASE_MS / 3).unref(),
      ]
      look()
    },
    wake() {
      setImmediate(look)
    },
    async close() {
      stop.abort()
      for (const timer of timers) clearInterval(timer)
      await looking
      await Promise.all(running.values())
    },
  }
}

/** The source is away, or the readers are: that says nothing about the file. */
function isNobodysFault(error: unknown): boolean {
  if (error instanceof ChildFailure) return error.kind === 'unavailable'
  return error instanceof HoldallError && /^source_(?:inactive|unavailable)$/.test(error.code)
}

function isKill(error: unknown): boolean {
  return error instanceof ChildFailure && ['timeout', 'memory', 'crashed'].includes(error.kind)
}

/** Four times as long after each attempt, and half of it by chance. */
function pauseAfter(attempts: number): number {
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 4 ** (attempts - 1))
  return pause / 2 + (Math.random() * pause) / 2
}
