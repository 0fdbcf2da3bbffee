import { aborted, UploadError } from './error.ts'
import type { Memory } from './parts.ts'
import type { ServerTarget, StoredFile, UploadOptions, UploadProgress, UploadSource, UploadTarget } from './types.ts'
import { discard, uploadRemembering } from './upload.ts'

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
  /** Gives it up: stops, and has the parts removed. Rejects with an `UploadError` when the server cannot be told. */
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
  return createTransfer(file, target, options, (own, memory) => uploadRemembering(file, target, own, memory))
}

/** The same of whatever sends a file and remembers how far it has come. */
export function createTransfer<Result, Options extends UploadOptions>(
  file: Pick<UploadSource, 'size'>,
  target: ServerTarget,
  options: Options,
  send: (options: Options, memory: Memory) => Promise<Result>,
): Transfer<Result> {
  const memory: Memory = { acknowledged: new Map() }
  let state: TransferState = 'running'
  let progress: UploadProgress = { phase: 'sending', sent: 0, total: file.size }
  let stop = new AbortController()
  let running: Promise<unknown> = Promise.resolve()
  let finished = Promise.withResolvers<Result>()

  function onProgress(next: UploadProgress): void {
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

  function run(): void {
    state = 'running'
    stop = new AbortController()
    const own = stop
    // One run ends before the next begins: a part that is still on its way must not be sent a second time beside it.
    running = running.then(() =>
      send({ ...options, signal: own.signal, onProgress }, memory).then(
        (stored) => {
          if (state === 'cancelled') return
          state = 'done'
          finished.resolve(stored)
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
      if (state !== 'running' || progress.phase === 'finishing') return
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
      end(stop.signal)
      await running
      if (memory.plan === undefined) return
      await discard(target, { session_url: memory.plan.sessionUrl }).catch((error: unknown) => {
        // It was completed in this very moment: there is nothing left to give up.
        if (!(error instanceof UploadError) || error.status !== 409) throw error
      })
    },
  }
}
