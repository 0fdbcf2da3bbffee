import { z } from 'zod'

const URL_ERROR = 'must be an address that begins with http:// or https://, without a user name or password.'
const BUCKET_ERROR = 'must be the name of a bucket, without slashes.'
const KEYS_ERROR = 'access_key_id and secret_access_key are given together or not at all.'
const TOKEN_ERROR = 'session_token belongs to an access_key_id and a secret_access_key.'
const BROKER_ERROR = 'credentials_url and credentials_url_secret are given together or not at all.'
const BOTH_ERROR = 'has two kinds of credentials: leave out the keys or credentials_url.'
const MISSING_ERROR = 'must name a bucket, or a credentials_url whose answer does.'

const text = z.string({ error: 'must be a text.' }).min(1, { error: 'must not be empty.' })
const address = z.string({ error: URL_ERROR }).refine(isAddress, { error: URL_ERROR })
const flag = z.union([z.boolean(), z.stringbool()], { error: 'must be true or false.' })
const wholeNumber = z
  .union([z.number(), z.string().regex(/^\d+$/).transform(Number)], { error: 'must be a whole number.' })
  .pipe(z.int().positive({ error: 'must be a whole number of at least 1.' }))

/** `config` of a source whose `storage` is `s3`. */
export const s3Config = z
  .strictObject({
    bucket: z
      .string({ error: BUCKET_ERROR })
      .regex(/^[^/\s]{1,255}$/, { error: BUCKET_ERROR })
      .optional(),
    /** What every key begins with; a slash is added. */
    prefix: z.string({ error: 'must be a text.' }).default('').transform(asPrefix),
    region: text.optional(),
    /** Of another service than Amazon's. */
    endpoint_url: address.optional(),
    /** Whether the bucket stands in the path of an address or in its host; in the path where there is an `endpoint_url`. */
    force_path_style: flag.optional(),
    access_key_id: text.optional(),
    secret_access_key: text.optional(),
    session_token: text.optional(),
    /** A broker that hands out credentials for a while. */
    credentials_url: address.optional(),
    credentials_url_secret: text.optional(),
    /** Bytes. */
    max_file_size: wholeNumber.optional(),
    /** Nothing in the bucket is written or deleted. */
    read_only: flag.default(false),
    /** Whether browsers fetch what they download from the bucket, or this server hands it on. */
    downloads: z.enum(['redirect', 'proxy'], { error: 'must be redirect or proxy.' }).default('redirect'),
    /** Whether clients send files to the bucket themselves, or this server hands them on. */
    uploads: z.enum(['direct', 'proxy'], { error: 'must be direct or proxy.' }).default('direct'),
    /** What the service checks of a part on its arrival; found out when it is not said. */
    checksum: z.enum(['auto', 'md5', 'none'], { error: 'must be auto, md5 or none.' }).default('auto'),
  })
  .superRefine((config, context) => {
    function wrong(message: string, at: string): void {
      context.addIssue({ code: 'custom', message, path: [at] })
    }
    const hasKeys = config.access_key_id !== undefined || config.secret_access_key !== undefined
    if ((config.access_key_id === undefined) !== (config.secret_access_key === undefined)) {
      wrong(KEYS_ERROR, config.access_key_id === undefined ? 'access_key_id' : 'secret_access_key')
    }
    if (config.session_token !== undefined && !hasKeys) wrong(TOKEN_ERROR, 'session_token')
    if ((config.credentials_url === undefined) !== (config.credentials_url_secret === undefined)) {
      wrong(BROKER_ERROR, config.credentials_url === undefined ? 'credentials_url' : 'credentials_url_secret')
    }
    if (hasKeys && config.credentials_url !== undefined) wrong(BOTH_ERROR, 'credentials_url')
    if (config.bucket === undefined && config.credentials_url === undefined) wrong(MISSING_ERROR, 'bucket')
  })

export type S3Config = z.infer<typeof s3Config>

/** `uploads` and `/uploads/` as `uploads/`; nothing stays nothing. */
export function asPrefix(written: string): string {
  const plain = written.replace(/^\/+/, '')
  return plain === '' || plain.endsWith('/') ? plain : `${plain}/`
}

function isAddress(written: string): boolean {
  const url = URL.parse(written)
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
}
