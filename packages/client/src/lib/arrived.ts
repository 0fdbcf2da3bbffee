import { hex } from './hash.ts'
import { type Patience, pause } from './retry.ts'
import { alreadyThere } from './there.ts'
import type { StoredFile, UploadSource, UploadTarget } from './types.ts'

/** Bytes that are read again to know a file by them. */
const MOST_BYTES = 16 * 1024 * 1024
/** A server that was begun anew first finishes what it had: it is looked so often, so many seconds apart. */
const LOOKS = 3
const BETWEEN_LOOKS = 2
/** Milliseconds by which the clocks of a page and of a server may differ. */
const CLOCKS = 300_000

/**
 * Whether a file has arrived whose answer was lost: one with its name and its bytes that came to the source since then.
 *
 * @param since when it was sent, in milliseconds since 1970
 * @returns the file; null: it is not there; undefined: that cannot be told
 */
export async function arrived(
  file: UploadSource,
  target: UploadTarget,
  since: number,
  patience: Patience,
): Promise<StoredFile | null | undefined> {
  if (file.size > MOST_BYTES || globalThis.crypto?.subtle === undefined) return undefined
  try {
    const bytes = await new Response(file.stream()).arrayBuffer()
    const hash = `sha256:${hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))}`
    const looking = { ...patience, hash: async () => hash, certain: true, since: since - CLOCKS }
    for (let look = 1; look <= LOOKS; look += 1) {
      if (look > 1) await pause(BETWEEN_LOOKS, patience.signal)
      const found = await alreadyThere(file, target, looking)
      if (found !== null) return found
    }
    return null
  } catch (error) {
    if (patience.signal.aborted) throw error
    return undefined
  }
}
