import { readFileSync } from 'node:fs'
import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  ListObjectsV2Command,
  PutBucketAclCommand,
  PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'

type AnyCommand = Parameters<S3Client['send']>[0]

/** What is called alike by the AWS CLI and by the SDK, and takes the same. */
const COMMANDS: Readonly<Record<string, unknown>> = {
  'create-bucket': CreateBucketCommand,
  'delete-bucket-policy': DeleteBucketPolicyCommand,
  'list-objects-v2': ListObjectsV2Command,
  'put-bucket-acl': PutBucketAclCommand,
  'put-bucket-cors': PutBucketCorsCommand,
  'put-bucket-lifecycle-configuration': PutBucketLifecycleConfigurationCommand,
  'put-bucket-policy': PutBucketPolicyCommand,
  'put-object': PutObjectCommand,
}

/**
 * Does what `aws s3api …` does, where there is no AWS CLI. Options of the CLI itself are `endpoint-url` and `region`.
 *
 * @param words without `aws s3api`
 */
export async function s3api(client: S3Client, [verb = '', ...words]: readonly string[]): Promise<object> {
  const input: Record<string, unknown> = {}
  for (let at = 0; at < words.length; at += 2) {
    const option = (words[at] ?? '').slice(2)
    if (option === 'endpoint-url' || option === 'region') continue
    input[nameOf(option)] = givenBy(option, words[at + 1] ?? '')
  }
  const Command = COMMANDS[verb] as new (input: unknown) => AnyCommand
  return (await client.send(new Command(input))) as object
}

function nameOf(option: string): string {
  if (option === 'acl') return 'ACL'
  const name = option.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())
  return name.replace(/^Cors/, 'CORS')
}

function givenBy(option: string, value: string): unknown {
  if (option === 'body') return readFileSync(value)
  // The one that the SDK, too, wants as text.
  return value.startsWith('{') && option !== 'policy' ? JSON.parse(value) : value
}

/** As a shell splits them. */
export function wordsOf(command: string): string[] {
  return [...command.matchAll(/(?:'[^']*'|\\'|[^\s'\\])+/g)].map(([word]) =>
    word.replaceAll(/'([^']*)'|\\(')/g, (_, quoted, escaped) => quoted ?? escaped),
  )
}

if (import.meta.main) {
  const [, , , ...words] = process.argv
  const endpoint = words[words.indexOf('--endpoint-url') + 1] as string
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  const { $metadata, ...answer } = (await s3api(client, words)) as { $metadata?: unknown }
  if (Object.keys(answer).length > 0) process.stdout.write(`${JSON.stringify(answer, null, 4)}\n`)
}
