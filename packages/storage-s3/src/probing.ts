import { randomBytes } from 'node:crypto'
import type { Finding, PartChecksum } from 'holdall/plugin'
import { inConfig } from './advice.ts'
import type { Bucket } from './bucket.ts'
import type { S3Config } from './config.ts'
import { codeOf, statusOf } from './errors.ts'
import { probeChecksum } from './probe-checksum.ts'

const PROBE = 'holdall-doctor-'
const NAME_BYTES = 8
/** The CRC-32C of other bytes than those that are sent. */
const WRONG_CRC32C = 'AAAAAA=='
const REFUSALS = new Set(['BadDigest', 'InvalidDigest', 'XAmzContentChecksumMismatch', 'InvalidRequest'])
const REMOVE_LIMIT_MS = 20_000

/** Looks with an object in the bucket, which is removed; with `undefined` where none could be stored or removed. */
export async function* withProbe(
  bucket: Bucket,
  signal: AbortSignal,
  look: (key: string | undefined) => AsyncGenerator<Finding>,
): AsyncGenerator<Finding> {
  const { sdk, name: Bucket, keys } = bucket
  const Key = `${keys.prefix}${PROBE}${randomBytes(NAME_BYTES).toString('hex')}`
  const remove = () =>
    bucket.send(new sdk.DeleteObjectCommand({ Bucket, Key }), { signal: AbortSignal.timeout(REMOVE_LIMIT_MS) })
  // Deleting what is not there succeeds for whoever may delete: nothing is made that would stay.
  const isRemovable = await succeeds(remove())
  const isThere =
    isRemovable && (await succeeds(bucket.send(new sdk.PutObjectCommand({ Bucket, Key, Body: 'x' }), { signal })))
  signal.throwIfAborted()
  try {
    yield* look(isThere ? Key : undefined)
  } finally {
    if (isRemovable) await remove().catch(() => {})
  }
}

export interface ChecksumOptions {
  readonly signal: AbortSignal
  readonly onChecksum: (checked: PartChecksum | undefined) => void
}

/** What the service refuses when it is sent with a wrong checksum, and whether it keeps a condition. */
export async function* checksumFindings(
  bucket: Bucket,
  config: S3Config,
  key: string,
  { signal, onChecksum }: ChecksumOptions,
): AsyncGenerator<Finding> {
  const { sdk, name: Bucket } = bucket
  const md5 = await probeChecksum(bucket, signal)
  const put = { Bucket, Key: key, Body: 'x' }
  const crc32c = await refuses(bucket, new sdk.PutObjectCommand({ ...put, ChecksumCRC32C: WRONG_CRC32C }), signal)
  if (config.checksum === 'auto') onChecksum(md5)
  const seen = `Content-MD5 is ${checkedOrNot(md5 !== undefined)}, CRC-32C is ${checkedOrNot(crc32c)}`
  yield checksumFinding(config, md5 !== undefined, seen)
  const isConditional = await precondition(bucket, key, signal)
  const says = isConditional
    ? 'The service keeps to If-None-Match.'
    : 'The service does not heed If-None-Match, and does not have to: no two files have one key.'
  yield { check: 'conditions', status: 'ok', says }
}

function checksumFinding({ checksum, uploads }: S3Config, md5: boolean, seen: string): Finding {
  const check = 'checksums'
  if (checksum === 'none') return { check, status: 'ok', says: `Parts go without one, as configured; ${seen}.` }
  if (md5 || uploads === 'proxy') return { check, status: 'ok', says: `On arrival, ${seen}.` }
  if (checksum === 'md5') {
    const says = `checksum is md5 in the configuration, but the service takes bytes with any; ${seen}.`
    return { check, status: 'failed', says, fix: inConfig(['checksum: none']) }
  }
  const says = `The service would not notice bytes that were damaged on their way; ${seen}.`
  return { check, status: 'warning', says, fix: inConfig(['checksum: none'], 'to say that you know') }
}

function checkedOrNot(isChecked: boolean): string {
  return isChecked ? 'checked' : 'not checked'
}

async function refuses(
  bucket: Bucket,
  command: InstanceType<Bucket['sdk']['PutObjectCommand']>,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await bucket.send(command, { signal })
    return false
  } catch (error) {
    signal.throwIfAborted()
    return REFUSALS.has(codeOf((error as Error).cause))
  }
}

async function precondition({ sdk, send, name }: Bucket, key: string, signal: AbortSignal): Promise<boolean> {
  try {
    await send(new sdk.PutObjectCommand({ Bucket: name, Key: key, Body: 'x', IfNoneMatch: '*' }), { signal })
    return false
  } catch (error) {
    signal.throwIfAborted()
    return statusOf((error as Error).cause) === 412
  }
}

async function succeeds(work: Promise<unknown>): Promise<boolean> {
  return await work.then(
    () => true,
    () => false,
  )
}
