import type { Readable } from 'node:stream'

/** Held for a slow reader; the sender waits meanwhile. */
const AHEAD_BYTES = 64 * 1024

/** The body of an answer. Cancelling it closes its connection at once, even while nothing arrives. */
export function webStream(body: Readable): ReadableStream<Uint8Array> {
  let over = false
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        function end(how: () => void): void {
          if (over) return
          over = true
          how()
        }
        body.on('data', (chunk: Uint8Array) => {
          if (over) return
          controller.enqueue(chunk)
          if ((controller.desiredSize ?? 0) <= 0) body.pause()
        })
        body.on('end', () => end(() => controller.close()))
        body.on('error', (error) => end(() => controller.error(error)))
        body.on('close', () => end(() => controller.error(new Error('The connection closed before the end'))))
        body.pause()
      },
      pull() {
        body.resume()
      },
      cancel(reason) {
        over = true
        body.destroy(reason instanceof Error ? reason : undefined)
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: AHEAD_BYTES }),
  )
}
