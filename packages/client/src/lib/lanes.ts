/** How many parts are on their way at once: half as many when the storage is too slow, one more each time all went well. */
export interface Lanes {
  readonly limit: number
  /** Waits for a lane. @returns what leaves it again, and says how it went */
  enter(signal: AbortSignal): Promise<(outcome: 'good' | 'slow' | 'failed') => void>
}

export function createLanes(most: number, now: () => number = () => performance.now()): Lanes {
  let limit = most
  let running = 0
  let good = 0
  let halvedAt = Number.NEGATIVE_INFINITY
  const queue: (() => void)[] = []

  function next(): void {
    while (running < limit) {
      const start = queue.shift()
      if (start === undefined) return
      start()
    }
  }

  function learn(outcome: 'good' | 'slow' | 'failed', enteredAt: number): void {
    if (outcome === 'good') {
      good += 1
      if (good < limit || limit >= most) return
      limit += 1
      good = 0
    }
    // What was under way when it was halved is the same trouble, not more of it.
    if (outcome === 'slow' && enteredAt > halvedAt) {
      limit = Math.max(1, Math.floor(limit / 2))
      halvedAt = now()
      good = 0
    }
  }

  return {
    get limit() {
      return limit
    },
    enter(signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        function start(): void {
          signal.removeEventListener('abort', stop)
          running += 1
          const enteredAt = now()
          resolve((outcome) => {
            running -= 1
            learn(outcome, enteredAt)
            next()
          })
        }
        function stop(): void {
          queue.splice(queue.indexOf(start), 1)
          reject(signal.reason)
        }
        signal.addEventListener('abort', stop, { once: true })
        queue.push(start)
        next()
      })
    },
  }
}
