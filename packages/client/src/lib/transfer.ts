import { aborted, UploadError } from './error.ts'
import type { Memory } from './parts.ts'
import type { StoredFile, UploadOptions, UploadProgress, UploadSource, UploadTarget } from './types.ts'
import { discard, uploadRemembering } from './upload.ts'

export type TransferState = 'running' | 'paused' | 'done' | 'failed' | 'cancelled'

/** An upload with handles, for a page that shows it. */
export interface Transfer {
  readonly state: TransferState
  /** The latest report. */
  readonly progress: UploadProgress
  /** Settles when it is done, failed or cancelled (`aborted`); a pause is none of these. After `resume`, ask again. */
  readonly finished: Promise<StoredFile>
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
  const memory: Memory = { acknowledged: new Map() }
  let state: TransferState = 'running'
  let progress: UploadProgress = { phase: 'sending', sent: 0, total: file.size }
  let stop = new AbortController()
  let running: Promise<unknown> = Promise.resolve()
  let finished = Promise.withResolvers<StoredFile>()

  function onProgress(next: UploadProgress): void {
    if (state !== 'running') return
    progress = next
    options.onProgress?.(next)
  }

  function run(): void {
    state = 'running'
    stop = new AbortController()
    const own = stop
    const signal = options.signal ? AbortSignal.any([options.signal, own.signal]) : own.signal
    // One run ends before the next begins: a part that is still on its way must not be sent a second time beside it.
    running = running.then(() =>
      uploadRemembering(file, target, { ...options, signal, onProgress }, memory).then(
        (stored) => {
          state = 'done'
          finished.resolve(stored)
        },
        (error: unknown) => {
          if (own.signal.aborted && state !== 'running') return
          if (own.signal.aborted) return
          state = options.signal?.aborted ? 'cancelled' : 'failed'
          finished.reject(error)
        },
      ),
    )
  }

  finished.promise.catch(() => undefined)
  run()
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
        finished = Promise.withResolvers<StoredFile>()
        finished.promise.catch(() => undefined)
      }
      run()
    },
    async cancel() {
      if (state === 'done' || state === 'cancelled') return
      state = 'cancelled'
      stop.abort()
      finished.reject(aborted(stop.signal))
      await running
      if (memory.plan === undefined) return
      await discard(target, { session_url: memory.plan.sessionUrl }).catch((error: unknown) => {
        // It was completed in this very moment: there is nothing left to give up.
        if (!(error instanceof UploadError) || error.status !== 409) throw error
      })
    },
  }
}
