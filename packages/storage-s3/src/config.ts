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
      .optional()
      .meta({ title: 'Bucket', description: 'Its name, for example my-photos.' }),
    prefix: z.string({ error: 'must be a text.' }).default('').transform(asPrefix).meta({
      title: 'Folder in the bucket',
      description:
        'What every key begins with, for example uploads/; a slash is added. Nothing outside of it is listed or touched.',
    }),
    region: text.optional().meta({
      title: 'Region',
      description: 'For example us-west-2. Without it, the one of the server; a bucket elsewhere is found.',
    }),
    endpoint_url: address.optional().meta({
      title: 'Address of the service',
      description: 'Of another service than Amazon’s, for example https://s3.example.org.',
    }),
    access_key_id: text.optional().meta({
      title: 'Access key id',
      description: 'With the secret key, or neither: then the server’s own AWS credentials are used.',
      secret: true,
    }),
    secret_access_key: text.optional().meta({ title: 'Secret access key', secret: true }),
    session_token: text.optional().meta({
      title: 'Session token',
      description: 'Of temporary credentials.',
      secret: true,
      advanced: true,
    }),
    credentials_url: address.optional().meta({
      title: 'Credentials broker',
      description: 'An address that hands out credentials for a while, in place of keys.',
      advanced: true,
    }),
    credentials_url_secret: text.optional().meta({
      title: 'Secret for the broker',
      description: 'What the broker is shown.',
      secret: true,
      advanced: true,
    }),
    read_only: flag.default(false).meta({
      control: 'checkbox',
      title: 'Read only',
      description:
        'Nothing in the bucket is ever written, changed or deleted. Its files can be found, opened and put into rows.',
    }),
    force_path_style: flag.optional().meta({
      title: 'Bucket in the path',
      description:
        'Whether the bucket stands in the path of an address or in its host; as usual, in the path where the service has an address of its own.',
      advanced: true,
    }),
    max_file_size: wholeNumber.optional().meta({
      title: 'Largest file',
      description: 'Bytes.',
      hidden: true,
    }),
    downloads: z.enum(['redirect', 'proxy'], { error: 'must be redirect or proxy.' }).default('redirect').meta({
      title: 'Downloads',
      description: 'redirect: browsers fetch files from the bucket themselves. proxy: this server hands them on.',
      advanced: true,
    }),
    uploads: z.enum(['direct', 'proxy'], { error: 'must be direct or proxy.' }).default('direct').meta({
      title: 'Uploads',
      description: 'direct: clients send files to the bucket themselves. proxy: this server hands them on.',
      advanced: true,
    }),
    checksum: z.enum(['auto', 'md5', 'none'], { error: 'must be auto, md5 or none.' }).default('auto').meta({
      title: 'Checksum',
      description: 'What the service checks of a part on its arrival; auto finds it out.',
      advanced: true,
    }),
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
  .meta({ title: 'S3 bucket', description: 'A bucket of Amazon S3, or of a service that speaks like it.' })

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
