/** Milliseconds over which a change of speed is believed: what is left must not jump with every part. */
const SMOOTHING = 3000
/** By how much more than what was said it must take until more is said: a part, and seconds. */
const TOLERANCE = 1.3
const TOLERANCE_SECONDS = 3

/** The first speeds of a connection say little. */
const UNHEARD = 1

/** How long what is left takes. It is meant to be asked about once a second, and does not go up for a moment's sake. */
export interface Remaining {
  /** @param bytes that are left @param speed bytes a second @returns seconds; null until there is something to say */
  next(bytes: number, speed: number): number | null
  reset(): void
}

export function createRemaining(now: () => number = () => performance.now()): Remaining {
  const smooth = createSmoothing(now)
  const held = createHeld()
  return {
    next(bytes, speed) {
      const believed = smooth.next(speed)
      return believed === null ? null : held.next(bytes / believed)
    },
    reset() {
      smooth.reset()
      held.reset()
    },
  }
}

/** A speed as far as it is believed; null until there is something to say. */
export function createSmoothing(now: () => number): { next(speed: number): number | null; reset(): void } {
  /** The logarithm of the speed: a burst weighs no more than a moment in which nothing came. */
  let level = 0
  let asked = 0
  let askedAt = 0
  return {
    next(speed) {
      const at = now()
      asked += 1
      // What was first heard is worth no more than what came after it.
      const weight = Math.max(1 / asked, 1 - Math.exp((askedAt - at) / SMOOTHING))
      level += (Math.log(speed) - level) * weight
      askedAt = at
      return asked <= UNHEARD ? null : Math.exp(level)
    },
    reset() {
      asked = 0
    },
  }
}

/** Seconds that are said: they go down with what is found, and up only when it is much more. */
export function createHeld(): { next(seconds: number): number; reset(): void } {
  let said = Number.POSITIVE_INFINITY
  return {
    next(seconds) {
      if (seconds < said || seconds > said * TOLERANCE + TOLERANCE_SECONDS) said = seconds
      return said
    },
    reset() {
      said = Number.POSITIVE_INFINITY
    },
  }
}
