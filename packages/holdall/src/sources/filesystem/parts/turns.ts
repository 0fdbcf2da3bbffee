interface Turn {
  readonly stop: AbortController
  readonly ended: Promise<void>
}

/**
 * Who writes which part, within this process. A part that is sent again is usually one whose first request hangs without
 * its client knowing: so the later request has its way, once the earlier one has stopped.
 */
export function createTurns() {
  const turns = new Map<string, Map<number, Turn>>()
  const whole = new Map<string, Promise<void>>()

  async function stop(turn: Turn, reason: Error): Promise<void> {
    turn.stop.abort(reason)
    await turn.ended
  }

  return {
    /**
     * @param reason what an earlier one is stopped with
     * @param work must end soon after its signal
     */
    async take<Result>(
      upload: string,
      number: number,
      reason: Error,
      work: (stopped: AbortSignal) => Promise<Result>,
    ): Promise<Result> {
      const writing = () => turns.get(upload)?.get(number)
      for (let earlier = writing(); earlier !== undefined; earlier = writing()) await stop(earlier, reason)
      const own = turns.get(upload) ?? new Map<number, Turn>()
      turns.set(upload, own)
      const { promise: ended, resolve: end } = Promise.withResolvers<void>()
      const turn: Turn = { stop: new AbortController(), ended }
      own.set(number, turn)
      try {
        return await work(turn.stop.signal)
      } finally {
        own.delete(number)
        if (own.size === 0) turns.delete(upload)
        end()
      }
    },
    /** For what concerns the whole upload: one at a time, after those who write to it have been stopped. */
    async alone<Result>(upload: string, reason: Error, work: () => Promise<Result>): Promise<Result> {
      for (let earlier = whole.get(upload); earlier !== undefined; earlier = whole.get(upload)) await earlier
      const { promise: ended, resolve: end } = Promise.withResolvers<void>()
      whole.set(upload, ended)
      try {
        await Promise.all([...(turns.get(upload)?.values() ?? [])].map((turn) => stop(turn, reason)))
        return await work()
      } finally {
        whole.delete(upload)
        end()
      }
    },
  }
}
