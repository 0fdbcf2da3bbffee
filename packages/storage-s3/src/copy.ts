import { type CallOptions, HoldallError } from 'holdall/plugin'
import { beginUpload } from './begin-upload.ts'
import { type Bucket, bareEtag } from './bucket.ts'
import { COMPLETE_LIMIT_MS } from './multipart.ts'
import { removeUpload } from './remove-upload.ts'

const MIB = 1024 * 1024
/** Above this, pieces are copied side by side: one request for gigabytes takes minutes, and for more than five is refused. */
const PIECE_BYTES = 512 * MIB
const AT_ONCE = 4

/** As `Storage.copy`: the service copies; no byte passes through here. @param pieceBytes fewer in tests */
export async function copyObject(
  bucket: Bucket,
  from: string,
  to: string,
  { pieceBytes = PIECE_BYTES, ...options }: CallOptions & { readonly pieceBytes?: number } = {},
): Promise<void> {
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
  if (size <= pieceBytes) {
    await bucket.send(new sdk.CopyObjectCommand({ Bucket: name, Key, ...copied }), sending)
    return
  }
  const UploadId = await beginUpload(bucket, { Key, Metadata: found.Metadata ?? {}, ...typeOf(found) }, options)
  const parts: { PartNumber: number; ETag: string | undefined }[] = []
  const numbers = Array.from({ length: Math.ceil(size / pieceBytes) }, (_, at) => at + 1).values()
  let isOver = false

  async function copySome(): Promise<void> {
    for (const PartNumber of numbers) {
      if (isOver) return
      const first = (PartNumber - 1) * pieceBytes
      const CopySourceRange = `bytes=${first}-${Math.min(first + pieceBytes, size) - 1}`
      const part = { Bucket: name, Key, UploadId, PartNumber, ...copied, CopySourceRange }
      const { CopyPartResult } = await bucket.send(new sdk.UploadPartCopyCommand(part), sending)
      parts.push({ PartNumber, ETag: CopyPartResult?.ETag })
    }
  }

  const copying = Array.from({ length: AT_ONCE }, () =>
    copySome().catch((error: unknown) => {
      isOver = true
      throw error
    }),
  )
  try {
    await Promise.all(copying)
    parts.sort((a, b) => a.PartNumber - b.PartNumber)
    const MultipartUpload = { Parts: parts }
    await bucket.send(new sdk.CompleteMultipartUploadCommand({ Bucket: name, Key, UploadId, MultipartUpload }), sending)
  } catch (error) {
    // A piece that comes after the upload was removed would lie there, and somebody would pay for it.
    await Promise.allSettled(copying)
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
