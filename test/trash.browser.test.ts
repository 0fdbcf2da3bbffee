import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, afterEach, before, describe, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { CHROMIUM, LOOKS, launchBrowser, look, lookAt } from './support/browser.ts'
import { createToken, type RunningHoldall, startHoldall } from './support/holdall.ts'
import { photograph } from './support/photograph.ts'

const skip = CHROMIUM === undefined ? 'HOLDALL_TEST_CHROMIUM names no Chromium' : false

describe('deleting files in a browser, and getting them back', { skip }, () => {
  let folder: string
  let holdall: RunningHoldall
  let browser: Browser
  let context: BrowserContext
  let page: Page
  const ids: string[] = []
  const troubles: string[] = []

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-trash-'))
    const database = join(folder, 'shop.db')
    const shop = new DatabaseSync(database)
    shop.exec(
      "CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, photo TEXT); INSERT INTO products (name) VALUES ('Lantern')",
    )
    const data = join(folder, 'data')
    const columns = { photo: { file_column: true } }
    const config = join(folder, 'holdall.json')
    writeFileSync(
      config,
      JSON.stringify({ databases: { shop: { path: database, tables: { products: { columns } } } } }),
    )
    ;[holdall, browser] = await Promise.all([startHoldall({ data, config }), launchBrowser()])
    const token = await createToken(data, 'root')
    for (const name of ['lantern', 'lamp', 'spare']) {
      const response = await fetch(`${holdall.url}/-/files/upload/files?filename=${name}.jpg`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}` },
        body: await photograph(ids.length + 3, 600, 400),
      })
      ids.push(((await response.json()) as { file_id: string }).file_id)
    }
    shop.prepare('UPDATE products SET photo = ?').run(ids[0] as string)
    shop.close()
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' })
    page = await context.newPage()
    page.on('console', (message) => {
      if (message.type() === 'error') troubles.push(message.text())
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

  test('from the list: selected, moved to the trash, brought back by Undo', async () => {
    await page.goto(`${holdall.url}/-/files/browse/files?view=list`)
    await page.getByRole('checkbox', { name: /lamp\.jpg/ }).check()
    await page.getByRole('checkbox', { name: /spare\.jpg/ }).check()
    await page.getByRole('button', { name: /trash/i }).first().click()
    await page.getByText('2 files moved to trash').waitFor()
    assert.equal(await page.getByRole('link', { name: 'lamp.jpg' }).count(), 0)
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByText('2 files restored').waitFor()
    await page.getByRole('link', { name: 'lamp.jpg' }).first().waitFor()
  })

  test('from the list, whoever deletes what rows use is told so, before and after', async () => {
    await page.getByRole('checkbox', { name: /lamp\.jpg/ }).check()
    await page.getByRole('checkbox', { name: /lantern\.jpg/ }).check()
    await page.locator('.selection-bar').getByText('1 of these 2 is used by 1 row').click()
    await page.locator('.selection-bar').getByRole('link', { name: 'Lantern shop / products' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: /trash/i }).first().click()
    await page.getByText('2 files moved to trash; rows use 1 of them').waitFor()
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByText('2 files restored').waitFor()
  })

  test('where nothing could be said before, the server asks first', async () => {
    const other = await context.newPage()
    await other.route('**/-/files/-/uses', (route) => route.abort())
    await other.goto(`${holdall.url}/-/files/browse/files`)
    for (const name of [/lamp\.jpg/, /lantern\.jpg/]) await other.getByRole('checkbox', { name }).check()
    await other.getByRole('button', { name: 'Move to trash' }).click()
    await other.getByRole('heading', { level: 1, name: 'Move 2 files to trash?' }).waitFor()
    const findings: string[] = []
    for (const how of LOOKS) {
      await other.emulateMedia({ colorScheme: how.colorScheme, reducedMotion: 'reduce' })
      await other.setViewportSize({ width: how.width, height: how.height })
      findings.push(...(await look(other, 'uses-question', how)))
    }
    assert.deepEqual(findings, [])
    await other.close()
  })

  test('from its page, which says which rows use it; its cell says where it is', async () => {
    await page.goto(`${holdall.url}/-/files/${ids[0]}`)
    await page.getByText('Once it is in the trash, the 1 row that uses it says so until you restore it.').waitFor()
    await page.getByRole('button', { name: 'Move to trash' }).click()
    await page.getByText('lantern.jpg moved to trash').waitFor()
    await page.goto(`${holdall.url}/shop/products`)
    await page.getByText(/In the trash until/).waitFor()
    await page.goto(`${holdall.url}/-/files/${ids[0]}`)
    await page.getByRole('button', { name: 'Restore file' }).click()
    await page.getByText('lantern.jpg restored').waitFor()
    await page.getByRole('link', { name: 'Download' }).waitFor()
  })

  test('beside the button stands what stays of what is ticked: nothing threatens bytes that do', async () => {
    const internal = new DatabaseSync(join(folder, 'data', 'internal.db'))
    const adopt = internal.prepare('UPDATE datasette_files SET adopted = ? WHERE id = ?')
    adopt.run(1, ids[1] as string)
    await page.goto(`${holdall.url}/-/files/unused`)
    const named = () => page.locator('[data-selection-action]:visible').allInnerTexts()
    await page.getByRole('checkbox', { name: /lamp\.jpg/ }).check()
    const [all, some] = [
      'The files themselves stay where they lie.',
      'Some of the files themselves stay where they lie.',
    ]
    const stays = () => page.locator('.selection-note:visible').allInnerTexts()
    const isRed = () => page.locator('[data-selection-action]:visible').evaluate((one) => one.matches('.danger'))
    assert.deepEqual([await named(), await stays(), await isRed()], [['Move to trash'], [all], false])
    await page.getByRole('checkbox', { name: /spare\.jpg/ }).check()
    assert.deepEqual([await named(), await stays(), await isRed()], [['Move to trash'], [some], true])
    await page.getByRole('checkbox', { name: /lamp\.jpg/ }).uncheck()
    assert.deepEqual([await named(), await stays(), await isRed()], [['Move to trash'], [], true])
    await page.keyboard.press('Escape')
    adopt.run(0, ids[1] as string)
    internal.close()
  })

  test('one press selects all of a list, and all of the trash', async () => {
    await page.goto(`${holdall.url}/-/files/browse/files`)
    const drawn = (name: RegExp) =>
      page.getByRole('button', { name }).evaluate((one) => {
        const { borderColor, backgroundColor, height } = getComputedStyle(one)
        return { borderColor, backgroundColor, height }
      })
    const all = await drawn(/^Select all 3$/)
    await page.getByRole('button', { name: 'Select all 3' }).click()
    await page.getByText('3 selected').first().waitFor()
    assert.deepEqual(all, await drawn(/^Move to trash$/), 'it looks as what else is pressed there')
    assert.equal(await page.getByRole('button', { name: /^Select all/ }).count(), 0, 'there is no more to select')
    await page.getByRole('button', { name: 'Clear selection' }).click()
    for (const name of [/lamp\.jpg/, /spare\.jpg/]) await page.getByRole('checkbox', { name }).check()
    await page.getByRole('button', { name: 'Move to trash' }).click()
    await page.getByText('2 files moved to trash').waitFor()
    await page.goto(`${holdall.url}/-/files/trash`)
    await page.getByRole('button', { name: 'Select all 2' }).click()
    await page.getByText('2 selected').first().waitFor()
    const findings: string[] = []
    for (const how of LOOKS) {
      await page.emulateMedia({ colorScheme: how.colorScheme, reducedMotion: 'reduce' })
      await page.setViewportSize({ width: how.width, height: how.height })
      findings.push(...(await look(page, 'trash-all-selected', how)))
    }
    await page.setViewportSize({ width: 1280, height: 900 })
    assert.deepEqual(findings, [])
    await page.getByRole('button', { name: 'Delete selected for good…' }).click()
    await page.getByRole('heading', { level: 1, name: 'Delete 2 files for good?' }).waitFor()
    await page.goBack()
    await page.getByRole('button', { name: /^Restore selected/ }).waitFor()
    await page.getByRole('button', { name: 'Restore selected' }).click()
    await page.getByText('2 files restored').waitFor()
  })

  test('the trash restores and deletes for good, asking first; the pages look right', async () => {
    await page.goto(`${holdall.url}/-/files/unused`)
    assert.equal(await page.getByRole('link', { name: 'lantern.jpg' }).count(), 0)
    await page.getByRole('link', { name: 'spare.jpg' }).first().waitFor()
    const findings = await lookAt(context, `${holdall.url}/-/files/unused`, 'unused-files')
    for (const id of ids.slice(1)) {
      await page.goto(`${holdall.url}/-/files/${id}`)
      await page.getByRole('button', { name: 'Move to trash' }).click()
      await page.getByText(/moved to trash/).waitFor()
    }
    findings.push(...(await lookAt(context, `${holdall.url}/-/files/trash`, 'trash')))
    findings.push(...(await lookAt(context, `${holdall.url}/-/files/${ids[1]}`, 'trashed-file')))
    findings.push(...(await lookAt(context, `${holdall.url}/-/files/${ids[1]}/-/purge`, 'purge-question')))
    await page.goto(`${holdall.url}/-/files`)
    await page.getByRole('link', { name: 'Trash' }).click()
    await page.getByRole('checkbox', { name: /lamp\.jpg/ }).check()
    await page.getByRole('button', { name: 'Restore selected' }).click()
    await page.getByText('lamp.jpg restored').waitFor()
    await page.getByRole('checkbox', { name: /spare\.jpg/ }).check()
    await page.getByRole('button', { name: 'Delete selected for good…' }).click()
    await page.getByRole('heading', { level: 1, name: 'Delete spare.jpg for good?' }).waitFor()
    await page.getByRole('button', { name: 'Delete for good' }).click()
    await page.getByText('spare.jpg deleted for good').waitFor()
    await page.getByText('The trash is empty').waitFor()
    findings.push(...(await lookAt(context, `${holdall.url}/-/files/trash`, 'trash-empty')))
    assert.deepEqual(findings, [])
  })

  test('works without scripts', async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState() })
    const there = await plain.newPage()
    await there.goto(`${holdall.url}/-/files/${ids[1]}`)
    await there.getByRole('button', { name: 'Move to trash' }).click()
    await there.getByText('lamp.jpg moved to trash').waitFor()
    await there.getByRole('button', { name: 'Undo' }).click()
    await there.getByText('lamp.jpg restored').waitFor()
    await there.goto(`${holdall.url}/-/files/${ids[1]}`)
    await there.getByRole('button', { name: 'Move to trash' }).click()
    await there.goto(`${holdall.url}/-/files/trash`)
    await there.getByText('Select files to restore them or to delete them for good.').waitFor()
    const restore = there.getByRole('button', { name: 'Restore selected' })
    assert.equal(await restore.count(), 0, 'it is not offered while nothing is ticked')
    // A browser that cannot hide it sends nothing.
    await there.locator('button', { hasText: 'Restore selected' }).dispatchEvent('click')
    await there.getByText('No file was selected. Tick at least one, then press the button again.').waitFor()
    await there.getByRole('checkbox', { name: /lamp\.jpg/ }).check()
    await restore.click()
    await there.getByText('lamp.jpg restored').waitFor()
    await there.goto(`${holdall.url}/-/files/browse/files?view=list`)
    for (const name of [/lamp\.jpg/, /lantern\.jpg/]) await there.getByRole('checkbox', { name }).check()
    await there.getByRole('button', { name: 'Move to trash' }).click()
    await there.getByRole('heading', { level: 1, name: 'Move 2 files to trash?' }).waitFor()
    await there.getByText('1 of these 2 is used by 1 row.').waitFor()
    await there.getByRole('link', { name: 'Lantern' }).waitFor()
    await there.getByRole('button', { name: 'Move only the unused one to trash' }).click()
    await there.getByText('lamp.jpg moved to trash').waitFor()
    await there.getByRole('link', { name: 'lantern.jpg' }).first().waitFor()
    await plain.close()
  })

  test('is emptied by one button, which says first what goes', async () => {
    const internal = new DatabaseSync(join(folder, 'data', 'internal.db'))
    const adopt = internal.prepare('UPDATE datasette_files SET adopted = ? WHERE id = ?')
    const token = await createToken(join(folder, 'data'), 'root')
    const extra = await fetch(`${holdall.url}/-/files/upload/files?filename=original.jpg`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}` },
      body: await photograph(9, 600, 400),
    })
    const { file_id: original } = (await extra.json()) as { file_id: string }
    adopt.run(1, original)
    internal.close()
    for (const id of [ids[0] as string, original]) {
      await page.goto(`${holdall.url}/-/files/${id}`)
      await page.getByRole('button', { name: 'Move to trash' }).click()
      const said =
        id === original ? 'original.jpg moved to trash; the file itself stays where it lies' : /moved to trash$/
      await page.getByText(said).waitFor()
    }
    await page.goto(`${holdall.url}/-/files/trash`)
    await page.getByRole('link', { name: 'Empty trash…' }).click()
    await page.getByRole('heading', { level: 1, name: 'Empty the trash?' }).waitFor()
    await page.getByText('Rows still use 1 of them.').waitFor()
    const findings = await lookAt(context, `${holdall.url}/-/files/trash/empty`, 'empty-trash-question')
    assert.deepEqual(findings, [])
    await page.getByRole('link', { name: 'Cancel' }).click()
    await page.getByRole('link', { name: 'lantern.jpg' }).first().waitFor()
    await page.getByRole('link', { name: 'Empty trash…' }).click()
    await page.getByRole('button', { name: 'Empty trash' }).click()
    await page.getByText('2 files are being deleted for good', { exact: true }).waitFor()
    await page.getByRole('link', { name: 'original.jpg' }).first().waitFor()
    assert.equal(await page.getByRole('link', { name: 'lantern.jpg' }).count(), 0)
    await page.getByRole('link', { name: 'Empty trash…' }).click()
    await page.getByRole('checkbox', { name: /Delete the original/ }).check()
    await page.getByRole('button', { name: 'Empty trash' }).click()
    await page.getByText('1 file is being deleted for good', { exact: true }).waitFor()
    await page.getByText('The trash is empty').waitFor()
  })
})
