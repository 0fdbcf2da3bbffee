import type { FileHandle } from 'node:fs/promises'
import { HoldallError } from '../../web/error.ts'
import type { ByteRange, ReadOptions } from '../storage.ts'
import type { Root } from './root.ts'

/** Read at once from the disk and handed on as one chunk. */
const CHUNK_BYTES = 256 * 1024

export async function readFrom(root: Root, path: string, options: ReadOptions): Promise<ReadableStream<Uint8Array>> {
  options.signal?.throwIfAborted()
  const handle = await root.open(path)
  if (handle === undefined) {
    await root.assertThere()
    throw new HoldallError('file_missing')
  }
  try {
    const { size } = await handle.stat()
    return streamOf(handle, within(size, options.range), options.signal)
  } catch (error) {
    await handle.close()
    throw error
  }
}

interface Span {
  readonly from: number
  readonly to: number
}

function within(size: number, range: ByteRange | undefined): Span {
  if (range === undefined) return { from: 0, to: size }
  if ('suffix' in range) {
    if (range.suffix <= 0 || size === 0) throw new HoldallError('range_not_satisfiable')
    return { from: Math.max(0, size - range.suffix), to: size }
  }
  const { offset, length = size } = range
  if (offset < 0 || offset >= size || length <= 0) throw new HoldallError('range_not_satisfiable')
  return { from: offset, to: Math.min(size, offset + length) }
}

function streamOf(handle: FileHandle, { from, to }: Span, signal: AbortSignal | undefined): ReadableStream<Uint8Array> {
  let position = from
  let closed: Promise<void> | undefined
  function close(): Promise<void> {
    signal?.removeEventListener('abort', onAbort)
    closed ??= handle.close()
    return closed
  }
  let onAbort = () => {}
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        onAbort = () => {
          controller.error(signal?.reason)
          // Closing waits by itself for a read that is under way.
          close().catch(() => {})
        }
        signal?.addEventListener('abort', onAbort)
      },
      async pull(controller) {
        if (closed !== undefined) return
        try {
          if (position < to) {
            const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, to - position))
            const { bytesRead } = await handle.read(chunk, 0, chunk.length, position)
            if (closed !== undefined) return
            if (bytesRead === 0)
              throw new HoldallError(
                'storage_failed',
                {},
                { cause: new Error('The file became shorter while it was read') },
              )
            position += bytesRead
            controller.enqueue(chunk.subarray(0, bytesRead))
          }
          if (position >= to) {
            await close()
            controller.close()
          }
        } catch (error) {
          await close().catch(() => {})
          throw error
        }
      },
      cancel: close,
    },
    // Nothing is read before somebody asks for it.
    { highWaterMark: 0 },
  )
}
