import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Browser, Page, Request, Route } from 'playwright-core'
import { CHROMIUM, launchBrowser, leaveBodiesAlone } from './support/browser.ts'
import { makeBucket, S3_ENDPOINT, skipS3, type TestBucket } from './support/ceph.ts'
import { type RunningHoldall, startHoldall } from './support/holdall.ts'

const CLIENT = fileURLToPath(new URL('../packages/client/src/', import.meta.url))
/** Where pages of this test find it, at an address of the server's own, as their policy wants. */
const SERVED = '/-/test-client/'
const PART = 8 * 1024 * 1024
const SIZE = 3 * PART + 77
const PARTS = 4
const skip = CHROMIUM === undefined ? 'HOLDALL_TEST_CHROMIUM names no Chromium' : skipS3

/** What of the client's door the pages here call. */
interface Client {
  startUpload(file: File, target: object, options: object): { finished: Promise<{ file_id: string }> }
}

describe('a page that sends to a bucket', { skip }, () => {
  let folder: string
  let bucket: TestBucket
  let holdall: RunningHoldall
  let browser: Browser
  let page: Page
  let sent: Request[]
  const complaints: string[] = []

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-client-browser-'))
    const data = join(folder, 'data')
    mkdirSync(data)
    bucket = await makeBucket('browser')
    const config = { sources: { media: { storage: 's3', config: bucket.config } } }
    ;[holdall, browser] = await Promise.all([startHoldall({ data, config }), launchBrowser()])
    // Without ETag: what cannot be read must not be needed.
    await bucket.allow([holdall.url], [])
    const context = await browser.newContext()
    page = await context.newPage()
    await page.goto(holdall.signInLink)
    await page.getByRole('button', { name: 'Sign in as root' }).click()
    await page.waitForURL(`${holdall.url}/`)
  })
  after(async () => {
    await browser?.close()
    await holdall?.stop()
    await bucket?.remove()
    rmSync(folder, { recursive: true, force: true })
  })
  beforeEach(async () => {
    sent = []
    page = await page.context().newPage()
    await leaveBodiesAlone(page)
    page.on('request', (request) => sent.push(request))
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    await page.route(`${holdall.url}${SERVED}**`, serveClient)
    await page.goto(`${holdall.url}/-/files/upload/media`)
  })
  afterEach(async () => {
    await page.close()
    assert.deepEqual(complaints.splice(0), [])
    await bucket.clear()
  })

  /** Sends a file whose bytes come from `seed`, or stops after so many parts. @returns the file's id */
  function upload(seed: number, stopAfter = Number.POSITIVE_INFINITY): Promise<string | undefined> {
    return page.evaluate(
      async ({ seed, stopAfter, size, part, address }) => {
        const { startUpload }: Client = await import(address)
        const bytes = new Uint8Array(size)
        for (let at = 0; at < size; at += 1) bytes[at] = (at * seed + (at >>> 13)) & 0xff
        const stop = new AbortController()
        const options = {
          signal: stop.signal,
          concurrency: 1,
          onProgress: (progress: { sent: number }) => progress.sent >= stopAfter * part && stop.abort(),
        }
        const { finished } = startUpload(new File([bytes], 'film.mov'), { source: 'media' }, options)
        return finished.then(
          ({ file_id: id }) => id,
          (error) => {
            if (error.code === 'aborted') return undefined
            throw error
          },
        )
      },
      { seed, stopAfter, size: SIZE, part: PART, address: `${SERVED}index.ts` },
    )
  }

  async function assertStored(seed: number): Promise<void> {
    const expected = Buffer.alloc(SIZE)
    for (let at = 0; at < SIZE; at += 1) expected[at] = (at * seed + (at >>> 13)) & 0xff
    const [key = ''] = await bucket.keys()
    const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
    assert.equal(hash(await bucket.get(key)), hash(expected))
  }

  const puts = () => sent.filter((request) => request.method() === 'PUT')

  test('sends the parts there itself, each with its checksum', async () => {
    assert.match((await upload(3)) ?? '', /^df-/)
    assert.equal(puts().length, PARTS)
    for (const request of puts()) {
      assert.ok(request.url().startsWith(`${S3_ENDPOINT}/`))
      assert.match(request.headers()['content-md5'] ?? '', /^[A-Za-z0-9+/]{22}==$/)
      assert.equal(request.headers().cookie, undefined)
    }
    await assertStored(3)
  })

  test('goes on in another page with what the bucket holds, proved by its MD5', async () => {
    assert.equal(await upload(5, 2), undefined)
    const [first] = await bucket.uploads()
    assert.ok(first)
    await page.reload()
    sent = []
    assert.match((await upload(5)) ?? '', /^df-/)
    assert.ok(puts().length <= PARTS - 2, `${puts().length} parts`)
    await assertStored(5)
    assert.deepEqual(await bucket.uploads(), [])
  })

  test('another film of the same name and size is not mixed into it', async () => {
    assert.equal(await upload(7, 2), undefined)
    sent = []
    assert.match((await upload(9)) ?? '', /^df-/)
    assert.equal(puts().length, PARTS)
    await assertStored(9)
    assert.equal((await bucket.uploads()).length, 1)
  })
})

/** The client's own files without their types, and with the browser's half of what there are two of. */
async function serveClient(route: Route): Promise<void> {
  const path = new URL(route.request().url()).pathname.slice(SERVED.length)
  const source = stripTypeScriptTypes(readFileSync(join(CLIENT, path), 'utf8'))
  const body = source.replaceAll(/'#(\w+)'/g, (_, name: string) => `'./${name}-browser.ts'`)
  await route.fulfill({ contentType: 'text/javascript', body })
}
