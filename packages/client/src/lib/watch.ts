import { transport } from '#transport'
import type { Answer, Sending } from './types.ts'

/** Milliseconds. */
export const STALL_TIMEOUT = 60_000

export interface Watched extends Sending {
  /** bytes of the body */
  readonly size: number
  /** Milliseconds without a byte moving, from before the connection is made. */
  readonly stallTimeout: number
  /** Milliseconds for the answer once all has left; what is in the network's own buffers may still take long. */
  readonly answerTimeout: number
}

/** A request that ended without an answer. */
export class Broken extends Error {
  override readonly name = 'Broken'
  readonly stalled: boolean
  readonly allSent: boolean
  readonly nothingSent: boolean
  readonly url: string

  /** @param sent of `size` bytes, before it stalled if it did */
  constructor({ url, size }: Pick<Watched, 'url' | 'size'>, sent: number, stalled: boolean, cause: unknown) {
    super(stalled ? 'nothing moved any more' : 'the connection broke', { cause })
    this.stalled = stalled
    this.allSent = sent >= size
    this.nothingSent = sent === 0
    this.url = url
  }
}

/**
 * One request that does not wait for ever.
 *
 * @throws {Broken} when no answer came; the signal's reason; what reading the body throws is the cause
 */
export async function watched({ size, stallTimeout, answerTimeout, ...sending }: Watched): Promise<Answer> {
  const stall = new AbortController()
  let sent = 0
  let movedAt = performance.now()
  let timer: ReturnType<typeof setTimeout> | undefined
  // Bytes move far more often than a clock has to be looked at.
  function look(): void {
    const left = (sent >= size ? answerTimeout : stallTimeout) - (performance.now() - movedAt)
    if (left <= 0) stall.abort()
    else timer = setTimeout(look, Math.min(left, stallTimeout))
  }
  function onSent(bytes: number): void {
    sent = bytes
    movedAt = performance.now()
    sending.onSent(bytes)
  }
  look()
  try {
    return await transport({ ...sending, onSent, signal: AbortSignal.any([sending.signal, stall.signal]) })
  } catch (error) {
    if (sending.signal.aborted) throw sending.signal.reason
    throw new Broken({ url: sending.url, size }, sent, stall.signal.aborted, error)
  } finally {
    clearTimeout(timer)
  }
}
