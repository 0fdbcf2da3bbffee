import { aborted, UploadError } from './error.ts'

/** Seconds before the second attempt; doubled for each one after it. */
const FIRST_PAUSE = 1
const LONGEST_PAUSE = 60
/** 1, 2, 4, … 60, 60 seconds: some three minutes, which a restart, a new router lease and a busy storage stay below. */
const RETRIES = 8

/** Seconds until the next attempt. What the server asks for (`Retry-After`) counts, up to the longest pause. */
export function pauseBefore(attempt: number, retryAfter: string | null, random = Math.random, now = Date.now): number {
  const asked = secondsAsked(retryAfter, now)
  if (asked !== null) return Math.min(LONGEST_PAUSE, Math.max(0, asked))
  const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1))
  // Half to one and a half of it: many clients that broke together do not come back together.
  return pause * (0.5 + random())
}

function secondsAsked(retryAfter: string | null, now: () => number): number | null {
  if (retryAfter === null || retryAfter.trim() === '') return null
  const seconds = Number(retryAfter)
  if (Number.isFinite(seconds)) return seconds
  const date = Date.parse(retryAfter)
  return Number.isNaN(date) ? null : (date - now()) / 1000
}

/** Waits, or rejects with the signal's reason. */
export function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    function stop(): void {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, seconds * 1000)
    signal.addEventListener('abort', stop, { once: true })
  })
}

export interface Patience {
  readonly signal: AbortSignal
  readonly retries?: number
  /** Told before each pause. */
  readonly onPause?: (seconds: number, error: UploadError) => void
}

/**
 * The one policy for every hop: what fails for a passing reason is done again, after pauses that grow.
 *
 * @throws {UploadError} the last one, when it is not `retryable` or the attempts are used up; `aborted`
 */
export async function persist<T>(work: () => Promise<T>, { signal, retries = RETRIES, onPause }: Patience): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    if (signal.aborted) throw aborted(signal)
    try {
      return await work()
    } catch (error) {
      if (signal.aborted) throw aborted(signal)
      if (!(error instanceof UploadError) || !error.retryable || attempt > retries) throw error
      const seconds = pauseBefore(attempt, error.retryAfter)
      onPause?.(seconds, error)
      await pause(seconds, signal).catch(() => {
        throw aborted(signal)
      })
    }
  }
}
