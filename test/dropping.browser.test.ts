import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { CHROMIUM, launchBrowser } from './support/browser.ts'
import { type RunningHoldall, startHoldall } from './support/holdall.ts'

const skip = CHROMIUM === undefined ? 'HOLDALL_TEST_CHROMIUM names no Chromium' : false
/** More than Chromium gives at once of a folder. */
const MANY = 120

/** What is held over a page, as Chromium's own protocol names it. */
interface Dragged {
  readonly items: { readonly mimeType: string; readonly data: string }[]
  readonly files?: string[]
}

describe('what is dropped on the page of uploads', { skip }, () => {
  let folder: string
  let holdall: RunningHoldall
  let browser: Browser
  let context: BrowserContext
  let page: Page
  const troubles: string[] = []

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-dropping-'))
    mkdirSync(join(folder, 'data'))
    const media = { label: 'Media', storage: 'filesystem', config: { root: join(folder, 'media') } }
    ;[holdall, browser] = await Promise.all([
      startHoldall({ data: join(folder, 'data'), config: { sources: { media } } }),
      launchBrowser(),
    ])
    context = await browser.newContext({ reducedMotion: 'reduce' })
    page = await context.newPage()
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
    page = await context.newPage()
    page.on('pageerror', (error) => troubles.push(error.message))
    await page.goto(`${holdall.url}/-/files/upload/media`)
    await page.getByText('Drop or paste files here').waitFor()
  })
  afterEach(async () => {
    await page.close()
    assert.deepEqual(troubles.splice(0), [])
  })

  async function drop(dragged: Dragged): Promise<void> {
    const input = await context.newCDPSession(page)
    const area = await page.locator('.drop-area').boundingBox()
    const at = { x: (area?.x ?? 0) + 40, y: (area?.y ?? 0) + 20 }
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await input.send('Input.dispatchDragEvent', { type, ...at, data: { ...dragged, dragOperationsMask: 1 } })
    }
    await input.detach()
  }

  test('a folder: all files in it and in what is in it, without those that the system keeps there', async () => {
    const album = join(folder, 'album')
    mkdirSync(join(album, 'deep', 'deeper'), { recursive: true })
    mkdirSync(join(album, 'empty'))
    for (const name of ['a.txt', 'deep/b.txt', 'deep/deeper/c.txt', '.DS_Store', 'deep/Thumbs.db']) {
      writeFileSync(join(album, name), name)
    }
    for (let at = 0; at < MANY; at += 1) writeFileSync(join(album, 'deep', `many ${at}.txt`), `${at}`)
    const single = join(folder, 'single.txt')
    writeFileSync(single, 'alone')
    await drop({ items: [], files: [album, single] })
    const all = MANY + 4
    await page.getByText(`${all} of ${all} done`).waitFor()
    assert.equal(await page.locator('.not-taken').count(), 0)
    for (const name of ['a.txt', 'b.txt', 'c.txt', 'single.txt']) {
      const found = await page.request.get(`${holdall.url}/-/files/search.json?q=${name}`)
      const { files } = (await found.json()) as { files: { filename: string }[] }
      assert.ok(
        files.some(({ filename }) => filename === name),
        `${name} is stored`,
      )
    }
  })

  test('what yields no file is answered in a sentence, and the page stays', async () => {
    const empty = join(folder, 'nothing in it')
    mkdirSync(join(empty, 'nor here'), { recursive: true })
    const cases: [Dragged, string][] = [
      [{ items: [], files: [empty] }, 'There is no file in nothing in it.'],
      [{ items: [{ mimeType: 'text/plain', data: 'some words' }] }, 'This is text, not a file.'],
      [{ items: [{ mimeType: 'text/uri-list', data: 'https://example.org/a.jpg' }] }, 'This is a link, not a file.'],
    ]
    for (const [dragged, words] of cases) {
      await drop(dragged)
      await page.locator('.not-taken').getByText(words).waitFor()
    }
    assert.equal(page.url(), `${holdall.url}/-/files/upload/media`)
    const file = join(folder, 'at-last.txt')
    writeFileSync(file, 'at last')
    await drop({ items: [], files: [file] })
    await page.getByText('Done · 7 bytes').waitFor()
    assert.equal(await page.locator('.not-taken').count(), 0, 'what is taken takes the words away')
  })
})
