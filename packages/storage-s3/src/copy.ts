import { type CallOptions, HoldallError } from 'holdall/plugin'
import { beginUpload } from './begin-upload.ts'
import { type Bucket, bareEtag } from './bucket.ts'
import { COMPLETE_LIMIT_MS } from './multipart.ts'
import { removeUpload } from './remove-upload.ts'

const MIB = 1024 * 1024
/** Above this, pieces are copied side by side: one request for gigabytes takes minutes, and for more than five is refused. */
const PIECE_BYTES = 512 * MIB
const AT_ONCE = 4

/** As `Storage.copy`: the service copies; no byte passes through here. */
export async function copyObject(bucket: Bucket, from: string, to: string, options: CallOptions = {}): Promise<void> {
  const { sdk, name } = bucket
  const [source, Key] = [keyOf(bucket, from), keyOf(bucket, to)]
  const found = await bucket.head(source, options)
  if (found === undefined) throw new HoldallError('file_missing')
  const size = found.ContentLength ?? 0
  const etag = bareEtag(found.ETag)
  const copied = {
    CopySource: `${name}/${source.split('/').map(encodeURIComponent).join('/')}`,
    ...(etag !== undefined && { CopySourceIfMatch: `"${etag}"` }),
  }
  const sending = { ...options, answerLimitMs: COMPLETE_LIMIT_MS }
  if (size <= PIECE_BYTES) {
    await bucket.send(new sdk.CopyObjectCommand({ Bucket: name, Key, ...copied }), sending)
    return
  }
  const UploadId = await beginUpload(bucket, { Key, Metadata: found.Metadata ?? {}, ...typeOf(found) }, options)
  try {
    const numbers = Array.from({ length: Math.ceil(size / PIECE_BYTES) }, (_, at) => at + 1)
    const parts: { PartNumber: number; ETag: string | undefined }[] = []
    const waiting = numbers.values()
    await Promise.all(Array.from({ length: AT_ONCE }, copySome))
    parts.sort((a, b) => a.PartNumber - b.PartNumber)
    const MultipartUpload = { Parts: parts }
    await bucket.send(new sdk.CompleteMultipartUploadCommand({ Bucket: name, Key, UploadId, MultipartUpload }), sending)

    async function copySome(): Promise<void> {
      for (const PartNumber of waiting) {
        const first = (PartNumber - 1) * PIECE_BYTES
        const CopySourceRange = `bytes=${first}-${Math.min(first + PIECE_BYTES, size) - 1}`
        const part = { Bucket: name, Key, UploadId, PartNumber, ...copied, CopySourceRange }
        const { CopyPartResult } = await bucket.send(new sdk.UploadPartCopyCommand(part), sending)
        parts.push({ PartNumber, ETag: CopyPartResult?.ETag })
      }
    }
  } catch (error) {
    await removeUpload(bucket, Key, UploadId).catch(() => {})
    throw error
  }
}

function typeOf({ ContentType }: { readonly ContentType?: string | undefined }) {
  return ContentType === undefined ? {} : { ContentType }
}

function keyOf(bucket: Bucket, path: string): string {
  const key = bucket.keys.of(path)
  if (key === undefined) {
    throw new HoldallError('storage_path_invalid', { reason: 'no key of the bucket can stand for it' })
  }
  return key
}
