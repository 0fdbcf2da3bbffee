/** The time in which at least one of several things went on. */
export interface BusyTime {
  /** @param by 1 when one more goes on, -1 when one less, 0 when nothing changed */
  count(by: number): void
  /** Milliseconds. */
  readonly total: number
  reset(): void
}

export function createBusyTime(now: () => number = () => performance.now()): BusyTime {
  let running = 0
  let since = 0
  let before = 0
  return {
    count(by) {
      if (running === 0 && by > 0) since = now()
      if (running > 0 && running + by === 0) before += now() - since
      running += by
    },
    get total() {
      return before + (running > 0 ? now() - since : 0)
    },
    reset() {
      before = 0
      since = now()
    },
  }
}
