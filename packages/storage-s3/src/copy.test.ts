import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { type Bucket, openBucket } from './bucket.ts'
import { s3Config } from './config.ts'
import { copyObject } from './copy.ts'
import {
  type Answer,
  type Asked,
  type Endpoint,
  empty,
  NOTHING_LISTED,
  refusal,
  startEndpoint,
  testContext,
  xml,
} from './test-endpoint.ts'

const PIECE = 1_000
const SIZE = 2 * PIECE + 345
const BEGUN = xml(200, '<InitiateMultipartUploadResult><UploadId>copying</UploadId></InitiateMultipartUploadResult>')
const COMPLETED = xml(200, '<CompleteMultipartUploadResult><ETag>"whole-3"</ETag></CompleteMultipartUploadResult>')

/** What a service answers that copies; those of pieces may be others. */
let ofPiece: (number: number) => Answer | undefined = () => undefined

const copies: Answer = (asked, response, request) => {
  const { method, query } = asked
  if (method === 'HEAD') {
    const headers = {
      'content-length': SIZE,
      etag: '"one"',
      'content-type': 'a/b',
      'x-amz-meta-holdall-upload': 'ours',
    }
    return void response.writeHead(200, headers).end()
  }
  if (method === 'POST') return (query.has('uploads') ? BEGUN : COMPLETED)(asked, response, request)
  if (method === 'GET')
    return (query.has('uploadId') ? refusal(404, 'NoSuchUpload') : NOTHING_LISTED)(asked, response, request)
  if (method === 'DELETE') return empty(asked, response)
  const number = Number(query.get('partNumber'))
  const copied = xml(200, `<CopyPartResult><ETag>"piece-${number}"</ETag></CopyPartResult>`)
  return (ofPiece(number) ?? copied)(asked, response, request)
}

describe('a copy in pieces', () => {
  let endpoint: Endpoint
  let bucket: Bucket
  before(async () => {
    endpoint = await startEndpoint(copies)
    const keys = { access_key_id: 'a', secret_access_key: 'b' }
    const config = s3Config.parse({
      bucket: 'b',
      prefix: 'p',
      endpoint_url: endpoint.url,
      region: 'us-east-1',
      ...keys,
    })
    bucket = await openBucket(config, { log: testContext().context.log, env: {}, now: Date.now })
  })
  beforeEach(() => {
    ofPiece = () => undefined
    endpoint.asked.length = 0
  })
  after(async () => {
    await bucket?.close()
    await endpoint?.close()
  })

  const asked = (method: string) => endpoint.asked.filter((one) => one.method === method)
  const numberOf = ({ query }: Asked) => Number(query.get('partNumber'))

  test('takes every byte once, of the object that was looked at, and they are put together in their order', async () => {
    // The first piece comes last.
    ofPiece = (number) => (number === 1 ? delayed(50) : undefined)
    await copyObject(bucket, 'from.parquet', 'to.parquet', { pieceBytes: PIECE })
    const pieces = asked('PUT').sort((a, b) => numberOf(a) - numberOf(b))
    assert.deepEqual(
      pieces.map(({ headers }) => headers['x-amz-copy-source-range']),
      ['bytes=0-999', 'bytes=1000-1999', 'bytes=2000-2344'],
    )
    for (const { headers } of pieces) {
      assert.equal(headers['x-amz-copy-source'], 'b/p/from.parquet')
      assert.equal(headers['x-amz-copy-source-if-match'], '"one"')
    }
    const [begun, completed] = asked('POST')
    assert.deepEqual([begun?.headers['x-amz-meta-holdall-upload'], begun?.headers['content-type']], ['ours', 'a/b'])
    const order = [...String(completed?.body).matchAll(/piece-(\d)&quot;<\/ETag><PartNumber>(\d)</g)]
    assert.deepEqual(
      order.map(([, etag, number]) => [etag, number]),
      [
        ['1', '1'],
        ['2', '2'],
        ['3', '3'],
      ],
    )
    assert.equal(asked('DELETE').length, 0)
  })

  test('of which one fails leaves nothing: what is under way ends before the upload is removed', async () => {
    let answered = 0
    ofPiece = (number) => (number === 2 ? refusal(412, 'PreconditionFailed') : delayed(100, () => (answered += 1)))
    await assert.rejects(copyObject(bucket, 'from.parquet', 'to.parquet', { pieceBytes: PIECE }))
    assert.deepEqual([answered, asked('PUT').length, asked('DELETE').length], [2, 3, 1])
    assert.equal(
      endpoint.asked.findIndex(({ method }) => method === 'DELETE'),
      endpoint.asked.length - 2,
    )
  })

  test('is none for what fits into one', async () => {
    ofPiece = () => xml(200, '<CopyObjectResult><ETag>"two"</ETag></CopyObjectResult>')
    await copyObject(bucket, 'from.parquet', 'to.parquet', { pieceBytes: SIZE })
    assert.deepEqual([asked('PUT').length, asked('POST').length], [1, 0])
  })
})

/** A piece that takes so long. */
function delayed(milliseconds: number, then: () => unknown = () => {}): Answer {
  return ({ query }, response) => {
    setTimeout(() => {
      then()
      const etag = `"piece-${query.get('partNumber')}"`
      response.writeHead(200, { 'content-type': 'application/xml' })
      response.end(`<CopyPartResult><ETag>${etag}</ETag></CopyPartResult>`)
    }, milliseconds)
  }
}
