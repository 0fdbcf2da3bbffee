import assert from 'node:assert/strict'
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeBucket, S3_ENDPOINT, skipS3, type TestBucket } from './support/ceph.ts'
import { type Client, type Refusal, type Stored, withToken } from './support/client.ts'
import { createToken, type RunningHoldall, runHoldall, startHoldall } from './support/holdall.ts'
import { contentHash, photograph } from './support/photograph.ts'

interface Listed {
  readonly files: readonly { readonly id: string; readonly filename: string; readonly size: number }[]
}

const MIB = 1024 * 1024
const PATIENCE_MS = 10_000

let photographs: TestBucket
let adopted: TestBucket
let holdall: RunningHoldall
let alice: Client
let photo: Buffer<ArrayBuffer>
let config: string

/** A server whose files lie in buckets: what browsers, scripts and the command line see of it. */
describe('files in S3', { skip: skipS3 }, () => {
  before(async () => {
    photographs = await makeBucket('photographs')
    adopted = await makeBucket('adopted')
    photo = await photograph(7)
    await adopted.put('old/a photo ü.jpg', photo, 'image/jpeg')
    await adopted.put('old/notes.txt', 'what was written down', 'text/plain')
    await adopted.put('old/', '')
    await adopted.put('other/not-ours.txt', 'elsewhere')
    const everything = { 'files-browse': true, 'files-upload': { id: 'alice' }, 'files-delete': { id: 'alice' } }
    const keys = { access_key_id: { $secret: 'S3_KEY' }, secret_access_key: { $secret: 'S3_SECRET' } }
    const source = (bucket: TestBucket, more: object = {}) => ({
      storage: 's3',
      config: { bucket: bucket.name, endpoint_url: S3_ENDPOINT, ...keys, ...more },
      permissions: everything,
    })
    const good = {
      photographs: source(photographs, { prefix: 'uploads' }),
      through: source(photographs, { prefix: 'through', downloads: 'proxy', uploads: 'proxy' }),
      old: source(adopted, { prefix: 'old/', read_only: 'true' }),
    }
    holdall = await startHoldall({
      config: {
        sources: {
          ...good,
          nowhere: source(adopted, { bucket: 'no-such-bucket' }),
          wrong: source(adopted, { secret_access_key: { $secret: 'S3_KEY' } }),
          unset: source(adopted, { secret_access_key: { $secret: 'S3_UNSET' } }),
        },
      },
      env: { S3_KEY: photographs.config.access_key_id ?? '', S3_SECRET: photographs.config.secret_access_key ?? '' },
    })
    config = `${holdall.data}/good.json`
    writeFileSync(config, JSON.stringify({ sources: good }))
    alice = withToken(holdall.url, await createToken(holdall.data, 'alice'))
  })
  after(async () => {
    await holdall?.stop()
    await photographs?.remove()
    await adopted?.remove()
  })

  test('an upload lies in the bucket under its prefix, and a download goes there', async () => {
    const stored = await upload('photographs', 'a “photo” ü.jpg')
    const [key = ''] = await photographs.keys()
    assert.match(key, /^uploads\/[0-9a-z]{26}\/a “photo” ü\.jpg$/u)
    assert.ok((await photographs.get(key)).equals(photo))

    const answer = await alice.get(`/-/files/${stored.file_id}/download`)
    assert.equal(answer.status, 302)
    assert.equal(answer.headers.get('cache-control'), 'no-cache')
    const location = answer.headers.get('location') ?? ''
    assert.ok(location.startsWith(`${S3_ENDPOINT}/${photographs.name}/uploads/`), location)
    const got = await fetch(location)
    assert.equal(got.headers.get('content-type'), 'image/jpeg')
    assert.equal(
      got.headers.get('content-disposition'),
      `attachment; filename="a _photo_ _.jpg"; filename*=UTF-8''a%20%E2%80%9Cphoto%E2%80%9D%20%C3%BC.jpg`,
    )
    assert.ok(Buffer.from(await got.arrayBuffer()).equals(photo))
    const part = await fetch(location, { headers: { range: 'bytes=10-19' } })
    assert.equal(part.status, 206)
    assert.ok(Buffer.from(await part.arrayBuffer()).equals(photo.subarray(10, 20)))
    const shown = await alice.get(`/-/files/${stored.file_id}/download?inline=1`)
    const inline = await fetch(shown.headers.get('location') ?? '')
    assert.match(inline.headers.get('content-disposition') ?? '', /^inline; /)
    await inline.body?.cancel()
    // The address is good for this file and for nothing else.
    assert.equal((await fetch(location.replace('photo', 'other'))).status, 403)
  })

  test('pages may show what lies there and send to it; a thumbnail is made of it here', async () => {
    const stored = await upload('photographs', 'small.jpg')
    const page = await alice.get(`/-/files/${stored.file_id}`)
    const policy = page.headers.get('content-security-policy') ?? ''
    for (const directive of ['img-src', 'media-src', 'frame-src', 'connect-src']) {
      assert.match(policy, new RegExp(`${directive} [^;]*${S3_ENDPOINT?.replaceAll('.', '\\.')}`))
    }
    assert.doesNotMatch(policy, new RegExp(`script-src [^;]*${S3_ENDPOINT}`))
    const thumbnail = await alice.get(`/-/files/${stored.file_id}/thumbnail?w=100&h=100`)
    assert.deepEqual([thumbnail.status, thumbnail.headers.get('content-type')], [200, 'image/jpeg'])
    assert.ok((await thumbnail.arrayBuffer()).byteLength > 500)
  })

  test('where downloads are handed on, ranges and types are ours, and readers who leave hold no connection', async () => {
    const big = Buffer.alloc(12 * MIB, 'abcdefghijklmnop')
    const { body } = await alice.upload<Stored>('through', 'big.bin', big, 'application/octet-stream')
    const path = `/-/files/${body.file_id}/download`
    const part = await alice.get(path, { range: 'bytes=-5' })
    assert.deepEqual([part.status, await part.text()], [206, 'lmnop'])
    const past = await alice.get(path, { range: `bytes=${12 * MIB}-` })
    assert.equal(past.status, 416)
    await past.body?.cancel()
    const before = sockets()
    for (let time = 0; time < 60; time += 1) {
      const abort = new AbortController()
      const answer = await fetch(holdall.url + path, { headers: { cookie: '' }, signal: abort.signal })
      assert.equal(answer.status, 200)
      await answer.body?.getReader().read()
      abort.abort()
    }
    await eventually(() => assert.ok(sockets() <= before + 2, `${before} sockets before, ${sockets()} now`))
    const whole = await alice.get(path)
    assert.equal(contentHash(Buffer.from(await whole.arrayBuffer())), contentHash(big))
  })

  test('what lies in a bucket already is listed, served from there and never written to', async () => {
    await eventually(async () => {
      const { body } = await alice.json<Listed>('/-/files/search.json?source=old')
      assert.deepEqual(body.files.map(({ filename }) => filename).sort(), ['a photo ü.jpg', 'notes.txt'])
    })
    const { body } = await alice.json<Listed>('/-/files/search.json?source=old&q=photo')
    const id = body.files[0]?.id ?? ''
    const answer = await alice.get(`/-/files/${id}/download`)
    assert.equal(answer.status, 302)
    const got = await fetch(answer.headers.get('location') ?? '')
    assert.ok(Buffer.from(await got.arrayBuffer()).equals(photo))
    const refused = await alice.upload<Refusal>('old', 'new.txt', Buffer.from('x'), 'text/plain')
    assert.equal(refused.body.code, 'source_read_only')

    await adopted.put('old/notes.txt', 'what was written down later', 'text/plain')
    await adopted.put('old/new.txt', 'new')
    const synced = await runHoldall(['sync', 'old', '--data', holdall.data, '-c', config], secrets())
    assert.equal(synced.stderr, '')
    assert.match(synced.stdout, /^old: 3 files; 1 new, 1 changed, 0 missing, 0 returned/)
    assert.deepEqual((await adopted.keys()).sort(), [
      'old/',
      'old/a photo ü.jpg',
      'old/new.txt',
      'old/notes.txt',
      'other/not-ours.txt',
    ])
  })

  test('verify reads every file, and gc knows which objects nobody names', async () => {
    const ours = 'uploads/01m7za57q0rw0jcwx61f1pxqsv/lost.txt'
    await photographs.put(ours, 'nobody knows of it')
    const verified = await runHoldall(['verify', 'photographs', '--data', holdall.data, '-c', config], secrets())
    assert.match(
      verified.stdout,
      /lost\.txt {2}18 bytes that no file has\nphotographs: 2 files, .*; 2 read again; 1 problem/,
    )
    const gc = await runHoldall(['gc', '--data', holdall.data, '-c', config], secrets())
    assert.equal(gc.code, 0, gc.stderr)
    assert.match(gc.stdout, /^photographs: 0 files that nothing names would be removed/m, 'it may still get its row')
    assert.ok((await photographs.keys()).includes(ours))
  })

  test('a client sends a small file to the bucket itself', async () => {
    const prepared = await prepare({ filename: 'direct.jpg', size: photo.byteLength, content_type: 'image/jpeg' }, [
      'PUT',
    ])
    assert.ok(prepared.upload_url?.startsWith(`${S3_ENDPOINT}/`), prepared.upload_url ?? '')
    const longer = await put(prepared.upload_url ?? '', prepared.upload_headers, Buffer.concat([photo, photo]))
    assert.equal(longer, 403)
    assert.equal(await put(prepared.upload_url ?? '', prepared.upload_headers, photo), 200)
    const done = await complete(prepared)
    assert.deepEqual([done.content_type, done.size], ['image/jpeg', photo.byteLength])
  })

  test('a large file goes to the bucket in parts, and never through the server', async () => {
    const size = 20 * MIB
    const body = Buffer.alloc(size, 'what was sent in parts ')
    const prepared = await prepare({ filename: 'large.bin', size }, ['MULTIPART'])
    assert.deepEqual([prepared.upload_method, prepared.part_count, prepared.checksum], ['MULTIPART', 3, 'md5'])
    const numbers = [3, 1, 2]
    const { body: signed } = await alice.postJson<{
      part_urls: { part_number: number; url: string; headers: Record<string, string> }[]
    }>(`${prepared.session_url}/parts`, { part_numbers: numbers })
    await Promise.all(
      signed.part_urls.map(async ({ part_number, url, headers }) => {
        assert.ok(url.startsWith(`${S3_ENDPOINT}/`))
        const from = (part_number - 1) * (prepared.part_size ?? 0)
        assert.equal(await put(url, headers, body.subarray(from, from + (prepared.part_size ?? 0))), 200)
      }),
    )
    const done = await complete(prepared)
    assert.equal(done.size, size)
    assert.deepEqual(await photographs.uploads(), [])
  })

  test('a source that cannot be used says why, and what to do', async () => {
    const { body } = await alice.json<{ sources: Record<string, unknown>[] }>('/-/files/sources.json')
    const said = Object.fromEntries(body.sources.map((source) => [source.slug, JSON.stringify(source)]))
    const printed = holdall.output()
    for (const [slug, reason] of [
      ['nowhere', /there is no bucket no-such-bucket at 127\.0\.0\.1/],
      ['wrong', /its secret_access_key is not the one of its access_key_id/],
      ['unset', /the secret S3_UNSET is not set/],
    ] as const) {
      assert.match(said[slug] ?? '', /"available":false/)
      assert.match(printed, reason)
    }
    assert.doesNotMatch(printed, new RegExp(photographs.config.secret_access_key ?? '-'))
    const health = await alice.json<{ ok: boolean; failing: string[] }>('/-/health')
    assert.deepEqual([health.status, health.body.failing], [503, ['source nowhere', 'source unset', 'source wrong']])
  })

  interface Prepared {
    readonly upload_url: string | null
    readonly upload_method: string
    readonly upload_headers: Record<string, string>
    readonly upload_token: string
    readonly session_url: string
    readonly part_size?: number
    readonly part_count?: number
    readonly checksum?: string | null
  }

  async function prepare(file: object, methods: readonly string[]): Promise<Prepared> {
    const { status, body } = await alice.postJson<Prepared>('/-/files/upload/photographs/-/prepare', {
      ...file,
      accept_methods: methods,
    })
    assert.equal(status, 200, JSON.stringify(body))
    return body
  }

  async function complete(prepared: Prepared): Promise<Stored> {
    const { status, body } = await alice.postJson<{ file: Stored }>('/-/files/upload/photographs/-/complete', {
      upload_token: prepared.upload_token,
    })
    assert.equal(status, 201, JSON.stringify(body))
    return body.file
  }

  async function upload(source: string, filename: string): Promise<Stored> {
    const { status, body } = await alice.upload<Stored>(source, filename, photo, 'image/jpeg')
    assert.equal(status, 201, JSON.stringify(body))
    return body
  }

  /** Connections of the server's process, to whomever. */
  function sockets(): number {
    const folder = `/proc/${holdall.process.pid}/fd`
    return readdirSync(folder).filter((name) => {
      try {
        return readlinkSync(`${folder}/${name}`).startsWith('socket:')
      } catch {
        return false
      }
    }).length
  }

  function secrets(): Record<string, string> {
    return { S3_KEY: photographs.config.access_key_id ?? '', S3_SECRET: photographs.config.secret_access_key ?? '' }
  }
})

async function put(url: string, headers: Readonly<Record<string, string>>, body: Uint8Array): Promise<number> {
  const answer = await fetch(url, { method: 'PUT', headers, body: new Uint8Array(body) })
  await answer.body?.cancel()
  return answer.status
}

async function eventually(check: () => Promise<void> | void): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    try {
      await check()
      return
    } catch (error) {
      if (Date.now() > deadline) throw error
      await sleep(100)
    }
  }
}
