import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import type { BeforeIo } from './io.ts'

/** Bytes gathered for one write. A second batch fills while the first is written, so an upload holds twice as many. */
const LARGEST_BATCH_BYTES = 1024 * 1024
const SMALLEST_BATCH_BYTES = 64 * 1024
/** All uploads together gather about this much, so that many at once need no more memory than a few. */
const BUDGET_BYTES = 4 * 1024 * 1024
/** So much unflushed data starts a flush, which runs while more arrives: the last flush then has little left to do. */
const FLUSH_EVERY_BYTES = 16 * 1024 * 1024

let draining = 0

export interface Drained {
  readonly size: number
  readonly contentHash: string
}

/** Writes a body to a file and hashes it, then flushes it to disk. Memory is bounded whatever the body's size. */
export async function drain(
  body: AsyncIterable<Uint8Array>,
  handle: FileHandle,
  signal: AbortSignal | undefined,
  before: BeforeIo,
): Promise<Drained> {
  const hash = createHash('sha256')
  const flusher = createFlusher(handle)
  let size = 0
  let batch: Uint8Array[] = []
  let batched = 0
  let writing: Promise<void> = Promise.resolve()
  draining += 1
  try {
    for await (const chunk of abortable(body, signal)) {
      hash.update(chunk)
      size += chunk.byteLength
      batch.push(chunk)
      batched += chunk.byteLength
      if (batched < batchBytes()) continue
      await writing
      before('write')
      writing = writeAll(handle, batch, batched)
      // Awaited above or below; until then its failure must not count as unhandled.
      writing.catch(() => {})
      flusher.wrote(batched)
      batch = []
      batched = 0
    }
    await writing
    if (batched > 0) {
      before('write')
      await writeAll(handle, batch, batched)
    }
  } finally {
    draining -= 1
    // Nobody may still be writing to the handle when it is closed.
    await writing.catch(() => {})
    await flusher.idle()
  }
  before('flush file')
  await handle.datasync()
  flusher.check()
  return { size, contentHash: `sha256:${hash.digest('hex')}` }
}

function batchBytes(): number {
  return Math.min(LARGEST_BATCH_BYTES, Math.max(SMALLEST_BATCH_BYTES, BUDGET_BYTES / 2 / draining))
}

async function writeAll(handle: FileHandle, chunks: Uint8Array[], total: number): Promise<void> {
  let { bytesWritten } = await handle.writev(chunks)
  if (bytesWritten === total) return
  // A full disk or a quota writes less than it was given, then nothing.
  const rest = Buffer.concat(chunks)
  while (bytesWritten < total) {
    const more = await handle.write(rest, bytesWritten, total - bytesWritten)
    bytesWritten += more.bytesWritten
  }
}

function createFlusher(handle: FileHandle) {
  let unflushed = 0
  let flushing: Promise<void> | undefined
  let failure: unknown
  return {
    wrote(bytes: number) {
      unflushed += bytes
      if (unflushed < FLUSH_EVERY_BYTES || flushing !== undefined) return
      unflushed = 0
      flushing = handle
        .datasync()
        .catch((error) => {
          failure ??= error
        })
        .finally(() => {
          flushing = undefined
        })
    },
    idle: () => flushing ?? Promise.resolve(),
    // The system reports lost data to one flush only; a later one that succeeds says nothing of it.
    check() {
      if (failure !== undefined) throw failure
    },
  }
}

/** The body, ended by the signal even while the next chunk is awaited. */
async function* abortable(body: AsyncIterable<Uint8Array>, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted()
  const iterator = body[Symbol.asyncIterator]()
  let interrupt: (reason: unknown) => void = () => {}
  const onAbort = () => interrupt(signal?.reason)
  signal?.addEventListener('abort', onAbort)
  let ended = false
  try {
    for (;;) {
      const result = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        interrupt = reject
        iterator.next().then(resolve, reject)
      })
      signal?.throwIfAborted()
      if (result.done) {
        ended = true
        return
      }
      yield result.value
    }
  } finally {
    signal?.removeEventListener('abort', onAbort)
    // Not awaited: a generator that waits for its next chunk would never answer.
    if (!ended) iterator.return?.()?.catch(() => {})
  }
}
