import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { closeSync, createReadStream, mkdirSync, mkdtempSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { PutBucketLifecycleConfigurationCommand } from '@aws-sdk/client-s3'
import type { Browser, BrowserContext, CDPSession, Locator, Page, Request } from 'playwright-core'
import { CHROMIUM, launchBrowser, leaveBodiesAlone } from './support/browser.ts'
import { makeBucket, S3_ENDPOINT, skipS3, type TestBucket } from './support/ceph.ts'
import { type FaultProxy, s3Error, startFaultProxy } from './support/fault-proxy.ts'
import { type RunningHoldall, startHoldall } from './support/holdall.ts'

const LONG = process.env.HOLDALL_TEST_LONG !== undefined
const MIB = 1_024 * 1_024
const PART = 8 * MIB
/** Parts that a browser has on their way at once. */
const IN_FLIGHT = 5
const LARGE = LONG ? 1_024 * MIB : 200 * MIB
const MEDIUM = 64 * MIB
/** Bytes a second: slow enough to be in the middle of something. */
const SLOW = 24 * MIB
/** Bytes of everything that a page asks Holdall while it uploads: plans, addresses, questions. */
const MOST_ASKED = 64 * 1_024
const LIMIT_MS = LONG ? 300_000 : 90_000

const skip = CHROMIUM === undefined ? 'HOLDALL_TEST_CHROMIUM names no Chromium' : skipS3

describe('uploads from a page straight to a bucket', { skip }, () => {
  let folder: string
  let bucket: TestBucket
  /** Before Holdall, and before the bucket. */
  let front: FaultProxy
  let storage: FaultProxy
  let holdall: RunningHoldall
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let network: CDPSession
  /** Parts that the page began to send, and those that were acknowledged, by upload and number. */
  let begun: string[]
  let acknowledged: string[]
  const troubles: string[] = []

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-s3-browser-'))
    const data = join(folder, 'data')
    mkdirSync(data)
    bucket = await makeBucket('page')
    storage = await startFaultProxy(S3_ENDPOINT as string)
    const config = { ...bucket.config, endpoint_url: storage.url }
    const media = { storage: 's3', hash: 'none', max_file_size: 8 * 1_024 * MIB, config }
    const films = join(folder, 'films.db')
    const database = new DatabaseSync(films)
    database.exec('CREATE TABLE films (id INTEGER PRIMARY KEY, film TEXT); INSERT INTO films VALUES (1, NULL)')
    database.close()
    const columns = { film: { file_column: true, file_source: 'media' } }
    const served = {
      sources: { media },
      databases: { films: { tables: { films: { columns } } } },
      settings: { allow_private_hosts: ['127.0.0.1'] },
    }
    ;[holdall, browser] = await Promise.all([
      startHoldall({ data, databases: [films], config: served }),
      launchBrowser(),
    ])
    front = await startFaultProxy(holdall.url)
    context = await browser.newContext({ reducedMotion: 'reduce' })
    page = await context.newPage()
    await page.goto(holdall.signInLink.replace(holdall.url, front.url))
    await page.getByRole('button', { name: 'Sign in as root' }).click()
    await page.waitForURL(`${front.url}/`)
    await page.close()
  })
  after(async () => {
    await browser?.close()
    await holdall?.stop()
    await front?.close()
    await storage?.close()
    await bucket?.remove()
    rmSync(folder, { recursive: true, force: true })
  })
  beforeEach(async () => {
    begun = []
    acknowledged = []
    // No header of an answer may be read, ETag neither.
    await bucket.allow([front.url], [])
    page = await open()
    await page.goto(`${front.url}/-/files/upload/media`)
    await page.getByText('Drop or paste files here').waitFor()
    for (const proxy of [front, storage]) proxy.clear()
  })
  afterEach(async () => {
    await page.close({ runBeforeUnload: false })
    await bucket.clear()
    assert.deepEqual(troubles.splice(0), [])
  })

  test('a reload in the middle: the same file goes on, and none of its bytes passes through Holdall', async (t) => {
    const path = makeFile('concert.mov', LARGE)
    await throttle(SLOW * 2)
    await choose(path)
    await until(() => acknowledged.length >= 8, 'parts were sent')
    const kept = new Set(acknowledged)
    page.on('dialog', (dialog) => dialog.accept())
    await page.reload()
    const line = page.locator('.left-open')
    await line.getByText(/of .* sent · Choose the same file to go on/).waitFor()
    const chooser = page.waitForEvent('filechooser')
    await line.getByRole('button', { name: /^Choose / }).click()
    await (await chooser).setFiles(path)
    await done('concert.mov')
    const twice = begun.length - LARGE / PART
    t.diagnostic(`${LARGE / PART} parts, ${kept.size} before the reload, ${twice} sent again`)
    assert.ok(twice <= IN_FLIGHT, `${twice} parts were sent again`)
    const asked = front.passed.reduce((sum, { sent }) => sum + sent, 0)
    t.diagnostic(`${asked} bytes went to Holdall for ${LARGE}`)
    assert.ok(asked < MOST_ASKED, `${asked} bytes went through Holdall`)
    await assertStored(path)
  })

  test('signatures that expire in the middle are asked for again, and nobody notices', async () => {
    const path = makeFile('long.mov', MEDIUM)
    const expired = s3Error(403, 'AccessDenied', 'Request has expired')
    const headers = { ...expired.headers, 'access-control-allow-origin': front.url }
    let parts = 0
    storage.add({
      match: ({ method, query }) => {
        if (method === 'PUT' && query.has('partNumber')) parts += 1
        return method === 'PUT' && parts > 2
      },
      times: 3,
      fault: { kind: 'answer', answer: { ...expired, headers } },
    })
    await choose(path)
    await done('long.mov')
    assert.equal(storage.passed.filter(({ method, status }) => method === 'PUT' && status === 403).length, 3)
    await assertStored(path)
  })

  test('paused, nothing moves; resumed, nothing is sent again; cancelled, nothing is left in the bucket', async () => {
    await throttle(SLOW)
    const path = makeFile('pause.mov', MEDIUM)
    await choose(path)
    await until(() => acknowledged.length >= 2, 'parts were sent')
    // Of an answer that comes while it is paused nobody hears: that part was still on its way.
    const kept = new Set(acknowledged)
    await sleep(100)
    await page.getByRole('button', { name: 'Pause pause.mov' }).click()
    const resume = page.getByRole('button', { name: 'Resume pause.mov' })
    await resume.waitFor()
    await sleep(200)
    const sent = begun.length
    await sleep(700)
    assert.equal(begun.length, sent)
    await resume.click()
    await done('pause.mov')
    assert.deepEqual(
      begun.slice(sent).filter((part) => kept.has(part)),
      [],
    )
    assert.ok(begun.length <= MEDIUM / PART + IN_FLIGHT, `${begun.length} parts were sent`)
    await assertStored(path)
    const [stays] = await bucket.keys()

    acknowledged = []
    await choose(makeFile('cancel.mov', MEDIUM))
    await until(() => acknowledged.length >= 2, 'parts were sent')
    assert.equal((await bucket.uploads()).length, 1)
    await page.getByRole('button', { name: 'Cancel cancel.mov' }).click()
    await page.getByText('cancel.mov cancelled').waitFor()
    await page.getByRole('button', { name: 'Dismiss' }).click()
    await until(async () => (await bucket.uploads()).length === 0, 'the bucket has no upload')
    assert.deepEqual(await bucket.keys(), [stays])
  })

  test('a bucket without a rule for this page: an upload says so, and what to do', async () => {
    await bucket.allow(['https://other.example'], [])
    await choose(makeFile('kept-out.mov', MEDIUM))
    const why = page.locator('.why', { hasText: `takes nothing from pages of ${front.url}` })
    await why.waitFor({ timeout: LIMIT_MS })
    assert.match(
      (await why.textContent()) ?? '',
      /has no CORS rule for them\. Whoever runs .* holdall doctor media --origin http/,
    )
    assert.deepEqual(acknowledged, [])
    assert.deepEqual(await bucket.keys(), [])
  })

  test('a bucket without a rule for this page: the page says so before anything is sent, and no more once there is one', async () => {
    await bucket.allow(['https://other.example'], [])
    await page.reload()
    await page.getByText('Files over 16.8 MB cannot be sent from this page yet.').waitFor()
    const command = page.locator('.kept-out .command code')
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.getByRole('button', { name: 'Copy the command' }).click()
    await page.locator('.kept-out .command').getByText('Copied', { exact: true }).waitFor()
    assert.equal(await page.locator('.toast').count(), 0, 'nothing covers it')
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await command.textContent())
    assert.match((await command.textContent()) ?? '', new RegExp(`^npx holdall doctor media --origin ${front.url} `))
    await bucket.allow([front.url], [])
    await page.getByRole('button', { name: 'Check again' }).click()
    await page.locator('.kept-out').waitFor({ state: 'detached' })
    const path = makeFile('let-in.mov', MEDIUM)
    await choose(path)
    await done('let-in.mov')
    await assertStored(path)
  })

  test('uploads that failed for want of a rule are all tried again once the check says that there is one', async () => {
    // The page was drawn while there was one: it asks again when an upload says otherwise.
    await bucket.allow(['https://other.example'], [])
    const paths = ['first.mov', 'second.mov'].map((name) => makeFile(name, MEDIUM))
    await choose(...paths)
    const failed = page.locator('.why', { hasText: 'takes nothing from pages of' })
    await until(async () => (await failed.count()) === 2, 'both have failed')
    const again = page.getByRole('button', { name: 'Check again' })
    storage.add({
      match: ({ method }) => method === 'OPTIONS',
      fault: { kind: 'answer', answer: { status: 503 } },
    })
    await again.click()
    await page.locator('.kept-out').getByText('The storage did not say just now whether that has changed.').waitFor()
    assert.equal(await failed.count(), 2, 'no answer is no news')
    storage.clear()
    await bucket.allow([front.url], [])
    await again.click()
    for (const name of ['first.mov', 'second.mov']) await done(name)
    assert.equal(await page.locator('.kept-out').count(), 0)
    assert.equal((await bucket.keys()).length, 2)
  })

  test('a large file on a cell, or in a row’s form, asks as well, and is attached once there is a rule', async () => {
    for (const at of ['films/films', 'films/films/1/-/update']) {
      await bucket.allow(['https://other.example'], [])
      await page.goto(`${front.url}/${at}`)
      const place = page.locator('file-cell[column=film][row-url], file-column-input[name=film]')
      const name = `${at.length}.mov`
      await give(place, makeFile('small.txt', 10))
      await place.locator('a[aria-label="small.txt"], a:has-text("small.txt")').first().waitFor()
      assert.equal(await place.locator('.kept-out').count(), 0, 'small files go through the server')
      await give(place, makeFile(name, MEDIUM))
      await place.getByText('Files over 16.8 MB cannot be sent from this page yet.').waitFor()
      assert.match(
        (await place.locator('.kept-out .command code').textContent()) ?? '',
        new RegExp(`^npx holdall doctor media --origin ${front.url} `),
      )
      await place.locator('.file-problem').waitFor()
      await bucket.allow([front.url], [])
      await place.getByRole('button', { name: 'Check again' }).click()
      await place.locator(`a[href*="/-/files/df-"]:has-text("${name}"), a[aria-label="${name}"]`).first().waitFor()
      assert.equal(await place.locator('.kept-out').count(), 0)
    }
    // The form was not saved.
    page.on('dialog', (dialog) => dialog.accept())
    await page.goto(`${front.url}/films/films`)
  })

  test('a bucket without such a rule becomes a source: trying it says so, and so does the page after saving', async () => {
    await bucket.allow(['https://other.example'], [])
    const {
      bucket: name = '',
      endpoint_url: at = '',
      access_key_id: id = '',
      secret_access_key: key = '',
    } = bucket.config
    await page.goto(`${front.url}/-/files/sources?storage=s3`)
    const fill = (label: string, value: string) => page.getByLabel(label, { exact: true }).fill(value)
    await fill('Bucket', name)
    await fill('Address of the service', at)
    await fill('Access key id', id)
    await fill('Secret access key', key)
    await fill('Name', 'Late')
    await page.getByRole('button', { name: 'Try it' }).click()
    const trouble = page.getByText(`Pages at ${front.url} may not send files to it yet.`)
    await trouble.waitFor()
    assert.match(
      (await page.locator('.command').first().textContent()) ?? '',
      /aws s3api put-bucket-cors .*content-md5/s,
    )
    await page.getByRole('button', { name: 'Create source' }).click()
    await page.waitForURL(`${front.url}/-/files/sources/late?look=pages`)
    await trouble.waitFor()
    await page
      .getByText(/^npx holdall doctor late --data /)
      .first()
      .waitFor()
    await page.locator('.notice.success', { hasText: 'Late is there.' }).waitFor()
    assert.equal(await page.locator('.toast').count(), 0, 'nothing covers the command')
    const gap = await page.evaluate(() => {
      const found = document.querySelector('.pages-found')
      const next = found?.nextElementSibling?.getBoundingClientRect()
      return Math.round((next?.top ?? 0) - (found?.getBoundingClientRect().bottom ?? 0))
    })
    assert.equal(gap, 16, 'the command does not touch what follows')
    await bucket.allow([front.url], [])
    await page.getByRole('link', { name: 'Check whether pages may send files' }).click()
    await page.getByText('Pages may send files to it.').waitFor()
    const stays = page.getByText('What was sent of uploads that nobody ends stays in the bucket for ever')
    await stays.waitFor()
    await page.goto(`${front.url}/-/files/sources/late`)
    assert.equal(await stays.count(), 0, 'it is asked only when somebody asks')
    const Rules = [
      {
        ID: 'parts',
        Status: 'Enabled' as const,
        Filter: { Prefix: '' },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 14 },
      },
    ]
    const rule = { Bucket: bucket.name, LifecycleConfiguration: { Rules } }
    await bucket.client.send(new PutBucketLifecycleConfigurationCommand(rule))
    await page.getByRole('link', { name: 'Check whether pages may send files' }).click()
    await page.getByText('Pages may send files to it.').waitFor()
    assert.equal(await stays.count(), 0, 'the bucket clears them away')
  })

  async function open(): Promise<Page> {
    const opened = await context.newPage()
    opened.on('pageerror', (error) => troubles.push(error.message))
    opened.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) troubles.push(message.text())
    })
    opened.on('request', (request) => {
      const part = partOf(request)
      if (part !== undefined) begun.push(part)
    })
    opened.on('response', (response) => {
      const part = partOf(response.request())
      if (part !== undefined && response.ok()) acknowledged.push(part)
    })
    await leaveBodiesAlone(opened)
    network = await context.newCDPSession(opened)
    await network.send('Network.enable', { maxPostDataSize: 1 })
    return opened
  }

  function partOf(request: Request): string | undefined {
    const { origin, searchParams } = new URL(request.url())
    if (request.method() !== 'PUT' || origin !== storage.url) return undefined
    return `${searchParams.get('uploadId')}/${searchParams.get('partNumber')}`
  }

  function throttle(bytesPerSecond: number): Promise<unknown> {
    return network.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: bytesPerSecond,
    })
  }

  /** Holes with something in each MiB, so that no part is another one. */
  function makeFile(name: string, size: number): string {
    const path = join(folder, name)
    const file = openSync(path, 'w')
    truncateSync(path, size)
    for (let at = 0; at < size; at += MIB) writeSync(file, randomBytes(32), 0, 32, at)
    closeSync(file)
    return path
  }

  async function choose(...paths: string[]): Promise<void> {
    const chooser = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: 'Choose files' }).click()
    await (await chooser).setFiles(paths)
  }

  /** A file is dropped there. */
  async function give(place: Locator, path: string): Promise<void> {
    await place.scrollIntoViewIfNeeded()
    const box = await place.boundingBox()
    assert.ok(box)
    const data = { items: [], files: [path], dragOperationsMask: 1 }
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      const point = { x: box.x + box.width / 2, y: box.y + box.height / 2 }
      await network.send('Input.dispatchDragEvent', { type, ...point, data })
    }
  }

  async function done(name: string): Promise<void> {
    const line = page.locator('.upload-queue li').filter({ has: page.locator(`a[aria-label="${name}"]`) })
    await line.getByText('Done').first().waitFor({ timeout: LIMIT_MS })
  }

  /** One object, of these bytes, and no upload. */
  async function assertStored(path: string): Promise<void> {
    const [key = '', ...others] = await bucket.keys()
    assert.deepEqual([others, await bucket.uploads()], [[], []])
    const expected = createHash('sha256')
    for await (const chunk of createReadStream(path)) expected.update(chunk as Buffer)
    const stored = createHash('sha256').update(await bucket.get(key))
    assert.equal(stored.digest('hex'), expected.digest('hex'))
  }

  async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const began = performance.now()
    while (!(await condition())) {
      if (performance.now() - began > LIMIT_MS) assert.fail(`waited in vain until ${what}`)
      await sleep(25)
    }
  }
})
