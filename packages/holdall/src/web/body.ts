import type { IncomingMessage } from 'node:http'
import { lending } from './borrowed.ts'
import { chunksOf } from './chunks.ts'
import { HoldallError } from './error.ts'
import type { RouteContext } from './route.ts'

/** A body of which nothing arrives for so long has died. */
export const BODY_IDLE_LIMIT_MS = 60_000

/** A request's bytes as they arrive, read from the raw request: Hono's own parsers hold them in memory. */
export interface RequestBody {
  /** Bytes, when the client said so. */
  readonly length: number | undefined
  /**
   * Read once. Throws `upload_interrupted` when the client goes away and `upload_stalled` when nothing arrives for too
   * long. Reading may stop anywhere; the server then lets the rest go.
   */
  readonly chunks: AsyncIterable<Uint8Array>
}

export function bodyOf(c: RouteContext, idleLimit = BODY_IDLE_LIMIT_MS): RequestBody {
  const incoming = (c.env as { incoming?: IncomingMessage } | undefined)?.incoming
  const declared = c.req.header('Content-Length')
  return {
    length: declared === undefined ? undefined : Number(declared),
    chunks:
      incoming === undefined ? watched(webChunks(c), idleLimit) : lending(() => watched(chunksOf(incoming), idleLimit)),
  }
}

/**
 * A short body, all of it.
 *
 * @param limit in bytes
 * @throws HoldallError `body_too_large`, as soon as that is known; `upload_interrupted`, `upload_stalled`
 */
export async function readBytes(c: RouteContext, limit: number, idleLimit?: number): Promise<Buffer<ArrayBuffer>> {
  const body = bodyOf(c, idleLimit)
  if ((body.length ?? 0) > limit) throw new HoldallError('body_too_large', { limit })
  const read: Uint8Array[] = []
  let size = 0
  for await (const chunk of body.chunks) {
    size += chunk.byteLength
    if (size > limit) throw new HoldallError('body_too_large', { limit })
    read.push(chunk)
  }
  return Buffer.concat(read, size)
}

async function* webChunks(c: RouteContext): AsyncGenerator<Uint8Array> {
  if (c.req.raw.body !== null) yield* c.req.raw.body.values({ preventCancel: true })
}

/** @param idleLimit milliseconds; the time that we take to store what has arrived does not count */
async function* watched(chunks: AsyncIterable<Uint8Array>, idleLimit: number): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]()
  let give: (error: HoldallError) => void = () => {}
  // A reader that was given up still waits here for what may never come; nobody has to stay for its sake.
  const idle = setTimeout(
    () => give(new HoldallError('upload_stalled', { seconds: idleLimit / 1_000 })),
    idleLimit,
  ).unref()
  try {
    for (;;) {
      const next = new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        give = reject
        iterator.next().then(resolve, (cause) => reject(new HoldallError('upload_interrupted', {}, { cause })))
      })
      idle.refresh()
      const result = await next
      give = () => {}
      if (result.done) return
      yield result.value
    }
  } finally {
    clearTimeout(idle)
    iterator.return?.()?.catch(() => {})
  }
}
