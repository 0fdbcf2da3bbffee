/** Milliseconds of the past that count: short enough to follow, long enough not to jump. */
const WINDOW = 5000
/** Milliseconds before there is something to say. */
const SHORTEST = 3000

export interface Rate {
  add(sent: number): void
  /** Bytes a second lately; null until there is something to say. */
  perSecond(): number | null
  reset(): void
}

export function createRate(now: () => number = () => performance.now()): Rate {
  let samples: { at: number; sent: number }[] = []
  return {
    add(sent) {
      const at = now()
      samples.push({ at, sent })
      while (samples.length > 2 && at - (samples[1]?.at ?? at) > WINDOW) samples.shift()
    },
    perSecond() {
      const first = samples[0]
      const last = samples.at(-1)
      if (!first || !last || last.at - first.at < SHORTEST || last.sent <= first.sent) return null
      return ((last.sent - first.sent) / (last.at - first.at)) * 1000
    },
    reset() {
      samples = []
    },
  }
}
