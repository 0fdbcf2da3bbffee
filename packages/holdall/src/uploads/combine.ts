import { createHash } from 'node:crypto'
import type { Multipart, MultipartUpload, StoredPart } from '../sources/multipart.ts'
import type { Storage } from '../sources/storage.ts'
import { HoldallError } from '../web/error.ts'
import { MAX_NAMED_PARTS } from './limits.ts'
import { type PartsPlan, sizeOfPart } from './plan.ts'
import { multipartUploadOf, type UploadSession } from './session.ts'

/** What became of bytes that a client sent to the storage, or in parts. */
export type Combined =
  | {
      readonly outcome: 'combined'
      /** Of all of it, made of those of the parts, where the storage gives none itself. */
      readonly etag?: string
    }
  /** Not all of it is there. What is stays; the client may send the rest and complete again. */
  | { readonly outcome: 'incomplete'; readonly error: HoldallError }
  /** The storage has nothing of it any more. */
  | { readonly outcome: 'gone'; readonly error: HoldallError }

/** Makes one object of what was sent, unless it is one already. What may pass is thrown, and tried again. */
export async function combine(session: UploadSession, storage: Storage, signal: AbortSignal): Promise<Combined> {
  if (session.kind !== 'parts') return await lookDirect(session, storage, signal)
  const { multipart } = storage
  if (multipart === undefined) throw new Error('The storage takes no parts any more')
  const { plan, upload } = partsOf(session)
  // An answer may have been lost: it may be whole already.
  if (await isThere(multipart, upload, signal)) return await tidied()
  let parts: StoredPart[]
  try {
    const compared = await compare(multipart, upload, plan, signal)
    if (compared.wrong.length > 0) throw missing(compared.wrong)
    parts = compared.parts
    await multipart.complete(upload, parts, { signal })
  } catch (error) {
    // No error is believed before the object was looked at.
    if (await isThere(multipart, upload, signal)) return await tidied()
    if (!(error instanceof HoldallError)) throw error
    if (error.code === 'multipart_gone') return { outcome: 'gone', error }
    if (error.code === 'upload_parts_missing') return { outcome: 'incomplete', error }
    throw error
  }
  const found = await multipart.find(upload, { signal })
  if (found?.size !== upload.size) throw new Error('The storage does not show what it has completed')
  const etag = found.etag === undefined ? etagOfParts(parts) : undefined
  return { outcome: 'combined', ...(etag !== undefined && { etag }) }

  /** Whoever completed it may have died before all of the parts was gone. */
  async function tidied(): Promise<Combined> {
    await multipart?.abort(upload, { signal })
    return { outcome: 'combined' }
  }
}

export function partsOf(session: UploadSession): { plan: PartsPlan; upload: MultipartUpload } {
  const upload = multipartUploadOf(session)
  if (session.plan === undefined || upload === undefined) throw new Error('The upload was never begun in the storage')
  return { plan: session.plan, upload }
}

/** The parts as the storage lists them, page by page, and the numbers of those that are not as planned. */
async function compare(multipart: Multipart, upload: MultipartUpload, plan: PartsPlan, signal: AbortSignal) {
  const parts: StoredPart[] = []
  const wrong: number[] = []
  for (let after: number | null | undefined; after !== null; ) {
    const page = await multipart.listParts(upload, { signal, ...(after !== undefined && { after }) })
    for (const part of page.parts) {
      // Numbers only grow, so that those between two are missing.
      for (
        let number = (parts.at(-1)?.number ?? 0) + 1;
        number < part.number && number <= plan.partCount;
        number += 1
      ) {
        wrong.push(number)
      }
      if (part.number > plan.partCount || part.size !== sizeOfPart(plan, part.number)) wrong.push(part.number)
      parts.push(part)
    }
    after = page.next
  }
  for (let number = (parts.at(-1)?.number ?? 0) + 1; number <= plan.partCount; number += 1) wrong.push(number)
  return { parts, wrong }
}

const MD5 = /^[0-9a-f]{32}$/i

/** As S3 makes it: the MD5 of the parts' MD5s, and how many there were. */
function etagOfParts(parts: readonly StoredPart[]): string | undefined {
  if (!parts.every(({ etag }) => MD5.test(etag))) return undefined
  const hash = createHash('md5')
  for (const { etag } of parts) hash.update(Buffer.from(etag, 'hex'))
  return `${hash.digest('hex')}-${parts.length}`
}

function missing(wrong: readonly number[]): HoldallError {
  const more = wrong.length - MAX_NAMED_PARTS
  const parts = `${wrong.slice(0, MAX_NAMED_PARTS).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  return new HoldallError('upload_parts_missing', { parts })
}

async function isThere(multipart: Multipart, upload: MultipartUpload, signal: AbortSignal): Promise<boolean> {
  const found = await multipart.find(upload, { signal })
  return found !== undefined && found.size === upload.size
}

/** One request carries all of it or nothing. */
async function lookDirect(session: UploadSession, storage: Storage, signal: AbortSignal): Promise<Combined> {
  const stored = await storage.stat(session.path, { signal })
  if (stored?.size === session.declaredSize) return { outcome: 'combined' }
  const error =
    stored === undefined
      ? new HoldallError('upload_not_received')
      : new HoldallError('size_mismatch', { declared: session.declaredSize, received: stored.size })
  return { outcome: 'incomplete', error }
}
