/** Lets so many in at once, the others in the order in which they came. @returns what waits for its turn, then does the work */
export function createTurnstile(atOnce: number) {
  let inside = 0
  const waiting: (() => void)[] = []

  function enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (inside < atOnce) {
      inside += 1
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      function go(): void {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      function leave(): void {
        waiting.splice(waiting.indexOf(go), 1)
        reject(signal.reason)
      }
      signal.addEventListener('abort', leave, { once: true })
      waiting.push(go)
    })
  }

  return async <Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> => {
    await enter(signal)
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) inside -= 1
      else next()
    }
  }
}
