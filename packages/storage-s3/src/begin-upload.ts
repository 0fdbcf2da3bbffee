import { HoldallError } from 'holdall/plugin'
import type { Bucket, SendOptions } from './bucket.ts'
import { removeUpload } from './remove-upload.ts'

/** What the object will be. */
export interface Begun {
  readonly Key: string
  readonly Metadata: Record<string, string>
  readonly ContentType?: string
}

/** Begins an upload in parts of a key that nothing else is ever written to. @returns what the service calls it */
export async function beginUpload(bucket: Bucket, object: Begun, options: SendOptions = {}): Promise<string> {
  const command = new bucket.sdk.CreateMultipartUploadCommand({ Bucket: bucket.name, ...object })
  const { UploadId: id, $metadata } = await bucket.send(command, options)
  if (id === undefined) throw new HoldallError('storage_failed', {}, { cause: new Error('No upload id') })
  // An attempt whose answer was lost may have begun one as well, which nobody would name again, and somebody would pay.
  // Where it cannot be found, this one is good all the same.
  if (($metadata.attempts ?? 1) > 1) await removeUploads(bucket, object.Key, id, options).catch(() => {})
  return id
}

/** Removes every upload of the key but one. */
async function removeUploads(bucket: Bucket, key: string, but: string, options: SendOptions): Promise<void> {
  const command = new bucket.sdk.ListMultipartUploadsCommand({ Bucket: bucket.name, Prefix: key })
  const { Uploads = [] } = await bucket.send(command, options)
  for (const { Key, UploadId } of Uploads) {
    if (Key === key && UploadId !== undefined && UploadId !== but) await removeUpload(bucket, key, UploadId, options)
  }
}
