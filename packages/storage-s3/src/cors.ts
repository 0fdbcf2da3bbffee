import type { CORSRule } from '@aws-sdk/client-s3'
import type { Trouble } from 'holdall/plugin'
import { awsCommand, type Place } from './advice.ts'
import type { Bucket } from './bucket.ts'
import { codeOf } from './errors.ts'

const MAX_AGE_SECONDS = 3_000

/** Setting rules replaces those that are there, so that these are among them. */
export async function corsFix(
  bucket: Bucket,
  place: Place,
  { origin, headers }: Extract<Trouble, { step: 'cors' }>,
): Promise<string> {
  const rule: CORSRule = {
    AllowedOrigins: [origin],
    AllowedMethods: ['GET', 'HEAD', 'PUT'],
    AllowedHeaders: [...headers],
    ExposeHeaders: ['ETag'],
    MaxAgeSeconds: MAX_AGE_SECONDS,
  }
  const known = await rulesOf(bucket)
  const others = known?.filter(({ AllowedOrigins }) => AllowedOrigins?.join() !== origin) ?? []
  const command = awsCommand(place, bucket.name, 'put-bucket-cors', {
    'cors-configuration': { CORSRules: [...others, rule] },
  })
  if (known !== undefined) return command
  return `This replaces whatever CORS rules the bucket has, which its credentials may not read:\n${command}`
}

/** `undefined` when nobody may know. */
async function rulesOf({ sdk, send, name }: Bucket): Promise<CORSRule[] | undefined> {
  try {
    return (await send(new sdk.GetBucketCorsCommand({ Bucket: name }))).CORSRules ?? []
  } catch (error) {
    return codeOf((error as Error).cause) === 'NoSuchCORSConfiguration' ? [] : undefined
  }
}
