import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { GetObjectCommand, PutObjectCommand, S3Client, UploadPartCommand } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { type Presigned, presign } from './sign.ts'

const NOW = new Date('2026-03-04T05:06:07.890Z')
const KEYS = ['plain.txt', 'a b/ü+é.txt', "it's (1)!*.txt", 'a%20b', '?x=1&y=2#z', '表ポ/🦊 ~._-', '=', 'a,b;c:d@$']
const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret/with+signs' }

/** The SDK's presigner is the measure: what we sign is, to the last character, what it would have signed. */
describe('signed addresses', () => {
  for (const [name, credentials] of [
    ['keys', CREDENTIALS],
    ['credentials for a while', { ...CREDENTIALS, sessionToken: 'token/with+signs==' }],
  ] as const) {
    for (const endpoint of ['http://127.0.0.1:7480', undefined]) {
      const client = new S3Client({
        region: 'eu-west-1',
        credentials,
        requestChecksumCalculation: 'WHEN_REQUIRED',
        responseChecksumValidation: 'WHEN_REQUIRED',
        ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
      })
      const bucketUrl = new URL(
        endpoint === undefined ? 'https://bucket.s3.eu-west-1.amazonaws.com/' : `${endpoint}/bucket`,
      )
      const ours = (request: Pick<Presigned, 'method' | 'key' | 'query' | 'headers'>) =>
        presign({ ...request, bucketUrl, expiresIn: 900, credentials, region: 'eu-west-1', now: NOW })
      const options = { expiresIn: 900, signingDate: NOW }

      test(`of ${name}, at ${bucketUrl.host}`, async () => {
        for (const key of KEYS) {
          const get = new GetObjectCommand({
            Bucket: 'bucket',
            Key: key,
            ResponseContentType: 'text/plain; charset=utf-8',
            ResponseContentDisposition: `inline; filename="a b"; filename*=UTF-8''%C3%BC%20(1)`,
          })
          assert.equal(
            ours({
              method: 'GET',
              key,
              query: {
                'response-content-type': 'text/plain; charset=utf-8',
                'response-content-disposition': `inline; filename="a b"; filename*=UTF-8''%C3%BC%20(1)`,
                'x-id': 'GetObject',
              },
            }),
            sorted(await getSignedUrl(client, get, options)),
          )
          const part = new UploadPartCommand({
            Bucket: 'bucket',
            Key: key,
            PartNumber: 17,
            UploadId: '2~a/b+c=',
            ContentLength: 8_388_608,
            ContentMD5: 'AAAAAAAAAAAAAAAAAAAAAA==',
          })
          assert.equal(
            ours({
              method: 'PUT',
              key,
              query: { partNumber: '17', uploadId: '2~a/b+c=', 'x-id': 'UploadPart' },
              headers: { 'content-length': '8388608', 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' },
            }),
            sorted(await getSignedUrl(client, part, options)),
          )
          const put = new PutObjectCommand({ Bucket: 'bucket', Key: key, ContentLength: 5, ContentType: 'text/plain' })
          assert.equal(
            ours({
              method: 'PUT',
              key,
              query: { 'x-id': 'PutObject' },
              headers: { 'content-length': '5', 'content-type': 'text/plain' },
            }),
            sorted(
              await getSignedUrl(client, put, {
                ...options,
                signableHeaders: new Set(['content-type', 'content-length', 'host']),
              }),
            ),
          )
        }
        client.destroy()
      })
    }
  }

  test('cost a fraction of what the presigner takes', async () => {
    const client = new S3Client({ region: 'eu-west-1', credentials: CREDENTIALS })
    const part = { Bucket: 'bucket', Key: 'large.bin', UploadId: 'id', ContentLength: 8_388_608 }
    const bucketUrl = new URL('https://bucket.s3.eu-west-1.amazonaws.com/')
    const theirs = await cost(async (number) => {
      await getSignedUrl(client, new UploadPartCommand({ ...part, PartNumber: number }))
    })
    const ours = await cost(async (number) => {
      presign({
        method: 'PUT',
        bucketUrl,
        key: 'large.bin',
        query: { partNumber: String(number), uploadId: 'id' },
        headers: { 'content-length': '8388608' },
        expiresIn: 900,
        credentials: CREDENTIALS,
        region: 'eu-west-1',
        now: NOW,
      })
    })
    client.destroy()
    assert.ok(ours * 4 < theirs, `${ours} and ${theirs} microseconds of processor time each`)
  })
})

/** Microseconds of processor time. */
async function cost(work: (number: number) => Promise<void>): Promise<number> {
  const times = 300
  for (let number = 1; number <= times; number += 1) await work(number)
  const before = process.cpuUsage()
  for (let number = 1; number <= times; number += 1) await work(number)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / times
}

/** In the order in which both of us sign; the SDK writes it in another. */
function sorted(url: string): string {
  const [path, query = ''] = url.split('?')
  const pairs = query.split('&')
  const signature = pairs.filter((pair) => pair.startsWith('X-Amz-Signature='))
  return `${path}?${[...pairs.filter((pair) => !signature.includes(pair)).sort(), ...signature].join('&')}`
}
