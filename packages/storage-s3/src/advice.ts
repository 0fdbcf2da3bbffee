import type { S3Config } from './config.ts'

export type Place = Pick<S3Config, 'endpoint_url' | 'region'>

/**
 * A command of the AWS CLI on the bucket, to be pasted into a shell, below whose keys it wants: those of this source often
 * may not change the bucket itself.
 */
export function awsCommand(
  { endpoint_url: endpoint, region }: Place,
  bucket: string,
  verb: string,
  more: Readonly<Record<string, unknown>> = {},
): string {
  const options = Object.entries(more).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2)
    return `--${name} ${quoted(text)}`
  })
  const place = [
    ...(endpoint === undefined ? [] : [`--endpoint-url ${quoted(endpoint)}`]),
    ...(region === undefined ? [] : [`--region ${quoted(region)}`]),
  ]
  const command = ['aws s3api', verb, `--bucket ${quoted(bucket)}`, ...place, ...options].join(' ')
  return `# ${KEYS} ${endpoint === undefined ? 'AWS' : endpoint.replaceAll(/\s/g, '')}:\n${command}`
}

const KEYS = 'With AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of whoever may change the bucket at'

/** Lines for the `config` of the source. */
export function inConfig(lines: readonly string[], otherwise?: string): string {
  return [`In the config of this source set${otherwise === undefined ? '' : ` (${otherwise})`}:`, ...lines].join('\n')
}

function quoted(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
