import type { UploadProgress } from '@holdall/client'
import { paceWords } from './format.ts'
import { createRemaining } from './remaining.ts'

/** Numbers beside a bar change at most this often, in milliseconds; the bar itself moves freely. */
const NUMBERS_EVERY = 1000
/** Milliseconds without a byte after which a speed is no longer said. */
const STANDS_STILL = 5000

/** What the reports of one upload come to. */
export interface Meter {
  /** bytes that left this computer, and bytes that were there before */
  readonly moved: number
  /** "8.4 MB/s · 4 s left", or "" */
  readonly pace: string
  /** Seconds until it is tried again. */
  readonly retryIn: number
  /** For how many seconds nothing has moved, and whose turn it is; null while something does. */
  readonly still: { readonly seconds: number; readonly to: 'server' | 'storage' } | null
  /** The upload begins, or goes on: until the next report nothing has been said. */
  start(): void
  /** Whether a run has said where it stands. */
  readonly begun: boolean
  /** @returns bytes that left since the report before */
  read(progress: UploadProgress): number
  /** It stands: no speed is said. */
  rest(): void
  /** Time passes. */
  tick(): void
}

export function createMeter(now: () => number = () => performance.now()): Meter {
  const remaining = createRemaining(now)
  let moved = 0
  let movedAt = 0
  let saidAt = Number.NEGATIVE_INFINITY
  let retryAt = 0
  let begun = false
  let to: 'server' | 'storage' = 'server'
  let pace = ''

  function rest(): void {
    pace = ''
    saidAt = Number.NEGATIVE_INFINITY
    remaining.reset()
  }

  function say(bytes: number, speed: number): void {
    if (now() - saidAt < NUMBERS_EVERY) return
    saidAt = now()
    pace = paceWords(speed, remaining.next(bytes, speed))
  }

  return {
    get moved() {
      return moved
    },
    get pace() {
      return pace
    },
    get retryIn() {
      return Math.max(0, (retryAt - now()) / 1000)
    },
    get still() {
      const ms = now() - movedAt
      return begun && ms >= STANDS_STILL ? { seconds: ms / 1000, to } : null
    },
    get begun() {
      return begun
    },
    start() {
      begun = false
      rest()
    },
    read({ phase, sent, total, inFlight = 0, speed, retryIn = 0, still, to: receiver = 'server' }) {
      to = receiver
      if (phase === 'waiting') {
        retryAt = now() + retryIn * 1000
        rest()
        // A request before the first byte says nothing about what is there.
        if (begun) moved = sent + inFlight
        return 0
      }
      // What a run begins with was there before.
      const gained = begun ? Math.max(0, sent + inFlight - moved) : 0
      if (still === undefined || !begun) movedAt = now()
      moved = sent + inFlight
      begun = true
      if (speed !== undefined && moved < total) say(total - moved, speed)
      return gained
    },
    rest,
    tick() {
      if (now() - movedAt > STANDS_STILL) rest()
    },
  }
}
