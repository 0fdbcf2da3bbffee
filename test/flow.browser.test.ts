import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, afterEach, before, describe, test } from 'node:test'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { CHROMIUM, launchBrowser, lookAt } from './support/browser.ts'
import { type RunningHoldall, runHoldall, startHoldall } from './support/holdall.ts'
import { contentHash, photograph } from './support/photograph.ts'

const PHOTOGRAPHS = { width: 1_200, height: 900 }
/** Bytes a second: slow enough that the progress of a photograph is seen. */
const SLOW_UPLOAD = 400_000

let folder: string
let root: string
let holdall: RunningHoldall
let browser: Browser
/** The signed-in browser of root. */
let context: BrowserContext
let page: Page
/** What pages complain about to their console. */
const troubles: string[] = []
const photos = new Map<string, Buffer<ArrayBuffer>>()

const skip = CHROMIUM === undefined ? 'HOLDALL_TEST_CHROMIUM names no Chromium' : false

/** What a newcomer does on a fresh server, in a real browser; each step builds on those before. */
describe('attach files to rows in a browser', { skip }, () => {
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-flow-'))
    root = join(folder, 'uploads')
    for (const [at, name] of ['lantern', 'lamp', 'dropped', 'pasted', 'plain', 'bob'].entries()) {
      const bytes = await photograph(at + 10, PHOTOGRAPHS.width, PHOTOGRAPHS.height)
      photos.set(`${name}.jpg`, bytes)
      writeFileSync(join(folder, `${name}.jpg`), bytes)
    }
    makeDatabase(join(folder, 'shop.db'))
    const config = join(folder, 'holdall.json')
    writeFileSync(
      config,
      JSON.stringify({ sources: { uploads: { label: 'Photographs', storage: 'filesystem', config: { root } } } }),
    )
    ;[holdall, browser] = await Promise.all([
      startHoldall({ data: join(folder, 'data'), databases: [join(folder, 'shop.db')], config }),
      launchBrowser(),
    ])
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' })
    page = await open(context)
  })

  after(async () => {
    await browser?.close()
    await holdall?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  afterEach(() => assert.deepEqual(troubles.splice(0), []))

  test('the printed link asks once, signs in, and does not work again', async () => {
    await page.goto(holdall.signInLink)
    await page.getByRole('button', { name: 'Sign in as root' }).click()
    await page.waitForURL(`${holdall.url}/`)
    await page.getByRole('link', { name: 'shop' }).first().click()
    await page.getByRole('link', { name: 'products' }).first().click()
    await page.getByRole('heading', { level: 1, name: 'products' }).waitFor()
    assert.equal((await fetch(holdall.signInLink)).status, 403)
  })

  test('“Table actions” makes photo a column of one image and gallery one of several', async () => {
    await page.getByText('Table actions').click()
    await page.getByRole('link', { name: 'Configure file columns' }).click()
    await page.getByRole('heading', { level: 1, name: 'Configure file columns' }).waitFor()
    await page.getByLabel('photo', { exact: true }).selectOption('One file')
    await page.getByLabel('gallery', { exact: true }).selectOption('Several files')
    const photo = page.locator('.form-row', { has: page.getByLabel('photo', { exact: true }) })
    await photo.getByLabel('New files go to').selectOption('Photographs')
    await photo.getByLabel('Takes', { exact: true }).selectOption('Images')
    await photo.getByLabel('Largest size', { exact: true }).fill('two big ones')
    // Four fields of one column are one change, called as the page calls it.
    await page.getByText('2 changes: photo, gallery.', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Save file columns' }).click()
    await page.getByText('Must be a size, for example 20 MB.').first().waitFor()
    assert.equal(
      await photo.getByLabel('Takes', { exact: true }).inputValue(),
      'images',
      'a refused form keeps its values',
    )
    assert.equal(await photo.getByLabel('Largest size', { exact: true }).inputValue(), 'two big ones')
    await photo.getByLabel('Largest size', { exact: true }).fill('20')
    await page.getByRole('button', { name: 'Save file columns' }).click()
    await page.waitForURL(`${holdall.url}/shop/products`)
    await page.getByText('File columns saved').waitFor()
    await page.getByText('file · image/*').first().waitFor()
  })

  test('a row is edited: a photograph is chosen, its progress shows, the row is saved', async () => {
    await page.goto(`${holdall.url}/shop/products`)
    await page.getByRole('link', { name: 'Edit Lantern' }).click()
    const field = page.locator('file-column-input[name=photo]')
    const slow = await throttle(page)
    await chooseIn(field, 'lantern.jpg')
    const bar = page.getByRole('progressbar', { name: 'Uploading lantern.jpg' })
    await bar.waitFor()
    await until(async () => {
      const sent = Number(await bar.getAttribute('value').catch(() => null))
      return sent > 0 && sent < size('lantern.jpg')
    }, 'the bar is between its ends')
    // Pressed while the upload runs: the form waits for it.
    await page.getByRole('button', { name: 'Save row' }).click()
    await page.waitForURL(`${holdall.url}/shop/products/1`)
    await slow.detach()
    await page.getByText('Row saved').waitFor()
    const stored = read('SELECT name, price, notes, photo FROM products WHERE id = 1')
    assert.deepEqual(
      { ...stored, photo: null },
      { name: 'Lantern', price: 12.5, notes: 'Brass, with a handle', photo: null },
    )
    await assertStored(String(stored.photo), 'lantern.jpg')
  })

  test('a row is inserted with a photograph', async () => {
    await page.goto(`${holdall.url}/shop/products`)
    await page.getByRole('link', { name: 'Insert row' }).click()
    await page.getByLabel('name', { exact: true }).fill('Lamp')
    await chooseIn(page.locator('file-column-input[name=photo]'), 'lamp.jpg')
    await page.locator('file-column-input[name=photo]').getByRole('link', { name: 'lamp.jpg' }).waitFor()
    await page.getByRole('button', { name: 'Insert row' }).click()
    await page.getByText('Row inserted').waitFor()
    await assertStored(String(read("SELECT photo FROM products WHERE name = 'Lamp'").photo), 'lamp.jpg')
  })

  test('a photograph is dropped onto an empty cell and is in the row at once', async () => {
    await page.goto(`${holdall.url}/shop/products`)
    const cell = cellOf(page, 2, 'photo')
    await drop(cell, 'dropped.jpg')
    await page.getByText('dropped.jpg attached').waitFor()
    await cell.getByRole('link', { name: 'dropped.jpg' }).waitFor()
    await assertStored(String(read('SELECT photo FROM products WHERE id = 2').photo), 'dropped.jpg')
  })

  test('a photograph is pasted onto a cell of several, twice: the list grows, Undo takes the last one back', async () => {
    const cell = cellOf(page, 2, 'gallery')
    await paste(cell, 'pasted.jpg')
    await page.getByText('pasted.jpg attached').waitFor()
    const [first] = JSON.parse(String(read('SELECT gallery FROM products WHERE id = 2').gallery)) as string[]
    await assertStored(String(first), 'pasted.jpg')
    await drop(cell, 'plain.jpg')
    await page.getByText('plain.jpg attached').waitFor()
    const both = JSON.parse(String(read('SELECT gallery FROM products WHERE id = 2').gallery)) as string[]
    assert.equal(both.length, 2)
    assert.equal(both[0], first)
    await page.locator('.toast', { hasText: 'plain.jpg attached' }).getByRole('button', { name: 'Undo' }).click()
    await until(
      () => read('SELECT gallery FROM products WHERE id = 2').gallery === JSON.stringify([first]),
      'the row is as it was',
    )
  })

  test('what a column does not take is refused in the cell, and the row stays', async () => {
    writeFileSync(join(folder, 'letter.txt'), 'Dear Sir or Madam')
    const cell = cellOf(page, 3, 'photo')
    await drop(cell, 'letter.txt')
    await cell.getByText('photo takes images.', { exact: false }).waitFor()
    assert.equal(read('SELECT photo FROM products WHERE id = 3').photo, null)
  })

  test('the table shows thumbnail, name and size; a click leads to the file, its facts, its bytes and its rows', async () => {
    await page.goto(`${holdall.url}/shop/products`)
    const cell = cellOf(page, 2, 'photo')
    const link = cell.getByRole('link', { name: 'dropped.jpg' })
    await cell.getByText(/\d+(\.\d)? (KB|MB) · 1,200 × 900/).waitFor()
    await until(() => cell.locator('img').evaluate((img) => (img as HTMLImageElement).naturalWidth > 0), 'it is drawn')
    await link.click()
    await page.waitForURL(/\/-\/files\/df-/)
    await page.getByRole('heading', { level: 1, name: 'dropped.jpg' }).waitFor()
    const preview = page.locator('.preview img')
    await until(() => preview.evaluate((img) => (img as HTMLImageElement).naturalWidth > 0), 'the preview is drawn')
    const facts = page.getByRole('complementary', { name: 'About this file' })
    for (const words of ['JPEG', '1,200 × 900 px', 'Photographs', 'root']) {
      await facts.getByText(words, { exact: false }).first().waitFor()
    }
    const hash = contentHash(photos.get('dropped.jpg') as Buffer).slice('sha256:'.length)
    assert.ok((await page.content()).includes(hash), 'the page has the whole SHA-256')
    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Download' }).click()
    const saved = await download
    assert.equal(saved.suggestedFilename(), 'dropped.jpg')
    assert.ok(readFileSync(await saved.path()).equals(photos.get('dropped.jpg') as Buffer))
    await page.getByRole('heading', { name: 'Used in 1 row' }).waitFor()
    await page.getByRole('link', { name: 'Bowl' }).click()
    await page.waitForURL(`${holdall.url}/shop/products/2`)
  })

  test('bob is invited; he may look and change nothing until he is granted it, and no longer than that', async () => {
    await page.goto(`${holdall.url}/-/people`)
    await page.getByLabel('Name to sign in with').fill('bob')
    await page.getByRole('button', { name: 'Make sign-in link' }).click()
    await page.waitForURL(`${holdall.url}/-/people/bob`)
    const link = (await page.getByText('/-/sign-in?token=').textContent()) ?? ''
    const his = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' })
    const bob = await open(his)
    await bob.goto(link)
    await bob.getByRole('button', { name: 'Sign in as bob' }).click()
    await bob.waitForURL(`${holdall.url}/`)

    async function assertMayNot(): Promise<void> {
      await bob.goto(`${holdall.url}/shop/products`)
      await bob.getByRole('heading', { level: 1, name: 'products' }).waitFor()
      assert.equal(await bob.getByRole('link', { name: 'Insert row' }).count(), 0)
      assert.equal(await bob.getByRole('link', { name: 'Edit Lantern' }).count(), 0)
      assert.equal(await bob.locator('file-cell').count(), 0)
      assert.equal(await bob.getByRole('link', { name: 'lantern.jpg' }).count(), 0)
      const notShown = bob.getByText('Not shown to you')
      assert.ok((await notShown.count()) > 0, 'a file that he may not browse says nothing')
      const said = await bob.getByText(/^On this page, photo.*: the files are not shown to you\./).count()
      assert.equal(said, 1, 'that is said above the rows')
      const box = await bob.locator('td .not-shown .file-text').first().boundingBox()
      assert.ok(box && box.width <= 1 && box.height <= 1, 'and a cell has a sign for it')
      assert.ok(!(await bob.content()).includes('lantern.jpg'))
      assert.equal((await bob.goto(`${holdall.url}/shop/products/1/-/update`))?.status(), 403)
      assert.equal(await statusOf(bob, '/-/files/upload/uploads?filename=x.jpg', 'x'), 403)
      assert.equal(await statusOf(bob, '/shop/products/1/-/update', '{"update": {"name": "his"}}'), 403)
    }
    async function grant(level: string, value: string, resource: string): Promise<void> {
      await page.getByLabel('What they may do', { exact: true }).selectOption(level)
      await page.getByLabel('Where', { exact: true }).selectOption(value)
      await page.getByRole('button', { name: 'Grant', exact: true }).click()
      await page.getByRole('button', { name: `Take back what was granted on ${resource}` }).waitFor()
    }

    await assertMayNot()
    assert.deepEqual(await lookAt(his, `${holdall.url}/shop/products`, 'table-files-not-shown'), [])
    await grant('edit', 'table:shop/products', 'table shop / products')
    await grant('edit', 'source:uploads', 'source uploads')
    await bob.goto(`${holdall.url}/shop/products`)
    await bob.getByRole('link', { name: 'Insert row' }).waitFor()
    await drop(cellOf(bob, 3, 'photo'), 'bob.jpg')
    await bob.getByText('bob.jpg attached').waitFor()
    const { photo } = read('SELECT photo FROM products WHERE id = 3')
    await assertStored(String(photo), 'bob.jpg')
    await bob.getByText('Table actions').click()
    assert.equal(await bob.getByRole('link', { name: 'Configure file columns' }).count(), 0, 'that takes “Manage”')
    await page.goto(`${holdall.url}/-/files/${photo}`)
    await page.getByRole('complementary', { name: 'About this file' }).getByText('bob', { exact: true }).waitFor()

    await page.goto(`${holdall.url}/-/people/bob`)
    for (const resource of ['table shop / products', 'source uploads']) {
      await page.getByRole('button', { name: `Take back what was granted on ${resource}` }).click()
      await page
        .getByRole('button', { name: `Take back what was granted on ${resource}` })
        .waitFor({ state: 'detached' })
    }
    await assertMayNot()
    await his.close()
  })

  test('without scripts: browse, filter, sort, page, and edit a row with a plain file input', async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 1280, height: 900 } })
    const without = await open(plain)
    const { stdout } = await runHoldall(['link', 'root', '--data', holdall.data])
    const { pathname, search } = new URL(stdout.trim())
    await without.goto(holdall.url + pathname + search)
    await without.getByRole('button', { name: 'Sign in as root' }).click()
    await without.getByRole('link', { name: 'shop' }).first().click()
    await without.getByRole('link', { name: 'stock' }).first().click()
    await without.getByRole('heading', { level: 1, name: 'stock' }).waitFor()

    await without.getByRole('columnheader', { name: 'amount' }).getByRole('link').click()
    await without.getByRole('columnheader', { name: 'amount' }).getByRole('link').click()
    assert.equal(new URL(without.url()).searchParams.get('_sort_desc'), 'amount')
    assert.deepEqual(await column(without, 'amount', 3), ['249', '248', '247'])
    await without.getByRole('link', { name: 'Next page' }).click()
    const [top = ''] = await column(without, 'amount', 1)
    assert.ok(Number(top) < 247 && Number(top) > 0, top)
    await without.getByRole('link', { name: 'First page' }).click()
    assert.deepEqual(await column(without, 'amount', 1), ['249'])

    await without.goto(`${holdall.url}/shop/stock`)
    await without.locator('summary', { hasText: 'Add filter' }).click()
    await without.locator('[name=_filter_column]').selectOption('place')
    await without.locator('[name^=_filter_op]:visible').selectOption('exact')
    await without.locator('[name=_filter_value]').fill('shelf 7')
    await without.getByRole('button', { name: 'Filter rows' }).click()
    assert.equal(new URL(without.url()).searchParams.get('place__exact'), 'shelf 7')
    await without.getByText('25 of 250 rows match 1 filter').waitFor()
    assert.equal(await without.locator('tbody tr').count(), 25)

    await without.goto(`${holdall.url}/shop/products/3/-/update`)
    await without.getByLabel('notes', { exact: true }).fill('Edited without scripts')
    await without.locator('file-column-input[name=photo] input[type=file]').setInputFiles(join(folder, 'plain.jpg'))
    await without.getByRole('button', { name: 'Save row' }).click()
    await without.waitForURL(`${holdall.url}/shop/products/3`)
    const row = read('SELECT notes, photo FROM products WHERE id = 3')
    assert.equal(row.notes, 'Edited without scripts')
    await assertStored(String(row.photo), 'plain.jpg')
    await without.goto(`${holdall.url}/shop/products`)
    await without.getByRole('link', { name: 'plain.jpg' }).first().click()
    await without.getByRole('heading', { level: 1, name: 'plain.jpg' }).waitFor()
    await plain.close()
  })

  test('every page of it looks right in both themes and two widths, and axe finds nothing', async () => {
    const { photo } = read('SELECT photo FROM products WHERE id = 1')
    const pages = {
      databases: '/',
      database: '/shop',
      table: '/shop/products',
      'table-filtered': '/shop/stock?place=shelf+7&_sort_desc=amount',
      'table-no-match': '/shop/products?name=nothing',
      row: '/shop/products/1',
      'row-edit': '/shop/products/1/-/update',
      'row-insert': '/shop/products/-/insert',
      'row-delete': '/shop/products/1/-/delete',
      'file-columns': '/shop/products/-/file-columns',
      files: '/-/files',
      source: '/-/files/browse/uploads',
      upload: '/-/files/upload/uploads',
      file: `/-/files/${photo}`,
      'file-edit': `/-/files/${photo}/-/update`,
      'not-found': '/shop/nowhere',
    }
    const findings: string[] = []
    for (const [name, path] of Object.entries(pages)) {
      findings.push(...(await lookAt(context, holdall.url + path, `flow-${name}`)))
    }
    assert.deepEqual(findings, [])
  })
})

function makeDatabase(path: string): void {
  const database = new DatabaseSync(path)
  database.exec(`
    CREATE TABLE makers (id INTEGER PRIMARY KEY, name TEXT);
    INSERT INTO makers VALUES (1, 'Ida Lind'), (2, 'Mortlake Pottery');
    CREATE TABLE products (
      id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL, notes TEXT, photo TEXT, gallery TEXT, maker INTEGER REFERENCES makers(id)
    );
    INSERT INTO products (id, name, price, notes, maker) VALUES
      (1, 'Lantern', 12.5, 'Brass, with a handle', 1), (2, 'Bowl', 7, NULL, 2), (3, 'Basket', 0.5, '', NULL);
    CREATE TABLE stock (place TEXT, product INTEGER REFERENCES products(id), amount INTEGER);
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 249)
      INSERT INTO stock SELECT 'shelf ' || (i % 10), 1 + i % 3, i FROM n;
  `)
  database.close()
}

async function open(from: BrowserContext): Promise<Page> {
  const opened = await from.newPage()
  opened.on('pageerror', (error) => troubles.push(error.message))
  // A refusal by the page's policy is only told to the console.
  opened.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) troubles.push(message.text())
  })
  return opened
}

function size(name: string): number {
  return photos.get(name)?.byteLength ?? 0
}

function read(sql: string): Record<string, unknown> {
  const database = new DatabaseSync(join(folder, 'shop.db'), { readOnly: true, timeout: 5_000 })
  try {
    return database.prepare(sql).get() as Record<string, unknown>
  } finally {
    database.close()
  }
}

/** The file's bytes in the source's folder are those of the photograph, at `{ulid}/{filename}`. */
async function assertStored(id: string, name: string): Promise<void> {
  assert.match(id, /^df-[0-9a-hjkmnp-tv-z]{26}$/)
  const ulid = id.slice('df-'.length)
  assert.deepEqual(readdirSync(join(root, ulid)), [name])
  assert.equal(contentHash(readFileSync(join(root, ulid, name))), contentHash(photos.get(name) as Buffer))
}

function cellOf(on: Page, key: number, columnName: string): Locator {
  return on.locator(`file-cell[row-url$="/products/${key}"][column=${columnName}]`)
}

async function chooseIn(field: Locator, name: string): Promise<void> {
  const chooser = field.page().waitForEvent('filechooser')
  await field.getByRole('button', { name: /Choose file|Replace|Add files/ }).click()
  await (await chooser).setFiles(join(folder, name))
}

/** A drag from outside the browser, as the operating system would bring it. */
async function drop(target: Locator, name: string): Promise<void> {
  await target.scrollIntoViewIfNeeded()
  const box = await target.boundingBox()
  assert.ok(box)
  const input = await target.page().context().newCDPSession(target.page())
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await input.send('Input.dispatchDragEvent', {
      type,
      x: box.x + box.width / 2,
      y: box.y + box.height / 2,
      data: { items: [], files: [join(folder, name)], dragOperationsMask: 1 },
    })
  }
  await input.detach()
}

async function paste(target: Locator, name: string): Promise<void> {
  const link = target.locator('a').first()
  await link.focus()
  await link.evaluate(
    async (element, { base64, filename }) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
      const clipboardData = new DataTransfer()
      clipboardData.items.add(new File([bytes], filename, { type: 'image/jpeg' }))
      element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
    },
    { base64: (photos.get(name) as Buffer).toString('base64'), filename: name },
  )
}

async function throttle(on: Page) {
  const network = await on.context().newCDPSession(on)
  await network.send('Network.enable')
  await network.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: SLOW_UPLOAD,
  })
  return network
}

/** What the page's own origin answers to a script of somebody who went around the buttons. */
function statusOf(on: Page, path: string, body: string): Promise<number> {
  return on.evaluate(
    async ([at, sent]) => {
      const headers = { 'Content-Type': sent?.startsWith('{') ? 'application/json' : 'image/jpeg' }
      return (await fetch(at as string, { method: 'POST', body: sent, headers })).status
    },
    [path, body],
  )
}

/** The texts of a column's first cells. */
/** The first cells of a column, once there are so many: a page of a slow machine has come in part. */
async function column(on: Page, name: string, count: number): Promise<string[]> {
  const cells = on.locator(`tbody [data-label="${name}"]`)
  await cells.nth(count - 1).waitFor()
  const texts = await cells.allTextContents()
  return texts.slice(0, count).map((text) => text.trim())
}

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let at = 0; at < 200; at += 1) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.fail(`waited in vain until ${what}`)
}
