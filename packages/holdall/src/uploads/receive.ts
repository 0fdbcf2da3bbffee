import type { Storage } from '../sources/storage.ts'
import { checkContent, checkSize, type SourceRules } from '../sources/validation.ts'
import { through } from '../web/borrowed.ts'
import { HoldallError } from '../web/error.ts'
import { type FileIntake, HEAD_BYTES, type SniffedType } from './inspection.ts'
import type { UploadSession } from './session.ts'
import type { Received } from './steps.ts'

export interface Receiving {
  readonly storage: Storage
  readonly rules: SourceRules
  readonly sniff: FileIntake['sniff']
  readonly signal: AbortSignal
}

/**
 * Streams a body into the storage. While it arrives it is measured, its first bytes are sniffed, and the source's rules
 * are applied as soon as they can be; the storage hashes it. When this returns, the bytes are durable at the session's
 * path; when it throws, nothing is there.
 */
export async function receive(
  session: UploadSession,
  body: AsyncIterable<Uint8Array>,
  { storage, rules, sniff, signal }: Receiving,
): Promise<Received> {
  if (storage.write === undefined) throw new HoldallError('source_read_only', { source: 'this source' })
  const { filename, declaredType, declaredSize } = session
  let sniffed: SniffedType | undefined

  async function judge(head: Uint8Array): Promise<SniffedType> {
    const found = await sniff({ head, filename, declaredType })
    checkContent(rules, { filename, declaredType, ...found })
    return found
  }

  async function* measured(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const head = Buffer.alloc(HEAD_BYTES)
    let size = 0
    for await (const chunk of chunks) {
      if (size < HEAD_BYTES) head.set(chunk.subarray(0, HEAD_BYTES - size), size)
      size += chunk.byteLength
      checkSize(rules, size)
      // Before this chunk is handed on: what the source does not take is not stored.
      if (sniffed === undefined && size >= HEAD_BYTES) sniffed = await judge(head)
      yield chunk
    }
    sniffed ??= await judge(head.subarray(0, Math.min(size, HEAD_BYTES)))
    if (declaredSize !== undefined && declaredSize !== size) {
      throw new HoldallError('size_mismatch', { declared: declaredSize, received: size })
    }
  }

  const written = await storage.write(session.path, through(body, measured), {
    signal,
    ...(declaredType === undefined ? {} : { contentType: declaredType }),
  })
  const { contentType, contradicts } = sniffed as unknown as SniffedType
  return { size: written.size, contentHash: written.contentHash, contentType, contradicts }
}
