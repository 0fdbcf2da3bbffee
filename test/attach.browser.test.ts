import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import type { Browser, BrowserContext, Dialog, Page } from 'playwright-core'
import { CHROMIUM, launchBrowser, lookAt } from './support/browser.ts'
import { type RunningHoldall, startHoldall } from './support/holdall.ts'
import { photograph } from './support/photograph.ts'

const PHOTOGRAPHS = 200
const ROWS = 230
/** "Two hundred photos onto two hundred rows in two minutes." */
const LIMIT_S = 120

let folder: string
let holdall: RunningHoldall
let browser: Browser
let context: BrowserContext
let page: Page
let clicks = 0
const troubles: string[] = []

const skip = CHROMIUM === undefined ? 'HOLDALL_TEST_CHROMIUM names no Chromium' : false

describe('a folder of photographs onto the rows of a table, in a browser', { skip }, () => {
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-attach-'))
    mkdirSync(join(folder, 'scans', 'batch 2'), { recursive: true })
    for (let at = 1; at <= PHOTOGRAPHS; at += 1) {
      const name = at % 10 === 0 ? `HM_1862_${at}.JPG` : `1862-${String(at).padStart(3, '0')}.jpg`
      const inside = at > 150 ? join('scans', 'batch 2') : 'scans'
      writeFileSync(join(folder, inside, name), await photograph(at, 320, 240))
    }
    writeFileSync(join(folder, 'scans', '.DS_Store'), 'not a photograph')
    const database = new DatabaseSync(join(folder, 'museum.db'))
    database.exec(`CREATE TABLE objects (id INTEGER PRIMARY KEY, inventory TEXT UNIQUE, title TEXT, year INTEGER, photo TEXT);
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})
      INSERT INTO objects (inventory, title, year)
        SELECT CASE WHEN i % 10 = 0 THEN printf('HM 1862-%03d', i) ELSE printf('1862-%03d', i) END, 'Photograph ' || i, 1862 FROM n`)
    database.close()
    const config = join(folder, 'holdall.json')
    writeFileSync(
      config,
      JSON.stringify({
        databases: {
          museum: {
            path: join(folder, 'museum.db'),
            tables: { objects: { columns: { photo: { file_column: true, file_accept: 'image/*' } } } },
          },
        },
      }),
    )
    ;[holdall, browser] = await Promise.all([startHoldall({ data: join(folder, 'data'), config }), launchBrowser()])
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' })
    page = await context.newPage()
    page.on('console', (message) => {
      // A form that is sent back to be corrected is answered with 400, which the browser reports.
      if (message.type() === 'error' && !message.text().includes('400 (Bad Request)')) troubles.push(message.text())
    })
    page.on('pageerror', (error) => troubles.push(String(error)))
    await page.goto(holdall.signInLink)
    await page.getByRole('button', { name: 'Sign in as root' }).click()
    await page.waitForURL(`${holdall.url}/`)
  })

  after(async () => {
    await browser?.close()
    await holdall?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  async function press(role: 'button' | 'link', name: string | RegExp): Promise<void> {
    clicks += 1
    await page.getByRole(role, { name }).first().click()
  }

  function attached(): number {
    const database = new DatabaseSync(join(folder, 'museum.db'), { readOnly: true })
    const row = database.prepare('SELECT count(photo) AS files FROM objects').get()
    database.close()
    return Number(row?.files)
  }

  test('a chosen folder is uploaded, matched, looked at, attached and undone', { timeout: 400_000 }, async (t) => {
    await page.goto(`${holdall.url}/museum/objects`)
    const started = Date.now()
    clicks += 1
    await page.getByText('Table actions').click()
    await press('link', /Attach many files/)
    await page.getByRole('button', { name: 'Choose folder' }).waitFor()
    const chooser = page.waitForEvent('filechooser')
    await press('button', 'Choose folder')
    await (await chooser).setFiles(join(folder, 'scans'))
    await page
      .getByRole('heading', { level: 1, name: `Attach ${PHOTOGRAPHS} files to photo` })
      .waitFor({ timeout: 300_000 })
    const matched = (Date.now() - started) / 1000
    await page.getByText('200 go to a row').waitFor()
    assert.equal(await page.getByLabel('The value of').inputValue(), 'inventory')
    assert.equal(attached(), 0, 'nothing is attached before it was seen')
    const plan = page.url()
    const findings = await lookAt(context, plan, 'attach-plan')
    const looked = Date.now()
    await press('button', `Attach ${PHOTOGRAPHS} files`)
    await page.getByRole('heading', { level: 1, name: `${PHOTOGRAPHS} files attached to photo` }).waitFor()
    const seconds = matched + (Date.now() - looked) / 1000
    assert.equal(attached(), PHOTOGRAPHS)
    t.diagnostic(
      `${PHOTOGRAPHS} photographs onto ${PHOTOGRAPHS} rows: ${clicks} clicks, ${seconds.toFixed(1)} s, of which ${matched.toFixed(1)} s until the plan`,
    )
    assert.ok(seconds < LIMIT_S, `${seconds} s`)
    findings.push(...(await lookAt(context, page.url(), 'attach-result')))
    findings.push(...(await lookAt(context, `${holdall.url}/museum/objects/-/attach?column=photo&q=`, 'attach-start')))
    await press('button', `Undo ${PHOTOGRAPHS} rows`)
    await page.getByText(`${PHOTOGRAPHS} rows set back`).waitFor()
    assert.equal(attached(), 0)
    // What was undone is planned again without a file being sent twice.
    await page.goto(plan)
    await press('button', 'Attach again')
    await page.getByText('200 go to a row').waitFor()
    assert.notEqual(page.url(), plan)
    assert.deepEqual(findings, [])
  })

  test('files that are here already, misses and doubles are decided by hand', { timeout: 120_000 }, async () => {
    const database = new DatabaseSync(join(folder, 'museum.db'))
    database.exec(
      "UPDATE objects SET inventory = '9999-' || id WHERE id = 7; UPDATE objects SET title = 'Photograph 8' WHERE id = 9",
    )
    database.close()
    await page.goto(`${holdall.url}/museum/objects/-/attach?column=photo&q=`)
    await page.getByRole('button', { name: `Match all ${PHOTOGRAPHS} files` }).click()
    await page.getByText('199 go to a row · 1 without a row').waitFor()
    await page.getByRole('button', { name: /^Without a row/ }).click()
    const field = page.getByLabel('Row for 1862-007.jpg')
    await field.fill('9999')
    await page.getByRole('button', { name: 'Keep choices' }).click()
    await page.getByText('No row is 9999.').first().waitFor()
    assert.equal(await field.inputValue(), '9999')
    await page.screenshot({ path: 'test/screenshots/attach-refused-light-wide.png' })
    await field.fill('9999-7')
    await page.getByRole('button', { name: 'Keep choices' }).click()
    await page.getByText('Every file goes to a row.').waitFor()
    await page.getByLabel('In the name of the file').selectOption('stands where a pattern says')
    await page.getByLabel('Pattern').fill('nothing')
    await page.getByRole('button', { name: 'Match again' }).click()
    await page
      .getByText(/must have .value. once/)
      .first()
      .waitFor()
    await page.getByLabel('Pattern').fill('1862-{value}.jpg')
    await page.getByLabel('The value of').selectOption('id')
    await page.getByRole('button', { name: 'Match again' }).click()
    await page.getByText('180 go to a row · 20 without a row').waitFor()
    await page.getByRole('button', { name: 'Forget plan' }).click()
    await page.getByText('Plan forgotten').waitFor()
    assert.equal(attached(), 0)
  })

  test('leaving asks only where something would be lost: not for ticks, rules and what is kept', {
    timeout: 120_000,
  }, async () => {
    const asked: string[] = []
    const answer = (dialog: Dialog) => {
      asked.push(dialog.type())
      dialog.accept().catch(() => {})
    }
    page.on('dialog', answer)
    const begin = async (name: string) => {
      await page.goto(`${holdall.url}/museum/objects/-/attach?column=photo&q=${name}`)
      await page.getByRole('checkbox', { name, exact: true }).check()
    }
    const match = () => page.getByRole('button', { name: 'Match chosen files' }).click()
    await begin('1862-008.jpg')
    await begin('1862-008.jpg')
    assert.deepEqual(asked, [], 'a tick is no loss')
    await match()
    await page.getByText('1 goes to a row').waitFor()
    await page.getByLabel('Row for 1862-008.jpg').selectOption('Leave out')
    await page.getByText('0 go to a row · 1 left out').waitFor()
    await page.getByLabel('In the name of the file').selectOption('stands where a pattern says')
    await page.getByLabel('Letter for letter').check()
    await begin('1862-007.jpg')
    assert.deepEqual(asked, [], 'what is kept, and a rule that nobody applied, is no loss')
    await match()
    await page.getByText('0 go to a row · 1 without a row').waitFor()
    const plan = page.url()
    // What the server did not take would be lost.
    const refused = page.waitForResponse((response) => response.request().method() === 'POST')
    await page.getByLabel('Row for 1862-007.jpg').fill('nowhere')
    await page.getByLabel('Row for 1862-007.jpg').blur()
    assert.equal((await refused).status(), 400)
    await page.goto(plan)
    assert.deepEqual(asked, ['beforeunload'])
    await page.getByLabel('In the name of the file').selectOption('stands where a pattern says')
    await page.getByLabel('Pattern').fill('IMG {value}.jpg')
    await page.goto(plan)
    assert.deepEqual(asked, ['beforeunload', 'beforeunload'], 'a pattern was typed')
    page.off('dialog', answer)
    await page.getByRole('button', { name: 'Forget plan' }).click()
    await page.getByText('Plan forgotten').waitFor()
  })

  test('a choice on a page whose plan was matched again in another tab leads to the plan as it is now', {
    timeout: 120_000,
  }, async () => {
    // Pages of their own: that they are refused is reported by the browser.
    const [first, other] = [await context.newPage(), await context.newPage()]
    await first.goto(`${holdall.url}/museum/objects/-/attach?column=photo&q=1862-008.jpg`)
    await first.getByRole('checkbox', { name: '1862-008.jpg', exact: true }).check()
    await first.getByRole('button', { name: 'Match chosen files' }).click()
    await first.getByText('1 goes to a row').waitFor()
    await other.goto(first.url())
    await other.getByLabel('The value of').selectOption('id')
    await other.getByRole('button', { name: 'Match again' }).click()
    await other.getByText('0 go to a row · 1 without a row').waitFor()
    await other.close()
    await first.getByLabel('Row for 1862-008.jpg').selectOption('Leave out')
    await first.getByText(/in another tab or window\. Nothing was written/).waitFor()
    await first.getByText('0 go to a row · 1 without a row').waitFor()
    await first.getByLabel('Row for 1862-008.jpg').fill('8')
    await first.getByLabel('Row for 1862-008.jpg').blur()
    await first.getByText('1 goes to a row').waitFor()
    await first.getByText('You chose this row.').waitFor()
    await first.getByLabel('Row for 1862-008.jpg').fill('nowhere')
    await first.getByLabel('Row for 1862-008.jpg').blur()
    await first.locator('.field-error').waitFor()
    await first.getByLabel('Row for 1862-008.jpg').fill('9')
    await first.getByLabel('Row for 1862-008.jpg').blur()
    await first.locator('.field-error').waitFor({ state: 'detached' })
    await first.getByRole('button', { name: 'Forget plan' }).click()
    await first.getByText('Plan forgotten').waitFor()
    await first.close()
  })

  test('two tabs of a plan decide different files, and neither takes back what the other has decided', {
    timeout: 120_000,
  }, async () => {
    const names = ['1862-008.jpg', '1862-009.jpg']
    await page.goto(`${holdall.url}/museum/objects/-/attach?column=photo&q=1862-00`)
    for (const name of names) await page.getByRole('checkbox', { name, exact: true }).check()
    await page.getByRole('button', { name: 'Match chosen files' }).click()
    await page.getByText('2 go to a row').waitFor()
    const other = await context.newPage()
    await other.goto(page.url())
    await page.getByLabel(`Row for ${names[0]}`).selectOption('Leave out')
    await page.getByText('1 goes to a row · 1 left out').waitFor()
    await other.getByLabel(`Row for ${names[1]}`).selectOption('Leave out')
    await other.getByText('0 go to a row · 2 left out').waitFor()
    await other.close()
    await page.getByRole('button', { name: 'Forget plan' }).click()
    await page.getByText('Plan forgotten').waitFor()
  })

  test('several files dropped onto the head of a file column go the same way', { timeout: 120_000 }, async () => {
    await page.goto(`${holdall.url}/museum/objects`)
    const head = page.locator('th[data-attach]')
    const bytes = [...(await photograph(900, 64, 48))]
    const transfer = await page.evaluateHandle((data) => {
      const made = new DataTransfer()
      for (const name of ['1862-011.jpg', '1862-012.jpg', '1862-012 back.jpg']) {
        made.items.add(new File([new Uint8Array(data)], name, { type: 'image/jpeg' }))
      }
      return made
    }, bytes)
    for (const type of ['dragenter', 'dragover', 'drop']) await head.dispatchEvent(type, { dataTransfer: transfer })
    await page.getByRole('heading', { level: 1, name: 'Attach 3 files to photo' }).waitFor()
    await page.getByText('2 go to a row · 1 to decide').waitFor()
    // The numbers follow each choice at once.
    await page.getByLabel('Row for 1862-012 back.jpg').selectOption('Leave out')
    await page.getByText('2 go to a row · 1 left out').waitFor()
    await page.getByText('1 file is not attached: 1 left out.').waitFor()
    await page.getByRole('button', { name: 'Attach 2 files' }).click()
    await page.getByRole('heading', { level: 1, name: '2 files attached to photo' }).waitFor()
    assert.equal(attached(), 2)
  })

  test('a plan shows which of its files are cut off, and those alone', { timeout: 120_000 }, async () => {
    const whole = await photograph(901, 640, 480)
    await page.goto(`${holdall.url}/museum/objects/-/attach?column=photo`)
    const chooser = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: 'Choose files' }).click()
    await (await chooser).setFiles([
      { name: '1862-021.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(whole.subarray(0, whole.length / 2)) },
      { name: '1862-022.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(whole) },
    ])
    await page.getByRole('heading', { level: 1, name: 'Attach 2 files to photo' }).waitFor()
    // Each is read in the background, whenever that is.
    const said = page.getByText('1 of 2 files cannot be read, and it goes to a row.')
    while ((await said.count()) === 0) await page.reload()
    const findings = await lookAt(context, page.url(), 'attach-unreadable')
    await page.getByRole('button', { name: 'Show it' }).click()
    await page.waitForURL(/show=unreadable/)
    await page.getByRole('link', { name: '1862-021.jpg' }).waitFor()
    assert.equal(await page.getByRole('link', { name: '1862-022.jpg' }).count(), 0)
    await page.getByText('Cannot be read', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Leave it out' }).click()
    await page.getByRole('status').getByText('1 file left out').waitFor()
    await page.getByText('1 goes to a row · 1 left out').waitFor()
    await page.getByRole('button', { name: 'Put it back' }).click()
    await page.getByRole('status').getByText('1 file put back').waitFor()
    await page.getByText('2 go to a row').waitFor()
    // The choice in a line and the button above say the same, at once.
    await page.getByLabel('Row for 1862-021.jpg').selectOption('Leave out')
    await page.getByRole('button', { name: 'Put it back' }).waitFor()
    assert.deepEqual(findings, [])
    assert.deepEqual(troubles, [])
  })

  test('what was written about a replaced scan is copied to the new one by one button, and taken out again', {
    timeout: 120_000,
  }, async () => {
    const post = (path: string, body: unknown) =>
      page.evaluate(
        async ([url, text]) => {
          const headers = { 'Content-Type': 'application/json', Accept: 'application/json' }
          return (await fetch(url as string, { method: 'POST', headers, body: text as string })).status
        },
        [path, JSON.stringify(body)],
      )
    const held = () => {
      const database = new DatabaseSync(join(folder, 'museum.db'), { readOnly: true })
      const row = database.prepare("SELECT photo FROM objects WHERE inventory = '1862-041'").get()
      database.close()
      return String(row?.photo)
    }
    const described = (id: string) =>
      page.evaluate(async (url) => (await (await fetch(url)).json()).search_text, `/-/files/${id}.json`)
    const choose = async (seed: number) => {
      await page.goto(`${holdall.url}/museum/objects/-/attach?column=photo`)
      const chooser = page.waitForEvent('filechooser')
      await page.getByRole('button', { name: 'Choose files' }).click()
      const buffer = Buffer.from(await photograph(seed, 640, 480))
      await (await chooser).setFiles([{ name: '1862-041.jpg', mimeType: 'image/jpeg', buffer }])
      await page.getByRole('heading', { level: 1, name: 'Attach 1 file to photo' }).waitFor()
    }
    await choose(941)
    await page.getByRole('button', { name: 'Attach 1 file' }).click()
    await page.getByRole('heading', { level: 1, name: '1 file attached to photo' }).waitFor()
    const before = held()
    assert.equal(await post(`/-/files/${before}/-/update`, { update: { search_text: 'The quay at low tide' } }), 200)
    await choose(942)
    await page.getByRole('button', { name: 'Replace all (1 row)' }).click()
    await page.getByRole('button', { name: 'Attach 1 file, replacing 1' }).click()
    await page.getByText('1 replaced file has a description, and the new one has none.').waitFor()
    assert.notEqual(held(), before)
    const findings = await lookAt(context, page.url(), 'attach-descriptions-offered')
    await page.getByRole('button', { name: 'Copy the description' }).click()
    await page.getByRole('status').getByText('1 description copied').waitFor()
    assert.equal(await described(held()), 'The quay at low tide')
    findings.push(...(await lookAt(context, page.url(), 'attach-descriptions-copied')))
    await page.getByRole('button', { name: 'Take it out again' }).click()
    await page.getByRole('status').getByText('1 description taken out again').waitFor()
    assert.equal(await described(held()), '')
    assert.equal(await described(before), 'The quay at low tide')
    assert.deepEqual(findings, [])
    assert.deepEqual(troubles, [])
  })
})
