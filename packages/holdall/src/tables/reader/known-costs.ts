/** Reads that are remembered by their SQL: what was slow starts among the slow, what was quick counts as short. */
const REMEMBERED = 2_000

export type Cost = 'slow' | 'quick'

/** What reads have cost, by the fingerprint of their SQL; of too many the oldest are forgotten. */
export interface KnownCosts {
  of(fingerprint: string): Cost | undefined
  remember(fingerprint: string, cost: Cost): void
}

export function createKnownCosts(): KnownCosts {
  const known = new Map<string, Cost>()
  return {
    of: (fingerprint) => known.get(fingerprint),
    remember(fingerprint, cost) {
      known.delete(fingerprint)
      known.set(fingerprint, cost)
      if (known.size > REMEMBERED) known.delete(known.keys().next().value as string)
    },
  }
}
