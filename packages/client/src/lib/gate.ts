import { CONNECTIONS } from '#transport'

/** Runs jobs, so many at once over all uploads of this page or process, in the order in which they came. */
let running = 0
const queue: (() => void)[] = []

/** Waits for one of the connections that uploads share; the signal ends the waiting. @returns what gives it back */
export function enter(signal: AbortSignal, most = CONNECTIONS): Promise<() => void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    function start(): void {
      signal.removeEventListener('abort', stop)
      running += 1
      let open = true
      resolve(() => {
        if (!open) return
        open = false
        running -= 1
        if (running < most) queue.shift()?.()
      })
    }
    function stop(): void {
      queue.splice(queue.indexOf(start), 1)
      reject(signal.reason)
    }
    if (running < most) return start()
    queue.push(start)
    signal.addEventListener('abort', stop, { once: true })
  })
}
