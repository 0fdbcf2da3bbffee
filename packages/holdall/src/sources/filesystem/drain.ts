import type { FileHandle } from 'node:fs/promises'
import { borrowed, lends } from '../../web/borrowed.ts'
import { type Gathered, gatherBlocks, gatherChunks } from './blocks.ts'
import type { BeforeIo } from './io.ts'

/** Bytes gathered for one write. A second batch fills while the first is written, so an upload holds twice as many. */
const LARGEST_BATCH_BYTES = 1024 * 1024
const SMALLEST_BATCH_BYTES = 64 * 1024
/** All uploads together gather about this much, so that many at once need no more memory than a few. */
const BUDGET_BYTES = 4 * 1024 * 1024
/** So much unflushed data starts a flush, which runs while more arrives: the last flush then has little left to do. */
const FLUSH_EVERY_BYTES = 16 * 1024 * 1024

let draining = 0

/** Where a body goes. */
export interface Sink {
  /** Is shown each chunk as it comes, before anything of it is written; what it throws ends the body. */
  see(chunk: Uint8Array): void
  /** Writes what follows on the write before. */
  write(chunks: Uint8Array[], bytes: number): Promise<void>
  /** Brings what was written to disk. Called while more is written, and once at the end. */
  flush(): Promise<void>
}

/** Writes a body to a file, then flushes it to disk. Memory is bounded whatever the body's size. @returns its bytes */
export async function drain(
  body: AsyncIterable<Uint8Array>,
  sink: Sink,
  signal: AbortSignal | undefined,
  before: BeforeIo,
): Promise<number> {
  const flusher = createFlusher(sink)
  let size = 0
  const gather = lends(body) ? gatherBlocks : gatherChunks
  let batch = gather()
  let writing: Promise<void> = Promise.resolve()

  async function write(full: Gathered): Promise<void> {
    try {
      await sink.write(full.chunks(), full.bytes)
    } finally {
      full.free()
    }
  }

  draining += 1
  try {
    for await (const chunk of abortable(borrowed(body), signal)) {
      sink.see(chunk)
      size += chunk.byteLength
      for (let rest = chunk; rest.byteLength > 0; ) {
        rest = rest.subarray(batch.add(rest, batchBytes()))
        if (batch.bytes < batchBytes()) continue
        await writing
        before('write')
        writing = write(batch)
        // Awaited above or below; until then its failure must not count as unhandled.
        writing.catch(() => {})
        flusher.wrote(batch.bytes)
        batch = gather()
      }
    }
    await writing
    if (batch.bytes > 0) {
      before('write')
      await write(batch)
    }
  } finally {
    draining -= 1
    // Nobody may still be writing to the handle when it is closed.
    await writing.catch(() => {})
    batch.free()
    await flusher.idle()
  }
  before('flush file')
  await sink.flush()
  flusher.check()
  return size
}

function batchBytes(): number {
  return Math.min(LARGEST_BATCH_BYTES, Math.max(SMALLEST_BATCH_BYTES, Math.floor(BUDGET_BYTES / 2 / draining)))
}

/** @param position where in the file; without it, behind the write before */
export async function writeAll(
  handle: FileHandle,
  chunks: Uint8Array[],
  total: number,
  position?: number,
): Promise<void> {
  let { bytesWritten } = await handle.writev(chunks, position)
  if (bytesWritten === total) return
  // A full disk or a quota writes less than it was given, then nothing.
  const rest = Buffer.concat(chunks)
  while (bytesWritten < total) {
    const at = position === undefined ? null : position + bytesWritten
    const more = await handle.write(rest, bytesWritten, total - bytesWritten, at)
    bytesWritten += more.bytesWritten
  }
}

function createFlusher(sink: Sink) {
  let unflushed = 0
  let flushing: Promise<void> | undefined
  let failure: unknown
  return {
    wrote(bytes: number) {
      unflushed += bytes
      if (unflushed < FLUSH_EVERY_BYTES || flushing !== undefined) return
      unflushed = 0
      flushing = sink
        .flush()
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
