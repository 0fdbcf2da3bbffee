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
    await page.getByText('Files are kept without their folders.').waitFor()
    for (const name of ['a.txt', 'b.txt', 'c.txt', 'single.txt']) {
      const found = await page.request.get(`${holdall.url}/-/files/search.json?q=${name}`)
      const { files } = (await found.json()) as { files: { filename: string }[] }
      assert.ok(
        files.some(({ filename }) => filename === name),
        `${name} is stored`,
      )
    }
  })

  test('files of one name say from which folder they came; one that came by itself says nothing', async () => {
    const many = join(folder, 'many')
    mkdirSync(join(many, 'a'), { recursive: true })
    for (const path of ['many/f1.dat', 'many/a/f1.dat', 'f1.dat']) writeFileSync(join(folder, path), path)
    await drop({ items: [], files: [join(folder, 'f1.dat')] })
    await page.getByText('Done · 6 bytes').waitFor()
    assert.equal(await page.getByText('without their folders').count(), 0, 'nobody asked about folders')
    await drop({ items: [], files: [many] })
    await page.getByText('3 of 3 done').waitFor()
    const lines = page.getByRole('list', { name: 'Files' }).getByRole('listitem')
    assert.deepEqual((await lines.allInnerTexts()).map((text) => /^from .*$/m.exec(text)?.[0] ?? null).sort(), [
      'from many',
      'from many/a',
      null,
    ])
    assert.equal(await page.getByText('Files are kept without their folders.').count(), 1)
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
      const said = page.getByRole('alert').getByText(words)
      await said.waitFor()
      assert.equal(await said.evaluate(isRed), false, `not as an error: ${words}`)
    }
    assert.equal(page.url(), `${holdall.url}/-/files/upload/media`)
    const file = join(folder, 'at-last.txt')
    writeFileSync(file, 'at last')
    await drop({ items: [], files: [file] })
    await page.getByText('Done · 7 bytes').waitFor()
    assert.equal(await page.locator('.not-taken').count(), 0, 'what is taken takes the words away')
  })
})

/** Whether it has the colour of errors; colours are compared as the browser computes them. */
function isRed(element: Element): boolean {
  const error = document.createElement('span')
  error.style.color = 'var(--danger)'
  element.append(error)
  const red = getComputedStyle(error).color
  error.remove()
  return getComputedStyle(element).color === red
}
