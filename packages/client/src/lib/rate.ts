/** Milliseconds of the past that count: short enough to follow, long enough not to jump. */
const WINDOW = 5_000
/** Milliseconds before there is something to say: what a connection takes at first lies in buffers. */
const SHORTEST = 3_000
/** Milliseconds without a sample that are no sending: a page that stood still, a network that did. */
const STOOD_STILL = 5_000
/** Samples that say something. */
const FEWEST = 3
/** Milliseconds between two samples that are kept. */
const EVERY = 100

export interface Rate {
  /** @param bytes so far; where they become fewer, a part starts over, and what it sends again counts */
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
      const latest = samples.at(-1)
      if (latest !== undefined && at - latest.at > STOOD_STILL) samples = []
      if (latest !== undefined && bytes < latest.bytes) {
        samples = samples.map((one) => ({ at: one.at, bytes: one.bytes - (latest.bytes - bytes) }))
      }
      const before = samples.at(-2)
      if (before !== undefined && at - before.at < EVERY) samples.pop()
      samples.push({ at, bytes })
      while (samples.length > 2 && at - (samples[1]?.at ?? at) > WINDOW) samples.shift()
    },
    perSecond() {
      const first = samples[0]
      const last = samples.at(-1)
      if (!first || !last || samples.length < FEWEST || last.at - first.at < SHORTEST || last.bytes <= first.bytes)
        return undefined
      return ((last.bytes - first.bytes) / (last.at - first.at)) * 1_000
    },
    reset() {
      samples = []
    },
  }
}
