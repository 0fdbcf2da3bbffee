import { aborted, UploadError } from './error.ts'
import { type Memory, whatBecame } from './parts.ts'
import type { PartsPlan } from './sessions.ts'
import type { ServerTarget, StoredFile, UploadOptions, UploadProgress, UploadSource, UploadTarget } from './types.ts'
import { discard, uploadRemembering } from './upload.ts'

/** bytes: a body up to this size has left, or is about to leave, before a page hears of it. */
const GONE_AT_ONCE = 1024 * 1024

export type TransferState = 'running' | 'paused' | 'done' | 'failed' | 'cancelled'

/** An upload with handles, for a page that shows it. */
export interface Transfer<Result = StoredFile> {
  readonly state: TransferState
  /** The latest report. */
  readonly progress: UploadProgress
  /** Settles when it is done, failed or cancelled (`aborted`); a pause is none of these. After `resume`, ask again. */
  readonly finished: Promise<Result>
  /** Whether pausing keeps what was sent; else it starts over when it goes on. */
  readonly resumable: boolean
  /** Stops sending; parts that were acknowledged are kept. Nothing happens when it is not running, or is finishing. */
  pause(): void
  /** Goes on after a pause, or tries again after a failure. */
  resume(): void
  /**
   * Gives it up: stops, and has the parts removed. When that comes too late, the file is stored: the state is `done` then,
   * and `finished` resolves. Rejects with an `UploadError` when the server cannot be told.
   */
  cancel(): Promise<void>
}

/**
 * Begins to upload a file.
 *
 * @example
 * const transfer = startUpload(file, { source: 'media' }, { onProgress: draw })
 * pauseButton.onclick = () => (transfer.state === 'paused' ? transfer.resume() : transfer.pause())
 * const stored = await transfer.finished
 */
export function startUpload(file: UploadSource, target: UploadTarget, options: UploadOptions = {}): Transfer {
  return createTransfer(file, target, options, {
    send: (own, memory) => uploadRemembering(file, target, own, memory),
    became: (plan, refusal) => whatBecame(file, target, plan, refusal),
  })
}

/** How a file is sent, and what is asked when it cannot be given up any more. */
interface TransferCalls<Result, Options> {
  send(options: Options, memory: Memory): Promise<Result>
  /** @returns what the upload has become; `undefined` when it is nothing to the one who gave it up */
  became?(plan: PartsPlan, refusal: UploadError): Promise<Result | undefined>
}

/** The same of whatever sends a file and remembers how far it has come. */
export function createTransfer<Result, Options extends UploadOptions>(
  file: Pick<UploadSource, 'size'>,
  target: ServerTarget,
  options: Options,
  { send, became }: TransferCalls<Result, Options>,
): Transfer<Result> {
  const memory: Memory = { acknowledged: new Map() }
  let state: TransferState = 'running'
  let progress: UploadProgress = { phase: 'sending', sent: 0, total: file.size }
  let stop = new AbortController()
  let running: Promise<unknown> = Promise.resolve()
  let finished = Promise.withResolvers<Result>()
  /** Whether a request has been said to be on its way in this run. */
  let begun = false
  let leaving = false

  function onProgress(next: UploadProgress): void {
    begun = true
    // What may arrive by itself is let go; it is not tried again.
    if (leaving && next.phase === 'waiting') stop.abort()
    if (state !== 'running') return
    progress = next
    options.onProgress?.(next)
  }

  function end(by: AbortSignal): void {
    if (state === 'done' || state === 'cancelled') return
    state = 'cancelled'
    stop.abort()
    finished.reject(aborted(by))
  }

  /** One body, or its last byte, has left: whoever cut it off here would not know whether it arrived. */
  function isBeyondRecall(): boolean {
    if (state !== 'running' || memory.plan !== undefined || !begun) return false
    return progress.phase === 'finishing' || (progress.phase === 'sending' && file.size <= GONE_AT_ONCE)
  }

  function isStored(stored: Result): void {
    state = 'done'
    finished.resolve(stored)
  }

  function run(): void {
    state = 'running'
    begun = false
    stop = new AbortController()
    const own = stop
    // One run ends before the next begins: a part that is still on its way must not be sent a second time beside it.
    running = running.then(() =>
      send({ ...options, signal: own.signal, onProgress }, memory).then(
        (stored) => {
          if (state !== 'cancelled' || leaving) isStored(stored)
        },
        (error: unknown) => {
          if (own.signal.aborted || state !== 'running') return
          state = 'failed'
          finished.reject(error)
        },
      ),
    )
  }

  // The caller's signal ends it, also in a pause; what was sent is kept, as with `upload`.
  options.signal?.addEventListener('abort', () => end(options.signal as AbortSignal), { once: true })
  if (options.signal?.aborted) end(options.signal)
  finished.promise.catch(() => undefined)
  if (state === 'running') run()
  return {
    get state() {
      return state
    },
    get progress() {
      return progress
    },
    get finished() {
      return finished.promise
    },
    get resumable() {
      return memory.plan !== undefined
    },
    pause() {
      if (state !== 'running' || progress.phase === 'finishing' || isBeyondRecall()) return
      state = 'paused'
      stop.abort()
    },
    resume() {
      if (state !== 'paused' && state !== 'failed') return
      if (state === 'failed') {
        finished = Promise.withResolvers<Result>()
        finished.promise.catch(() => undefined)
      }
      run()
    },
    async cancel() {
      if (state === 'done' || state === 'cancelled') return
      leaving = true
      const isLetGo = isBeyondRecall()
      state = 'cancelled'
      if (!isLetGo) stop.abort()
      await running
      try {
        if (memory.plan !== undefined && !isDone()) await giveUp(memory.plan)
      } finally {
        leaving = false
        if (!isDone()) finished.reject(aborted(stop.signal))
      }
    },
  }

  function isDone(): boolean {
    return state === 'done'
  }

  async function giveUp(plan: PartsPlan): Promise<void> {
    try {
      await discard(target, { session_url: plan.sessionUrl })
    } catch (error) {
      if (!(error instanceof UploadError) || error.status !== 409) throw error
      // It was completed in this very moment: there is nothing left to give up.
      const stored = await became?.(plan, error).catch(() => undefined)
      if (stored !== undefined) isStored(stored)
    }
  }
}
