/** Runs jobs, so many at once, in the order in which they came. */
export interface Limit {
  run<T>(job: () => Promise<T>): Promise<T>
}

export function createLimit(most: () => number): Limit {
  let running = 0
  const queue: (() => void)[] = []
  function next(): void {
    while (running < most()) {
      const start = queue.shift()
      if (!start) return
      running += 1
      start()
    }
  }
  return {
    run(job) {
      return new Promise((resolve, reject) => {
        queue.push(() => {
          job()
            .then(resolve, reject)
            .finally(() => {
              running -= 1
              next()
            })
        })
        next()
      })
    },
  }
}
