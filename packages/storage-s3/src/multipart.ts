import {
  HoldallError,
  type ListPartsOptions,
  MAX_LIST_LIMIT,
  type Multipart,
  type MultipartUpload,
  type NewMultipart,
  type PartChecksum,
  type StoredPart,
} from 'holdall/plugin'
import { beginUpload } from './begin-upload.ts'
import { type Bucket, bareEtag, storedFile } from './bucket.ts'
import { decoded, fromCursor, toCursor } from './list.ts'
import { isGone, removeUpload } from './remove-upload.ts'

/** In the metadata of an object: which upload has made it. */
export const TOKEN = 'holdall-upload'
/** Putting many parts together may take minutes. */
export const COMPLETE_LIMIT_MS = 600_000
const MIB = 1024 * 1024
const LIMITS = { minPartSize: 5 * MIB, maxPartSize: 5 * 1024 * MIB, maxParts: 10_000 }

/** @param checksum what the service was seen to check, asked each time because it may be found out later */
export function createMultipart(bucket: Bucket, checksum: () => PartChecksum | undefined): Multipart {
  const { sdk, name: Bucket } = bucket

  function keyOf({ path }: Pick<NewMultipart, 'path'>): string {
    const key = bucket.keys.of(path)
    if (key === undefined) {
      throw new HoldallError('storage_path_invalid', { reason: 'no key of the bucket can stand for it' })
    }
    return key
  }
  const named = (upload: MultipartUpload) => ({ Bucket, Key: keyOf(upload), UploadId: upload.id })
  async function goneOr<Result>(answer: Promise<Result>): Promise<Result> {
    return await answer.catch((error: unknown) => {
      throw isGone(error) ? new HoldallError('multipart_gone', {}, { cause: error }) : error
    })
  }

  return {
    limits: LIMITS,
    get checksum() {
      return checksum()
    },
    async create(upload, options = {}) {
      const object = {
        Key: keyOf(upload),
        Metadata: { [TOKEN]: upload.token },
        ...(upload.contentType !== undefined && { ContentType: upload.contentType }),
      }
      return await beginUpload(bucket, object, options)
    },
    async partTarget(upload, part, { expiresIn: wanted }) {
      const bound: Record<string, string> = part.checksum === undefined ? {} : { 'content-md5': part.checksum }
      const { url, expiresIn } = await bucket.sign(
        {
          method: 'PUT',
          key: keyOf(upload),
          query: { partNumber: String(part.number), uploadId: upload.id },
          headers: { 'content-length': String(part.size), ...bound },
        },
        wanted,
      )
      return { url, headers: bound, expiresIn }
    },
    async listParts(upload, { after, limit = MAX_LIST_LIMIT, signal }: ListPartsOptions = {}) {
      const command = new sdk.ListPartsCommand({
        ...named(upload),
        MaxParts: limit,
        ...(after !== undefined && { PartNumberMarker: String(after) }),
      })
      const { Parts = [], IsTruncated, NextPartNumberMarker } = await goneOr(bucket.send(command, { signal }))
      const parts = Parts.map(
        ({ PartNumber = 0, Size = 0, ETag }): StoredPart => ({
          number: PartNumber,
          size: Size,
          etag: bareEtag(ETag) ?? '',
        }),
      )
      const next = IsTruncated === true ? Number(NextPartNumberMarker ?? parts.at(-1)?.number) : null
      const times = Parts.flatMap(({ LastModified }) => LastModified?.getTime() ?? [])
      return { parts, next, ...(times.length > 0 && { lastAt: new Date(Math.max(...times)) }) }
    },
    async complete(upload, parts, { signal } = {}) {
      const missing = firstMissing(upload, parts)
      if (missing !== undefined) {
        await goneOr(bucket.send(new sdk.ListPartsCommand({ ...named(upload), MaxParts: 1 }), { signal }))
        throw new HoldallError('upload_parts_missing', { parts: `part ${missing} is missing` })
      }
      const command = new sdk.CompleteMultipartUploadCommand({
        ...named(upload),
        MultipartUpload: { Parts: parts.map(({ number, etag }) => ({ PartNumber: number, ETag: `"${etag}"` })) },
        ...(bucket.isAws && { MpuObjectSize: upload.size }),
      })
      await goneOr(bucket.send(command, { signal, answerLimitMs: COMPLETE_LIMIT_MS }))
    },
    async find(upload, options = {}) {
      const found = await bucket.head(keyOf(upload), options)
      if (found?.Metadata?.[TOKEN] !== upload.token || found.ContentLength !== upload.size) return undefined
      return storedFile(upload.path, upload.size, found)
    },
    abort: (upload, options = {}) => removeUpload(bucket, keyOf(upload), upload.id, options),
    async listUploads({ cursor, signal } = {}) {
      const marker = cursor === undefined ? undefined : markerOf(cursor)
      const answer = await bucket.send(
        new sdk.ListMultipartUploadsCommand({
          Bucket,
          Prefix: bucket.keys.prefix,
          EncodingType: 'url',
          ...(marker && { KeyMarker: marker.key, UploadIdMarker: marker.id }),
        }),
        { signal },
      )
      const uploads = (answer.Uploads ?? []).flatMap(({ Key, UploadId, Initiated }) => {
        const path = bucket.keys.pathOf(decoded(Key ?? ''))
        if (path === undefined || UploadId === undefined) return []
        return [{ path, id: UploadId, startedAt: Initiated ?? new Date(0) }]
      })
      const { IsTruncated, NextKeyMarker = '', NextUploadIdMarker = '' } = answer
      const next = { key: decoded(NextKeyMarker), id: NextUploadIdMarker }
      return { uploads, next: IsTruncated === true ? toCursor(JSON.stringify(next)) : null }
    },
  }
}

/** The service would make a file of any parts that are there. */
function firstMissing({ size, partSize }: NewMultipart, parts: readonly StoredPart[]): number | undefined {
  const sizes = new Map(parts.map((part) => [part.number, part.size]))
  for (let number = 1, left = size; left > 0; number += 1, left -= partSize) {
    if (sizes.get(number) !== Math.min(left, partSize)) return number
  }
  return undefined
}

/** @throws HoldallError `invalid_cursor` */
function markerOf(cursor: string): { readonly key: string; readonly id: string } {
  try {
    const { key, id } = JSON.parse(fromCursor(cursor))
    if (typeof key === 'string' && typeof id === 'string') return { key, id }
  } catch {
    // Not one of ours.
  }
  throw new HoldallError('invalid_cursor')
}
