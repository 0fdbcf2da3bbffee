import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto'
import type { Credentials } from './credentials.ts'
import { percentEncode } from './transport.ts'

/** What the signature of an address binds. */
export interface Presigned {
  readonly method: 'GET' | 'PUT'
  /** Of the bucket, without a key. */
  readonly bucketUrl: URL
  readonly key: string
  readonly query?: Readonly<Record<string, string>>
  /** Headers that the request must have, with these values; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  /** Seconds. */
  readonly expiresIn: number
  readonly credentials: Credentials
  readonly region: string
  readonly now: Date
}

/** Seconds: no signature lives longer. */
export const MAX_SIGNED_SECONDS = 604_800

/**
 * A URL that does one thing for a while, as the SDK's presigner makes it, at a fiftieth of its cost: the first answer to a
 * large upload may need ten thousand of them.
 */
export function presign(request: Presigned): string {
  const { method, bucketUrl, key, headers = {}, expiresIn, credentials, region, now } = request
  const time = now.toISOString().replace(/[:-]|\.\d{3}/g, '')
  const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`
  const signed: Record<string, string> = { ...headers, host: bucketUrl.host }
  const names = Object.keys(signed).sort()
  const path = `${bucketUrl.pathname.replace(/\/$/, '')}/${key.split('/').map(percentEncode).join('/')}`
  const query = Object.entries({
    ...request.query,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD',
    'X-Amz-Credential': `${credentials.accessKeyId}/${scope}`,
    'X-Amz-Date': time,
    'X-Amz-Expires': String(expiresIn),
    'X-Amz-SignedHeaders': names.join(';'),
    ...(credentials.sessionToken !== undefined && { 'X-Amz-Security-Token': credentials.sessionToken }),
  })
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .sort()
    .join('&')
  const canonical = [
    method,
    path,
    query,
    ...names.map((name) => `${name}:${signed[name]?.trim().replace(/ +/g, ' ')}`),
    '',
    names.join(';'),
    'UNSIGNED-PAYLOAD',
  ].join('\n')
  const text = ['AWS4-HMAC-SHA256', time, scope, hash('sha256', canonical)].join('\n')
  const signature = createHmac('sha256', signingKey(credentials, scope)).update(text).digest('hex')
  return `${bucketUrl.origin}${path}?${query}&X-Amz-Signature=${signature}`
}

let last: { readonly of: string; readonly key: KeyObject } | undefined

/** The same for a day, a region and a secret; a page of addresses needs it a hundred times. */
function signingKey({ secretAccessKey }: Credentials, scope: string): KeyObject {
  const of = `${secretAccessKey}\n${scope}`
  if (last?.of === of) return last.key
  let key: Buffer | string = `AWS4${secretAccessKey}`
  for (const step of scope.split('/')) key = createHmac('sha256', key).update(step).digest()
  last = { of, key: createSecretKey(key as Buffer) }
  return last.key
}
