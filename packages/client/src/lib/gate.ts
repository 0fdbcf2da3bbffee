import { CONNECTIONS } from '#transport'

/** Connections that parts may have whatever else is sent, where they want them: a large file goes on too. */
const LEAST_FOR_PARTS = 2

/** A file in one piece, or a part of one. */
export type Body = 'whole' | 'part'

/** The connections that all uploads of this page or process share. */
export interface Gate {
  /** Waits for one of them; the signal ends the waiting. @returns what gives it back */
  enter(body: Body, signal: AbortSignal): Promise<() => void>
  /** While a file goes in one piece, a connection is kept for it, also between its requests. */
  whole<Result>(work: () => Promise<Result>): Promise<Result>
}

/**
 * A file in one piece comes before parts, which take what is left: a part holds its connection for long, and thousands of
 * small files would each wait for one of a large file to end. Nothing that is under way is stopped for it.
 */
export function createGate(most: number): Gate {
  const running = { whole: 0, part: 0 }
  const waiting: Record<Body, (() => void)[]> = { whole: [], part: [] }
  /** Files in one piece that are under way. */
  let wholes = 0

  function next(): void {
    for (let body = nextBody(); body !== undefined; body = nextBody()) waiting[body].shift()?.()
  }

  function nextBody(): Body | undefined {
    if (running.whole + running.part >= most) return undefined
    const partsWait = waiting.part.length > 0
    const kept = partsWait || running.part > 0 ? Math.min(LEAST_FOR_PARTS, most - 1) : 0
    if (waiting.whole.length > 0 && running.whole < most - kept) return 'whole'
    return partsWait && running.part < Math.max(LEAST_FOR_PARTS, most - wholes) ? 'part' : undefined
  }

  return {
    enter(body, signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        const queue = waiting[body]
        function start(): void {
          signal.removeEventListener('abort', stop)
          running[body] += 1
          let open = true
          resolve(() => {
            if (!open) return
            open = false
            running[body] -= 1
            next()
          })
        }
        function stop(): void {
          queue.splice(queue.indexOf(start), 1)
          reject(signal.reason)
          next()
        }
        signal.addEventListener('abort', stop, { once: true })
        queue.push(start)
        next()
      })
    },
    async whole(work) {
      wholes += 1
      try {
        return await work()
      } finally {
        // Who sends many begins the next once this one has ended: until then no part takes the place.
        setTimeout(() => {
          wholes -= 1
          next()
        })
      }
    },
  }
}

export const gate = createGate(CONNECTIONS)
