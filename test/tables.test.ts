import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { LOOKS, launchBrowser, look, lookAt } from './support/browser.ts'
import { type RunningHoldall, startHoldall } from './support/holdall.ts'
import { photograph } from './support/photograph.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdall-tables-'))
const file = join(folder, 'collection.db')
let holdall: RunningHoldall
let browser: Browser
let context: BrowserContext

before(async () => {
  const database = new DatabaseSync(file)
  database.exec(`
    CREATE TABLE makers (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    INSERT INTO makers (name) VALUES ('Mortlake Pottery'), ('J. Aldous & Sons');
    CREATE TABLE objects (accession_no TEXT PRIMARY KEY, title TEXT NOT NULL, description TEXT, image TEXT, photos TEXT,
      maker INTEGER REFERENCES makers (id), year_made INTEGER);
    INSERT INTO objects (accession_no, title, description, maker, year_made) VALUES
      ('1998.214.7', 'Salt-glazed jug with hunting scene', 'Stoneware jug with applied sprig decoration: hounds, a stag and a windmill.', 1, 1862),
      ('1998.219.1', 'Tin-glazed tile panel, twelve tiles', NULL, NULL, 1780),
      ('2004.117.12', 'Ship’s binnacle lantern, brass and horn', NULL, 2, 1891);
    CREATE VIRTUAL TABLE objects_fts USING fts5 (title, description, content='objects');
    INSERT INTO objects_fts (objects_fts) VALUES ('rebuild');
    CREATE TABLE loans (id INTEGER PRIMARY KEY, object TEXT REFERENCES objects (accession_no));
    INSERT INTO loans (object) VALUES ('1998.214.7');
    CREATE TABLE numbers (a INTEGER, b REAL, c REAL);
    CREATE TABLE conservation_treatments (id TEXT PRIMARY KEY, ${Array.from({ length: 20 }, (_, at) => `measured_${at} REAL`).join(', ')});
    INSERT INTO conservation_treatments (id) VALUES ('1998.214.7-a-number-that-is-rather-long'), ('b');
    INSERT INTO numbers VALUES (1, 2.5, 3), (9007199254740993, 0.1, NULL);
  `)
  database.close()
  ;[holdall, browser] = await Promise.all([startHoldall({ databases: [file] }), launchBrowser()])
  context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(holdall.signInLink)
  await page.getByRole('button', { name: /sign in/i }).click()
  await page.close()
})

after(async () => {
  await browser.close()
  await holdall.stop()
  rmSync(folder, { recursive: true })
})

async function open(path: string): Promise<Page> {
  const page = await context.newPage()
  page.on('pageerror', (error) => assert.fail(`${path}: ${error.message}`))
  await page.goto(holdall.url + path)
  return page
}

function stored(sql: string) {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    return { ...database.prepare(sql).get() }
  } finally {
    database.close()
  }
}

test('file columns are configured from the table’s menu', async () => {
  const page = await open('/collection/objects')
  await page.getByText('Table actions').click()
  await page.getByRole('link', { name: /Configure file columns/ }).click()
  await page.getByLabel('image', { exact: true }).selectOption('One file')
  await page.getByLabel('photos', { exact: true }).selectOption('Several files')
  const row = page.locator('.form-row', { has: page.getByLabel('image', { exact: true }) })
  await row.getByLabel('Takes', { exact: true }).selectOption('Images')
  await row.getByLabel('Largest size', { exact: true }).fill('100')
  await page.getByRole('button', { name: 'Save file columns' }).click()
  await page.getByText('File columns saved').waitFor()
  await page.getByText('file · image/*').waitFor()
  await page.close()
})

test('a photo that is dropped onto a cell is stored in its row', async () => {
  const page = await open('/collection/objects')
  const bytes = (await photograph(1)).toString('base64')
  const cell = page.locator('file-cell[column=image]').first()
  await cell.evaluate((element, encoded) => {
    const transfer = new DataTransfer()
    const raw = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0))
    transfer.items.add(new File([raw], '1998-214-7_front.jpg', { type: 'image/jpeg' }))
    for (const type of ['dragenter', 'dragover', 'drop']) {
      element.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer }))
    }
  }, bytes)
  await page.getByText('1998-214-7_front.jpg attached').waitFor()
  const drawn = await cell.getByRole('link', { name: '1998-214-7_front.jpg' }).getAttribute('href')
  assert.match(String(stored("SELECT image FROM objects WHERE accession_no = '1998.214.7'").image), /^df-[a-z0-9]{26}$/)
  await page.reload()
  await page.locator('file-cell[column=image] img.thumb').first().waitFor()
  const served = await cell.getByRole('link', { name: '1998-214-7_front.jpg' }).getAttribute('href')
  assert.match(served ?? '', /\?from=table&row=/)
  assert.equal(drawn, served, 'it leads back from its page, whoever drew it')
  await page.close()
})

test('a row is edited: files, an error beside its field with every value kept, then saved', async () => {
  const page = await open('/collection/objects')
  await page.getByRole('link', { name: 'Edit Salt-glazed jug with hunting scene' }).click()
  await page.getByLabel('year_made').fill('c. 1862')
  await page.getByLabel('title').fill('Salt-glazed jug')
  const photos = [2, 3].map(async (seed) => ({
    name: `side-${seed}.jpg`,
    mimeType: 'image/jpeg',
    buffer: await photograph(seed),
  }))
  const chooser = page.waitForEvent('filechooser')
  await page.locator('file-column-input[name=photos]').getByRole('button', { name: 'Choose files' }).click()
  await (await chooser).setFiles(await Promise.all(photos))
  await page.locator('file-column-input[name=photos]').getByText('side-3').first().waitFor()
  await page.getByRole('button', { name: 'Save row' }).click()
  await page.getByText('Not saved. One field needs a change.').waitFor()
  assert.equal(await page.getByLabel('year_made').inputValue(), 'c. 1862')
  assert.equal(await page.getByLabel('title').inputValue(), 'Salt-glazed jug')
  await page.locator('file-column-input[name=photos] img.thumb').nth(1).waitFor()
  await page.getByLabel('year_made').fill('1863')
  await page.keyboard.press('Control+s')
  await page.getByText('Row saved').waitFor()
  const row = stored("SELECT title, year_made, photos FROM objects WHERE accession_no = '1998.214.7'")
  assert.deepEqual([row.title, row.year_made, JSON.parse(String(row.photos)).length], ['Salt-glazed jug', 1863, 2])
  await page.close()
})

test('without scripts a row is edited all the same', async () => {
  const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState() })
  const page = await plain.newPage()
  await page.goto(`${holdall.url}/collection/objects/2004~2E117~2E12/-/update`)
  await page.getByLabel('title').fill('Lantern')
  await page
    .getByLabel(/^image: (choose a|replace the) file$/)
    .setInputFiles({ name: 'lantern.jpg', mimeType: 'image/jpeg', buffer: await photograph(4) })
  await page.getByRole('button', { name: 'Save row' }).click()
  await page.getByText('Row saved').waitFor()
  await page.getByRole('link', { name: 'lantern.jpg' }).waitFor()
  assert.equal(stored("SELECT title FROM objects WHERE accession_no = '2004.117.12'").title, 'Lantern')
  await plain.close()
})

test('from a cell one goes through the files of its column by keys, and back to the list', async () => {
  const page = await open('/collection/objects?_sort_desc=accession_no')
  await page.locator('file-cell[column=image]').getByRole('link', { name: 'lantern.jpg' }).click()
  await page.getByRole('heading', { name: 'lantern.jpg' }).waitFor()
  await page.keyboard.press('ArrowRight')
  await page.getByRole('heading', { name: '1998-214-7_front.jpg' }).waitFor()
  await page.getByRole('link', { name: 'Back to the list' }).click()
  await page.waitForURL('**/collection/objects?_sort_desc=accession_no')
  await page.close()
})

test('a file in the trash is restored from its cell, and its page found from there', async () => {
  const page = await open('/collection/objects')
  const { image } = stored("SELECT image FROM objects WHERE accession_no = '2004.117.12'")
  const deleted = await page.evaluate(
    async (url) => (await fetch(url, { method: 'DELETE' })).status,
    `/-/files/${image}`,
  )
  assert.equal(deleted, 200)
  await page.reload()
  const cell = page.locator('file-cell[column=image]').last()
  await cell.getByText('In the trash until').waitFor()
  await cell.getByRole('link', { name: 'lantern.jpg' }).waitFor()
  await cell.getByRole('button', { name: 'Restore lantern.jpg' }).click()
  await page.getByText('lantern.jpg restored').waitFor()
  assert.equal(new URL(page.url()).pathname, '/collection/objects')
  await cell.locator('img.thumb').waitFor()
  await page.close()
})

const held = () => String(stored("SELECT image FROM objects WHERE accession_no = '1998.214.7'").image)

const describeFile = (page: Page, id: string, text: string) =>
  page.evaluate(
    async ([url, words]) => {
      const headers = { 'Content-Type': 'application/json' }
      await fetch(url as string, { method: 'POST', headers, body: JSON.stringify({ update: { search_text: words } }) })
    },
    [`/-/files/${id}/-/update`, text],
  )

const descriptionOf = (page: Page, id: string) =>
  page.evaluate(async (url) => (await (await fetch(url)).json()).search_text, `/-/files/${id}.json`)

const undoIn = (page: Page, words: string) =>
  page.locator('.toast', { hasText: words }).getByRole('button', { name: 'Undo' }).click()

test('a better scan that is dropped onto a cell is offered the description of the one before, once it is in the row', async () => {
  const page = await open('/collection/objects')
  const cell = page.locator('file-cell[column=image]').first()
  const drop = async (name: string, seed: number) => {
    const bytes = (await photograph(seed)).toString('base64')
    await cell.evaluate(
      (element, { encoded, filename }) => {
        const transfer = new DataTransfer()
        const raw = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0))
        transfer.items.add(new File([raw], filename, { type: 'image/jpeg' }))
        for (const type of ['dragenter', 'dragover', 'drop']) {
          element.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer }))
        }
      },
      { encoded: bytes, filename: name },
    )
    await page.getByText(`${name} attached to`).waitFor()
  }
  await describeFile(page, held(), 'The stag and the hounds, from the left')
  await drop('better.jpg', 41)
  await cell.getByText('1998-214-7_front.jpg has a description.').waitFor()
  const better = held()
  assert.equal(await descriptionOf(page, better), '', 'nothing is copied unasked')
  const findings: string[] = []
  for (const how of LOOKS) {
    await page.emulateMedia({ colorScheme: how.colorScheme, reducedMotion: 'reduce' })
    await page.setViewportSize({ width: how.width, height: how.height })
    findings.push(...(await look(page, 'cell-description-offered', how)))
  }
  assert.deepEqual(findings, [])
  await cell.getByRole('button', { name: 'Copy it' }).click()
  await page.getByText('Description copied from 1998-214-7_front.jpg').waitFor()
  assert.equal(await descriptionOf(page, better), 'The stag and the hounds, from the left')
  assert.equal(await cell.getByRole('button', { name: 'Copy it' }).count(), 0)
  await undoIn(page, 'Description copied')
  await page.getByText('Description taken out again').waitFor()
  assert.equal(await descriptionOf(page, better), '')
  await describeFile(page, better, 'The stag and the hounds, from the left')

  await drop('best.jpg', 42)
  await cell.getByText('better.jpg has a description.').waitFor()
  const best = held()
  await describeFile(page, best, 'Written meanwhile')
  await cell.getByRole('button', { name: 'Copy it' }).click()
  await cell.getByText('best.jpg has a description already').waitFor()
  assert.equal(await descriptionOf(page, best), 'Written meanwhile')
  await cell.getByRole('button', { name: 'Leave it' }).click()
  await cell.getByRole('button', { name: 'Leave it' }).waitFor({ state: 'detached' })

  await drop('last.jpg', 43)
  await cell.getByRole('button', { name: 'Copy it' }).click()
  await page.getByText('Description copied from best.jpg').waitFor()
  await describeFile(page, held(), 'Corrected since')
  await undoIn(page, 'Description copied from best.jpg')
  await cell.getByText('The description has changed since, and was left as it is.').waitFor()
  assert.equal(await descriptionOf(page, held()), 'Corrected since')
  await cell.getByRole('button', { name: 'Dismiss' }).click()
  await page.close()
})

test('a better scan in the field of a row’s form is offered the description of the one before, too', async () => {
  const page = await open('/collection/objects/1998~2E214~2E7/-/update')
  const before = held()
  await describeFile(page, before, 'The hounds, in raking light')
  const name = await page.evaluate(async (url) => (await (await fetch(url)).json()).filename, `/-/files/${before}.json`)
  const field = page.locator('file-column-input[name=image]')
  const chooser = page.waitForEvent('filechooser')
  await field.getByRole('button', { name: 'Replace image' }).click()
  await (await chooser).setFiles({ name: 'sharper.jpg', mimeType: 'image/jpeg', buffer: await photograph(44) })
  await field.getByText(`${name} has a description.`).waitFor()
  const sharper = String(await field.locator('input[name=image]').inputValue())
  assert.equal(await descriptionOf(page, sharper), '', 'nothing is copied unasked')
  const findings: string[] = []
  for (const how of LOOKS) {
    await page.emulateMedia({ colorScheme: how.colorScheme, reducedMotion: 'reduce' })
    await page.setViewportSize({ width: how.width, height: how.height })
    findings.push(...(await look(page, 'field-description-offered', how)))
  }
  assert.deepEqual(findings, [])
  await field.getByRole('button', { name: 'Copy it' }).click()
  await page.getByText(`Description copied from ${name}`).waitFor()
  assert.equal(await descriptionOf(page, sharper), 'The hounds, in raking light')
  assert.equal(await field.getByRole('button', { name: 'Copy it' }).count(), 0)
  await undoIn(page, 'Description copied')
  await page.getByText('Description taken out again').waitFor()
  assert.equal(await descriptionOf(page, sharper), '')
  assert.equal(held(), before, 'the row waits for Save')
  await page.getByRole('button', { name: 'Save row' }).click()
  await page.getByText('Row saved').waitFor()
  assert.equal(held(), sharper)
  await page.close()
})

test('the key and the pencil of a wide table stay in sight, and leave room for what scrolls', async () => {
  const page = await open('/collection/conservation_treatments')
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 740 })
    const { edge, rest } = await page.locator('.table-scroll').evaluate((region) => ({
      edge: region.getBoundingClientRect().bottom,
      rest: document.documentElement.scrollHeight - innerHeight,
    }))
    if (width > 719) {
      assert.ok(edge <= 740, `its bar for sideways is in sight: ${edge}`)
      assert.equal(rest, 0, 'only the region scrolls, not the page beside it')
    }
    await page.locator('.table-scroll').evaluate((region) => region.scrollTo(300, 0))
    const key = await page.locator('tbody tr').first().locator('th').boundingBox()
    const pencil = await page.getByRole('link', { name: 'Edit 1998' }).boundingBox()
    assert.ok(key && key.x >= 0 && key.width < width / 2, `${width}: ${JSON.stringify(key)}`)
    assert.ok(
      pencil && pencil.x + pencil.width <= width && pencil.x > key.x + key.width,
      `${width}: ${JSON.stringify(pencil)}`,
    )
  }
  await page.goto(`${holdall.url}/collection`)
  const lines = await page.getByRole('link', { name: 'conservation_treatments' }).evaluate((link) => {
    const range = document.createRange()
    range.selectNodeContents(link)
    return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size
  })
  assert.equal(lines, 2, 'broken between its two words and nowhere else')
  await page.close()
})

describe('every page, in both themes and two widths', () => {
  const pages: Record<string, string> = {
    databases: '/',
    database: '/collection',
    'table-objects': '/collection/objects?year_made__gt=1800',
    'table-numbers': '/collection/numbers',
    'table-nothing': '/collection/objects?title__contains=jug&year_made__lt=1400',
    row: '/collection/objects/1998~2E214~2E7',
    'row-edit': '/collection/objects/1998~2E214~2E7/-/update',
    'row-insert': '/collection/objects/-/insert',
    'row-delete': '/collection/objects/1998~2E214~2E7/-/delete',
    'file-columns': '/collection/objects/-/file-columns',
  }
  for (const [name, path] of Object.entries(pages)) {
    test(`${name} has no accessibility violation and does not scroll sideways`, async () => {
      assert.deepEqual(await lookAt(context, holdall.url + path, `tables-${name}`), [])
    })
  }
})
