/** Looks in a row that got no answer. */
export interface Silence {
  /** How many there were since the last that got one. */
  readonly looks: number
  /** @param at when it was asked, milliseconds since 1970 */
  heard(answered: boolean, at: number): void
}

/** Tells when a server that is asked again and again falls silent, and when it speaks again. */
export function createSilence(onSilence: (since: number | null) => void = () => {}): Silence {
  let looks = 0
  return {
    get looks() {
      return looks
    },
    heard(answered, at) {
      const before = looks
      looks = answered ? 0 : before + 1
      if (before === 0 && looks === 1) onSilence(at)
      else if (before > 0 && looks === 0) onSilence(null)
    },
  }
}
