/** The parts of open uploads that arrive here right now, so that an upload that ends can end them first. */
export function createArrivals() {
  const arriving = new Map<string, Set<{ readonly abort: AbortController; readonly over: Promise<unknown> }>>()

  return {
    /** Lets `work` go on until it ends or the upload does. Enter first, then look whether the upload is still open. */
    async during<Result>(upload: string, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
      const abort = new AbortController()
      const { promise: over, resolve } = Promise.withResolvers<void>()
      const arrival = { abort, over }
      const others = arriving.get(upload) ?? new Set()
      arriving.set(upload, others.add(arrival))
      try {
        return await work(abort.signal)
      } finally {
        others.delete(arrival)
        if (others.size === 0 && arriving.get(upload) === others) arriving.delete(upload)
        resolve()
      }
    },

    /** Ends what arrives for an upload, and waits until nothing of it is written any more. */
    async end(upload: string, reason: unknown): Promise<void> {
      const all = [...(arriving.get(upload) ?? [])]
      for (const { abort } of all) abort.abort(reason)
      await Promise.all(all.map(({ over }) => over))
    },
  }
}

export type Arrivals = ReturnType<typeof createArrivals>
