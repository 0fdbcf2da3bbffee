import type { Finding } from 'holdall/plugin'
import { awsCommand, inConfig } from './advice.ts'
import type { S3Config } from './config.ts'
import { codeOf } from './errors.ts'
import { allowing, everyPermission } from './permissions.ts'

interface Advice {
  readonly check: string
  readonly fix: (config: S3Config, error: unknown) => string
}

const KEYS = inConfig(['access_key_id: …', 'secret_access_key: …'], 'both of one user of the service')
const FRESH = 'Get new credentials, and give them to this source.'
const PLACE = 'Check region and endpoint_url in the config of this source.'

/** What to do about the refusals that keep a bucket from being opened. */
const ADVICE: Readonly<Record<string, Advice>> = {
  InvalidAccessKeyId: { check: 'credentials', fix: () => KEYS },
  SignatureDoesNotMatch: { check: 'credentials', fix: () => KEYS },
  CredentialsProviderError: { check: 'credentials', fix: () => KEYS },
  InvalidToken: { check: 'credentials', fix: () => FRESH },
  ExpiredToken: { check: 'credentials', fix: () => FRESH },
  NoSuchBucket: {
    check: 'bucket',
    fix: (config) => awsCommand(config, config.bucket ?? '', 'create-bucket', locationOf(config)),
  },
  AccessDenied: {
    check: 'list',
    fix: ({ bucket = '', prefix, read_only: readOnly }) =>
      allowing({ name: bucket, keys: { prefix } }, everyPermission(readOnly)),
  },
  RequestTimeTooSkewed: { check: 'clock', fix: () => 'timedatectl set-ntp true' },
  PermanentRedirect: { check: 'region', fix: (_, error) => regionFix(error) },
  AuthorizationHeaderMalformed: { check: 'region', fix: (_, error) => regionFix(error) },
}

/** As `StorageType.diagnose`. */
export async function diagnose(error: unknown, config: S3Config): Promise<Finding | undefined> {
  if (!(error instanceof Error)) return undefined
  const says = sentence(error.message)
  const advice = ADVICE[codeOf(error.cause)]
  if (advice !== undefined) return { check: advice.check, status: 'failed', says, fix: advice.fix(config, error.cause) }
  const isBroker = config.credentials_url !== undefined && says.includes('credentials broker')
  if (isBroker) {
    const fix = 'Check credentials_url and credentials_url_secret in the config of this source.'
    return { check: 'credentials', status: 'failed', says, fix }
  }
  return { check: 'connection', status: 'failed', says, fix: connectionFix(error.cause) }
}

const BLAMED: Readonly<Record<string, string>> = {
  InvalidAccessKeyId: 'access_key_id',
  CredentialsProviderError: 'access_key_id',
  SignatureDoesNotMatch: 'secret_access_key',
  InvalidToken: 'session_token',
  NoSuchBucket: 'bucket',
  AccessDenied: 'bucket',
  InvalidBucketName: 'bucket',
  PermanentRedirect: 'region',
  AuthorizationHeaderMalformed: 'region',
}

/** As `Adopting.blame`. */
export function blame(error: unknown, config: S3Config): string | undefined {
  if (!(error instanceof Error)) return undefined
  if (config.credentials_url !== undefined && error.message.includes('credentials broker')) return 'credentials_url'
  const blamed = BLAMED[codeOf(error.cause)]
  if (blamed !== undefined) return blamed
  return config.endpoint_url === undefined ? 'bucket' : 'endpoint_url'
}

function connectionFix(cause: unknown): string {
  const { code = '' } = (cause ?? {}) as NodeJS.ErrnoException
  if (/CERT|SELF_SIGNED|VERIFY_LEAF/.test(code)) {
    return 'Tell the server whom to trust, in its environment:\nexport NODE_EXTRA_CA_CERTS=/path/to/ca.pem'
  }
  return 'Check endpoint_url in the config of this source, and that the service runs and can be reached from here.'
}

/** Mostly the service says where the bucket is. */
function regionFix(error: unknown): string {
  const { Region: told } = error as { readonly Region?: string }
  return told === undefined ? PLACE : inConfig([`region: ${told}`])
}

function locationOf({ region, endpoint_url: endpoint }: S3Config): Readonly<Record<string, unknown>> {
  if (region === undefined || region === 'us-east-1' || endpoint !== undefined) return {}
  return { 'create-bucket-configuration': { LocationConstraint: region } }
}

function sentence(text: string): string {
  // The name of a host stays as it is.
  return `${text.replace(/^[a-z]+(?= )/, (word) => word.charAt(0).toUpperCase() + word.slice(1)).replace(/\.$/, '')}.`
}
