import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { bytes, collect } from '../contract/bodies.ts'
import { watchLeaks } from '../contract/leaks.ts'
import type { Storage } from '../storage.ts'
import { httpConfig } from './config.ts'
import { MAX_SKIPPED_BYTES } from './read.ts'
import { httpType } from './storage.ts'
import { type Answer, type Origin, sendFile, startOrigin, testContext } from './test-origin.ts'

const BODY = bytes(300_000)

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/** Bytes that somebody still holds: what waits to be collected may be many times as much, and says nothing. */
function keptBytes(): number {
  collectGarbage()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return arrayBuffers + heapUsed
}

let origin: Origin
let elsewhere: Origin
const { context, lines, close } = testContext()
const opened = { times: 0 }

/** How a server can be; each path has one. */
const WAYS: Readonly<Record<string, Answer>> = {
  '/plain.bin': (request, response) => sendFile(request, response, BODY),
  '/empty.bin': (request, response) => sendFile(request, response, Buffer.alloc(0)),
  '/no-head.bin'(request, response) {
    if (request.method === 'HEAD') response.writeHead(405).end()
    else sendFile(request, response, BODY)
  },
  '/signed-for-get.bin'(request, response) {
    if (request.method === 'HEAD') response.writeHead(403).end()
    else sendFile(request, response, BODY)
  },
  '/head-without-size.bin'(request, response) {
    if (request.method === 'HEAD') response.writeHead(200, { 'transfer-encoding': 'chunked' }).end()
    else sendFile(request, response, BODY)
  },
  '/head-says-zero.bin'(request, response) {
    if (request.method === 'HEAD') response.writeHead(200, { 'content-length': 0 }).end()
    else sendFile(request, response, BODY)
  },
  '/no-ranges.bin'(_request, response) {
    response.writeHead(200, { 'content-length': BODY.length }).end(BODY)
  },
  '/no-size.bin'(_request, response) {
    response.writeHead(200).write(BODY.subarray(0, 1_000))
    response.end(BODY.subarray(1_000))
  },
  '/coded.bin'(_request, response) {
    const coded = gzipSync(BODY)
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': coded.length }).end(coded)
  },
  '/other-part.bin'(_request, response) {
    response.writeHead(206, { 'content-range': `bytes 0-9/${BODY.length}`, 'content-length': 10 })
    response.end(BODY.subarray(0, 10))
  },
  '/no-content-range.bin'(_request, response) {
    response.writeHead(206, { 'content-length': 10 }).end(BODY.subarray(0, 10))
  },
  '/more-than-asked.bin'(_request, response) {
    response.writeHead(206, { 'content-range': `bytes 5-${BODY.length - 1}/${BODY.length}` }).end(BODY.subarray(5))
  },
  '/busy-once.bin'(request, response) {
    opened.times += 1
    if (opened.times === 1) response.writeHead(503, { 'retry-after': '0' }).end('later')
    else sendFile(request, response, BODY)
  },
  '/busy-for-an-hour.bin'(_request, response) {
    response.writeHead(503, { 'retry-after': '3600' }).end('later')
  },
  '/forbidden.bin'(_request, response) {
    response.writeHead(403).end()
  },
  '/gone.bin'(_request, response) {
    response.writeHead(410).end()
  },
  '/silent.bin'() {},
  '/stops.bin'(_request, response) {
    response.writeHead(200, { 'content-length': BODY.length }).write(BODY.subarray(0, 1_000))
  },
  '/moved.bin'(_request, response) {
    response.writeHead(302, { location: `${elsewhere.url}/there.bin` }).end()
  },
  '/moved-inside.bin'(_request, response) {
    response.writeHead(302, { location: 'http://127.0.0.2:1/secret' }).end()
  },
  '/endless.bin'(_request, response) {
    response.writeHead(200, { 'content-length': MAX_SKIPPED_BYTES * 4 })
    const chunk = Buffer.alloc(1024 * 1024)
    const more = () => {
      while (!response.destroyed && response.write(chunk));
    }
    response.on('drain', more)
    more()
  },
}

before(async () => {
  elsewhere = await startOrigin((request, response) => sendFile(request, response, BODY))
  origin = await startOrigin((request, response) => {
    const way = WAYS[request.url as string]
    if (way === undefined) response.writeHead(404).end()
    else way(request, response)
  })
})
after(async () => {
  await close()
  await origin.close()
  await elsewhere.close()
})

async function open(
  ...urls: (string | { url: string; path: string })[]
): Promise<Storage & Required<Pick<Storage, 'list'>>> {
  const config = httpConfig.parse({ urls: urls.map((url) => (typeof url === 'string' ? origin.url + url : url)) })
  return (await httpType().create(config, context)) as Storage & Required<Pick<Storage, 'list'>>
}

async function read(storage: Storage, path: string, range?: Parameters<Storage['read']>[1]): Promise<Buffer> {
  return await collect(await storage.read(path, range))
}

describe('what a server says of a file', () => {
  test('its size, its ETag, its time and its type', async () => {
    const storage = await open('/plain.bin')
    const found = await storage.stat('plain.bin')
    assert.equal(found?.size, BODY.length)
    assert.match(found?.etag ?? '', /^"[0-9a-f]{32}"$/)
    assert.equal(found?.lastModified?.toISOString(), '2015-10-21T07:28:00.000Z')
    assert.equal(found?.contentType, 'application/octet-stream')
    assert.equal(await storage.stat('other.bin'), undefined)
  })

  for (const name of ['no-head', 'signed-for-get', 'head-without-size', 'head-says-zero', 'no-ranges', 'moved']) {
    test(`${name}: the size is found`, async () => {
      const storage = await open(`/${name}.bin`)
      assert.equal((await storage.stat(`${name}.bin`))?.size, BODY.length)
      assert.ok((await read(storage, `${name}.bin`)).equals(BODY))
    })
  }

  test('an empty file is one', async () => {
    const storage = await open('/empty.bin')
    assert.equal((await storage.stat('empty.bin'))?.size, 0)
    assert.equal((await read(storage, 'empty.bin')).length, 0)
    for (const range of [{ offset: 0 }, { suffix: 1 }])
      await assert.rejects(storage.read('empty.bin', { range }), { code: 'range_not_satisfiable' })
  })

  test('only 404 and 410 say that it is gone', async () => {
    const storage = await open('/gone.bin', '/never.bin', '/forbidden.bin', '/busy-for-an-hour.bin', '/silent.bin')
    assert.equal(await storage.stat('gone.bin'), undefined)
    assert.equal(await storage.stat('never.bin'), undefined)
    for (const path of ['gone.bin', 'never.bin']) await assert.rejects(storage.read(path), { code: 'file_missing' })
    for (const path of ['forbidden.bin', 'busy-for-an-hour.bin']) {
      await assert.rejects(storage.stat(path), { code: 'unavailable' }, path)
      await assert.rejects(storage.read(path), { code: 'unavailable' }, path)
    }
    await assert.rejects(storage.stat('silent.bin', { signal: AbortSignal.timeout(300) }), { name: 'TimeoutError' })
  })

  test('a server that is away is unavailable, and its name is in the sentence', async () => {
    const gone = await startOrigin(() => {})
    await gone.close()
    const storage = await open({ url: `${gone.url}/x`, path: 'x' })
    await assert.rejects(storage.stat('x'), {
      code: 'unavailable',
      message: /127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\)/,
    })
  })

  test('one that has no time is asked again', async () => {
    opened.times = 0
    const storage = await open('/busy-once.bin')
    assert.equal((await storage.stat('busy-once.bin'))?.size, BODY.length)
    opened.times = 0
    assert.ok((await read(storage, 'busy-once.bin')).equals(BODY))
  })

  test('a size that nobody says, and coded bytes, are refused', async () => {
    const storage = await open('/no-size.bin', '/coded.bin')
    await assert.rejects(storage.stat('no-size.bin'), { code: 'unavailable', message: /how large/ })
    await assert.rejects(storage.stat('coded.bin'), { code: 'unavailable', message: /coded/ })
    await assert.rejects(storage.read('coded.bin'), { code: 'unavailable', message: /coded/ })
    await assert.rejects(storage.read('coded.bin', { range: { offset: 1 } }), { code: 'unavailable', message: /coded/ })
  })
})

describe('ranges', () => {
  const cases = [
    { range: { offset: 0, length: 1 }, from: 0, to: 1 },
    { range: { offset: 5 }, from: 5, to: BODY.length },
    { range: { offset: 70_000, length: 70_000 }, from: 70_000, to: 140_000 },
    { range: { offset: BODY.length - 2, length: 500 }, from: BODY.length - 2, to: BODY.length },
    { range: { suffix: 10 }, from: BODY.length - 10, to: BODY.length },
    { range: { suffix: BODY.length * 2 }, from: 0, to: BODY.length },
  ]
  for (const name of ['plain', 'no-ranges', 'moved']) {
    test(`${name}: a range is that range`, async () => {
      const storage = await open(`/${name}.bin`)
      for (const { range, from, to } of cases) {
        const found = await read(storage, `${name}.bin`, { range })
        assert.ok(found.equals(BODY.subarray(from, to)), `${name} ${JSON.stringify(range)}: ${found.length} bytes`)
      }
      for (const range of [{ offset: BODY.length }, { offset: BODY.length + 1, length: 5 }, { suffix: 0 }])
        await assert.rejects(storage.read(`${name}.bin`, { range }), { code: 'range_not_satisfiable' })
    })
  }

  test('only the range is asked for', async () => {
    const storage = await open('/plain.bin')
    origin.asked.length = 0
    await read(storage, 'plain.bin', { range: { offset: 10, length: 5 } })
    assert.deepEqual(origin.asked, ['GET /plain.bin bytes=10-14'])
  })

  test('without a size, what begins within is found', async () => {
    const storage = await open('/no-size.bin')
    const found = await read(storage, 'no-size.bin', { range: { offset: 990, length: 20 } })
    assert.ok(found.equals(BODY.subarray(990, 1_010)))
    await assert.rejects(storage.read('no-size.bin', { range: { offset: BODY.length } }), {
      code: 'range_not_satisfiable',
    })
    await assert.rejects(storage.read('no-size.bin', { range: { suffix: 5 } }), { code: 'unavailable' })
  })

  test('a server that gives another part than was asked for is not believed', async () => {
    const storage = await open('/other-part.bin', '/no-content-range.bin', '/more-than-asked.bin')
    for (const path of ['other-part.bin', 'no-content-range.bin'])
      await assert.rejects(storage.read(path, { range: { offset: 5, length: 10 } }), { code: 'unavailable' }, path)
    await assert.rejects(storage.read('other-part.bin'), { code: 'unavailable' })
    const more = await read(storage, 'more-than-asked.bin', { range: { offset: 5, length: 10 } })
    assert.ok(more.equals(BODY.subarray(5, 15)))
  })

  test('without ranges, what lies too far in is refused', async () => {
    const storage = await open('/endless.bin')
    const near = await read(storage, 'endless.bin', { range: { offset: 3 * 1024 * 1024, length: 7 } })
    assert.equal(near.length, 7)
    const range = { offset: MAX_SKIPPED_BYTES + 1, length: 1 }
    await assert.rejects(storage.read('endless.bin', { range }), { code: 'unavailable', message: /gives no ranges/ })
  })
})

describe('reading', () => {
  test('what is given up, refused or breaks off leaves no connection open', async () => {
    const storage = await open('/endless.bin', '/stops.bin', '/no-ranges.bin', '/coded.bin', '/other-part.bin')
    const check = await watchLeaks()
    for (let time = 0; time < 5; time += 1) {
      await (await storage.read('endless.bin')).cancel()
      const begun = (await storage.read('endless.bin')).getReader()
      await begun.read()
      await begun.cancel()
      await assert.rejects(storage.read('coded.bin'))
      await assert.rejects(storage.read('other-part.bin', { range: { offset: 9 } }))
      await read(storage, 'no-ranges.bin', { range: { offset: 1, length: 1 } })
      const abort = new AbortController()
      const stopped = (await storage.read('stops.bin', { signal: abort.signal })).getReader()
      await stopped.read()
      abort.abort(new Error('enough'))
      await assert.rejects(stopped.read(), /enough/)
    }
    await assert.rejects(read(storage, 'stops.bin'), { code: 'UND_ERR_BODY_TIMEOUT' })
    await check()
  })

  test('a large file goes through, not into memory', async () => {
    const storage = await open('/endless.bin')
    const reader = (await storage.read('endless.bin')).getReader()
    await reader.read()
    const before = keptBytes()
    await sleep(300)
    const ahead = keptBytes() - before
    for (let size = 0; size < MAX_SKIPPED_BYTES; ) size += (await reader.read()).value?.byteLength ?? 0
    const more = keptBytes() - before
    await reader.cancel()
    assert.ok(ahead < 48 * 1024 * 1024, `${ahead} bytes that nobody has asked for`)
    assert.ok(more < 48 * 1024 * 1024, `${more} bytes more`)
  })

  test('a redirect inside is not followed', async () => {
    const storage = await open('/moved-inside.bin')
    await assert.rejects(storage.stat('moved-inside.bin'), { code: 'address_refused' })
    await assert.rejects(storage.read('moved-inside.bin'), { code: 'address_refused' })
  })

  test('nothing inside is asked unless it is allowed', async () => {
    const guarded = testContext([])
    const config = httpConfig.parse({ urls: [`${origin.url}/plain.bin`] })
    const storage = await httpType().create(config, guarded.context)
    origin.asked.length = 0
    await assert.rejects(storage.stat('plain.bin'), { code: 'address_refused', message: /allow_private_hosts/ })
    await assert.rejects(storage.read('plain.bin'), { code: 'address_refused' })
    await assert.rejects(async () => storage.list?.(), { code: 'address_refused' })
    assert.deepEqual(origin.asked, [])
    await guarded.close()
  })
})

describe('listing', () => {
  test('by path, in pages, with what each server says', async () => {
    const urls = Array.from({ length: 25 }, (_, n) => ({ url: `${origin.url}/plain.bin?${n}`, path: `f/${n}.bin` }))
    const listed = await startOrigin((request, response) =>
      sendFile(request, response, BODY.subarray(0, request.url?.length)),
    )
    const storage = await open(...urls.map(({ url, path }) => ({ url: url.replace(origin.url, listed.url), path })))
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await storage.list({ limit: 7, ...(cursor && { cursor }) })
      assert.ok(page.files.every(({ size, etag }) => size > 0 && etag))
      seen.push(...page.files.map(({ path }) => path))
      cursor = page.next ?? undefined
    } while (cursor !== undefined)
    assert.deepEqual(seen, urls.map(({ path }) => path).sort())
    assert.deepEqual((await storage.list({ prefix: 'f/2' })).files.length, 6)
    assert.ok(listed.asked.every((request) => request.startsWith('HEAD')))
    await listed.close()
  })

  test('a page whose files must be asked for is short, and the listing goes on', async () => {
    const listed = await startOrigin((request, response) => sendFile(request, response, BODY.subarray(0, 9)))
    const urls = Array.from({ length: 250 }, (_, n) => ({ url: `${listed.url}/${n}`, path: `${1_000 + n}` }))
    const storage = await open(...urls)
    const first = await storage.list({ limit: 1_000 })
    assert.equal(first.files.length, 100)
    const second = await storage.list({ limit: 1_000, cursor: first.next as string })
    const third = await storage.list({ limit: 1_000, cursor: second.next as string })
    assert.equal(third.next, null)
    assert.equal(first.files.length + second.files.length + third.files.length, 250)
    await listed.close()
  })

  test('what is gone is left out; a server that is away hides no other’s files', async () => {
    const storage = await open('/plain.bin', '/gone.bin', '/forbidden.bin', '/no-head.bin')
    lines.length = 0
    const { files, next } = await storage.list()
    assert.deepEqual(
      files.map(({ path }) => path),
      ['no-head.bin', 'plain.bin'],
    )
    assert.equal(next, null)
    assert.match(lines.join(), /could not be asked for.*forbidden\.bin/)
    // What was left out is told from what is gone by asking for it.
    await assert.rejects(storage.stat('forbidden.bin'), { code: 'unavailable' })
  })

  test('when nothing is heard of any, the listing fails', async () => {
    const storage = await open('/forbidden.bin', '/busy-for-an-hour.bin')
    await assert.rejects(storage.list(), { code: 'unavailable' })
  })
})

test('downloads are sent to the address, or pass through here', async () => {
  const storage = await open('/plain.bin')
  const how = { expiresIn: 60, filename: 'x', contentType: 'x/y', disposition: 'attachment' } as const
  assert.equal(await storage.downloadUrl?.('plain.bin', how), `${origin.url}/plain.bin`)
  await assert.rejects(async () => storage.downloadUrl?.('other.bin', how), { code: 'file_missing' })
  const proxied = await httpType().create(httpConfig.parse({ urls: [`${origin.url}/a`], downloads: 'proxy' }), context)
  assert.equal(proxied.downloadUrl, undefined)
  assert.equal(proxied.write, undefined)
  assert.equal(proxied.delete, undefined)
})
