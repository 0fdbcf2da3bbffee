import { HoldallError } from 'holdall/plugin'

/** Where something was tried, for the words of an error. */
export interface Where {
  readonly bucket: string
  /** Host and port of the service. */
  readonly host: string
}

/** What is known of an answer without its body, which may say what is nobody's business. */
export interface Answered {
  readonly status: number
  readonly contentType: string
}

interface Refusal extends Error {
  readonly code?: string
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> }
  readonly $metadata?: { readonly httpStatusCode?: number }
}

/** What continues “The source photos cannot be reached: ”, by the code of an answer. */
const REASONS: Readonly<Record<string, (where: Where) => string>> = {
  NoSuchBucket: ({ bucket, host }) => `there is no bucket ${bucket} at ${host}`,
  AccessDenied: ({ bucket }) =>
    `its credentials may not use the bucket ${bucket}; they need s3:ListBucket on it, and s3:GetObject, s3:PutObject and s3:DeleteObject on its objects`,
  AllAccessDisabled: ({ bucket }) => `the bucket ${bucket} is closed to everybody`,
  AccountProblem: () => 'its account is closed or unpaid',
  InvalidAccessKeyId: ({ host }) => `its access_key_id is not known at ${host}`,
  SignatureDoesNotMatch: () => 'its secret_access_key is not the one of its access_key_id',
  InvalidToken: () => 'its session_token is not valid',
  ExpiredToken: () => 'its credentials have expired',
  TokenRefreshRequired: () => 'its credentials have expired',
  RequestTimeTooSkewed: ({ host }) =>
    `the clock of this server is more than 15 minutes off that of ${host}; set it by NTP`,
  RequestExpired: ({ host }) => `the clock of this server is off that of ${host}; set it by NTP`,
  PermanentRedirect: ({ bucket }) => `the bucket ${bucket} is elsewhere; check its region and endpoint_url`,
  AuthorizationHeaderMalformed: ({ bucket }) => `the bucket ${bucket} is in another region; check its region`,
  IllegalLocationConstraintException: ({ bucket }) => `the bucket ${bucket} is in another region; check its region`,
  InvalidBucketName: ({ bucket }) => `${bucket} cannot be the name of a bucket`,
  InvalidObjectState: () => 'the file is archived; restore it in the bucket first',
  SlowDown: ({ host }) => `${host} asks for fewer requests`,
  ServiceUnavailable: ({ host }) => `${host} is overloaded`,
  CredentialsProviderError: () =>
    'it has no credentials; give it an access_key_id and a secret_access_key, or a role that AWS provides',
  UnknownCredentials: () => 'it has no credentials',
}

/**
 * Any refusal as a HoldallError that says what to do. The bucket's own words stay in its cause: they name keys, accounts
 * and roles, which are nobody's business.
 */
export function explain(error: unknown, where: Where): HoldallError {
  if (error instanceof HoldallError) return error
  const code = codeOf(error)
  switch (code) {
    case 'NoSuchKey':
    // Asked of one state of an object, of which there is another now.
    case 'PreconditionFailed':
      return new HoldallError('file_missing', {}, { cause: error })
    case 'InvalidRange':
      return new HoldallError('range_not_satisfiable', {}, { cause: error })
    case 'NoSuchUpload':
      return new HoldallError('multipart_gone', {}, { cause: error })
    case 'InvalidPart':
      return new HoldallError('upload_parts_missing', { parts: 'one was sent again meanwhile' }, { cause: error })
    case 'KeyTooLongError':
      return new HoldallError('storage_path_invalid', { reason: 'it is too long' }, { cause: error })
    case 'QuotaExceeded':
    case 'InsufficientCapacity':
    case 'XMinioStorageFull':
      return new HoldallError('storage_full', {}, { cause: error })
  }
  const reason =
    REASONS[code]?.(where) ?? unreachable(error, where) ?? refused(error, where) ?? foreign(answerOf(error), where)
  return reason === undefined
    ? new HoldallError('storage_failed', {}, { cause: error })
    : new HoldallError('unavailable', { reason }, { cause: error })
}

/** As the service calls what it refuses; of an answer without a body, as the SDK calls it. */
export function codeOf(error: unknown): string {
  const { Code, name } = (error ?? {}) as { Code?: unknown; name?: unknown }
  if (typeof Code === 'string' && Code !== '') return Code
  return typeof name === 'string' ? name : ''
}

/** Of the answer; `undefined` when there was none. */
export function statusOf(error: unknown): number | undefined {
  return (error as Refusal | undefined)?.$metadata?.httpStatusCode
}

/** An answer to HEAD has no body to say why. */
function refused(error: unknown, where: Where): string | undefined {
  const status = statusOf(error)
  if (status === 401 || status === 403) return REASONS.AccessDenied?.(where)
  if (status === 301 || status === 307) return REASONS.PermanentRedirect?.(where)
  return undefined
}

function answerOf(error: unknown): Answered | undefined {
  const status = statusOf(error)
  const contentType = (error as Refusal).$response?.headers?.['content-type']
  return status === undefined || contentType === undefined ? undefined : { status, contentType }
}

const FOREIGN: Readonly<Record<string, string>> = {
  'text/html': 'an HTML page',
  'application/json': 'a JSON document',
  'text/plain': 'plain text',
}

/** S3 answers in XML. What a proxy says while the service is away is no sign of what is behind it. */
export function foreign(answer: Answered | undefined, { host }: Where): string | undefined {
  if (answer === undefined || answer.status >= 500) return undefined
  const what = FOREIGN[answer.contentType.split(';')[0]?.trim().toLowerCase() ?? '']
  if (what === undefined) return undefined
  return `something answered at ${host} that is not S3: ${what} with status ${answer.status}; check its endpoint_url`
}

const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses connections',
  ENOTFOUND: 'has no address',
  EAI_AGAIN: 'has no address just now',
  UND_ERR_CONNECT_TIMEOUT: 'cannot be reached',
  UND_ERR_HEADERS_TIMEOUT: 'does not answer',
  UND_ERR_BODY_TIMEOUT: 'stopped in the middle of an answer',
  UND_ERR_SOCKET: 'closed the connection',
  ECONNRESET: 'closed the connection',
  EPIPE: 'closed the connection',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'has a certificate that nobody vouches for',
  SELF_SIGNED_CERT_IN_CHAIN: 'has a certificate that nobody vouches for',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'has a certificate that nobody vouches for',
  CERT_HAS_EXPIRED: 'has a certificate that has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'has a certificate for another name',
}

function unreachable(error: unknown, { host }: Where): string | undefined {
  const { code } = error as Refusal
  if (code === undefined || statusOf(error) !== undefined) return undefined
  return `${host} ${NETWORK[code] ?? `cannot be reached (${code})`}`
}
