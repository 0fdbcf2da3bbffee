import { HoldallError } from '../../web/error.ts'

export interface TurnLimits {
  readonly atOnce: number
  readonly perActor: number
  readonly maxWaiting: number
  readonly maxWaitingPerActor: number
  readonly waitMs: number
}

/** Who may run a query now. Nobody takes all turns: whoever has the fewest running is next. */
export interface Turns {
  /**
   * @param actorId `null` for everybody who is not signed in: they share what one actor may
   * @returns what gives the turn back
   * @throws HoldallError `query_busy`; what the signal was aborted with
   */
  take(actorId: string | null, signal?: AbortSignal): Promise<() => void>
  /** Whether one is taken now. */
  isTaken(): boolean
  close(): void
}

interface Waiting {
  readonly actor: string
  start(): void
  fail(error: unknown): void
}

const RETRY_AFTER_SECONDS = '5'

export function createTurns({ atOnce, perActor, maxWaiting, maxWaitingPerActor, waitMs }: TurnLimits): Turns {
  const running = new Map<string, number>()
  const waiting: Waiting[] = []
  let total = 0

  const runningOf = (actor: string) => running.get(actor) ?? 0

  function startNext(): void {
    while (total < atOnce) {
      let next: Waiting | undefined
      for (const candidate of waiting) {
        if (runningOf(candidate.actor) >= perActor) continue
        if (next === undefined || runningOf(candidate.actor) < runningOf(next.actor)) next = candidate
      }
      if (next === undefined) return
      waiting.splice(waiting.indexOf(next), 1)
      total++
      running.set(next.actor, runningOf(next.actor) + 1)
      next.start()
    }
  }

  function giveBack(actor: string): void {
    total--
    const left = runningOf(actor) - 1
    if (left === 0) running.delete(actor)
    else running.set(actor, left)
    startNext()
  }

  return {
    take(actorId, signal) {
      const actor = actorId === null ? '' : `:${actorId}`
      if (signal?.aborted) return Promise.reject(signal.reason)
      const ofActor = waiting.filter((other) => other.actor === actor).length
      // Those who are not signed in are many, and leave room for those who are.
      const most = actorId === null ? maxWaiting / 2 : maxWaitingPerActor
      if (waiting.length >= maxWaiting || ofActor >= most) return Promise.reject(busy())
      return new Promise((resolve, reject) => {
        const entry: Waiting = {
          actor,
          start() {
            settle()
            let isBack = false
            resolve(() => {
              if (!isBack) giveBack(actor)
              isBack = true
            })
          },
          fail(error) {
            settle()
            const at = waiting.indexOf(entry)
            if (at >= 0) waiting.splice(at, 1)
            reject(error)
          },
        }
        const onAbort = () => entry.fail(signal?.reason)
        const timer = setTimeout(() => entry.fail(busy()), waitMs)
        function settle(): void {
          clearTimeout(timer)
          signal?.removeEventListener('abort', onAbort)
        }
        signal?.addEventListener('abort', onAbort)
        waiting.push(entry)
        startNext()
      })
    },
    isTaken: () => total > 0,
    close() {
      for (const entry of waiting.slice())
        entry.fail(new HoldallError('unavailable', { reason: 'The server is stopping' }))
    },
  }
}

function busy(): HoldallError {
  return new HoldallError('query_busy', {}, { headers: { 'Retry-After': RETRY_AFTER_SECONDS } })
}
