import type { Storage } from './storage.ts'

/** Exactly these bytes of a stored file. @throws Error when the storage gives fewer or more, and what it throws */
export async function readRange(
  storage: Storage,
  path: string,
  { offset, length }: { readonly offset: number; readonly length: number },
  signal: AbortSignal,
  etag?: string,
): Promise<Buffer> {
  if (length === 0) return Buffer.alloc(0)
  const bytes = Buffer.allocUnsafe(length)
  let filled = 0
  for await (const chunk of await storage.read(path, {
    range: { offset, length },
    signal,
    ...(etag !== undefined && { etag }),
  })) {
    if (filled + chunk.length > length) throw new Error('The storage gave more bytes than were asked for')
    bytes.set(chunk, filled)
    filled += chunk.length
  }
  if (filled < length) throw new Error('The storage gave fewer bytes than were asked for')
  return bytes
}
