import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { CHROMIUM, LOOKS, launchBrowser, look, lookAt } from './support/browser.ts'
import { createToken, type RunningHoldall, startHoldall } from './support/holdall.ts'
import { photograph } from './support/photograph.ts'

const skip = CHROMIUM === undefined ? 'HOLDALL_TEST_CHROMIUM names no Chromium' : false

describe('a folder becomes a source in a browser', { skip }, () => {
  let folder: string
  let pictures: string
  let holdall: RunningHoldall
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let names: Record<'alice' | 'bob', string>
  const troubles: string[] = []

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-sources-browser-'))
    pictures = join(folder, 'harbour')
    mkdirSync(join(pictures, '1904'), { recursive: true })
    for (const [at, name] of ['quay.jpg', 'mill.jpg', '1904/ferry.jpg'].entries()) {
      writeFileSync(join(pictures, name), await photograph(at + 1, 480, 320))
    }
    const data = join(folder, 'data')
    ;[holdall, browser] = await Promise.all([startHoldall({ data }), launchBrowser()])
    const [alice, bob] = await Promise.all([createToken(data, 'alice'), createToken(data, 'bob')])
    names = { alice, bob }
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' })
    page = await context.newPage()
    page.on('console', (message) => {
      // The browser says of a refused form what the page says better.
      if (message.type() === 'error' && !/status of 400/.test(message.text())) troubles.push(message.text())
    })
    await page.goto(holdall.signInLink)
    await page.getByRole('button', { name: 'Sign in as root' }).click()
    await page.waitForURL(`${holdall.url}/`)
  })

  after(async () => {
    await browser?.close()
    await holdall?.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  afterEach(() => assert.deepEqual(troubles.splice(0), []))

  async function seenBy(token: string): Promise<number> {
    const answer = await fetch(`${holdall.url}/-/files/browse/harbour.json`, {
      headers: { Authorization: `Bearer ${token}` },
    })
    await answer.body?.cancel()
    return answer.status
  }

  test('the Files page leads there; what is wrong stands beside its field, and what was typed stays', async () => {
    await page.goto(`${holdall.url}/-/files`)
    await page.getByRole('link', { name: 'Add a source…' }).click()
    await page.getByRole('heading', { level: 1, name: 'Sources' }).waitFor()
    const findings = await lookAt(context, page.url(), 'sources')
    await page.getByRole('link', { name: 'Add folder' }).click()
    findings.push(...(await lookAt(context, page.url(), 'sources-add')))
    findings.push(...(await lookAt(context, `${holdall.url}/-/files/sources?storage=s3`, 'sources-add-s3')))
    await page.getByRole('textbox', { name: 'Folder' }).fill(`${pictures}-gone`)
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Harbour')
    await page.getByRole('button', { name: 'Try it' }).click()
    await page
      .getByText(/There is no folder .*harbour-gone\. Check the path, or have it made\./)
      .first()
      .waitFor()
    await page.getByRole('checkbox', { name: 'Make this folder' }).waitFor()
    assert.equal(await page.getByRole('textbox', { name: 'Name', exact: true }).inputValue(), 'Harbour')
    for (const how of LOOKS) {
      await page.emulateMedia({ colorScheme: how.colorScheme })
      await page.setViewportSize({ width: how.width, height: how.height })
      findings.push(...(await look(page, 'sources-refused', how)))
    }
    await page.setViewportSize({ width: 1280, height: 900 })
    assert.deepEqual(findings, [])
  })

  test('tried, it says what is there; made, its pictures are there', async () => {
    await page.getByRole('textbox', { name: 'Folder' }).fill(pictures)
    const whoUploads = page.getByRole('combobox', { name: 'Who may upload to it?' })
    assert.equal(await whoUploads.count(), 1)
    await page.getByRole('checkbox', { name: 'Read only' }).check()
    assert.equal(await whoUploads.count(), 0, 'nobody may upload to what is only read')
    await page.getByRole('button', { name: 'Try it' }).click()
    const works = page.getByRole('status').filter({ hasText: 'It works. Nothing is saved yet.' })
    await works.waitFor()
    assert.match((await works.textContent()) ?? '', /1904\/ferry\.jpg[\s\S]*Nothing can be uploaded to it/)
    assert.ok(await page.getByRole('checkbox', { name: 'Read only' }).isChecked())
    await page.getByRole('button', { name: 'Create source' }).click()
    await page.waitForURL(`${holdall.url}/-/files/browse/harbour`)
    // On a slow machine it may take longer than the page waits for.
    await page.getByText(/^Synced/).waitFor()
    await page.reload()
    await page.getByRole('link', { name: 'ferry.jpg' }).first().waitFor()
    await page.getByRole('link', { name: 'quay.jpg' }).first().waitFor()
    assert.equal(await page.getByRole('link', { name: 'Upload files' }).count(), 0)
    assert.deepEqual(readdirSync(pictures).sort(), ['1904', 'mill.jpg', 'quay.jpg'])
  })

  test('who may browse it is edited, and holds at once', async () => {
    assert.deepEqual([await seenBy(names.alice), await seenBy(names.bob)], [403, 403])
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByRole('combobox', { name: 'Who may see its files?' }).selectOption('These people…')
    assert.equal(await page.getByRole('combobox', { name: 'Who may upload to it?' }).count(), 0)
    await page.getByRole('textbox', { name: 'Who may see its files? Names' }).fill('alice, carol')
    await page.getByRole('button', { name: 'Save changes' }).click()
    await page.getByText('Changes saved').waitFor()
    assert.deepEqual([await seenBy(names.alice), await seenBy(names.bob)], [200, 403])
    assert.deepEqual(await lookAt(context, page.url(), 'sources-settings'), [])
  })

  test('deactivated, its files are listed and cannot be opened; activated, they can', async () => {
    await page.getByRole('button', { name: 'Deactivate source Harbour' }).click()
    await page.getByText('This source is deactivated.').waitFor()
    assert.deepEqual(await lookAt(context, page.url(), 'sources-deactivated'), [])
    await page.goto(`${holdall.url}/-/files/browse/harbour`)
    await page.getByText('Harbour cannot be reached: it is deactivated.').waitFor()
    await page.getByRole('link', { name: 'quay.jpg' }).first().waitFor()
    await page.goto(`${holdall.url}/-/files/sources/harbour`)
    await page.getByRole('button', { name: 'Activate source' }).click()
    await page.getByText('Source activated').waitFor()
    await page.goto(`${holdall.url}/-/files/browse/harbour`)
    assert.equal(await page.getByText('cannot be reached').count(), 0)
  })

  test('all of it works without scripts', async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState() })
    const there = await plain.newPage()
    await there.goto(`${holdall.url}/-/files/sources?storage=filesystem`)
    await there.getByRole('textbox', { name: 'Folder' }).fill(join(folder, 'new', 'box'))
    await there.getByRole('textbox', { name: 'Name', exact: true }).fill('Box')
    await there.getByRole('button', { name: 'Create source' }).click()
    await there.getByRole('checkbox', { name: 'Make this folder' }).check()
    await there.getByRole('button', { name: 'Create source' }).click()
    await there.waitForURL(`${holdall.url}/-/files/browse/box`)
    await there.getByRole('heading', { level: 1, name: 'Box' }).waitFor()
    await plain.close()
  })
})
