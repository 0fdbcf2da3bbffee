/** Milliseconds over which a change of speed is believed: what is left must not jump with every part. */
const SMOOTHING = 8000
/** By how much more than what was said it must take until more is said: a part, and seconds. */
const TOLERANCE = 1.3
const TOLERANCE_SECONDS = 3

/** How long what is left takes. It is meant to be asked about once a second, and does not go up for a moment's sake. */
export interface Remaining {
  /** @param bytes that are left @param speed bytes a second @returns seconds */
  next(bytes: number, speed: number): number
  reset(): void
}

export function createRemaining(now: () => number = () => performance.now()): Remaining {
  let speed: number | null = null
  let said = Number.POSITIVE_INFINITY
  let askedAt = 0
  return {
    next(bytes, current) {
      const at = now()
      speed = speed === null ? current : speed + (current - speed) * (1 - Math.exp((askedAt - at) / SMOOTHING))
      askedAt = at
      const estimate = bytes / speed
      if (estimate < said || estimate > said * TOLERANCE + TOLERANCE_SECONDS) said = estimate
      return said
    },
    reset() {
      speed = null
      said = Number.POSITIVE_INFINITY
    },
  }
}
