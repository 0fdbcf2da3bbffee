/** Milliseconds of the past that count: short enough to follow, long enough not to jump. */
const WINDOW = 5_000
/** Milliseconds before there is something to say. */
const SHORTEST = 500
/** Milliseconds between two samples that are kept. */
const EVERY = 100

export interface Rate {
  add(bytes: number): void
  /** Bytes a second lately. */
  perSecond(): number | undefined
  reset(): void
}

export function createRate(now: () => number = () => performance.now()): Rate {
  let samples: { readonly at: number; readonly bytes: number }[] = []
  return {
    add(bytes) {
      const at = now()
      const before = samples.at(-2)
      if (before !== undefined && at - before.at < EVERY) samples.pop()
      samples.push({ at, bytes })
      while (samples.length > 2 && at - (samples[1]?.at ?? at) > WINDOW) samples.shift()
    },
    perSecond() {
      const first = samples[0]
      const last = samples.at(-1)
      if (!first || !last || last.at - first.at < SHORTEST || last.bytes <= first.bytes) return undefined
      return ((last.bytes - first.bytes) / (last.at - first.at)) * 1_000
    },
    reset() {
      samples = []
    },
  }
}
