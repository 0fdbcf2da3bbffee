import { randomBytes } from 'node:crypto'
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutBucketCorsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { S3_ACCESS_KEY, S3_SECRET_KEY } from '../../tools/services/s3.ts'

/** The address of the S3 server that the test runner has started, or undefined where there is none. */
export const S3_ENDPOINT = process.env.HOLDALL_TEST_S3

/** Why tests of S3 cannot run, for their `skip`. */
export const skipS3 = S3_ENDPOINT === undefined ? 'HOLDALL_TEST_S3 names no S3 server' : false

/** A bucket of one test file's own, and a way to it that is not Holdall's. */
export interface TestBucket {
  readonly name: string
  /** For the `config` of a source whose `storage` is `s3`. */
  readonly config: Readonly<Record<string, string>>
  readonly client: S3Client
  put(key: string, body: Uint8Array | string, contentType?: string): Promise<void>
  get(key: string): Promise<Buffer>
  /** What is said of an object, with its metadata; undefined when there is none. */
  head(key: string): Promise<{ size: number; metadata: Record<string, string>; contentType: string } | undefined>
  /** Every key. */
  keys(): Promise<string[]>
  /** Every upload in parts that was neither completed nor aborted: key and id. */
  uploads(): Promise<{ key: string; id: string }[]>
  /** Lets pages of these origins send to it and read from it. @param expose headers that they may read */
  allow(origins: readonly string[], expose?: readonly string[]): Promise<void>
  /** Removes all that is in it. */
  clear(): Promise<void>
  /** Removes the bucket with all that is in it. */
  remove(): Promise<void>
}

/** @throws Error where there is no S3 server: such tests are skipped */
export async function makeBucket(label = 'test'): Promise<TestBucket> {
  if (S3_ENDPOINT === undefined) throw new Error(String(skipS3))
  const client = new S3Client({
    endpoint: S3_ENDPOINT,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: S3_ACCESS_KEY, secretAccessKey: S3_SECRET_KEY },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  const name = `${label}-${randomBytes(6).toString('hex')}`
  await client.send(new CreateBucketCommand({ Bucket: name }))
  const bucket: TestBucket = {
    name,
    client,
    config: {
      bucket: name,
      endpoint_url: S3_ENDPOINT,
      access_key_id: S3_ACCESS_KEY,
      secret_access_key: S3_SECRET_KEY,
    },
    async put(key, body, contentType) {
      await client.send(
        new PutObjectCommand({ Bucket: name, Key: key, Body: body, ...(contentType && { ContentType: contentType }) }),
      )
    },
    async get(key) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: name, Key: key }))
      return Buffer.from((await Body?.transformToByteArray()) ?? [])
    },
    async head(key) {
      try {
        const found = await client.send(new HeadObjectCommand({ Bucket: name, Key: key }))
        const { ContentLength: size = 0, Metadata: metadata = {}, ContentType: contentType = '' } = found
        return { size, metadata, contentType }
      } catch (error) {
        if ((error as Error).name === 'NotFound') return undefined
        throw error
      }
    },
    async keys() {
      const keys: string[] = []
      for (let token: string | undefined, more = true; more; more = token !== undefined) {
        const page = await client.send(
          new ListObjectsV2Command({ Bucket: name, ...(token !== undefined && { ContinuationToken: token }) }),
        )
        keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []))
        token = page.NextContinuationToken
      }
      return keys
    },
    async uploads() {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: name }))
      return Uploads.map(({ Key = '', UploadId = '' }) => ({ key: Key, id: UploadId }))
    },
    async allow(origins, expose = ['ETag']) {
      const rule = { AllowedOrigins: [...origins], AllowedMethods: ['GET', 'HEAD', 'PUT'], AllowedHeaders: ['*'] }
      const CORSRules = [{ ...rule, ExposeHeaders: [...expose] }]
      await client.send(new PutBucketCorsCommand({ Bucket: name, CORSConfiguration: { CORSRules } }))
    },
    async clear() {
      for (const { key, id } of await bucket.uploads()) {
        await client.send(new AbortMultipartUploadCommand({ Bucket: name, Key: key, UploadId: id }))
      }
      const keys = await bucket.keys()
      const workers = Array.from({ length: REMOVED_AT_ONCE }, async () => {
        for (let key = keys.pop(); key !== undefined; key = keys.pop()) {
          await client.send(new DeleteObjectCommand({ Bucket: name, Key: key }))
        }
      })
      await Promise.all(workers)
    },
    async remove() {
      await bucket.clear()
      await client.send(new DeleteBucketCommand({ Bucket: name }))
      client.destroy()
    },
  }
  return bucket
}

const REMOVED_AT_ONCE = 8
