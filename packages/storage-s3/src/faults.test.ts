import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { HoldallError, Multipart, MultipartUpload, Storage } from 'holdall/plugin'
import { s3Type } from './storage.ts'
import {
  type Answer,
  type Endpoint,
  empty,
  hangUp,
  NOTHING_LISTED,
  refusal,
  startEndpoint,
  testContext,
  xml,
} from './test-endpoint.ts'
import { WRITE_PART_BYTES } from './write.ts'

const UPLOAD: MultipartUpload = { path: 'large.bin', size: 10, partSize: 5, token: 'ours', id: 'upload-1' }
const PARTS = [1, 2].map((number) => ({ number, size: 5, etag: `etag-${number}` }))
const BEGUN = xml(200, '<InitiateMultipartUploadResult><UploadId>upload-1</UploadId></InitiateMultipartUploadResult>')
const COMPLETED = '<CompleteMultipartUploadResult><ETag>"whole-2"</ETag></CompleteMultipartUploadResult>'
const PART_TAKEN: Answer = (_, response) => void response.writeHead(200, { etag: '"part"', 'content-length': 0 }).end()

let endpoint: Endpoint
let storage: Storage
let multipart: Multipart
const { context, lines } = testContext()

/** Answers that Ceph does not give when it is asked to. */
describe('a service that fails', () => {
  before(async () => {
    endpoint = await startEndpoint()
    storage = await open()
    multipart = storage.multipart as Multipart
  })
  beforeEach(() => {
    endpoint.next()
    endpoint.asked.length = 0
    lines.length = 0
  })
  after(async () => {
    await storage?.close?.()
    await endpoint?.close()
  })

  test('an error inside a 200 is no success, and is tried again', async () => {
    endpoint.next(refusal(200, 'InternalError'), xml(200, COMPLETED))
    await multipart.complete(UPLOAD, PARTS)
    assert.deepEqual(asked(), ['POST /b/p/large.bin?uploadId=upload-1', 'POST /b/p/large.bin?uploadId=upload-1'])
    assert.match(String(endpoint.asked[0]?.body), /<Part><ETag>&quot;etag-1&quot;<\/ETag><PartNumber>1<\/PartNumber>/)
  })

  test('an error that stays inside a 200 is thrown, also behind spaces that keep the connection', async () => {
    const spaced: Answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/xml' }).write('<?xml version="1.0" encoding="UTF-8"?>\n')
      setTimeout(() => response.write('   \n'), 20)
      setTimeout(() => response.end('<Error><Code>InternalError</Code></Error>'), 40)
    }
    endpoint.next(spaced, spaced, spaced, spaced)
    await assert.rejects(multipart.complete(UPLOAD, PARTS), { code: 'storage_failed' })
    const good: Answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/xml' }).write('<?xml version="1.0" encoding="UTF-8"?>\n')
      setTimeout(() => response.write('   \n'), 20)
      setTimeout(() => response.end(COMPLETED), 40)
    }
    endpoint.next(good)
    await multipart.complete(UPLOAD, PARTS)
  })

  test('what answers and is not S3 is named, by its status and type and nothing else', async () => {
    const page = '<html><body><p>Secret intranet</p></body></html>'
    for (const [status, type, text, what] of [
      [
        200,
        'text/html; charset=utf-8',
        '<!doctype html><meta charset="utf-8"><p>Secret',
        'an HTML page with status 200',
      ],
      // It is XML as well.
      [200, 'text/html', page, 'an HTML page with status 200'],
      [404, 'text/html', page, 'an HTML page with status 404'],
      [200, 'application/json', '{"secret":1}', 'a JSON document with status 200'],
      [404, 'application/json', '{"secret":1}', 'a JSON document with status 404'],
    ] as const) {
      const answer: Answer = (_, response) => void response.writeHead(status, { 'content-type': type }).end(text)
      endpoint.next(answer, answer, answer, answer)
      const host = new URL(endpoint.url).host
      const reason = `something answered at ${host} that is not S3: ${what}; check its endpoint_url`
      await assert.rejects(open(), (error: HoldallError) => {
        assert.deepEqual([error.code, error.values.reason], ['unavailable', reason])
        return true
      })
    }
    // A proxy before a service that is away.
    const away: Answer = (_, response) => void response.writeHead(502, { 'content-type': 'text/html' }).end(page)
    endpoint.next(away, away, away, away)
    await assert.rejects(open(), { code: 'storage_failed' })
  })

  test('what is sent carries no checksum of the SDK, and no length that is not known', async () => {
    const size = WRITE_PART_BYTES + 3
    endpoint.next(BEGUN, PART_TAKEN, PART_TAKEN, xml(200, COMPLETED), empty)
    await storage.write?.('big.bin', body(Buffer.alloc(size)))
    await storage.write?.('empty.bin', body(''))
    assert.deepEqual(
      endpoint.asked.map(({ method, headers }) => `${method} ${headers['content-length']}`).slice(1, 3),
      [`PUT ${WRITE_PART_BYTES}`, 'PUT 3'],
    )
    assert.equal(endpoint.asked.at(-1)?.headers['content-length'], '0')
    for (const { headers, query } of endpoint.asked) {
      const names = [...Object.keys(headers), ...query.keys()].join(' ')
      assert.doesNotMatch(names, /checksum|sdk-checksum|trailer|decoded-content-length|expect/)
      assert.equal(headers['content-encoding'], undefined)
      assert.equal(headers['transfer-encoding'], undefined)
    }
    const upload = await multipart.partTarget?.(UPLOAD, { number: 1, size: 5 }, { expiresIn: 60 })
    assert.doesNotMatch(upload?.url ?? '', /checksum/i)
  })

  test('an empty 200 is no success', async () => {
    await assert.rejects(multipart.complete(UPLOAD, PARTS), { code: 'storage_failed' })
  })

  test('an upload that is gone after a lost answer says so; looking finds its file', async () => {
    endpoint.next(hangUp, refusal(404, 'NoSuchUpload'))
    await assert.rejects(multipart.complete(UPLOAD, PARTS), { code: 'multipart_gone' })
    endpoint.next(object({ size: 10, token: 'ours' }))
    assert.equal((await multipart.find(UPLOAD))?.size, 10)
    endpoint.next(object({ size: 10, token: 'somebody-elses' }))
    assert.equal(await multipart.find(UPLOAD), undefined)
    endpoint.next(object({ size: 9, token: 'ours' }))
    assert.equal(await multipart.find(UPLOAD), undefined)
  })

  test('a 404 of something else is not that the upload is gone', async () => {
    endpoint.next(refusal(404, 'NoSuchBucket'))
    await assert.rejects(multipart.listParts(UPLOAD), { code: 'unavailable' })
    endpoint.next(refusal(404, 'NoSuchBucket'))
    await assert.rejects(multipart.abort(UPLOAD), { code: 'unavailable' })
  })

  test('an upload is aborted again while a part of it is still listed', async () => {
    const listed = xml(200, '<ListPartsResult><Part><PartNumber>2</PartNumber></Part></ListPartsResult>')
    endpoint.next(empty, listed, empty, refusal(404, 'NoSuchUpload'))
    await multipart.abort(UPLOAD)
    assert.deepEqual(
      endpoint.asked.map(({ method }) => method),
      ['DELETE', 'GET', 'DELETE', 'GET'],
    )
  })

  test('a small write whose answer is lost has succeeded when its object is there', async () => {
    let token: string | undefined
    const takes: Answer = ({ headers }, response) => {
      token = headers['x-amz-meta-holdall-upload'] as string
      response.destroy()
    }
    const shows: Answer = (asked, response, request) =>
      object({ size: 5, token: token ?? '' })(asked, response, request)
    endpoint.next(takes, takes, takes, takes, shows)
    assert.equal((await storage.write?.('a.txt', body('hello')))?.size, 5)
    endpoint.next(
      hangUp,
      hangUp,
      hangUp,
      hangUp,
      object({ size: 5, token: 'older' }),
      object({ size: 5, token: 'older' }),
    )
    await assert.rejects(async () => await storage.write?.('a.txt', body('hello')), /closed the connection/)
    assert.ok(
      endpoint.asked.every(({ method }) => method !== 'DELETE'),
      'what was there before stays',
    )
  })

  test('a large write whose completion seems to fail has succeeded when its object is there', async () => {
    const size = WRITE_PART_BYTES + 3
    let token = ''
    const begins: Answer = (asked, response, request) => {
      token = asked.headers['x-amz-meta-holdall-upload'] as string
      BEGUN(asked, response, request)
    }
    const shows: Answer = (asked, response, request) => object({ size, token })(asked, response, request)
    endpoint.next(begins, PART_TAKEN, PART_TAKEN, hangUp, refusal(404, 'NoSuchUpload'), shows)
    assert.equal((await storage.write?.('big.bin', body(Buffer.alloc(size))))?.size, size)
    assert.ok(endpoint.asked.every(({ method }) => method !== 'DELETE'))
  })

  test('a part that fails ends a write, and its upload is aborted', async () => {
    const failing = refusal(403, 'QuotaExceeded')
    endpoint.next(BEGUN, failing, empty, refusal(404, 'NoSuchUpload'), absent)
    let taken = 0
    async function* endless() {
      for (; taken < 100; taken += 1) yield Buffer.alloc(1024 * 1024)
    }
    await assert.rejects(async () => await storage.write?.('big.bin', endless()), { code: 'storage_full' })
    assert.ok(taken < 30, `${taken} MiB were taken of a body that could not be stored`)
    assert.ok(endpoint.asked.some(({ method, query }) => method === 'DELETE' && query.get('uploadId') === 'upload-1'))
  })

  test('what may pass is tried again: SlowDown, 500, a reset', async () => {
    endpoint.next(refusal(503, 'SlowDown'), refusal(500, 'InternalError'), hangUp, NOTHING_LISTED)
    assert.deepEqual(await storage.list?.(), { files: [], next: null })
    assert.equal(endpoint.asked.length, 4)
  })

  test('nothing at a path is told from no bucket, and from no permission to know', async () => {
    endpoint.next(absent, empty)
    assert.equal(await storage.stat('a.txt'), undefined)
    endpoint.next(absent, absent)
    await assert.rejects(storage.stat('a.txt'), /there is no bucket b at/)
    endpoint.next(refusal(403, ''))
    await assert.rejects(storage.stat('a.txt'), /may not use the bucket b; they need s3:ListBucket/)
  })

  test('a service that does not answer is not waited for for ever, nor one that stops in the middle', async () => {
    const unanswered = await open({ answerLimitMs: 200 })
    const silent: Answer = () => {}
    endpoint.next(silent, silent, silent, silent)
    await assert.rejects(unanswered.stat('a.txt'), /does not answer/)
    await unanswered.close?.()
    const impatient = await open({ stallLimitMs: 200 })
    const stops: Answer = (_, response) => void response.writeHead(200, { 'content-length': 100 }).write('half')
    endpoint.next(stops)
    await assert.rejects(async () => {
      for await (const _ of await impatient.read('a.txt')) {
        // Read to its end.
      }
    }, /timeout/i)
    await impatient.close?.()
  })

  test('a read that gets more than its range is refused, and holds no connection', async () => {
    const all: Answer = (_, response) =>
      void response.writeHead(200, { 'content-length': 100_000 }).end(Buffer.alloc(100_000))
    const before = await endpoint.connections()
    for (let time = 0; time < 5; time += 1) {
      endpoint.next(all)
      await assert.rejects(storage.read('a.txt', { range: { offset: 5, length: 5 } }), { code: 'storage_failed' })
    }
    assert.ok((await endpoint.connections()) <= before + 1)
  })

  test('a clock that is off is corrected, for what is signed here too', async () => {
    const other = await open()
    const later = new Date(Date.now() + 3_600_000)
    const date = later.toUTCString()
    const listed = xml(200, '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>', { date })
    endpoint.next(refusal(403, 'RequestTimeTooSkewed', { date }), listed)
    await other.list?.()
    const [, second] = endpoint.asked.slice(-2)
    assert.ok(Math.abs(timeOf(second?.headers['x-amz-date'] as string) - later.getTime()) < 60_000)
    const url = await other.downloadUrl?.('a.txt', {
      expiresIn: 60,
      filename: 'a.txt',
      contentType: 'text/plain',
      disposition: 'inline',
    })
    const signed = new URL(url ?? '').searchParams.get('X-Amz-Date') ?? ''
    assert.ok(Math.abs(timeOf(signed) - later.getTime()) < 60_000)
    await other.close?.()
  })

  for (const [code, status, words] of [
    ['NoSuchBucket', 404, /^there is no bucket b at 127\.0\.0\.1:\d+$/],
    ['AccessDenied', 403, /^its credentials may not use the bucket b; they need s3:ListBucket on it/],
    ['InvalidAccessKeyId', 403, /^its access_key_id is not known at 127/],
    ['SignatureDoesNotMatch', 403, /^its secret_access_key is not the one of its access_key_id$/],
    ['ExpiredToken', 400, /^its credentials have expired$/],
    ['RequestTimeTooSkewed', 403, /^the clock of this server is more than 15 minutes off/],
    ['PermanentRedirect', 301, /^the bucket b is elsewhere; check its region and endpoint_url$/],
    ['AuthorizationHeaderMalformed', 400, /^the bucket b is in another region; check its region$/],
  ] as const) {
    test(`${code} says what to do before anything is stored`, async () => {
      endpoint.next(...Array.from({ length: 4 }, () => refusal(status, code)))
      await assert.rejects(open(), (error: Error) => {
        assert.match(error.message, words)
        assert.doesNotMatch(error.message, /own words/)
        return true
      })
    })
  }

  test('a service that checks no MD5 is not said to, and keeps nothing of the question', async () => {
    const other = await open({}, { checksum: 'auto' })
    assert.equal(other.multipart?.checksum, undefined)
    assert.deepEqual(asked().slice(-2), ['PUT /b/p/holdall-probe', 'DELETE /b/p/holdall-probe'])
    assert.equal(endpoint.asked.at(-2)?.headers['content-md5'], 'AAAAAAAAAAAAAAAAAAAAAA==')
    await other.close?.()
    endpoint.next(NOTHING_LISTED, refusal(400, 'BadDigest'))
    const checking = await open({}, { checksum: 'auto' })
    assert.equal(checking.multipart?.checksum, 'md5')
    await checking.close?.()
  })

  test('keys that no path can stand for are left out, and said', async () => {
    const key = (name: string) => `<Contents><Key>${name}</Key><Size>1</Size></Contents>`
    endpoint.next(
      xml(
        200,
        `<ListBucketResult><EncodingType>url</EncodingType>${['p/', 'p/a//b', 'p/..%2Fc', 'p/d+e%2B%01', 'p/f/'].map(key).join('')}<IsTruncated>true</IsTruncated></ListBucketResult>`,
      ),
    )
    const page = await storage.list?.()
    assert.deepEqual(
      page?.files.map(({ path }) => path),
      ['d e+\x01'],
    )
    assert.equal(Buffer.from(page?.next ?? '', 'base64url').toString(), 'f/')
    assert.deepEqual(lines, ['keys are left out that no address can name {"keys":2,"first":"p/a//b"}'])
  })
})

async function open(limits = {}, more: object = {}): Promise<Storage> {
  const type = s3Type({ env: {}, limits })
  const config = type.config.parse({
    bucket: 'b',
    prefix: 'p',
    endpoint_url: endpoint.url,
    access_key_id: 'key',
    secret_access_key: 'secret',
    checksum: 'none',
    ...more,
  })
  return await type.create(config, context)
}

function asked(): string[] {
  return endpoint.asked.map(({ method, path, query }) => {
    query.delete('x-id')
    return `${method} ${path}${query.size > 0 ? `?${query}` : ''}`
  })
}

function object({ size, token }: { size: number; token: string }): Answer {
  return (_, response) =>
    void response.writeHead(200, { 'content-length': size, 'x-amz-meta-holdall-upload': token, etag: '"e"' }).end()
}

const absent: Answer = (_, response) => void response.writeHead(404, { 'content-length': 0 }).end()

async function* body(text: string | Buffer): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

function timeOf(stamp: string): number {
  return Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}
