import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import {
  appendFileSync,
  closeSync,
  createReadStream,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, BrowserContext, CDPSession, Page, Request, Response, Route } from 'playwright-core'
import { filesBelow } from './support/below.ts'
import { CHROMIUM, LOOKS, type Look, launchBrowser, leaveBodiesAlone, look } from './support/browser.ts'
import { type RunningHoldall, startHoldall } from './support/holdall.ts'
import { photograph } from './support/photograph.ts'

const LONG = process.env.HOLDALL_TEST_LONG !== undefined
const MIB = 1_024 * 1_024
const PART = 8 * MIB
/** Parts that a browser has on their way at once. */
const IN_FLIGHT = 5
const LARGE = LONG ? 1_024 * MIB : 200 * MIB
const MEDIUM = 96 * MIB
/** Bytes a second: slow enough to be in the middle of something. */
const SLOW = 24 * MIB
const LIMIT_MS = LONG ? 240_000 : 60_000

let folder: string
let root: string
let config: string
let holdall: RunningHoldall
let browser: Browser
let context: BrowserContext
let page: Page
let network: CDPSession
/** Parts that the page began to send, and those that were acknowledged, by session and number. */
let begun: string[]
let acknowledged: string[]
const troubles: string[] = []

const skip = CHROMIUM === undefined ? 'HOLDALL_TEST_CHROMIUM names no Chromium' : false

describe('large uploads in a browser', { skip }, () => {
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-uploads-'))
    root = join(folder, 'media')
    config = join(folder, 'holdall.json')
    const media = { label: 'Media', storage: 'filesystem', max_file_size: 8 * 1_024 * MIB, config: { root } }
    const film = { type: 'file', config: { source: 'media' } }
    const databases = { shop: { tables: { films: { column_types: { film } } } } }
    writeFileSync(config, JSON.stringify({ sources: { media }, databases }))
    const database = new DatabaseSync(join(folder, 'shop.db'))
    database.exec(
      "CREATE TABLE films (id INTEGER PRIMARY KEY, title TEXT, film TEXT); INSERT INTO films VALUES (1, 'Harbour', NULL)",
    )
    database.close()
    ;[holdall, browser] = await Promise.all([start(), launchBrowser()])
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' })
    page = await open()
    await page.goto(holdall.signInLink)
    await page.getByRole('button', { name: 'Sign in as root' }).click()
    await page.waitForURL(`${holdall.url}/`)
    await page.close()
  })

  after(async () => {
    await browser?.close()
    await holdall?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  beforeEach(async () => {
    begun = []
    acknowledged = []
    page = await open()
    await page.addInitScript(watchBuffers)
    await toUploads(page)
  })

  afterEach(async () => {
    const buffers = await page.evaluate(() => (globalThis as unknown as { buffers: number }).buffers)
    assert.equal(buffers, 0, 'a page stands still while it sends from a buffer')
    await page.evaluate(discardAll)
    await page.close({ runBeforeUnload: false })
    await nothingBehind()
    assert.deepEqual(troubles.splice(0), [])
  })

  test('a reload in the middle: what was sent is shown, and the same file goes on from there', async (t) => {
    const path = makeFile('concert.mov', LARGE)
    await throttle(SLOW * 2)
    await choose(page, path)
    await until(() => acknowledged.length >= 8, 'parts were sent')
    const before = new Set(acknowledged)
    page.on('dialog', (dialog) => dialog.accept())
    await page.reload()
    await page.getByText('Not finished').waitFor()
    const line = page.locator('.left-open')
    await line.getByText(/of .* sent · Choose the same file to go on/).waitFor()
    // What is said, aloud and in the line, is soon followed by something else.
    await page.evaluate(() => {
      const said: string[] = []
      const bars: number[] = []
      Object.assign(globalThis, { said, bars })
      const listen = () => {
        said.push(document.querySelector('[data-announcer]')?.textContent ?? '')
        const line = document.querySelector('.upload-queue li')?.textContent ?? ''
        if (/Checking what is already here · \d+%/.test(line)) bars.push(document.querySelectorAll('progress').length)
      }
      new MutationObserver(listen).observe(document.body, { subtree: true, childList: true, characterData: true })
    })
    await begunAgain(line, path)
    await done('concert.mov')
    const { said, bars } = await page.evaluate(() => {
      const { said, bars } = globalThis as unknown as { said: string[]; bars: number[] }
      return { said, bars }
    })
    assert.ok(said.some((text) => /concert\.mov goes on from \d+%/.test(text)))
    assert.deepEqual(new Set(bars), new Set([1]), 'what is here already is checked, and one upload has one bar')
    const twice = begun.length - LARGE / PART
    t.diagnostic(`${LARGE / PART} parts, ${before.size} before the reload, ${twice} sent again`)
    assert.ok(twice <= IN_FLIGHT, `${twice} parts were sent again`)
    assert.equal(await hashOf(stored('concert.mov')), await hashOf(path))
    await choose(page, makeFile('small.txt', 5))
    await done('small.txt')
    const words = (await page.locator('.overall').textContent()) ?? ''
    const [, sent, resumed] = /^2 of 2 done\s*([\d.]+) MB sent in .*, ([\d.]+) MB were here before/.exec(words) ?? []
    assert.ok(Number(resumed) > 0, words)
    assert.ok(Math.abs(Number(sent) + Number(resumed) - LARGE / 1e6) < 0.2, words)
    await page.reload()
    await page.getByText('Drop or paste files here').waitFor()
    await sleep(300)
    assert.equal(await page.getByText('Not finished').count(), 0)
  })

  test('what was begun and of which nothing has arrived is shown as well, sent anew, and leaves nothing behind', async () => {
    const path = makeFile('empty.mov', 3 * PART)
    const parts = /\/-\/files\/upload\/parts\//
    await page.route(parts, () => {})
    const held = page.waitForRequest((request) => partOf(request) !== null)
    await choose(page, path)
    await held
    const second = await open()
    const asked = second.waitForResponse(isSessions)
    await toUploads(second)
    assert.match(await (await asked).text(), /empty\.mov/)
    await second.evaluate(drawn)
    assert.equal(await second.getByText('Not finished').count(), 0, 'what is being sent is not offered')
    await second.close()
    page.on('dialog', (dialog) => dialog.accept())
    await page.reload()
    await page.unroute(parts)
    const line = page.locator('.left-open')
    await line.getByText('Nothing of it has arrived yet · Choose the same file to send it').waitFor()
    await line.getByText(/^Begun \d+ (s|min) ago$/).waitFor()
    const other = await open()
    await toUploads(other)
    await other.getByRole('button', { name: 'Discard empty.mov' }).click()
    await other
      .locator('.left-open')
      .getByText(/^It was begun \d+ (s|min) ago: .* may be sending it\. Discarding ends that\.$/)
      .waitFor()
    await other.close()
    // What is open is asked while it is sent.
    const again = page.waitForRequest((request) => partOf(request) !== null)
    await page.route(parts, async (route) => {
      await looked
      await route.continue()
    })
    const looked = again.then(async () => {
      const answer = page.waitForResponse(isSessions)
      await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
      await (await answer).finished()
      await page.evaluate(drawn)
    })
    await begunAgain(line, path)
    await looked
    await done('empty.mov')
    assert.equal(await page.locator('.upload-queue .note').count(), 0, 'nothing was sent of another file')
    assert.equal(await hashOf(stored('empty.mov')), await hashOf(path))
    await until(async () => (await page.evaluate(openSessions)) === 0, 'the empty one is given up')
    assert.equal(await line.count(), 0)
    await page.unroute(parts)
    await page.route(parts, () => {})
    await choose(page, makeFile('never.mov', 3 * PART))
    await page.waitForRequest((request) => partOf(request) !== null)
    await page.reload()
    // The tab knows that it was itself that sent it.
    await discardOwn('never.mov')
    await until(async () => (await page.evaluate(openSessions)) === 0, 'it is discarded')
  })

  test('small files go on beside a large one whose parts have all connections, from the first part that ends', async () => {
    const held: Route[] = []
    const parts = /\/-\/files\/upload\/parts\//
    await page.route(parts, (route) => {
      held.push(route)
    })
    await choose(page, makeFile('wide.mov', MEDIUM))
    await until(() => held.length === IN_FLIGHT, 'its parts have all connections')
    const small = Array.from({ length: 12 }, (_, at) => makeFile(`beside-${at}.txt`, at + 1))
    await choose(page, ...small)
    await page.evaluate(drawn)
    assert.equal(await page.locator('.upload-queue li .done').count(), 0)
    await held.shift()?.continue()
    await page.getByText(`${small.length} of ${small.length + 1}`).waitFor({ timeout: LIMIT_MS })
    // The part that takes over once the last of them has ended.
    assert.ok(held.length <= IN_FLIGHT, `${held.length} parts were begun meanwhile`)
    await page.getByRole('button', { name: 'Cancel wide.mov' }).click()
    await page.getByText('wide.mov cancelled').waitFor()
    await page.getByRole('button', { name: 'Dismiss' }).click()
    await nothingBehind()
  })

  test('pause and resume: nothing moves meanwhile, nothing that is kept is sent again', async () => {
    const path = makeFile('pause.mov', MEDIUM)
    await throttle(SLOW)
    await choose(page, path)
    await until(() => acknowledged.length >= 3, 'parts were sent')
    await page.getByRole('button', { name: 'Pause pause.mov' }).click()
    await page
      .locator('.upload-queue li')
      .getByText(/Paused at \d+% · .* of 100\.7 MB/)
      .waitFor()
    const resume = page.getByRole('button', { name: 'Resume pause.mov' })
    assert.ok(await resume.evaluate((button) => button === document.activeElement), 'focus stays where it was pressed')
    await page.getByText('1 upload paused').waitFor()
    const kept = new Set(acknowledged)
    const sent = begun.length
    await sleep(700)
    assert.equal(begun.length, sent)
    await resume.click()
    await page.getByRole('button', { name: 'Pause all' }).waitFor()
    await done('pause.mov')
    const again = begun.slice(sent).filter((part) => kept.has(part))
    assert.ok(again.length <= IN_FLIGHT, `${again.length} parts were sent again`)
    assert.equal(await hashOf(stored('pause.mov')), await hashOf(path))
    await choose(page, path)
    const note = page.locator('.upload-queue .note', {
      hasText: 'A file of this name and size is here already: pause.mov',
    })
    await note.getByRole('link', { name: 'pause.mov' }).waitFor()
    await page.getByRole('button', { name: 'Keep both: pause.mov' }).click()
    await note.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Cancel pause.mov' }).click()
    const pair = makeFile('pair.mov', 20 * MIB)
    await choose(page, pair)
    await done('pair.mov')
    await until(() => page.evaluate(isHashed, 'pair.mov'), 'its hash is known')
    await throttle(MIB)
    await choose(page, path, pair)
    // Small enough for a page to hash.
    await page.locator('.upload-queue .note', { hasText: 'The same file is here already: pair.mov' }).waitFor()
    await page.getByText('2 of these files are here already under the same name and with the same size.').waitFor()
    await page.getByRole('button', { name: 'Skip: pair.mov' }).waitFor()
    await page.getByRole('button', { name: 'Skip all 2' }).click()
    await note.waitFor({ state: 'detached' })
    await throttle(-1)
    const line = page.locator('.upload-queue li')
    // Whether the bytes are known to be the same hangs on what has been hashed meanwhile.
    const twin = page.locator('.upload-queue .note', { hasText: / is here already: pause\.mov$/ })
    await page.getByRole('button', { name: 'Clear' }).click()
    await choose(page, path)
    await done('pause.mov')
    await twin.getByRole('link', { name: 'pause.mov' }).waitFor()
    await page.getByRole('button', { name: 'Move this one to trash: pause.mov' }).click()
    // What was skipped may have a way back of its own, where some of it had arrived.
    const removed = page.locator('.toast', { hasText: 'pause.mov moved to trash' })
    await removed.waitFor()
    assert.equal(await line.count(), 0)
    await removed.getByRole('button', { name: 'Undo' }).click()
    await done('pause.mov')
    await page.getByRole('button', { name: 'Keep both: pause.mov' }).click()
    await twin.waitFor({ state: 'detached' })
    assert.equal(await line.count(), 1)
  })

  test('leaving asks while something is sent, and not when all is paused and kept', async () => {
    const asked: string[] = []
    page.on('dialog', (dialog) => {
      asked.push(dialog.type())
      dialog.accept()
    })
    await throttle(SLOW)
    await choose(page, makeFile('leave.mov', MEDIUM))
    await until(() => acknowledged.length >= 2, 'parts were sent')
    await page.goto(`${holdall.url}/-/files`)
    assert.deepEqual(asked, ['beforeunload'])
    await toUploads(page)
    await begunAgain(page.locator('.left-open'), join(folder, 'leave.mov'))
    await page.getByRole('button', { name: 'Pause leave.mov' }).waitFor()
    await until(async () => acknowledged.length >= 3, 'another part was sent')
    await page.getByRole('button', { name: 'Pause all' }).click()
    await page.getByRole('button', { name: 'Resume all' }).waitFor()
    await page.goto(`${holdall.url}/-/files`)
    assert.deepEqual(asked, ['beforeunload'])
    await toUploads(page)
    const line = page.locator('.left-open')
    await line.getByText(/^Last part \d+ (s|min) ago$/).waitFor()
    // As from another computer, of which this page knows nothing.
    await page.evaluate(sendAPart)
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
    await line.getByText(/^Arriving now from elsewhere · last part \d+ (s|min) ago$/).waitFor()
    await page.getByRole('button', { name: 'Discard leave.mov' }).click()
    await line.getByText(/^It is arriving now: .* may be sending it\. Discarding ends that\.$/).waitFor()
    await page.getByRole('button', { name: 'Keep leave.mov' }).click()
    await discardAllTheSame('leave.mov')
    await nothingBehind()
  })

  test('cancelling leaves nothing behind; until then it can be had back', async () => {
    await throttle(SLOW)
    await choose(page, makeFile('cancel.mov', MEDIUM))
    await until(() => acknowledged.length >= 2, 'parts were sent')
    await page.getByRole('button', { name: 'Cancel cancel.mov' }).press('Enter')
    await page.getByText('cancel.mov cancelled').waitFor()
    const choosing = page.getByRole('button', { name: 'Choose files' })
    assert.ok(await choosing.evaluate((button) => button === document.activeElement), 'focus is not lost')
    await sleep(500)
    assert.equal(await page.getByText('Not finished').count(), 0, 'what is given up is nothing to go on with')
    const kept = new Set(acknowledged)
    const sent = begun.length
    await page.getByRole('button', { name: 'Undo' }).click()
    await until(() => acknowledged.some((part) => !kept.has(part)), 'it goes on')
    // The answer to one may have been on its way when it was cancelled.
    const again = begun.slice(sent).filter((part) => kept.has(part))
    assert.ok(again.length <= 1, `${again.length} of ${kept.size} parts were sent again`)
    await page.getByRole('button', { name: 'Cancel all' }).click()
    await page.getByText('cancel.mov cancelled').waitFor()
    await page.getByRole('button', { name: 'Dismiss' }).click()
    await nothingBehind()
    await page.reload()
    await page.getByText('Drop or paste files here').waitFor()
    await sleep(300)
    assert.equal(await page.getByText('Not finished').count(), 0)
  })

  test('another file of the same name starts anew and says so; the one that was begun can be discarded', async () => {
    const path = makeFile('twice.mov', MEDIUM)
    await leaveUnfinished(path)
    // Other content, same name and size.
    rmSync(path)
    makeFile('twice.mov', MEDIUM)
    await begunAgain(page.locator('.left-open'), path)
    const note = page.locator('.upload-queue .note')
    await note.getByText('What was sent before is of another file with this name and size.').waitFor()
    await done('twice.mov')
    // Another size.
    await page.locator('.left-open').waitFor()
    rmSync(path)
    makeFile('twice.mov', 20 * MIB)
    await begunAgain(page.locator('.left-open'), path)
    await note.getByText('This is not the twice.mov of 100.7 MB that was not finished.').waitFor()
    await until(async () => (await page.getByText('2 of 2').count()) > 0, 'it is done')
    // Another name.
    await begunAgain(page.locator('.left-open'), makeFile('other.mov', MIB))
    const refusal = 'other.mov is another file. To go on, choose twice.mov of 100.7 MB.'
    await page.locator('.why', { hasText: refusal }).waitFor()
    await discardOwn('twice.mov')
    await nothingBehind()
  })

  test('a file that changes while it is sent stops with a clear message, and nothing of it stays', async () => {
    const path = makeFile('log.mov', MEDIUM)
    await throttle(SLOW)
    await choose(page, path)
    await until(() => acknowledged.length >= 2, 'parts were sent')
    appendFileSync(path, 'more')
    await page
      .locator('.why', { hasText: 'log.mov changed or went away while it was sent. Choose it again.' })
      .waitFor()
    assert.equal(await page.getByRole('button', { name: 'Retry log.mov' }).count(), 0)
    await nothingBehind()
  })

  test('the server is killed in the middle and comes back: the upload goes on by itself', async (t) => {
    const path = makeFile('killed.mov', MEDIUM)
    await throttle(SLOW)
    await choose(page, path)
    await until(() => acknowledged.length >= 3, 'parts were sent')
    const { port } = new URL(holdall.url)
    await holdall.kill()
    await page.locator('.upload-queue li').getByText('Trying again in').waitFor()
    holdall = await start('--port', port)
    await done('killed.mov')
    t.diagnostic(`${begun.length - MEDIUM / PART} parts were sent again`)
    assert.equal(await hashOf(stored('killed.mov')), await hashOf(path))
  })

  test('two pages send the same file: it becomes one file, and neither fails', async () => {
    const path = makeFile('same.mov', MEDIUM)
    await throttle(SLOW)
    await choose(page, path)
    await until(() => acknowledged.length >= 2, 'parts were sent')
    // Else a slow machine has sent all of it before the other page stands.
    await throttle(SLOW / 64)
    const first = network
    const second = await open()
    await toUploads(second)
    await sleep(500)
    assert.equal(await second.getByText('Not finished').count(), 0, 'what is being sent is not offered')
    const joined = second.waitForRequest((request) => partOf(request) !== null, { timeout: LIMIT_MS })
    await choose(second, path)
    await joined
    await Promise.all([throttle(SLOW * 4, first), throttle(SLOW * 4)])
    await Promise.all([done('same.mov'), done('same.mov', second)])
    await second.close()
    assert.equal(filesBelow(root).filter((name) => name.endsWith('same.mov')).length, 1)
  })

  test('a large file in a cell: it can be paused there, and goes on after a reload', async () => {
    const path = makeFile('harbour.mov', MEDIUM)
    await page.goto(`${holdall.url}/shop/films`)
    await throttle(SLOW)
    const cell = page.locator('file-cell[column=film]')
    async function chooseInCell(): Promise<void> {
      const chooser = page.waitForEvent('filechooser')
      await cell.locator('.file-slot').click()
      await (await chooser).setFiles(path)
    }
    await chooseInCell()
    await until(() => acknowledged.length >= 2, 'parts were sent')
    await cell.getByRole('button', { name: 'Pause the upload' }).click()
    await cell.getByText(/^Paused at \d+%$/).waitFor()
    await page.getByText('1 upload paused').waitFor()
    await cell.getByRole('button', { name: 'Resume the upload' }).click()
    const sent = new Set(acknowledged)
    await until(() => new Set(acknowledged).size > sent.size, 'it goes on')
    page.once('dialog', (dialog) => dialog.accept())
    await page.reload()
    const before = begun.length
    await chooseInCell()
    await page.getByText('harbour.mov attached to').waitFor({ timeout: LIMIT_MS })
    const again = begun.slice(before).filter((part) => sent.has(part))
    assert.deepEqual(again, [], 'only what was missing is sent')
    assert.equal(new Set(begun.map((part) => part.split('/')[0])).size, 1, 'all of it is one upload')
    assert.equal(await hashOf(stored('harbour.mov')), await hashOf(path))
  })

  test('the queue in all its states, and what was not finished, in both themes and two widths', async () => {
    const findings: string[] = []
    for (const name of ['oral-history_lind.wav', 'quay_1911_047.tif']) {
      await leaveUnfinished(makeFile(name, 2 * MEDIUM))
      begun.length = 0
    }
    for (const how of LOOKS) {
      await dress(how)
      findings.push(...(await look(page, 'uploads-unfinished', how)))
    }
    await page.locator('file-upload').evaluate((element) => {
      ;(element as unknown as { concurrency: number }).concurrency = 1
    })
    await failHalfway(makeFile('sail-plan_solveig.tif', MEDIUM))
    await choose(page, await makePicture('crew_of_the_solveig.jpg', 1))
    await done('crew_of_the_solveig.jpg')
    await begunAgain(page.locator('.left-open').filter({ hasText: 'oral' }), join(folder, 'oral-history_lind.wav'))
    await page.getByRole('button', { name: 'Pause oral-history_lind.wav' }).click()
    await throttle(SLOW / 4)
    await choose(page, makeFile('chart_sound_1880.tif', MEDIUM))
    await choose(page, await makePicture('moth_drawer_15.jpg', 2))
    await page
      .locator('.upload-queue li')
      .getByText(/\d% · .*MB\/s · .* left/)
      .waitFor()
    for (const how of LOOKS) {
      await dress(how)
      findings.push(...(await look(page, 'uploads-queue', how)))
    }
    await throttle(SLOW * 4)
    assert.deepEqual(findings, [])
  })
})

function start(...args: string[]): Promise<RunningHoldall> {
  return startHoldall({ data: join(folder, 'data'), databases: [join(folder, 'shop.db')], config, args })
}

async function dress(how: Look): Promise<void> {
  await page.setViewportSize({ width: how.width, height: how.height })
  await page.emulateMedia({ colorScheme: how.colorScheme, reducedMotion: 'reduce' })
}

/** The connection goes away in the middle, and stays away for as long as the client tries. */
async function failHalfway(path: string): Promise<void> {
  await page.clock.install()
  const at = acknowledged.length
  await throttle(SLOW)
  await choose(page, path)
  await until(() => acknowledged.length >= at + 4, 'parts were sent')
  await throttle(0)
  const failed = page.getByText('The connection broke. What was sent is kept; Retry goes on from there.')
  await until(async () => {
    await page.clock.fastForward(70_000)
    await sleep(100)
    return (await failed.count()) > 0
  }, 'it fails')
  await throttle(SLOW)
  await page.clock.resume()
}

/** In a page: counts the bodies that are sent from its memory. */
function watchBuffers(): void {
  const count = { buffers: 0 }
  Object.defineProperty(globalThis, 'buffers', { get: () => count.buffers })
  const send = XMLHttpRequest.prototype.send
  XMLHttpRequest.prototype.send = function (body) {
    if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) count.buffers += 1
    send.call(this, body)
  }
}

/** Runs in the page: what was asked before has been drawn. */
function drawn(): Promise<void> {
  return new Promise((resolve) => setTimeout(() => requestAnimationFrame(() => resolve()), 100))
}

function isSessions(response: Response): boolean {
  return response.url().endsWith('/-/files/upload/media/-/sessions')
}

/** Runs in the page. */
async function openSessions(): Promise<number> {
  const listed = await fetch('/-/files/upload/media/-/sessions')
  return ((await listed.json()) as { sessions: object[] }).sessions.length
}

/** Runs in the page: gives up all that was not finished. */
async function discardAll(): Promise<void> {
  const listed = await fetch('/-/files/upload/media/-/sessions')
  const { sessions } = (await listed.json()) as { sessions: { session_url: string }[] }
  for (const { session_url: url } of sessions) await fetch(url, { method: 'DELETE' })
}

/** Runs in the page: whether what came in parts has been hashed in the background. */
async function isHashed(name: string): Promise<boolean> {
  const answer = await fetch(`/-/files/search.json?${new URLSearchParams({ q: name })}`)
  const { files } = (await answer.json()) as { files: { content_hash: string | null }[] }
  return files.length > 0 && files.every(({ content_hash }) => content_hash !== null)
}

async function open(): Promise<Page> {
  const opened = await context.newPage()
  opened.on('pageerror', (error) => troubles.push(error.message))
  opened.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) troubles.push(message.text())
  })
  opened.on('request', (request) => {
    const part = partOf(request)
    if (part !== null) begun.push(part)
  })
  opened.on('response', (response) => {
    const part = partOf(response.request())
    if (part !== null && response.ok()) acknowledged.push(part)
  })
  await leaveBodiesAlone(opened)
  network = await context.newCDPSession(opened)
  await network.send('Network.enable', { maxPostDataSize: 1 })
  return opened
}

function partOf(request: Request): string | null {
  if (request.method() !== 'PUT') return null
  return /\/-\/files\/upload\/parts\/([^?]+)/.exec(request.url())?.[1] ?? null
}

async function toUploads(on: Page): Promise<void> {
  await on.goto(`${holdall.url}/-/files/upload/media`)
  await on.getByText('Drop or paste files here').waitFor()
}

/**
 * @param bytesPerSecond 0 is no connection at all
 * @param of one page's, by default that of the page that was opened last
 */
function throttle(bytesPerSecond: number, of = network): Promise<unknown> {
  return of.send('Network.emulateNetworkConditions', {
    offline: bytesPerSecond === 0,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: bytesPerSecond,
  })
}

/** Holes with something in each MiB, so that no part is another one. */
function makeFile(name: string, size: number): string {
  const path = join(folder, name)
  writeFileSync(path, '')
  truncateSync(path, size)
  const file = openSync(path, 'r+')
  for (let at = 0; at < size; at += MIB) writeSync(file, randomBytes(32), 0, 32, at)
  closeSync(file)
  return path
}

async function makePicture(name: string, seed: number): Promise<string> {
  const path = join(folder, name)
  writeFileSync(path, await photograph(seed, 2_400, 1_800))
  return path
}

async function choose(on: Page, ...paths: string[]): Promise<void> {
  const chooser = on.waitForEvent('filechooser')
  await on.getByRole('button', { name: 'Choose files' }).click()
  await (await chooser).setFiles(paths)
}

/** Chooses a file for an upload that was not finished. */
async function begunAgain(line: ReturnType<Page['locator']>, path: string): Promise<void> {
  const chooser = page.waitForEvent('filechooser')
  await line.getByRole('button', { name: /^Choose / }).click()
  await (await chooser).setFiles(path)
}

async function leaveUnfinished(path: string): Promise<void> {
  const at = acknowledged.length
  await throttle(SLOW)
  await choose(page, path)
  await until(() => acknowledged.length >= at + 3, 'parts were sent')
  await page.getByRole('button', { name: 'Pause all' }).click()
  await page.getByRole('button', { name: 'Resume all' }).waitFor()
  await toUploads(page)
  await page.locator('.left-open').first().waitFor()
}

/** What this tab has sent is discarded without a question. */
async function discardOwn(name: string): Promise<void> {
  await page.getByRole('button', { name: `Discard ${name}`, exact: true }).click()
  await page.getByText(`${name} discarded`).waitFor()
  await page.getByRole('button', { name: 'Dismiss' }).click()
}

/** Its parts have only just arrived. */
async function discardAllTheSame(name: string): Promise<void> {
  await page.getByRole('button', { name: `Discard ${name}`, exact: true }).click()
  await page.getByRole('button', { name: `Discard ${name} all the same` }).click()
  await page.getByRole('button', { name: 'Dismiss' }).click()
}

/** The first part that is not there yet, of the only upload that was not finished. */
async function sendAPart(): Promise<void> {
  const ask = async (path: string, init?: RequestInit) => await (await fetch(path, init)).json()
  const [upload] = (await ask('/-/files/upload/media/-/sessions')).sessions
  const { parts } = await ask(`${upload.session_url}/parts`)
  const held = new Set(parts.map(({ part_number }: { part_number: number }) => part_number))
  let number = 1
  while (held.has(number)) number += 1
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ part_numbers: [number] })
  const { part_urls: urls } = await ask(`${upload.session_url}/parts`, { method: 'POST', headers, body })
  await fetch(urls[0].url, { method: 'PUT', body: new Uint8Array(upload.part_size) })
}

async function done(name: string, on = page): Promise<void> {
  const line = on.locator('.upload-queue li').filter({ has: on.locator(`a[aria-label="${name}"]`) })
  await line.getByText('Done').first().waitFor({ timeout: LIMIT_MS })
}

/** The newest file of that name in the source's folder. */
function stored(name: string): string {
  const found = filesBelow(root).filter((path) => path.endsWith(`/${name}`))
  assert.ok(found.length > 0, `${name} is stored`)
  return join(root, found.sort().at(-1) as string)
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** Nothing of an upload is in the source's folder for what is under way. */
async function nothingBehind(): Promise<void> {
  const temporary = join(root, '.holdall-tmp')
  await until(() => readdirSync(temporary).length === 0, 'nothing is left behind')
}

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const began = performance.now()
  while (!(await condition())) {
    if (performance.now() - began > LIMIT_MS) assert.fail(`waited in vain until ${what}`)
    await sleep(25)
  }
}
