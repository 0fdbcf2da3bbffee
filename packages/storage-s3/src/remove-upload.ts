import type { Bucket, SendOptions } from './bucket.ts'
import { codeOf } from './errors.ts'

/** A part that was under way while its upload was aborted may arrive after it, and then lies there. */
const ATTEMPTS = 5

/** Removes an upload and its parts; absent is success. Only for an upload that we began. */
export async function removeUpload(bucket: Bucket, key: string, id: string, options: SendOptions = {}): Promise<void> {
  const upload = { Bucket: bucket.name, Key: key, UploadId: id }
  for (let attempt = 1; ; attempt += 1) {
    try {
      await bucket.send(new bucket.sdk.AbortMultipartUploadCommand(upload), options)
      await bucket.send(new bucket.sdk.ListPartsCommand({ ...upload, MaxParts: 1 }), options)
    } catch (error) {
      if (isGone(error)) return
      throw error
    }
    // It is still listed: some services forget an upload a moment later, others had a part on its way.
    if (attempt === ATTEMPTS) return
  }
}

/** Ceph says of some uploads that their key is not there. */
const GONE = new Set(['NoSuchUpload', 'NoSuchKey'])

/** Whether an upload is not there any more: aborted or completed, which this does not tell. */
export function isGone(error: unknown): boolean {
  return GONE.has(codeOf((error as Error).cause))
}
