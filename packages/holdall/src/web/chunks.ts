import { finished, type Readable } from 'node:stream'

/** Chunks that wait for their reader; past this the stream is paused. */
const WAITING_BYTES = 64 * 1_024

/**
 * The chunks of a stream as they arrive. Unlike the stream's own iterator it copies none of them together, and ending
 * it early leaves the stream alone, paused.
 */
export function chunksOf(stream: Readable): AsyncIterableIterator<Uint8Array> {
  const waiting: Uint8Array[] = []
  let bytes = 0
  let over: { readonly error?: unknown } | undefined
  let reader: { resolve(result: IteratorResult<Uint8Array>): void; reject(error: unknown): void } | undefined

  function onData(chunk: Uint8Array): void {
    if (reader !== undefined) {
      const { resolve } = reader
      reader = undefined
      resolve({ done: false, value: chunk })
      return
    }
    waiting.push(chunk)
    bytes += chunk.byteLength
    if (bytes >= WAITING_BYTES) stream.pause()
  }

  function end(error: unknown): void {
    over = { error }
    const last = reader
    reader = undefined
    if (last === undefined) return
    if (error) last.reject(error)
    else last.resolve({ done: true, value: undefined })
  }

  let started = false
  let stopWatching = () => {}
  function start(): void {
    started = true
    // Also says when a stream is closed without an end, as a request is whose client went away.
    stopWatching = finished(stream, { writable: false }, end)
    stream.on('data', onData)
  }

  return {
    next() {
      if (!started) start()
      const chunk = waiting.shift()
      if (chunk !== undefined) {
        bytes -= chunk.byteLength
        if (bytes < WAITING_BYTES && stream.isPaused()) stream.resume()
        return Promise.resolve({ done: false, value: chunk })
      }
      if (over?.error) return Promise.reject(over.error)
      if (over !== undefined) return Promise.resolve({ done: true, value: undefined })
      return new Promise((resolve, reject) => {
        reader = { resolve, reject }
        if (stream.isPaused()) stream.resume()
      })
    },
    return() {
      stream.off('data', onData)
      stream.pause()
      stopWatching()
      // What nobody listens to any more may still fail.
      stream.on('error', () => {})
      over ??= {}
      waiting.length = 0
      return Promise.resolve({ done: true, value: undefined })
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
