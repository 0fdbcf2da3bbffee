import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, afterEach, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { CHROMIUM, launchBrowser, lookAt } from './support/browser.ts'
import { createToken, type RunningHoldall, startHoldall } from './support/holdall.ts'
import { photograph } from './support/photograph.ts'

const PHOTOS = [
  'harbour_plan_1911.jpg',
  'harbour_north.jpg',
  'jug_front.jpg',
  'jug_side.jpg',
  'crew_of_the_solveig.jpg',
  'IMG_1234.jpg',
  'IMG_1235.jpg',
]

let folder: string
let holdall: RunningHoldall
let browser: Browser
let context: BrowserContext
let page: Page
const troubles: string[] = []

const skip = CHROMIUM === undefined ? 'HOLDALL_TEST_CHROMIUM names no Chromium' : false

/** Finding files and choosing among them, in a real browser. */
describe('search and selection in a browser', { skip }, () => {
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-search-'))
    mkdirSync(join(folder, 'data'))
    const path = join(folder, 'museum.db')
    const database = new DatabaseSync(path)
    database.exec(`CREATE TABLE harbours (id INTEGER PRIMARY KEY, name TEXT, plan TEXT);
      INSERT INTO harbours (name, plan) VALUES ('Sund', 'The old harbour, drawn in 1911'), ('Vik', '')`)
    database.close()
    const source = (name: string, label: string) => ({
      label,
      storage: 'filesystem',
      // What is marked as missing below is there: a sync would say so.
      sync: 'manual',
      config: { root: join(folder, name) },
    })
    ;[holdall, browser] = await Promise.all([
      startHoldall({
        data: join(folder, 'data'),
        databases: [path],
        config: {
          // As long as a busy machine may take to search the rows.
          settings: { sql_time_limit_ms: 60_000 },
          sources: { photos: source('photos', 'Photographs'), papers: source('papers', 'Papers') },
        },
      }),
      launchBrowser(),
    ])
    const headers = { Authorization: `Bearer ${await createToken(join(folder, 'data'), 'root')}` }
    const upload = async (to: string, name: string, body: BodyInit) => {
      const url = `${holdall.url}/-/files/upload/${to}?filename=${encodeURIComponent(name)}`
      assert.equal((await fetch(url, { method: 'POST', body, headers })).status, 201)
    }
    for (const [at, name] of PHOTOS.entries()) await upload('photos', name, await photograph(at, 320, 240))
    await upload('papers', 'harbour minutes.txt', 'minutes of the harbour board')
    await upload('papers', 'gone.txt', 'gone')
    await mark('gone.txt', 'missing_since')
    await mark('harbour_north.jpg', 'changed_at')
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' })
    page = await context.newPage()
    page.on('pageerror', (error) => troubles.push(String(error)))
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

  test('the header searches files, tables and databases', async () => {
    await page.keyboard.press('/')
    await page.keyboard.type('harbour')
    await page.keyboard.press('Enter')
    await page.waitForURL(`${holdall.url}/-/files/search?q=harbour`)
    await page.locator('.found', { hasText: '3 files for “harbour”' }).waitFor()
    const places = page.getByRole('region', { name: 'Tables and databases' })
    assert.equal(await places.getByRole('link').getAttribute('href'), '/museum/harbours')
    const row = page.getByRole('region', { name: 'Rows of tables' }).getByRole('link', { name: 'Sund' })
    assert.equal(await row.getAttribute('href'), '/museum/harbours/1')
    assert.equal(await row.locator('mark').textContent(), 'harbour')
    assert.deepEqual(await lookAt(context, page.url(), 'flow-search'), [])
  })

  test('arrows go through the files of a list, unless one types', async () => {
    const at = page.url()
    await page.goto(`${holdall.url}/-/files/search?q=jug&_sort=name`)
    await page.locator('.tile a').first().click()
    const heading = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor()
    await heading('jug_front.jpg')
    await page.keyboard.press('ArrowRight')
    await heading('jug_side.jpg')
    assert.equal(await page.getByRole('link', { name: 'Next' }).count(), 0)
    const field = page.getByRole('textbox', { name: 'Description' })
    await field.fill('seen')
    await page.keyboard.press('ArrowLeft')
    assert.equal(await field.evaluate(({ selectionStart }: HTMLTextAreaElement) => selectionStart), 3)
    await field.fill('')
    await field.blur()
    await page.keyboard.press('ArrowLeft')
    await heading('jug_front.jpg')
    await page.getByRole('link', { name: 'Back to the list' }).click()
    await page.locator('.found', { hasText: '2 files for “jug”' }).waitFor()
    await page.goto(at)
  })

  test('finds as one types, keeps focus and address, and says what to drop', async () => {
    const field = page.getByRole('searchbox')
    await field.fill('harbour plan')
    await page.locator('.found', { hasText: '1 file for “harbour plan”' }).waitFor()
    await page.getByText('No row holds “harbour plan”, in 1 table.').waitFor()
    assert.equal(new URL(page.url()).searchParams.get('q'), 'harbour plan')
    assert.equal(await field.evaluate((element) => element === document.activeElement), true)
    await field.fill('1234')
    await page.getByRole('link', { name: 'IMG_1234.jpg' }).waitFor()
    await field.fill('harbour zzz')
    await page.getByRole('heading', { name: 'No files are found for “harbour zzz”' }).waitFor()
    assert.deepEqual(await lookAt(context, page.url(), 'flow-search-nothing'), [])
    await page.getByRole('link', { name: 'Without “zzz”: 3 files' }).click()
    await page.locator('.found', { hasText: '3 files for “harbour”' }).waitFor()
  })

  test('the order stays the one that suits the question, or the one that was chosen, while one types', async () => {
    const at = page.url()
    const field = page.getByRole('searchbox')
    const order = page.locator('select[name="_sort"]')
    const type = async (words: string, found: string) => {
      await field.fill(words)
      await page.locator('.found', { hasText: `${found} for “${words}”` }).waitFor()
      return [await order.inputValue(), new URL(page.url()).searchParams.get('_sort')]
    }
    await page.goto(`${holdall.url}/-/files/search`)
    const usual = await order.inputValue()
    assert.deepEqual(await type('jug', '2 files'), ['', null])
    assert.deepEqual(await type('harbour', '3 files'), ['', null])
    await field.fill('')
    await page.locator('.found', { hasText: 'for “' }).waitFor({ state: 'detached' })
    assert.equal(await order.inputValue(), usual)
    await order.selectOption('Name')
    await page.waitForURL(/_sort=name/)
    assert.deepEqual(await type('jug', '2 files'), ['name', 'name'])
    await page.goto(at)
  })

  test('filters by source and type; the choice is kept while one types on', async () => {
    await page.getByLabel('Source').selectOption('Papers')
    await page.locator('.found', { hasText: '1 file for “harbour”' }).waitFor()
    await page.getByRole('searchbox').fill('gone')
    await page.locator('.found', { hasText: '1 file for “gone”' }).waitFor()
    assert.equal(new URL(page.url()).searchParams.get('source'), 'papers')
    await page.getByText(/^Missing since \d+ \w+ \d{4}$/).waitFor()
  })

  test('what is chosen before the page’s script has come is searched all the same, and not again on the way back', async () => {
    const other = await context.newPage()
    const come: (() => void)[] = []
    await other.route(/\/-\/assets\/elements\.js/, async (route) => {
      await new Promise<void>((resolve) => come.push(resolve))
      await route.continue()
    })
    await other.goto(`${holdall.url}/-/files/search?q=harbour`, { waitUntil: 'commit' })
    await other.locator('.found', { hasText: '3 files for “harbour”' }).waitFor()
    await other.getByLabel('Source').selectOption('Papers')
    assert.equal(come.length, 1)
    come.pop()?.()
    await other.locator('.found', { hasText: '1 file for “harbour”' }).waitFor()
    assert.equal(new URL(other.url()).searchParams.get('source'), 'papers')
    await other.unrouteAll({ behavior: 'ignoreErrors' })
    // As a browser does that puts back what was chosen on the page.
    await other.addInitScript(() => {
      document.addEventListener('readystatechange', () => {
        const source = document.querySelector<HTMLSelectElement>('select[name=source]')
        if (source) source.value = 'papers'
      })
    })
    await other.goBack()
    await other.locator('.found', { hasText: '3 files for “harbour”' }).waitFor()
    await other.getByRole('button', { name: 'Show' }).waitFor({ state: 'hidden' })
    await sleep(200)
    assert.equal(new URL(other.url()).searchParams.get('source'), null)
    await other.close()
  })

  test('works without scripts', async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState() })
    const without = await plain.newPage()
    await without.goto(`${holdall.url}/-/files/search`)
    await without.getByRole('searchbox').fill('jug')
    await without.getByLabel('Type').selectOption('Images')
    await without.getByRole('button', { name: 'Show' }).click()
    await without.locator('.found', { hasText: '2 files for “jug”' }).waitFor()
    await without.getByRole('checkbox', { name: 'Select jug_front.jpg' }).check()
    await without.getByRole('button', { name: 'Move to trash' }).waitFor()
    await plain.close()
  })

  test('small and in the dark: the boxes of tiles are dark, filters fill their lines, nothing is cut', async () => {
    const small = await browser.newContext({
      viewport: { width: 360, height: 740 },
      colorScheme: 'dark',
      storageState: await context.storageState(),
    })
    const there = await small.newPage()
    await there.goto(`${holdall.url}/-/files/search?q=jug`)
    const box = await there
      .getByRole('checkbox', { name: 'Select jug_front.jpg' })
      .evaluate((input) => getComputedStyle(input).backgroundColor)
    assert.ok(Math.max(...(box.match(/\d+/g) ?? ['255']).slice(0, 3).map(Number)) < 64, box)
    const right = async (name: string) => {
      const bounds = await there.locator(`select[name="${name}"]`).boundingBox()
      return (bounds?.x ?? 0) + (bounds?.width ?? 0)
    }
    assert.equal(await right('_sort'), await right('content_type'))
    await small.clearCookies()
    await there.goto(`${holdall.url}/-/sign-in`)
    const command = there.locator('.command code')
    assert.ok(await command.evaluate((code) => code.scrollWidth <= code.clientWidth))
    const header = await there.locator('.site-header').boundingBox()
    assert.ok((header?.height ?? 99) < 60, 'the header is one line')
    await small.close()
  })

  test('how many files are still being read is said, and goes by itself', async () => {
    const internal = new DatabaseSync(join(folder, 'data', 'internal.db'), { timeout: 5_000 })
    try {
      // Its time is far away, so that nobody reads it meanwhile.
      internal.exec(`INSERT INTO datasette_files_work (file_id, kind, not_before)
        SELECT id, 'text', '2999' FROM datasette_files WHERE filename = 'harbour minutes.txt'`)
      await page.goto(`${holdall.url}/-/files/browse/papers`)
      await page.getByText('1 of them still being read').waitFor()
      assert.deepEqual(await lookAt(context, page.url(), 'flow-library-reading'), [])
      assert.deepEqual(await lookAt(context, `${page.url()}?q=nowhere`, 'flow-search-reading'), [])
      internal.exec("DELETE FROM datasette_files_work WHERE not_before = '2999'")
      await page.getByText('still being read').waitFor({ state: 'detached' })
    } finally {
      internal.close()
    }
  })

  test('files are selected with the keyboard, without anything moving, and moved to the trash', async () => {
    await page.goto(`${holdall.url}/-/files/browse/photos`)
    await page.getByText(/^Changed \d+ \w+ \d{4}$/).waitFor()
    const tiles = page.locator('.tile > a')
    const newest = [...PHOTOS].reverse()
    await tiles.first().focus()
    const before = await tiles.first().boundingBox()
    await page.keyboard.press('Space')
    await page.locator('[data-selection-text]', { hasText: /^1 selected · / }).waitFor()
    assert.deepEqual(await tiles.first().boundingBox(), before)
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Shift+ArrowRight')
    await page.locator('[data-selection-text]', { hasText: /^3 selected · / }).waitFor()
    assert.equal(await page.locator(':focus').getAttribute('title'), newest[2])
    await page.keyboard.press('Control+a')
    await page.locator('[data-selection-text]', { hasText: /^7 selected · / }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByText('Select files to move them to the trash.').waitFor()
    await page.keyboard.press('Space')
    await page.keyboard.press('ArrowLeft')
    assert.deepEqual(await lookAt(context, page.url(), 'flow-library'), [])
    await page.keyboard.press('Delete')
    await page.getByText('moved to trash').waitFor()
    assert.equal(await page.getByRole('link', { name: newest[2] as string }).count(), 0)
    assert.equal(await page.locator('.tile').count(), PHOTOS.length - 1)
    await page.locator('.tile > a').first().focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: newest[0] as string }).waitFor()
  })

  test('rows of the list are selected as tiles are; Shift and a press select what is between', async () => {
    await page.goto(`${holdall.url}/-/files/browse/photos?view=list&_sort=name`)
    await page.getByRole('checkbox', { name: 'Select harbour_north.jpg' }).check()
    await page.getByRole('checkbox', { name: 'Select IMG_1235.jpg' }).click({ modifiers: ['Shift'] })
    await page.locator('[data-selection-text]', { hasText: /^4 selected · / }).waitFor()
    await page.keyboard.press('ArrowDown')
    assert.equal(await page.locator(':focus').getAttribute('aria-label'), 'Select jug_front.jpg')
    assert.deepEqual(await lookAt(context, page.url(), 'flow-library-list'), [])
  })

  test('a page that follows says while the server does not answer', async () => {
    const internal = new DatabaseSync(join(folder, 'data', 'internal.db'), { timeout: 5_000 })
    const other = await context.newPage()
    try {
      internal.exec(`INSERT INTO datasette_files_work (file_id, kind, not_before)
        SELECT id, 'text', '2999' FROM datasette_files WHERE filename = 'harbour minutes.txt'`)
      let isAway = true
      await other.route(/\/-\/files\/browse\/papers$/, (route) =>
        isAway && route.request().resourceType() === 'fetch' ? route.abort() : route.continue(),
      )
      await other.goto(`${holdall.url}/-/files/browse/papers`)
      const silent = other.locator('main').getByText('The server does not answer. This page goes on when it does.')
      await silent.waitFor()
      assert.equal(await silent.count(), 1)
      internal.exec("DELETE FROM datasette_files_work WHERE not_before = '2999'")
      isAway = false
      await silent.waitFor({ state: 'detached' })
      await other.getByText('still being read').waitFor({ state: 'detached' })
    } finally {
      internal.close()
      await other.close()
    }
  })
})

/** As a sync would, of files that somebody else touched, once nobody reads them who would say what he finds. */
async function mark(filename: string, column: 'missing_since' | 'changed_at'): Promise<void> {
  const database = new DatabaseSync(join(folder, 'data', 'internal.db'), { timeout: 5_000 })
  const reading = database.prepare('SELECT count(*) AS files FROM datasette_files_work')
  while (reading.get()?.files !== 0) await sleep(20)
  database.prepare(`UPDATE datasette_files SET ${column} = '2026-05-03T10:00:00.000Z' WHERE filename = ?`).run(filename)
  database.close()
}
