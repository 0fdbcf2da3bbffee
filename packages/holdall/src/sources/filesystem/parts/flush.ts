/**
 * One flush at a time, and each serves all who asked for it before it began: eight parts that are done at one moment cost
 * two flushes, not eight.
 *
 * The system tells of lost bytes once. So when a flush fails, every one after it fails too: whoever wrote through the same
 * handle cannot know whose bytes were lost.
 */
export function groupFlush(flush: () => Promise<void>): () => Promise<void> {
  let last: Promise<void> = Promise.resolve()
  let waiting: Promise<void> | undefined
  let failure: { readonly error: unknown } | undefined

  async function begin(): Promise<void> {
    waiting = undefined
    if (failure !== undefined) throw failure.error
    try {
      await flush()
    } catch (error) {
      failure = { error }
      throw error
    }
  }

  return function flushed() {
    if (waiting === undefined) {
      waiting = last.catch(() => {}).then(begin)
      last = waiting
    }
    return waiting
  }
}
