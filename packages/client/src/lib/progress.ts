import { createRate } from './rate.ts'
import type { UploadProgress } from './types.ts'

/** Milliseconds between two reports of bytes in flight; what is acknowledged is always reported. */
const REPORT_EVERY = 100

/** Milliseconds without a byte after which it counts that others are on their way as well. */
const STOOD_STILL = 5_000

/** How far a file in parts is. */
export interface Progress {
  /** bytes of an earlier upload that were compared so far */
  compared(bytes: number): void
  /** The parts, each with its bytes, that are there before the first is sent. */
  start(held: Iterable<readonly [part: number, bytes: number]>): void
  /** A part is about to be sent, and to whom. */
  begun(part: number, to: 'server' | 'storage'): void
  /** bytes of a part that left this machine */
  moved(part: number, bytes: number): void
  acknowledged(part: number, bytes: number): void
  /** The part, or (0) a request about the upload, is tried again after so many seconds. */
  paused(part: number, seconds: number, reason?: string): void
  finishing(): void
}

export function createProgress(
  total: number,
  report: (progress: UploadProgress) => void = () => undefined,
  now: () => number = () => performance.now(),
): Progress {
  const rate = createRate(now)
  const flying = new Map<number, number>()
  const done = new Set<number>()
  /** Parts that broke and are not there yet. */
  const again = new Set<number>()
  let to: 'server' | 'storage' = 'server'
  let movedAt = now()
  let sent = 0
  let highest = 0
  let reportedAt = Number.NEGATIVE_INFINITY

  function bytesMoved(): number {
    let moved = sent
    for (const bytes of flying.values()) moved += bytes
    return moved
  }

  function tell(more: Partial<UploadProgress> = {}): void {
    reportedAt = now()
    const moved = bytesMoved()
    // A part that is sent again was counted before: what is shown stands still until it has caught up.
    highest = Math.max(highest, moved)
    const isSent = more.phase !== 'waiting' && more.still === undefined
    // The time in which nothing can be sent is not the time that sending takes.
    if (isSent) {
      movedAt = now()
      rate.add(moved)
    }
    const speed = more.still === undefined ? rate.perSecond() : undefined
    report({
      phase: 'sending',
      sent,
      total,
      inFlight: highest - sent,
      // Between two parts the server is asked for addresses.
      to: flying.size === 0 ? 'server' : to,
      ...(speed !== undefined && { speed }),
      ...(again.size > 0 && { again: again.size }),
      ...more,
    })
  }

  return {
    compared: (bytes) => report({ phase: 'sending', sent: 0, total, compared: bytes }),
    start(held) {
      for (const [part, bytes] of held) {
        done.add(part)
        sent += bytes
      }
      movedAt = now()
      // Reading and asking come first: the clock of the speed begins with the first byte.
      tell({ still: true })
    },
    begun(part, receiver) {
      to = receiver
      if (!done.has(part)) flying.set(part, 0)
      tell({ still: true })
    },
    moved(part, bytes) {
      if (done.has(part)) return
      flying.set(part, bytes)
      if (now() - reportedAt >= REPORT_EVERY) tell()
    },
    acknowledged(part, bytes) {
      flying.delete(part)
      again.delete(part)
      if (done.has(part)) return
      done.add(part)
      sent += bytes
      tell()
    },
    paused(part, seconds, reason) {
      flying.delete(part)
      // 0 is a request about the upload.
      if (part > 0 && !done.has(part)) again.add(part)
      if (flying.size > 0 && now() - movedAt < STOOD_STILL) {
        tell({ still: true })
        return
      }
      rate.reset()
      tell({ phase: 'waiting', retryIn: seconds, ...(reason !== undefined && { reason }) })
    },
    finishing() {
      tell({ phase: 'finishing' })
    },
  }
}
