import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { HeadBucketCommand, S3Client, type S3ServiceException } from '@aws-sdk/client-s3'
import { type UploadSource, upload } from '@holdall/client'
import { OWN_USER, S3_ACCESS_KEY, S3_SECRET_KEY } from '../tools/services/s3.ts'
import { makeBucket, S3_ENDPOINT, skipS3, type TestBucket } from './support/ceph.ts'
import { type FaultProxy, startFaultProxy } from './support/fault-proxy.ts'
import { createToken, type RunningHoldall, startHoldall } from './support/holdall.ts'

const MIB = 1024 * 1024
const SIZE = 5 * 8 * MIB - 77
const SECRET = 'between Holdall and its broker'
/** Credentials end after so long: before the upload is half done. */
const LIFE_MS = 7_000
/** Between two parts. */
const PAUSE_MS = 2_000

describe('a broker whose credentials end in the middle of an upload', { skip: skipS3 }, () => {
  let folder: string
  let bucket: TestBucket
  let broker: Server
  let holdall: RunningHoldall
  let front: FaultProxy
  const given: { id: string; secret: string }[] = []
  let ended = 0

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-broker-'))
    const data = join(folder, 'data')
    mkdirSync(data)
    bucket = await makeBucket('broker')
    broker = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      if (new URLSearchParams(body).get('secret') !== SECRET) return response.writeHead(403).end()
      const key = { id: `KEY${randomBytes(8).toString('hex').toUpperCase()}`, secret: randomBytes(20).toString('hex') }
      const Expiration = new Date(Date.now() + LIFE_MS).toISOString()
      await setKey(key.id, key.secret)
      given.push(key)
      // What it gave is over when it said: whoever goes on using it is refused.
      sleep(LIFE_MS, undefined, { ref: false })
        .then(() => setKey(key.id, randomBytes(20).toString('hex')))
        .then(() => {
          ended += 1
        }, assert.fail)
      const S3Folder = `s3://${bucket.name}/films`
      return response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ AccessKeyId: key.id, SecretAccessKey: key.secret, Expiration, S3Folder }))
    })
    broker.listen(0, '127.0.0.1')
    await once(broker, 'listening')
    const config = {
      endpoint_url: S3_ENDPOINT,
      credentials_url: `http://127.0.0.1:${(broker.address() as AddressInfo).port}/`,
      credentials_url_secret: { $secret: 'BROKER' },
    }
    const sources = { media: { storage: 's3', hash: 'none', config } }
    holdall = await startHoldall({ data, config: { sources }, env: { BROKER: SECRET } })
    front = await startFaultProxy(holdall.url)
  })
  after(async () => {
    await holdall?.stop()
    await front?.close()
    broker?.close()
    await bucket?.remove()
    rmSync(folder, { recursive: true })
  })

  test('the upload goes on with those that it gives next, and its download works', async (t) => {
    const token = await createToken(holdall.data, 'root')
    const bytes = randomBytes(SIZE)
    const file: UploadSource = {
      name: 'film.mov',
      size: SIZE,
      stream: () => new Blob([bytes]).stream(),
      read: async (position, into) => bytes.copy(into, 0, position),
    }
    front.add({
      match: ({ method, path }) => method === 'POST' && path.endsWith('/parts'),
      fault: { kind: 'latency', ms: PAUSE_MS },
    })
    const stored = await upload(file, { baseUrl: front.url, source: 'media', token }, { concurrency: 1 })
    t.diagnostic(`${given.length} times credentials were given, ${ended} of them had ended when the upload was done`)
    assert.ok(ended >= 1 && given.length >= 3, `${given.length} given, ${ended} ended`)
    const [key = '', ...others] = await bucket.keys()
    assert.match(key, /^films\/[0-9a-z]{26}\/film\.mov$/)
    assert.deepEqual([others, await bucket.uploads()], [[], []])
    assert.ok((await bucket.get(key)).equals(bytes))
    const headers = { Authorization: `Bearer ${token}`, Range: 'bytes=0-9' }
    const download = () => fetch(`${holdall.url}/-/files/${stored.file_id}/download`, { headers })
    let answer = await download()
    // Its address lives no longer than the credentials, of which a second may be left, and S3 counts in whole seconds.
    for (const deadline = Date.now() + LIFE_MS; answer.status === 403 && Date.now() < deadline; await sleep(300)) {
      answer = await download()
    }
    assert.equal(answer.status, 206)
    assert.ok(Buffer.from(await answer.arrayBuffer()).equals(bytes.subarray(0, 10)))
  })

  test('what has ended is refused by the storage: nothing else was left to go on with', async () => {
    const [first] = given
    const credentials = { accessKeyId: first?.id ?? '', secretAccessKey: first?.secret ?? '' }
    const client = new S3Client({
      endpoint: S3_ENDPOINT as string,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials,
    })
    await assert.rejects(
      client.send(new HeadBucketCommand({ Bucket: bucket.name })),
      ({ $metadata }: S3ServiceException) => $metadata.httpStatusCode === 403,
    )
    client.destroy()
  })
})

let lastKey: Promise<void> = Promise.resolve()

/** Gives a key of the S3 server's own user a secret; whoever has the one that it had before has nothing. */
function setKey(id: string, secret: string): Promise<void> {
  // One after the other: the server reads a user and writes it back, so that of two at once one is lost.
  lastKey = lastKey.then(() => putKey(id, secret))
  return lastKey
}

async function putKey(id: string, secret: string): Promise<void> {
  const query = new URLSearchParams({ uid: OWN_USER, 'access-key': id, 'secret-key': secret, 'generate-key': 'false' })
  const date = new Date().toUTCString()
  const signature = createHmac('sha1', S3_SECRET_KEY).update(`PUT\n\n\n${date}\n/admin/user`).digest('base64')
  const headers = { date, authorization: `AWS ${S3_ACCESS_KEY}:${signature}` }
  const answer = await fetch(`${S3_ENDPOINT}/admin/user?key&${query}`, { method: 'PUT', headers })
  if (!answer.ok) throw new Error(`The S3 server answered ${answer.status} to a key: ${await answer.text()}`)
}
