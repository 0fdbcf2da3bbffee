/** Runs jobs, so many at once, in the order in which they came. */
export interface Limit {
  /** @param first before all that wait */
  run(job: () => Promise<void>, first?: boolean): void
}

/** Files in one piece have places of their own, so that they do not wait for large ones to end. */
export interface Limits {
  readonly whole: Limit
  readonly inParts: Limit
}

export function createLimits(most: () => number): Limits {
  return { whole: createLimit(most), inParts: createLimit(most) }
}

/** @param most may change; a job that rejects is one that has ended */
export function createLimit(most: () => number): Limit {
  let running = 0
  const queue: (() => Promise<void>)[] = []
  function ended(): void {
    running -= 1
    next()
  }
  function next(): void {
    while (running < most()) {
      const job = queue.shift()
      if (!job) return
      running += 1
      job().then(ended, ended)
    }
  }
  return {
    run(job, first = false) {
      if (first) queue.unshift(job)
      else queue.push(job)
      next()
    },
  }
}
