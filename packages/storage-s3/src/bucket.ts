import type { HeadObjectCommandOutput, S3Client, ServiceInputTypes, ServiceOutputTypes } from '@aws-sdk/client-s3'
import { HoldallError, type Log, type StorageContext, type StoredFile } from 'holdall/plugin'
import { type Broker, createBroker } from './broker.ts'
import type { S3Config } from './config.ts'
import { fixedCredentials, type GetCredentials } from './credentials.ts'
import { type Answered, codeOf, explain, foreign, statusOf } from './errors.ts'
import { createKeys, type Keys } from './keys.ts'
import { MAX_SIGNED_SECONDS, type Presigned, presign } from './sign.ts'
import { createTransport, type Transport, type TransportLimits } from './transport.ts'

type Sdk = typeof import('@aws-sdk/client-s3')
type Command<Input extends ServiceInputTypes, Output extends ServiceOutputTypes> = Parameters<
  typeof S3Client.prototype.send<Input, Output>
>[0]

const DEFAULT_REGION = 'us-east-1'
/** Of one request, with those that may pass repeated after 0.1 s, 0.2 s, 0.4 s … and a little. */
const ATTEMPTS = 4
/** An address is signed for less than the credentials hold, or it would be refused before its time. */
const MARGIN_SECONDS = 1

export interface BucketOptions {
  readonly log: Log
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => number
  readonly limits?: TransportLimits
  readonly guard?: StorageContext['guard']
}

export interface SendOptions {
  readonly signal?: AbortSignal | undefined
  /** Until the headers of an answer; the transport's own limit without it. */
  readonly answerLimitMs?: number
}

/** One bucket and the way to it. */
export interface Bucket {
  readonly name: string
  readonly keys: Keys
  /** Whether it is Amazon's own service. */
  readonly isAws: boolean
  /** Scheme, host and port where browsers find it. */
  readonly origin: string
  readonly sdk: Sdk
  /** @throws HoldallError, or the reason of the signal */
  send<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    command: Command<Input, Output>,
    options?: SendOptions,
  ): Promise<Output>
  /** As `send`; `undefined` when nothing is there, and only then. */
  head(key: string, options?: SendOptions): Promise<HeadObjectCommandOutput | undefined>
  /** @param wanted seconds; the URL holds for fewer when the credentials end before */
  sign(request: Signing, wanted: number): Promise<{ readonly url: string; readonly expiresIn: number }>
  /** A request of our own to a signed URL. */
  readonly request: Transport['request']
  close(): Promise<void>
}

export type Signing = Pick<Presigned, 'method' | 'key' | 'query' | 'headers'>

/** @throws HoldallError that says why the bucket cannot be used */
export async function openBucket(config: S3Config, options: BucketOptions): Promise<Bucket> {
  const { guard, limits = {} } = options
  for (const address of [config.endpoint_url, config.credentials_url]) {
    // An IP is never looked up.
    if (address !== undefined) guard?.checkUrl(new URL(address))
  }
  const transport = createTransport({ ...limits, ...(guard && { lookup: guard.lookup }) })
  try {
    return await open(config, transport, options)
  } catch (error) {
    await transport.close()
    throw error
  }
}

async function open(config: S3Config, transport: Transport, { log, env, now }: BucketOptions): Promise<Bucket> {
  const broker = brokerOf(config, transport, log, now)
  const folder = await broker?.folder()
  const name = folder?.bucket ?? config.bucket
  if (name === undefined) {
    throw new HoldallError('unavailable', { reason: 'its credentials broker names no folder; give it a bucket' })
  }
  const keys = createKeys(folder?.prefix ?? config.prefix)
  // Loaded when the first source of this type is opened: a server without one starts without it.
  const sdk = await import('@aws-sdk/client-s3')
  let region = config.region ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? DEFAULT_REGION
  const own = broker?.credentials ?? fixedCredentials(config)
  let client = createClient(sdk, config, { region, transport, own })
  try {
    const found = await regionOf(client, sdk, name, keys.prefix, hostOf(config, region))
    if (found !== undefined && found !== region) {
      // What is addressed by hand is not addressed elsewhere.
      if (config.endpoint_url !== undefined)
        throw explain({ Code: 'PermanentRedirect', Region: found }, { bucket: name, host: hostOf(config, region) })
      log.info('a bucket is in another region than its source says', { bucket: name, region: found })
      client.destroy()
      region = found
      client = createClient(sdk, config, { region, transport, own })
    }
  } catch (error) {
    client.destroy()
    throw error
  }
  const bucketUrl = client.config.endpointProvider({
    Bucket: name,
    Region: region,
    ForcePathStyle: isPathStyle(config),
    ...(config.endpoint_url !== undefined && { Endpoint: config.endpoint_url }),
  }).url
  const where = { bucket: name, host: bucketUrl.host }

  async function send<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    command: Command<Input, Output>,
    { signal, answerLimitMs }: SendOptions = {},
  ): Promise<Output> {
    signal?.throwIfAborted()
    const gone = Promise.withResolvers<never>()
    const stop = () => gone.reject(signal?.reason)
    signal?.addEventListener('abort', stop, { once: true })
    try {
      const answer = client.send(command, {
        ...(signal && { abortSignal: signal }),
        ...(answerLimitMs !== undefined && { requestTimeout: answerLimitMs }),
      })
      // Between two attempts the SDK hears no signal.
      return await Promise.race([answer, gone.promise])
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      throw explain(error, where)
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }

  return {
    name,
    keys,
    isAws: config.endpoint_url === undefined,
    origin: bucketUrl.origin,
    sdk,
    send,
    async head(key, options) {
      try {
        return await send(new sdk.HeadObjectCommand({ Bucket: name, Key: key }), options)
      } catch (error) {
        if (statusOf((error as Error).cause) !== 404) throw error
        // Its answer has no body to say what is missing; without the bucket, nothing is known of its objects.
        await send(new sdk.HeadBucketCommand({ Bucket: name }), options).catch((cause) => {
          throw statusOf((cause as Error).cause) === 404 ? explain({ Code: 'NoSuchBucket' }, where) : cause
        })
        return undefined
      }
    },
    async sign(request, wanted) {
      // What the SDK remembers of ours may be older.
      const credentials = await (own ?? client.config.credentials)().catch((error: unknown) => {
        throw explain(error, where)
      })
      // What the SDK has learned of the service's clock holds for what we sign.
      const time = now() + client.config.systemClockOffset
      const left = credentials.expiration === undefined ? wanted : secondsUntil(credentials.expiration, time)
      const expiresIn = Math.max(1, Math.min(wanted, left, MAX_SIGNED_SECONDS))
      return { url: presign({ ...request, bucketUrl, expiresIn, credentials, region, now: new Date(time) }), expiresIn }
    },
    request: transport.request,
    async close() {
      client.destroy()
      await transport.close()
    },
  }
}

function brokerOf(config: S3Config, transport: Transport, log: Log, now: () => number): Broker | undefined {
  const { credentials_url: url, credentials_url_secret: secret } = config
  if (url === undefined || secret === undefined) return undefined
  return createBroker({ url, secret, request: transport.request, log, now })
}

interface ClientOptions {
  readonly region: string
  readonly transport: Transport
  /** Without it, those that AWS's own chain finds. */
  readonly own: GetCredentials | undefined
}

function createClient(sdk: Sdk, config: S3Config, { region, transport, own }: ClientOptions): S3Client {
  return new sdk.S3Client({
    region,
    ...(config.endpoint_url !== undefined && { endpoint: config.endpoint_url }),
    forcePathStyle: isPathStyle(config),
    ...(own && { credentials: own }),
    // Else bodies and signed addresses carry checksums that half of the services refuse.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: transport.handler,
    expectContinueHeader: false,
    maxAttempts: ATTEMPTS,
    retryMode: 'standard',
  })
}

/** Services other than Amazon's seldom have a host for each bucket. */
function isPathStyle({ force_path_style, endpoint_url }: S3Config): boolean {
  return force_path_style ?? endpoint_url !== undefined
}

function hostOf({ endpoint_url }: S3Config, region: string): string {
  return endpoint_url === undefined ? `s3.${region}.amazonaws.com` : new URL(endpoint_url).host
}

/**
 * Asks for one key, because a refusal of that says why, and one of HEAD does not.
 *
 * @returns where the bucket is, if the service says so
 */
async function regionOf(
  client: S3Client,
  sdk: Sdk,
  bucket: string,
  prefix: string,
  host: string,
): Promise<string | undefined> {
  try {
    const command = new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 })
    const told = watchAnswer(command)
    const { Name } = await client.send(command)
    // A page that happens to be XML as well is read as an empty list.
    const reason = Name === undefined ? foreign(told.answer, { bucket, host }) : undefined
    if (reason !== undefined) throw new HoldallError('unavailable', { reason })
    return undefined
  } catch (error) {
    const told = (error as { $response?: { headers?: Record<string, string> } }).$response?.headers?.[
      'x-amz-bucket-region'
    ]
    const isElsewhere = statusOf(error) === 301 || codeOf(error) === 'AuthorizationHeaderMalformed'
    if (isElsewhere && told !== undefined) return told
    throw explain(error, { bucket, host })
  }
}

/** What the SDK does not say of an answer that it takes. */
function watchAnswer({ middlewareStack }: InstanceType<Sdk['ListObjectsV2Command']>): { answer?: Answered } {
  const told: { answer?: Answered } = {}
  middlewareStack.add(
    (next) => async (input) => {
      const result = await next(input)
      const { statusCode, headers } = result.response as { statusCode: number; headers: Record<string, string> }
      told.answer = { status: statusCode, contentType: headers['content-type'] ?? '' }
      return result
    },
    { step: 'deserialize' },
  )
  return told
}

function secondsUntil(time: Date, now: number): number {
  return Math.floor((time.getTime() - now) / 1_000) - MARGIN_SECONDS
}

/** What an answer to HEAD or GET says of an object. */
export function storedFile(
  path: string,
  size: number,
  told: Pick<HeadObjectCommandOutput, 'LastModified' | 'ETag' | 'ContentType'>,
): StoredFile {
  const etag = bareEtag(told.ETag)
  return {
    path,
    size,
    ...(told.LastModified && { lastModified: told.LastModified }),
    ...(etag !== undefined && { etag }),
    ...(told.ContentType !== undefined && { contentType: told.ContentType }),
  }
}

export function bareEtag(etag: string | undefined): string | undefined {
  return etag?.replace(/^"|"$/g, '') || undefined
}
