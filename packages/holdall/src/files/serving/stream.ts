/**
 * The same bytes, counted: a stream that ends before what its headers promised fails, so that the connection breaks instead
 * of leaving the client to wait. Cancelling it cancels the source, and with it whatever handle is behind it.
 */
export function exactly(bytes: number, source: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = source.getReader()
  let left = bytes
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await reader.read()
      if (done) {
        if (left > 0) throw new Error(`The storage ended ${left} bytes too early`)
        controller.close()
        return
      }
      left -= value.length
      if (left < 0) {
        await reader.cancel()
        throw new Error('The storage gave more bytes than the file has')
      }
      if (value.length > 0) controller.enqueue(value)
      if (left === 0) {
        await reader.cancel()
        controller.close()
      }
    },
    cancel: (reason) => reader.cancel(reason),
  })
}
