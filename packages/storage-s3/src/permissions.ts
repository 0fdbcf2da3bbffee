import type { Step } from 'holdall/plugin'
import type { Bucket } from './bucket.ts'

/** What AWS calls the permission for each step. */
export const PERMISSIONS: Readonly<Record<Step, string>> = {
  list: 's3:ListBucket',
  write: 's3:PutObject',
  read: 's3:GetObject',
  delete: 's3:DeleteObject',
  'direct upload': 's3:PutObject',
  download: 's3:GetObject',
  'begin parts': 's3:PutObject',
  'list uploads': 's3:ListBucketMultipartUploads',
  'abort parts': 's3:AbortMultipartUpload',
  'send part': 's3:PutObject',
  'list parts': 's3:ListMultipartUploadParts',
  'complete parts': 's3:PutObject',
  find: 's3:GetObject',
}

const ON_OBJECTS = new Set([
  's3:PutObject',
  's3:GetObject',
  's3:DeleteObject',
  's3:AbortMultipartUpload',
  's3:ListMultipartUploadParts',
])

/** All that is asked of a bucket; of one that nobody writes to, the first two. */
export function everyPermission(readOnly: boolean): string[] {
  return readOnly ? ['s3:ListBucket', 's3:GetObject'] : [...new Set(Object.values(PERMISSIONS))]
}

/** What to allow whoever the credentials belong to. @param actions each once */
export function allowing(
  { name, keys }: { readonly name: string; readonly keys: Pick<Bucket['keys'], 'prefix'> },
  actions: readonly string[],
): string {
  const bucket = `arn:aws:s3:::${name}`
  const ofObjects = actions.filter((action) => ON_OBJECTS.has(action))
  const ofBucket = actions.filter((action) => !ON_OBJECTS.has(action))
  const policy = {
    Version: '2012-10-17',
    Statement: [
      ...(ofBucket.length === 0 ? [] : [{ Effect: 'Allow', Action: ofBucket, Resource: [bucket] }]),
      ...(ofObjects.length === 0
        ? []
        : [{ Effect: 'Allow', Action: ofObjects, Resource: [`${bucket}/${keys.prefix}*`] }]),
    ],
  }
  return `Add this to the policy of its user or role:\n${JSON.stringify(policy, null, 2)}`
}
