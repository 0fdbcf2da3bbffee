import {
  contentDisposition,
  HoldallError,
  type PartChecksum,
  type Storage,
  type StorageContext,
  type StorageType,
} from 'holdall/plugin'
import { type Bucket, openBucket, storedFile } from './bucket.ts'
import { type S3Config, s3Config } from './config.ts'
import { copyObject } from './copy.ts'
import { blame, diagnose } from './diagnose.ts'
import { createDoctor } from './doctor.ts'
import { listObjects } from './list.ts'
import { createMultipart } from './multipart.ts'
import { probeChecksum } from './probe-checksum.ts'
import { readObject } from './read.ts'
import type { TransportLimits } from './transport.ts'
import { writeObject } from './write.ts'

/** Of one request; larger files go in parts. */
const MAX_PUT_BYTES = 5 * 1024 ** 3
/** So long a source waits to know what its service checks; then it claims nothing until it knows. */
const PROBE_WAIT_MS = 1_000

export interface S3Options {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly now?: () => number
  readonly limits?: TransportLimits
}

/** What the service is said to check; it may be found out later. */
interface Claim {
  checksum: PartChecksum | undefined
}

/** Files in a bucket of S3, or of a service that speaks like it. */
export function s3Type({ env = process.env, now = Date.now, limits = {} }: S3Options = {}): StorageType<S3Config> {
  return {
    type: 's3',
    config: s3Config,
    diagnose,
    adopting: { blame },
    async create(config, context): Promise<Storage> {
      const bucket = await openBucket(config, {
        log: context.log,
        env,
        now,
        limits,
        ...(context.guard && { guard: context.guard }),
      })
      const claim: Claim = { checksum: config.checksum === 'md5' ? 'md5' : undefined }
      const onChecksum = (seen: PartChecksum | undefined) => {
        claim.checksum = seen
      }
      return {
        ...reading(bucket, config, context),
        ...(config.read_only ? {} : await writing(bucket, config, context, claim)),
        ...(config.max_file_size !== undefined && { maxFileSize: config.max_file_size }),
        doctor: createDoctor(bucket, config, { now, onChecksum }),
        close: bucket.close,
      }
    },
  }
}

function reading(bucket: Bucket, { downloads }: S3Config, { log }: StorageContext): Storage {
  const storage: Storage = {
    async stat(path, options) {
      const key = bucket.keys.of(path)
      const found = key === undefined ? undefined : await bucket.head(key, options)
      return found && storedFile(path, found.ContentLength ?? 0, found)
    },
    read: (path, options) => readObject(bucket, path, options),
    address(path) {
      const key = bucket.keys.of(path)
      return key === undefined ? undefined : { bucket: bucket.name, key }
    },
    list: (options) => listObjects(bucket, log, options),
  }
  if (downloads === 'proxy') return storage
  return {
    ...storage,
    origins: [bucket.origin],
    async downloadUrl(path, { expiresIn, filename, contentType, disposition }) {
      const key = bucket.keys.of(path)
      if (key === undefined) throw new HoldallError('file_missing')
      const query = {
        'response-content-disposition': contentDisposition(disposition, filename),
        'response-content-type': contentType,
      }
      return (await bucket.sign({ method: 'GET', key, query }, expiresIn)).url
    },
  }
}

async function writing(
  bucket: Bucket,
  { uploads, checksum }: S3Config,
  { log, readOnly }: StorageContext,
  claim: Claim,
): Promise<Partial<Storage>> {
  const storage: Partial<Storage> = {
    write: (path, body, options) => writeObject(bucket, log, path, body, options),
    copy: (from, to, options) => copyObject(bucket, from, to, options),
    async delete(path, options) {
      const key = bucket.keys.of(path)
      if (key === undefined) return
      await bucket.send(new bucket.sdk.DeleteObjectCommand({ Bucket: bucket.name, Key: key }), options)
    },
  }
  if (uploads === 'proxy') return storage
  if (checksum === 'auto' && !readOnly) {
    const probing = probeChecksum(bucket).then((found) => {
      claim.checksum = found
    })
    await Promise.race([probing, new Promise((resolve) => setTimeout(resolve, PROBE_WAIT_MS).unref())])
  }
  return {
    ...storage,
    origins: [bucket.origin],
    multipart: createMultipart(bucket, () => claim.checksum),
    async uploadUrl(path, { size, expiresIn, contentType }) {
      const key = bucket.keys.of(path)
      if (key === undefined) {
        throw new HoldallError('storage_path_invalid', { reason: 'no key of the bucket can stand for it' })
      }
      if (size > MAX_PUT_BYTES) throw new HoldallError('file_too_large', { limit: MAX_PUT_BYTES })
      const headers: Record<string, string> = contentType === undefined ? {} : { 'content-type': contentType }
      const signed = { ...headers, 'content-length': String(size) }
      const { url } = await bucket.sign({ method: 'PUT', key, headers: signed }, expiresIn)
      return { url, method: 'PUT', headers }
    },
  }
}
