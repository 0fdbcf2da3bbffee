import { setTimeout as sleep } from 'node:timers/promises'
import { HoldallError } from '../../web/error.ts'
import type { StorageContext } from '../storage.ts'

export type Fetch = StorageContext['fetch']

/** Before the second and the third attempt. */
const PAUSES_MS = [250, 1_000]
/** A server that asks for more patience than this is unavailable. */
const LONGEST_PAUSE_MS = 5_000
/** Nothing is wrong with the request: asked again, it may be answered. */
const PASSING = new Set([429, 500, 502, 503, 504])

/**
 * The answer to a request that changes nothing, repeated when the server cannot be reached or says that it has no time.
 * An answer that it gives to the last attempt is returned, whatever its status; the caller reads or cancels its body.
 *
 * @throws HoldallError `address_refused`, and `unavailable` when there is no answer
 */
export async function ask(fetch: Fetch, url: string, init: RequestInit, signal?: AbortSignal): Promise<Response> {
  for (let attempt = 0; ; attempt += 1) {
    const pause = PAUSES_MS[attempt]
    try {
      const answer = await fetch(url, { ...init, ...(signal && { signal }) })
      const wait = Math.max(pause ?? 0, secondsOf(answer.headers.get('retry-after')) * 1_000)
      if (!PASSING.has(answer.status) || pause === undefined || wait > LONGEST_PAUSE_MS) return answer
      await answer.body?.cancel()
      await sleep(wait, undefined, { signal })
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      if (error instanceof HoldallError) throw error
      if (pause === undefined) throw unavailable(url, `cannot be reached${codeOf(error)}`, error)
      await sleep(pause, undefined, { signal }).catch(() => signal?.throwIfAborted())
    }
  }
}

/** @param what continues a sentence that begins with the host */
export function unavailable(url: string, what: string, cause?: unknown): HoldallError {
  return new HoldallError('unavailable', { reason: `${new URL(url).host} ${what}` }, { cause })
}

function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
  return code === undefined ? '' : ` (${code})`
}

function secondsOf(retryAfter: string | null): number {
  return retryAfter !== null && /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) : 0
}
