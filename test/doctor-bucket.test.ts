import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { createServer as createSecureServer } from 'node:tls'
import {
  AbortMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  GetBucketCorsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  ListObjectVersionsCommand,
  PutBucketAclCommand,
  PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
} from '@aws-sdk/client-s3'
import { OTHER_ACCESS_KEY, OTHER_SECRET_KEY, OTHER_USER } from '../tools/services/s3.ts'
import { makeBucket, S3_ENDPOINT, skipS3, type TestBucket } from './support/ceph.ts'
import { allow, apply, assertGreen, createPatient, type Examined, type Patient, troubleOf } from './support/doctor.ts'
import { type Answer, type FaultProxy, type Rule, s3Error, startFaultProxy } from './support/fault-proxy.ts'

const ORIGIN = 'http://localhost:8001'
const OPENSSL: string = 'openssl'
const EVERYTHING = [
  's3:ListBucket',
  's3:ListBucketMultipartUploads',
  's3:GetLifecycleConfiguration',
  's3:GetBucketVersioning',
  's3:GetBucketCORS',
  's3:GetObject',
  's3:PutObject',
  's3:DeleteObject',
  's3:AbortMultipartUpload',
  's3:ListMultipartUploadParts',
]

describe('holdall doctor on a bucket', { skip: skipS3 }, () => {
  let folder: string
  let bucket: TestBucket
  let proxy: FaultProxy
  let patient: Patient

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-doctor-'))
    bucket = await makeBucket('doctor')
    proxy = await startFaultProxy(S3_ENDPOINT as string)
  })
  beforeEach(async () => {
    proxy.clear()
    patient = createPatient(folder, 's3', { ...bucket.config, prefix: 'up' })
    await bucket.allow([ORIGIN])
    await keep({ ID: 'mine', Status: 'Enabled', Filter: { Prefix: '' }, ...ABORTING })
    await bucket.client.send(new DeleteBucketPolicyCommand({ Bucket: bucket.name }))
  })
  after(async () => {
    await proxy.close()
    await bucket.remove()
    rmSync(folder, { recursive: true })
  })

  const ABORTING = { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 10 } }
  type LifecycleRules = NonNullable<
    NonNullable<
      ConstructorParameters<typeof PutBucketLifecycleConfigurationCommand>[0]['LifecycleConfiguration']
    >['Rules']
  >

  async function keep(...Rules: LifecycleRules): Promise<void> {
    const LifecycleConfiguration = { Rules }
    await bucket.client.send(
      new PutBucketLifecycleConfigurationCommand({ Bucket: bucket.name, LifecycleConfiguration }),
    )
  }

  const examine = (...args: string[]): Promise<Examined> => patient.examine('--json', '--origin', ORIGIN, ...args)

  /** Sees the trouble, does what is printed, and sees that nothing is left of it. */
  async function cured(
    check: string,
    says: RegExp,
    status: 'failed' | 'warning' | 'skipped' = 'failed',
  ): Promise<void> {
    const sick = await examine()
    const trouble = troubleOf(sick, check)
    assert.match(trouble.says, says)
    assert.deepEqual([trouble.status, sick.code], [status, status === 'failed' ? 1 : 0])
    await apply(trouble.fix, patient, bucket)
    assertGreen(await examine())
    await assertClean()
  }

  async function assertClean(): Promise<void> {
    assert.deepEqual([await bucket.keys(), await bucket.uploads()], [[], []])
  }

  /** What a service does that this one cannot be made to do; the cure is not ours to print. */
  async function passing(check: string, says: RegExp, rule: Rule): Promise<Examined> {
    patient.config.endpoint_url = proxy.url
    proxy.add(rule)
    const sick = await examine()
    assert.match(troubleOf(sick, check).says, says)
    proxy.clear()
    assertGreen(await examine())
    await assertClean()
    return sick
  }

  test('nothing is wrong with a sound one, and nothing stays there', async () => {
    assertGreen(await examine())
    await assertClean()
  })

  test('CORS: no rule, one of another page, one without our headers, one without PUT', async () => {
    const other = { AllowedOrigins: ['https://other.example'], AllowedMethods: ['GET', 'PUT'], AllowedHeaders: ['*'] }
    const ours = { AllowedOrigins: [ORIGIN], AllowedMethods: ['PUT'], AllowedHeaders: ['content-type'] }
    const set = (...CORSRules: (typeof other)[]) =>
      bucket.client.send(new PutBucketCorsCommand({ Bucket: bucket.name, CORSConfiguration: { CORSRules } }))
    await set(other)
    await cured('CORS', /does not let pages of http:\/\/localhost:8001 send/)
    const { CORSRules } = await bucket.client.send(new GetBucketCorsCommand({ Bucket: bucket.name }))
    assert.deepEqual(
      CORSRules?.map(({ AllowedOrigins }) => AllowedOrigins),
      [['https://other.example'], [ORIGIN]],
    )
    await set(ours)
    await cured('CORS', /localhost:8001/)
    await set({ ...ours, AllowedMethods: ['GET'], AllowedHeaders: ['*'] })
    await cured('CORS', /localhost:8001/)
  })

  test('lifecycle: no rule, one that is too quick, one that deletes the files; the rules that are there stay', async () => {
    await keep({ ID: 'logs', Status: 'Enabled', Filter: { Prefix: 'logs/' }, Expiration: { Days: 3 } })
    await cured('lifecycle', /stays in the bucket for ever/, 'warning')
    assert.deepEqual(await ruleIds(), ['holdall', 'logs'])

    const quick = { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }
    await keep({ ID: 'quick', Status: 'Enabled', Filter: { Prefix: 'up/' }, ...quick })
    await cured('lifecycle', /removed after 1 days, and can be gone on with for 7/, 'warning')
    assert.deepEqual(await ruleIds(), ['quick'])

    await keep({ ID: 'old', Status: 'Enabled', Filter: { Prefix: '' }, Expiration: { Days: 90 }, ...ABORTING })
    await cured('expiry', /The rule old deletes the files themselves, 90 days after they came/)
    assert.deepEqual(await ruleIds(), ['old'])
  })

  test('a service without rules, and one whose rules cannot be had just now', async () => {
    const about = (answer: Answer): Rule => ({
      match: ({ query }) => query.has('lifecycle'),
      fault: { kind: 'answer', answer },
    })
    const none = await passing('lifecycle', /no rules about what it removes/, about(s3Error(501, 'NotImplemented')))
    assert.equal(troubleOf(none, 'lifecycle').status, 'skipped')
    await passing('connection', /InternalError/, about(s3Error(500, 'InternalError')))
  })

  async function ruleIds(): Promise<(string | undefined)[]> {
    const command = new GetBucketLifecycleConfigurationCommand({ Bucket: bucket.name })
    return ((await bucket.client.send(command)).Rules ?? []).map(({ ID }) => ID).sort()
  }

  test('versioning keeps the bytes of deleted files for ever, until a rule says otherwise', async () => {
    const versioned = await makeBucket('versioned')
    try {
      const { client, name: Bucket } = versioned
      await versioned.allow([ORIGIN])
      await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }))
      patient = createPatient(folder, 's3', { ...versioned.config })
      const sick = await examine()
      assert.equal(sick.code, 0)
      assert.equal(troubleOf(sick, 'lifecycle').status, 'warning')
      const { says, status, fix } = troubleOf(sick, 'versioning')
      assert.match(says, /bytes of deleted files stay/)
      assert.equal(status, 'warning')
      assert.equal(fix, troubleOf(sick, 'lifecycle').fix, 'one command for both')
      await apply(fix, patient, versioned)
      assertGreen(await examine())
    } finally {
      await removeVersions(versioned)
      await versioned.remove()
    }
  })

  test('a bucket that anybody may list and read', async () => {
    const open = (Action: string, Resource: string) => ({ Effect: 'Allow', Principal: '*', Action, Resource })
    const arn = `arn:aws:s3:::${bucket.name}`
    const set = (...Statement: object[]) => {
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
      return bucket.client.send(new PutBucketPolicyCommand({ Bucket: bucket.name, Policy }))
    }
    const named = { ...open('s3:GetObject', `${arn}/*`), Principal: { AWS: [`arn:aws:iam:::user/${OTHER_USER}`] } }
    await set(open('s3:ListBucket', arn), open('s3:GetObject', `${arn}/*`))
    await cured('public access', /Anybody can list its files and read any of them/, 'warning')
    await set(open('s3:GetObject', `${arn}/*`), named)
    await cured('public access', /Anybody can read any of them/, 'warning')
    const { Policy = '' } = await bucket.client.send(new GetBucketPolicyCommand({ Bucket: bucket.name }))
    assert.deepEqual(JSON.parse(Policy).Statement, [named])
    await bucket.client.send(new DeleteBucketPolicyCommand({ Bucket: bucket.name }))
    await bucket.client.send(new PutBucketAclCommand({ Bucket: bucket.name, ACL: 'public-read' }))
    await cured('public access', /Anybody can list its files, without/, 'warning')
  })

  test('each permission that is missing is named, with the policy that gives it', async () => {
    const arn = `arn:aws:s3:::${bucket.name}`
    Object.assign(patient.config, { access_key_id: OTHER_ACCESS_KEY, secret_access_key: OTHER_SECRET_KEY })
    for (const [lacking, check, status] of [
      ['s3:ListBucket', 'list', 'failed'],
      ['s3:PutObject', 'write', 'failed'],
      ['s3:DeleteObject', 'delete', 'failed'],
      ['s3:ListBucketMultipartUploads', 'parts', 'failed'],
      ['s3:AbortMultipartUpload', 'parts', 'failed'],
      ['s3:GetLifecycleConfiguration', 'lifecycle', 'skipped'],
      ['s3:GetBucketVersioning', 'versioning', 'skipped'],
    ] as const) {
      await bucket.client.send(new DeleteBucketPolicyCommand({ Bucket: bucket.name }))
      const Action = EVERYTHING.filter((action) => action !== lacking)
      await allow(
        { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: [arn, `${arn}/up/*`] }] },
        bucket,
      )
      const sick = await examine()
      const trouble = troubleOf(sick, check)
      assert.match(trouble.says, new RegExp(`\\b${lacking}\\b`))
      assert.deepEqual([trouble.status, sick.code], [status, status === 'failed' ? 1 : 0], lacking)
      // What may not be deleted stays, and is named.
      for (const { key, id } of await bucket.uploads()) {
        assert.match(trouble.says, new RegExp(key.slice('up/'.length)))
        await bucket.client.send(new AbortMultipartUploadCommand({ Bucket: bucket.name, Key: key, UploadId: id }))
      }
      for (const key of await bucket.keys()) {
        assert.match(trouble.says, new RegExp(key.slice('up/'.length)))
        await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: key }))
      }
      await apply(trouble.fix, patient, bucket)
      assertGreen(await examine())
      await assertClean()
    }
  })

  test('whoever sends a file here may read it and its parts; elsewhere these are permissions of their own', async () => {
    for (const [check, permission, match] of [
      ['read', 's3:GetObject', ({ method, query }) => /GET|HEAD/.test(method) && !query.has('uploadId')],
      ['parts', 's3:ListMultipartUploadParts', ({ method, query }) => method === 'GET' && query.has('uploadId')],
    ] as [string, string, NonNullable<Rule['match']>][]) {
      const sick = await passing(check, new RegExp(`lack ${permission}`), {
        match: (request) => request.path.endsWith('.bin') && match(request),
        fault: { kind: 'answer', answer: s3Error(403, 'AccessDenied') },
      })
      const policy = JSON.parse(troubleOf(sick, check).fix?.replace(/^.*\n/, '') ?? '')
      const Resource = [`arn:aws:s3:::${bucket.name}/up/*`]
      assert.deepEqual(policy.Statement, [{ Effect: 'Allow', Action: [permission], Resource }])
    }
  })

  test('CORS rules that may not be read are replaced, and it is said', async () => {
    Object.assign(patient.config, { access_key_id: OTHER_ACCESS_KEY, secret_access_key: OTHER_SECRET_KEY })
    const arn = `arn:aws:s3:::${bucket.name}`
    const Action = EVERYTHING.filter((action) => action !== 's3:GetBucketCORS')
    await allow(
      { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: [arn, `${arn}/*`] }] },
      bucket,
    )
    await bucket.allow(['https://other.example'])
    assert.match(troubleOf(await examine(), 'CORS').fix ?? '', /^This replaces whatever CORS rules the bucket has/)
    await cured('CORS', /does not let pages/)
  })

  test('from no bucket at all to green, by what is printed', async () => {
    const made = await makeBucket('made')
    await made.client.send(new DeleteBucketCommand({ Bucket: made.name }))
    patient = createPatient(folder, 's3', { ...made.config })
    for (const [check, says] of [
      ['bucket', /There is no bucket made-/],
      ['lifecycle', /for ever/],
      ['CORS', /does not let/],
    ] as const) {
      const trouble = troubleOf(await examine(), check)
      assert.match(trouble.says, says)
      await apply(trouble.fix, patient, made)
    }
    assertGreen(await examine())
    await made.remove()
  })

  test('credentials that are unknown, wrong, expired, or come from a broker that is not there', async () => {
    const { access_key_id, secret_access_key } = patient.config
    for (const [wrong, says] of [
      [{ access_key_id: 'NOBODY' }, /access_key_id is not known/],
      [{ secret_access_key: 'wrong' }, /secret_access_key is not the one/],
    ] as const) {
      Object.assign(patient.config, wrong)
      const trouble = troubleOf(await examine(), 'credentials')
      assert.match(trouble.says, says)
      assert.match(trouble.fix ?? '', /^In the config.*\naccess_key_id: …\nsecret_access_key: …$/)
      Object.assign(patient.config, { access_key_id, secret_access_key })
      assertGreen(await examine())
    }
    for (const code of ['ExpiredToken', 'InvalidToken']) {
      await passing('credentials', /expired|not valid/, { fault: { kind: 'answer', answer: s3Error(400, code) } })
    }
    const { endpoint_url, bucket: name } = patient.config
    const credentials_url = 'http://127.0.0.1:9/credentials'
    const brokered = { endpoint_url, bucket: name, credentials_url, credentials_url_secret: 'secret' }
    const { fix, says } = troubleOf(await createPatient(folder, 's3', brokered).examine('--json'), 'credentials')
    assert.match(says, /credentials broker 127.0.0.1:9 cannot be reached \(ECONNREFUSED\)/)
    assert.match(fix ?? '', /credentials_url/)
  })

  test('a secret that is not set', async () => {
    patient.config.secret_access_key = { $secret: 'MEDIA_SECRET' }
    const { fix, says } = troubleOf(await examine(), 'secrets')
    assert.match(says, /The secret MEDIA_SECRET is not set/)
    const [, name = ''] = /^export (\w+)=…$/m.exec(fix ?? '') ?? []
    patient.env[name] = String(bucket.config.secret_access_key)
    assertGreen(await examine())
  })

  test('a service that is not there, is elsewhere, or is something else', async () => {
    for (const [endpoint, says] of [
      ['http://127.0.0.1:9', /127.0.0.1:9 refuses connections/],
      ['http://nowhere.invalid', /nowhere.invalid has no address/],
    ] as const) {
      patient.config.endpoint_url = endpoint
      const trouble = troubleOf(await examine(), 'connection')
      assert.match(trouble.says, says)
      assert.match(trouble.fix ?? '', /endpoint_url/)
      patient.config.endpoint_url = S3_ENDPOINT
      assertGreen(await examine())
    }
    const answer = {
      status: 200,
      headers: { 'content-type': 'text/html' },
      body: '<!doctype html><title>Console</title>',
    }
    const page = await passing('connection', /is not S3: an HTML page with status 200/, {
      fault: { kind: 'answer', answer },
    })
    assert.match(troubleOf(page, 'connection').fix ?? '', /endpoint_url/)
    const other = { status: 200, headers: { 'content-type': 'application/xml' }, body: '<Console/>' }
    await passing('connection', /not as S3 does/, { fault: { kind: 'answer', answer: other } })

    const elsewhere = s3Error(301, 'PermanentRedirect')
    const unsaid = await passing('region', /is elsewhere/, { fault: { kind: 'answer', answer: elsewhere } })
    assert.match(troubleOf(unsaid, 'region').fix ?? '', /^Check region and endpoint_url/)
    patient.config.endpoint_url = proxy.url
    const headers = { ...elsewhere.headers, 'x-amz-bucket-region': 'eu-central-1' }
    proxy.add({
      match: ({ headers, query }) =>
        !`${headers.authorization}${query}`.match(/eu-central-1/) && isSigned(headers, query),
      fault: { kind: 'answer', answer: { ...elsewhere, headers } },
    })
    await cured('region', /is elsewhere/)
    assert.equal(patient.config.region, 'eu-central-1')
  })

  test('a certificate that nobody vouches for', { skip: noCertificates() }, async () => {
    const subject = ['-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1']
    const options = [
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      ...subject,
    ]
    execFileSync(OPENSSL, ['req', ...options, '-keyout', 'key.pem', '-out', 'ca.pem'], { cwd: folder, stdio: 'pipe' })
    const [key, cert] = [readFileSync(join(folder, 'key.pem')), readFileSync(join(folder, 'ca.pem'))]
    const server = createSecureServer({ key, cert }, (from) => {
      const to = connect(Number(new URL(S3_ENDPOINT as string).port), '127.0.0.1')
      for (const socket of [from, to]) socket.on('error', () => {})
      from.pipe(to).pipe(from)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    patient.config.endpoint_url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { says, fix } = troubleOf(await patient.elsewhere([], '--origin', ORIGIN), 'connection')
    assert.match(says, /has a certificate that nobody vouches for/)
    const [, name = ''] = /^export (\w+)=/m.exec(fix ?? '') ?? []
    patient.env[name] = join(folder, 'ca.pem')
    assertGreen(await patient.elsewhere([], '--origin', ORIGIN))
    server.close()
  })

  const isSigned = (headers: { authorization?: string | undefined }, query: URLSearchParams) =>
    headers.authorization !== undefined || query.has('X-Amz-Credential')

  test('clocks that differ', async () => {
    const date = (minutes: number): Rule => ({
      match: ({ query }) => query.has('X-Amz-Date') && query.has('list-type'),
      fault: { kind: 'headers', headers: { date: new Date(Date.now() - minutes * 60_000).toUTCString() } },
    })
    const early = troubleOf(await passing('clock', /is 5 minutes ahead of/, date(5)), 'clock')
    assert.deepEqual([early.status, early.fix], ['warning', 'timedatectl set-ntp true'])
    const late = troubleOf(await passing('clock', /is 20 minutes behind/, date(-20)), 'clock')
    assert.equal(late.status, 'failed')
    await passing('clock', /does not say what time it is/, {
      match: ({ query }) => query.has('X-Amz-Date') && query.has('list-type'),
      fault: { kind: 'headers', headers: { date: undefined } },
    })
    await passing('clock', /more than 15 minutes off/, {
      fault: { kind: 'answer', answer: s3Error(403, 'RequestTimeTooSkewed') },
    })
  })

  test('checksums that nobody looks at', async () => {
    patient.config.endpoint_url = proxy.url
    proxy.add({
      match: ({ headers }) => headers['content-md5'] === 'AAAAAAAAAAAAAAAAAAAAAA==',
      fault: { kind: 'answer', answer: { status: 200, headers: { etag: '"x"' } } },
    })
    await cured('checksums', /would not notice bytes that were damaged/, 'warning')
    patient.config.checksum = 'md5'
    await cured('checksums', /takes bytes with any/)
  })

  test('a service that forgets the metadata of uploads, or wants larger parts', async () => {
    patient.config.endpoint_url = proxy.url
    await passing('parts', /wants larger parts than S3 does/, {
      match: ({ method, query }) => method === 'POST' && query.has('uploadId'),
      fault: { kind: 'answer', answer: s3Error(400, 'EntityTooSmall') },
    })
    proxy.add({
      match: ({ method, path }) => method === 'HEAD' && path.endsWith('parts.bin'),
      fault: { kind: 'headers', headers: { 'x-amz-meta-holdall-upload': undefined } },
    })
    await cured('parts', /forgets the metadata/)
    assert.equal(patient.config.uploads, 'proxy')
  })

  test('a storage that https pages may not reach', async () => {
    const examineHttps = () => patient.examine('--json', '--origin', 'https://files.example')
    patient.config.endpoint_url = S3_ENDPOINT?.replace('127.0.0.1', '0.0.0.0')
    const { says, fix } = troubleOf(await examineHttps(), 'CORS')
    assert.match(says, /Browsers do not let pages of https:\/\/files.example send to http:\/\/0.0.0.0/)
    await apply(fix, patient, bucket)
    assertGreen(await examineHttps())
  })

  test('a service that does other than it says', async () => {
    const isProbe = (name: string, wanted: string) => (request: { method: string; path: string }) =>
      request.method === wanted && request.path.endsWith(`holdall-doctor-${name}.bin`)
    const isWhole = isProbe('whole', 'GET')
    const none = '<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>'
    const cases: [string, RegExp, Rule][] = [
      [
        'write',
        /asks for fewer requests/,
        { match: isProbe('whole', 'PUT'), fault: { kind: 'answer', answer: s3Error(503, 'SlowDown') } },
      ],
      [
        'write',
        /did not answer within 20 seconds/,
        { match: isProbe('whole', 'PUT'), fault: { kind: 'stall', of: 'answer' } },
      ],
      [
        'read',
        /Other bytes came back/,
        { match: isWhole, times: 1, fault: { kind: 'answer', answer: { status: 200, body: 'other' } } },
      ],
      ['read', /./, { match: isWhole, times: 1, fault: { kind: 'truncate', after: 500 } }],
      [
        'ranges',
        /A part of a file is not what was asked for/,
        {
          match: ({ headers, ...request }) => isWhole(request) && headers.range !== undefined,
          fault: {
            kind: 'answer',
            answer: { status: 206, headers: { 'content-range': 'bytes 300-304/1000' }, body: 'other' },
          },
        },
      ],
      [
        'download',
        /download is answered with 403/,
        {
          match: ({ query }) => query.has('response-content-type'),
          fault: { kind: 'answer', answer: s3Error(403, 'AccessDenied') },
        },
      ],
      [
        'list',
        /What was just stored is not in the list/,
        {
          match: ({ query }) => query.get('prefix')?.includes('whole') ?? false,
          fault: {
            kind: 'answer',
            answer: { status: 200, headers: { 'content-type': 'application/xml' }, body: none },
          },
        },
      ],
      [
        'direct upload',
        /upload is answered with 500/,
        { match: isProbe('direct', 'PUT'), fault: { kind: 'answer', answer: { status: 500 } } },
      ],
      [
        'direct upload',
        /What a client has sent is not there/,
        { match: isProbe('direct', 'PUT'), fault: { kind: 'answer', answer: { status: 200 } } },
      ],
      [
        'parts',
        /A part that a client sends is answered with 400 BadDigest/,
        {
          match: ({ query }) => query.get('partNumber') === '2',
          fault: { kind: 'answer', answer: s3Error(400, 'BadDigest') },
        },
      ],
      [
        'parts',
        /The parts that were sent are not listed/,
        {
          match: ({ query }) => query.get('partNumber') === '2',
          fault: { kind: 'answer', answer: { status: 200, headers: { etag: '"x"' } } },
        },
      ],
      [
        'CORS',
        /does not tell pages of .* what became of what they sent/,
        {
          match: ({ method, query }) => method === 'PUT' && query.get('partNumber') === '1',
          fault: { kind: 'headers', headers: { 'access-control-allow-origin': undefined } },
        },
      ],
    ]
    // Most of an examination is waiting, so each service has its own proxy and prefix, a few at a time.
    const waiting = [...cases.entries()]
    async function examineSome(): Promise<void> {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [number, [check, says, rule]] = next
        const own = await startFaultProxy(S3_ENDPOINT as string)
        const home = join(folder, `service ${number}`)
        mkdirSync(home)
        const config = { ...bucket.config, prefix: `service${number}`, endpoint_url: own.url }
        const one = createPatient(home, 's3', config)
        own.add(rule)
        assert.match(troubleOf(await one.examine('--json', '--origin', ORIGIN), check).says, says)
        own.clear()
        assertGreen(await one.examine('--json', '--origin', ORIGIN))
        await own.close()
      }
    }
    await Promise.all(Array.from({ length: 3 }, examineSome))
    await assertClean()
  })

  test('what cannot be deleted is named', async () => {
    patient.config.endpoint_url = proxy.url
    proxy.add({
      match: ({ method, path }) => method === 'DELETE' && path.endsWith('whole.bin'),
      fault: { kind: 'answer', answer: { status: 204 } },
    })
    const { says } = troubleOf(await examine(), 'delete')
    const keys = await bucket.keys()
    assert.equal(keys.length, 1)
    assert.match(says, new RegExp(`still there. ${keys[0]?.slice('up/'.length)} is left there`))
    for (const Key of keys) await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key }))
  })

  test('Ctrl-C in the middle of a part leaves nothing, in none of the sources', async () => {
    const stop = new AbortController()
    const source = (prefix: string) => ({
      storage: 's3',
      config: { ...bucket.config, endpoint_url: proxy.url, prefix },
    })
    const whole = { sources: { one: source('one'), two: source('two') } }
    patient = createPatient(folder, 's3', {}, { signal: stop.signal, whole })
    let sending = 0
    proxy.add({
      match({ query }) {
        const isPart = query.get('partNumber') === '2'
        if (isPart) sending += 1
        if (isPart && sending === 2) setImmediate(() => stop.abort())
        return isPart
      },
      fault: { kind: 'stall', of: 'request' },
    })
    // The second has still something to remove when the first has not.
    proxy.add({
      match: ({ method, path }) => stop.signal.aborted && method === 'DELETE' && path.includes('/two/'),
      fault: { kind: 'latency', ms: 300 },
    })
    const { code, stderr } = await examine()
    assert.deepEqual([code, stderr], [1, 'holdall: Stopped. What was made in the storages is removed again.\n'])
    await assertClean()
  })

  test('a source that is only read is only read', async () => {
    await bucket.put('up/picture.txt', 'bytes')
    patient.config.read_only = true
    const { findings, code } = await examine()
    assert.equal(code, 0)
    assert.deepEqual(
      findings.map(({ check }) => check),
      ['connection', 'clock', 'public access', 'list', 'read'],
    )
    assert.deepEqual(await bucket.keys(), ['up/picture.txt'])
    await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: 'up/picture.txt' }))
  })

  test('without an origin, CORS is not asked for; a server that has run has one', async () => {
    const { status, fix } = troubleOf(await patient.examine('--json'), 'CORS')
    assert.equal(status, 'skipped')
    const [, origin = ''] = /--origin (\S+)$/.exec(fix ?? '') ?? []
    assert.match(troubleOf(await patient.examine('--json', '--origin', origin), 'CORS').says, new RegExp(origin))
    mkdirSync(join(folder, 'data'))
    writeFileSync(join(folder, 'data', 'address'), `${ORIGIN}/prefix/\n`)
    assertGreen(await patient.examine('--json'))
    rmSync(join(folder, 'data'), { recursive: true })
  })

  test('people read a table, with each fix below what it mends', async () => {
    await keep({ ID: 'logs', Status: 'Enabled', Filter: { Prefix: 'logs/' }, Expiration: { Days: 3 } })
    const { stdout, stderr, code } = await patient.examine('--origin', 'https://other.example')
    assert.equal(code, 1)
    assert.match(stdout, /^patient \(s3\)\n {2}✓ connection {6}The bucket /)
    assert.match(
      stdout,
      /^ {2}! lifecycle {7}What was sent .*\n {6}# With AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of whoever may change the bucket at http\S+:\n {6}aws s3api put-bucket-lifecycle-configuration /m,
    )
    assert.match(
      stdout,
      /^ {2}✗ CORS {12}.* does not let .*\n {6}# With .*\n {6}aws s3api put-bucket-cors [\s\S]*\n {6}\}'\n$/m,
    )
    assert.equal(stderr, 'holdall: 1 check failed in 1 source.\n')
  })
})

function noCertificates(): string | false {
  return spawnSync(OPENSSL, ['version']).status === 0 ? false : 'there is no openssl here'
}

async function removeVersions({ client, name: Bucket }: TestBucket): Promise<void> {
  const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }))
  for (const { Key, VersionId } of [...Versions, ...DeleteMarkers]) {
    await client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }))
  }
}
