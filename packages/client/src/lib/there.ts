import type { Json } from './call.ts'
import { createAsking } from './sessions.ts'
import { storedFile } from './stored.ts'
import type { StoredFile, UploadSource, UploadTarget } from './types.ts'

/** Pages of namesakes that are read: more files than these are not called alike by chance. */
const MOST_PAGES = 20
const PAGE = 100

export interface ThereOptions {
  readonly signal?: AbortSignal
  /**
   * The file's own `sha256:` and 64 hexadecimal digits. Only asked for where a file of its name and size is there whose
   * hash is known; without it, name and size decide.
   */
  readonly hash?: () => Promise<string>
  /** Name and size are not enough: the hash must be known, and be the same. @default false */
  readonly certain?: boolean
  /** Only files that came since then, in milliseconds since 1970. */
  readonly since?: number
  /** As for an upload. */
  readonly retries?: number
}

/**
 * What a source has already under a file's name and with its size and, where it is known, its hash. Files that the source
 * is without do not count, and nothing is told that the caller may not see.
 *
 * @throws {UploadError} also where the caller may not see what is in the source
 */
export async function alreadyThere(
  { name, size }: Pick<UploadSource, 'name' | 'size'>,
  target: UploadTarget,
  { signal = new AbortController().signal, hash, certain = false, since, retries }: ThereOptions = {},
): Promise<StoredFile | null> {
  const { ask } = createAsking(target, { signal, ...(retries !== undefined && { retries }) })
  let own: string | undefined
  let unproved: Json | undefined
  let next: unknown = null
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const query = { q: name, _sort: 'newest', _size: String(PAGE), ...(typeof next === 'string' && { _next: next }) }
    const path = `-/files/browse/${encodeURIComponent(target.source)}.json?${new URLSearchParams(query)}`
    const { body } = await ask('GET', path)
    for (const file of filesIn(body.files)) {
      if (file.filename !== name || file.size !== size || file.missing_since !== null) continue
      if (since !== undefined && !(Date.parse(String(file.created_at)) >= since)) continue
      if (typeof file.content_hash !== 'string' || hash === undefined) {
        unproved ??= file
        continue
      }
      own ??= await hash()
      if (file.content_hash === own) return storedFile(file)
    }
    next = body.next
    if (typeof next !== 'string') break
  }
  return unproved === undefined || certain ? null : storedFile(unproved)
}

function filesIn(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'object' && one !== null) : []
}
