import type { PartChecksum } from 'holdall/plugin'
import type { Bucket } from './bucket.ts'
import { codeOf } from './errors.ts'

/** The MD5 of other bytes than those that are sent. */
const WRONG_MD5 = 'AAAAAAAAAAAAAAAAAAAAAA=='
const PROBE = 'holdall-probe'
const REFUSALS = new Set(['BadDigest', 'InvalidDigest'])

/**
 * Sends one byte with a wrong checksum, and sees whether it is refused. What is refused leaves nothing behind; a service
 * that takes it is not believed to check anything, and the byte goes again.
 *
 * @returns what may be claimed; `undefined` when nothing may, or nothing could be sent
 */
export async function probeChecksum(bucket: Bucket, signal?: AbortSignal): Promise<PartChecksum | undefined> {
  const { sdk, name: Bucket, keys } = bucket
  const Key = keys.prefix + PROBE
  try {
    await bucket.send(new sdk.PutObjectCommand({ Bucket, Key, Body: Buffer.from('x'), ContentMD5: WRONG_MD5 }), {
      signal,
    })
  } catch (error) {
    return REFUSALS.has(codeOf((error as Error).cause)) ? 'md5' : undefined
  }
  await bucket.send(new sdk.DeleteObjectCommand({ Bucket, Key })).catch(() => {})
  return undefined
}
