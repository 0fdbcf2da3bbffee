import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
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
import { type FaultProxy, type Rule, s3Error, startFaultProxy } from './support/fault-proxy.ts'

const ORIGIN = 'http://localhost:8001'
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
    await passing('connection', /not as S3 does/, { fault: { kind: 'answer', answer } })

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
    for (const [check, says, rule] of cases) await passing(check, says, rule)
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

  test('Ctrl-C in the middle of a part leaves nothing', async () => {
    const stop = new AbortController()
    patient = createPatient(folder, 's3', { ...bucket.config, endpoint_url: proxy.url }, { signal: stop.signal })
    proxy.add({
      match({ query }) {
        const isPart = query.get('partNumber') === '2'
        if (isPart) setImmediate(() => stop.abort())
        return isPart
      },
      fault: { kind: 'stall', of: 'request' },
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
    assert.match(stdout, /^ {2}! lifecycle {7}What was sent .*\n {6}aws s3api put-bucket-lifecycle-configuration /m)
    assert.match(stdout, /^ {2}✗ CORS {12}.* does not let .*\n {6}aws s3api put-bucket-cors [\s\S]*\n {6}\}'\n$/m)
    assert.equal(stderr, 'holdall: 1 check failed in 1 source.\n')
  })
})

describe('holdall doctor on a folder', () => {
  let folder: string
  let root: string
  let patient: Patient

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-doctor-'))
    chmodSync(folder, 0o755)
    root = join(folder, "the owner's files", 'root')
    patient = createPatient(folder, 'filesystem', { root })
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  async function cured(check: string, says: RegExp): Promise<void> {
    const sick = await patient.examine('--json')
    const { says: said, fix } = troubleOf(sick, check)
    assert.match(said, says)
    assert.equal(sick.code, 1)
    await apply(fix, patient)
    assertGreen(await patient.examine('--json'))
    assert.deepEqual(readdirSync(root), ['.holdall-tmp'])
    assert.deepEqual(readdirSync(join(root, '.holdall-tmp')), [])
  }

  test('that is not there, and is not made by looking', () => cured('folder', /^There is no folder .*root\.$/))

  test('that is a file', async () => {
    mkdirSync(dirname(root))
    writeFileSync(root, 'a file')
    await cured('folder', /is a file, not a folder/)
    assert.equal(readFileSync(`${root}.file`, 'utf8'), 'a file')
  })

  test('whose unfinished files lie in another file system', { skip: noOtherFileSystem() }, async () => {
    const elsewhere = mkdtempSync('/dev/shm/holdall-doctor-')
    try {
      mkdirSync(root, { recursive: true })
      symlinkSync(elsewhere, join(root, '.holdall-tmp'))
      await cured('file system', /lies in another file system/)
    } finally {
      rmSync(elsewhere, { recursive: true })
    }
  })

  test('that its account may not write, or not come to', { skip: process.platform === 'win32' }, async () => {
    mkdirSync(root, { recursive: true })
    const nobody = process.getuid?.() === 0 ? 65_534 : undefined
    if (nobody === undefined) chmodSync(root, 0o500)
    for (const [says, prepare] of [
      [/may not read and write .*root/, () => {}],
      [/may not go through .*owner's files, on the way/, () => chmodSync(dirname(root), 0o600)],
    ] as const) {
      prepare()
      const sick = await asUser(nobody, patient)
      const { says: said, fix } = troubleOf(sick, 'folder')
      assert.match(said, says)
      await apply(fix, patient)
      assertGreen(await asUser(nobody, patient))
    }
  })

  test('on a disk that is nearly full', { skip: noOwnMounts() }, async () => {
    const mount = (size: string) => `mkdir -p disk && mount -t tmpfs -o size=${size} holdall disk`
    const config = JSON.stringify({ sources: { patient: { storage: 'filesystem', config: { root: 'disk' } } } })
    writeFileSync(join(folder, 'holdall.json'), config)
    const doctor = `"${process.execPath}" "${COMMAND}" doctor -c holdall.json`
    const script = `${mount('64m')}\n${doctor}\nmount -o remount,size=2g disk\n${doctor}`
    const printed = execFileSync('unshare', ['-rm', 'sh', '-ec', script], { cwd: folder, encoding: 'utf8' })
    const [before = '', afterwards = ''] = printed.split(/(?=^patient)/m)
    assert.match(before, /^ {2}! free space {6}Only 67.1 MB of 67.1 MB are free\.\n.*\n {6}holdall gc$/m)
    assert.match(afterwards, /^ {2}✓ free space/m)
    assert.doesNotMatch(afterwards, /^ {2}[!✗-]/m)
  })
})

const COMMAND = fileURLToPath(new URL('../packages/holdall/bin/holdall.js', import.meta.url))

/** In a process of another account, where this one may do everything. */
async function asUser(user: number | undefined, patient: Patient): Promise<Examined> {
  if (user === undefined) return await patient.examine('--json')
  return await patient.elsewhere(['setpriv', '--reuid', String(user), '--regid', String(user), '--clear-groups'])
}

function noOtherFileSystem(): string | false {
  return existsSync('/dev/shm') && statSync('/dev/shm').dev !== statSync(tmpdir()).dev
    ? false
    : 'there is no other file system here'
}

function noOwnMounts(): string | false {
  const { status } = spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=1m x /mnt'])
  return status === 0 ? false : 'this process may not mount anything'
}

describe('holdall doctor on files of other servers', () => {
  let folder: string
  let server: Server
  let url: string
  let patient: Patient

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-doctor-'))
    server = createServer((request, response) => {
      const isThere = request.url === '/a.txt'
      response.writeHead(isThere ? 200 : 404, { 'content-length': '5' }).end(request.method === 'HEAD' ? '' : 'bytes')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    patient = createPatient(folder, 'http', { urls: [`${url}/a.txt`] })
    patient.settings.allow_private_hosts = ['127.0.0.1']
  })
  afterEach(() => {
    server.close()
    rmSync(folder, { recursive: true })
  })

  test('whose host may not be asked', async () => {
    delete patient.settings.allow_private_hosts
    const { says, fix } = troubleOf(await patient.examine('--json'), 'addresses')
    assert.match(says, /Nothing is asked of 127.0.0.1/)
    await apply(fix, patient)
    assertGreen(await patient.examine('--json'))
  })

  test('that are gone, or on a server that is', async () => {
    for (const [address, says] of [
      [`${url}/b.txt`, /Nothing is at .*b.txt/],
      ['http://127.0.0.1:9/c.txt', /127.0.0.1:9 cannot be reached/],
    ] as const) {
      patient.config.urls = [`${url}/a.txt`, address]
      const { says: said, fix } = troubleOf(await patient.examine('--json'), 'addresses')
      assert.match(said, says)
      const taken = fix?.split('\n').at(-1)
      patient.config.urls = (patient.config.urls as string[]).filter((one) => one !== taken)
      assertGreen(await patient.examine('--json'))
    }
  })
})

describe('holdall doctor', () => {
  test('says what is wrong with what it was told, and what one source is called', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdall-doctor-'))
    const patient = createPatient(folder, 'filesystem', { root: join(folder, 'root') })
    mkdirSync(join(folder, 'root'))
    assert.equal((await patient.examine('a', 'b')).code, 2)
    assert.equal((await patient.examine('--origin', 'files.example')).code, 2)
    const other = await patient.examine('other')
    assert.deepEqual([other.code, other.stdout], [1, ''])
    assert.match(other.stderr, /There is no source other. There is: patient/)
    assertGreen(await patient.examine('patient', '--json'))
    rmSync(folder, { recursive: true })
  })

  test('looks at all sources at once, and tells of them one after the other', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdall-doctor-'))
    let asked = 0
    const both = Promise.withResolvers<void>()
    const server = createServer(async (_, response) => {
      asked += 1
      if (asked === 2) both.resolve()
      await both.promise
      response.writeHead(200, { 'content-length': '0' }).end()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const urls = [`http://127.0.0.1:${(server.address() as AddressInfo).port}/a`]
    const config = { settings: { allow_private_hosts: ['127.0.0.1'] }, sources: {} as Record<string, object> }
    for (const slug of ['one', 'two']) config.sources[slug] = { storage: 'http', config: { urls } }
    const patient = createPatient(folder, 'http', {}, { whole: config })
    const { stdout } = await patient.examine()
    assert.match(stdout, /^one \(http\)\n[\s\S]*\n\ntwo \(http\)\n/)
    server.close()
    rmSync(folder, { recursive: true })
  })
})

async function removeVersions({ client, name: Bucket }: TestBucket): Promise<void> {
  const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }))
  for (const { Key, VersionId } of [...Versions, ...DeleteMarkers]) {
    await client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }))
  }
}
