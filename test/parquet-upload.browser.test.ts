import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, BrowserContext, CDPSession, Page, Request } from 'playwright-core'
import { CHROMIUM, launchBrowser, leaveBodiesAlone } from './support/browser.ts'
import { type RunningHoldall, startHoldall } from './support/holdall.ts'
import { writeParquet } from './support/parquet.ts'
import { TWO_SHEETS } from './support/two-sheets.ts'

const skip = CHROMIUM === undefined ? 'HOLDALL_TEST_CHROMIUM names no Chromium' : false
const MIB = 1_024 * 1_024
const ORGANIZATION = '550e8400-e29b-41d4-a716-446655440000'
/** Of 24 random bytes and more each: some sixty million bytes, in eight parts. */
const ROWS = 1_500_000
const PARTS = 8
/** Bytes a second: slow enough to be in the middle of something. */
const SLOW = 16 * MIB
const LIMIT_MS = 60_000

describe('Parquet files become datasets, in a browser', { skip }, () => {
  let folder: string
  let root: string
  let visits: string
  let holdall: RunningHoldall
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let network: CDPSession
  let here: string
  /** Parts that the page began to send, and those that were acknowledged. */
  let begun: string[]
  let acknowledged: string[]
  const troubles: string[] = []

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-parquet-upload-'))
    root = join(folder, 'objects')
    visits = join(folder, 'gallery_visits_2009-2025.parquet')
    const config = join(folder, 'holdall.json')
    const settings = {
      sources: { media: { storage: 'filesystem', config: { root } } },
      collections: [{ organization: ORGANIZATION, id: 'visitors', label: 'Visitors', source: 'media' }],
    }
    writeFileSync(config, JSON.stringify(settings))
    const select = `SELECT range AS visit, gen_random_uuid() AS visitor, random() AS seconds, random() AS warmth FROM range(${ROWS})`
    ;[holdall, browser] = await Promise.all([
      startHoldall({ data: join(folder, 'data'), config }),
      launchBrowser(),
      writeParquet(visits, select, 'COMPRESSION uncompressed'),
    ])
    here = `${holdall.url}/-/datasets/${ORGANIZATION}/visitors`
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' })
    const first = await context.newPage()
    await first.goto(holdall.signInLink)
    await first.getByRole('button', { name: 'Sign in as root' }).click()
    await first.waitForURL(`${holdall.url}/`)
    await first.close()
  })

  after(async () => {
    await browser?.close()
    await holdall?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  beforeEach(async () => {
    begun = []
    acknowledged = []
    page = await context.newPage()
    page.on('pageerror', (error) => troubles.push(error.message))
    page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) troubles.push(message.text())
    })
    page.on('request', (request) => {
      const part = partOf(request)
      if (part !== null) begun.push(part)
    })
    page.on('response', (response) => {
      const part = partOf(response.request())
      if (part !== null && response.ok()) acknowledged.push(part)
    })
    page.on('dialog', (dialog) => dialog.accept())
    await leaveBodiesAlone(page)
    network = await context.newCDPSession(page)
    await network.send('Network.enable', { maxPostDataSize: 1 })
    await page.goto(here)
    await page.getByText('Drop Parquet, CSV, JSON or Excel files here').waitFor()
  })

  afterEach(async () => {
    await page.close({ runBeforeUnload: false })
    assert.deepEqual(troubles.splice(0), [])
  })

  function partOf(request: Request): string | null {
    return request.method() === 'PUT' ? new URL(request.url()).pathname : null
  }

  function throttle(bytesPerSecond: number): Promise<unknown> {
    return network.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: bytesPerSecond,
    })
  }

  async function drop(path: string): Promise<void> {
    const box = await page.locator('.drop-area').boundingBox()
    assert.ok(box)
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await network.send('Input.dispatchDragEvent', {
        type,
        x: box.x + box.width / 2,
        y: box.y + box.height / 2,
        data: { items: [], files: [path], dragOperationsMask: 1 },
      })
    }
  }

  async function choose(button: RegExp | string, path: string): Promise<void> {
    const chooser = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: button }).first().click()
    await (await chooser).setFiles(path)
  }

  const card = (path: string) => page.getByRole('region', { name: path.slice(dirname(path).length + 1) })

  async function until(condition: () => boolean, what: string): Promise<void> {
    for (const deadline = Date.now() + LIMIT_MS; !condition(); await sleep(20)) {
      assert.ok(Date.now() < deadline, `waited in vain until ${what}`)
    }
  }

  function small(name: string, bytes: Buffer): string {
    const path = join(folder, name)
    writeFileSync(path, bytes)
    return path
  }

  /** What looks like Parquet from outside and is none: of random bytes where the footer is, some say that it is signed. */
  function hollow(size: number): Buffer {
    const footer = Buffer.alloc(9, 0xff)
    return Buffer.concat([
      Buffer.from('PAR1'),
      randomBytes(size),
      footer,
      Buffer.from([9, 0, 0, 0]),
      Buffer.from('PAR1'),
    ])
  }

  test('a file is dropped: its bytes, its speed, its steps, its dataset; a reload in the middle loses nothing', async (t) => {
    // A time that is left is said when there is enough to say it by.
    await throttle(SLOW / 2)
    await drop(visits)
    const one = card(visits)
    await one.getByText(/^[\d.]+ of [\d.]+ MB$/).waitFor()
    await one.getByText(/^[\d.]+ MB\/s · \d+ s left$/).waitFor()
    await page.getByRole('button', { name: '1 upload', exact: true }).waitFor()
    await until(() => acknowledged.length >= 1, 'a part was sent')
    await one.getByRole('button', { name: 'Pause' }).click()
    await one.getByText(/^Paused at \d+%/).waitFor()
    const sent = begun.length
    await sleep(400)
    assert.equal(begun.length, sent, 'nothing moves meanwhile')
    // However long the reload takes, it is in the middle.
    await throttle(MIB)
    await one.getByRole('button', { name: 'Resume' }).click()
    await until(() => begun.length > sent, 'a part is on its way again')
    const kept = new Set(acknowledged)
    await page.reload()
    const before = begun.length
    const line = page.locator('.left-open')
    await line.getByText(/of .* sent · Choose the same file to go on/).waitFor()
    // What is said aloud is soon followed by something else.
    await page.evaluate(() => {
      const said: string[] = []
      Object.assign(globalThis, { said })
      const listen = () => said.push(document.querySelector('[data-announcer]')?.textContent ?? '')
      new MutationObserver(listen).observe(document.body, { subtree: true, childList: true, characterData: true })
    })
    await throttle(SLOW)
    await choose(/^Choose file gallery/, visits)
    await one.getByRole('heading', { name: 'Sent' }).waitFor({ timeout: LIMIT_MS })
    await one.getByText('Ready').waitFor({ timeout: LIMIT_MS })
    const again = begun.slice(before)
    t.diagnostic(`${kept.size} of ${PARTS} parts were kept, ${again.length} sent after the reload`)
    assert.deepEqual(
      again.filter((part) => kept.has(part)),
      [],
      'what was kept is not sent again',
    )
    await one.getByText('4 columns, 1,500,000 rows').waitFor()
    const said = await page.evaluate(() => (globalThis as unknown as { said: string[] }).said)
    assert.ok(said.some((text) => /gallery_visits_2009-2025\.parquet goes on from \d+%/.test(text)))
    assert.match((await one.locator('.what code').textContent()) ?? '', /^t_[0-9a-f]{8,12}_gallery_visits/)
    await page.getByRole('row', { name: /gallery_visits_2009-2025/ }).waitFor()
    await one.getByRole('link', { name: 'Open dataset' }).click()
    await page.getByRole('heading', { name: /gallery_visits_2009-2025/ }).waitFor()
    await page.getByText('1,500,000').first().waitFor()
  })

  test('who leaves once all is sent finds the dataset; who comes back in between follows it', async () => {
    const path = small('harbour.parquet', await smallVisits())
    const made = page.waitForResponse((answer) => answer.url().endsWith('/init'))
    await page.route('**/complete', async (route) => {
      await blocked(((await (await made).json()) as { dataset_id: string }).dataset_id)
      await route.continue()
    })
    await choose('Choose files', path)
    const one = card(path)
    await one.getByText('Putting the parts together').waitFor()
    await one.getByText('All bytes are here. You can close this page.').waitFor()
    const asked: string[] = []
    page.on('dialog', (dialog) => asked.push(dialog.type()))
    await page.reload()
    assert.deepEqual(asked, [], 'nothing is lost by leaving')
    await one.getByText('Putting the parts together').waitFor()
    unblock()
    await one.getByText('Ready').waitFor({ timeout: LIMIT_MS })
    await page.getByRole('row', { name: /harbour/ }).waitFor()
  })

  test('cancelled while the server combines: it stops, and nothing of it stays', async () => {
    const path = small('cancelled.parquet', await smallVisits())
    const made = page.waitForResponse((answer) => answer.url().endsWith('/init'))
    await page.route('**/complete', async (route) => {
      await blocked(((await (await made).json()) as { dataset_id: string }).dataset_id)
      await route.continue()
    })
    await choose('Choose files', path)
    const one = card(path)
    await one.getByText('Putting the parts together').waitFor()
    await one.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('cancelled.parquet cancelled').waitFor()
    assert.equal(await one.count(), 0)
    unblock()
    await page.reload()
    await page.getByText('Drop Parquet, CSV, JSON or Excel files here').waitFor()
    await sleep(300)
    assert.equal(await page.getByText('cancelled.parquet').count(), 0)
  })

  test('CSV and Excel become datasets by a step more; what a line breaks is said in place', async () => {
    const csv = small('visits.csv', Buffer.from('id,gallery\n1,North\n2,South\n'))
    const excel = small('plan.xlsx', TWO_SHEETS)
    const ragged = small('ragged.csv', Buffer.from('a,b\n1,2\n3,4,5\n'))
    for (const path of [csv, excel, ragged]) await choose('Choose files', path)
    for (const path of [csv, excel]) {
      await card(path).getByRole('heading', { name: 'Converted' }).waitFor({ timeout: LIMIT_MS })
      await card(path).getByRole('link', { name: 'Open dataset' }).waitFor({ timeout: LIMIT_MS })
    }
    const plan = card(excel).first()
    await plan.getByText('Of the sheet “Plan”').waitFor()
    await plan.getByLabel('Another sheet').selectOption('Rooms')
    await plan.getByRole('button', { name: 'Read it instead' }).click()
    await card(excel).getByText('Of the sheet “Rooms”').waitFor({ timeout: LIMIT_MS })
    await page.getByRole('row', { name: /plan version 2/ }).waitFor()
    const broken = card(ragged)
    await broken.getByRole('heading', { name: 'Converting failed' }).waitFor({ timeout: LIMIT_MS })
    await broken.getByText('line 3 has 3 values where the others have 2').waitFor()
    await broken.getByRole('button', { name: 'Clear' }).click()
    await page.getByText('ragged.csv cleared from the list').waitFor()
    await card(csv).getByRole('link', { name: 'Open dataset' }).click()
    await page
      .getByRole('link', { name: /^Files/ })
      .last()
      .click()
    await page.getByText('an upload, converted from CSV').waitFor()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download' }).click(),
    ])
    assert.equal(download.suggestedFilename(), 'visits.csv')

    // Another sheet later, where one looks for it.
    await page.goto(here)
    await page.getByRole('link', { name: 'plan', exact: true }).click()
    await page.getByText('From plan.xlsx, sheet Rooms (read another)').waitFor()
    await page.getByRole('link', { name: 'read another' }).click()
    await page.getByText('Sheet: Rooms').waitFor()
    await page.getByLabel('Another sheet of plan.xlsx').selectOption('Plan')
    const dataset = page.url().replace('#sheets', '')
    await page.getByRole('button', { name: 'Read another sheet' }).click()
    await page.getByText('Reading the sheet “Plan”').waitFor()
    let now = ''
    for (const deadline = Date.now() + LIMIT_MS; !/Sheet: Plan/.test(now) && Date.now() < deadline; ) {
      await page.goto(dataset)
      now = (await page.locator('#sheets').allInnerTexts()).join(' ')
    }
    assert.match(now, /Sheet: Plan/)
    await page.getByRole('row', { name: /Version 3 Current Replaced with plan\.xlsx/ }).waitFor()
  })

  test('a file that is called like a dataset is sent once it was said what becomes of it', async () => {
    const path = small('rooms.csv', Buffer.from('room\nNorth\n'))
    await choose('Choose files', path)
    await card(path).getByText('Ready').waitFor({ timeout: LIMIT_MS })
    await page.reload()
    small('rooms.csv', Buffer.from('room\nSouth\nEast\n'))
    await choose('Choose files', path)
    await card(path).getByText('“rooms” is here already. It has 1 row and was changed on').waitFor()
    assert.deepEqual(begun.length, 1, 'nothing is sent yet')
    assert.deepEqual(await card(path).getByRole('button').allInnerTexts(), [
      ...['Add to it', 'Replace it', 'Make a new dataset', 'Cancel'],
    ])
    await card(path).getByRole('button', { name: 'Add to it' }).click()
    await card(path).getByText('Ready').waitFor({ timeout: LIMIT_MS })
    await card(path).getByRole('link', { name: 'Open dataset' }).click()
    await page.getByText('3 rows').waitFor()
    await page.getByText('in 2 files').waitFor()
  })

  test('what is no Parquet file is not sent; what only looks like one is refused in place, and is gone then', async () => {
    await choose('Choose files', small('notes.parquet', Buffer.from('visit,visitor\n1,2\n')))
    const notes = card('/notes.parquet')
    await notes.getByText('its first 4 bytes are not “PAR1”').waitFor()
    assert.equal(begun.length, 0)
    assert.equal(await notes.getByRole('button', { name: 'Retry' }).count(), 0)
    await notes.getByRole('button', { name: 'Clear' }).click()

    const path = small('visitors_export.parquet', hollow(9 * MIB))
    await choose('Choose files', path)
    const one = card(path)
    await one.getByRole('heading', { name: 'Inferring failed' }).waitFor({ timeout: LIMIT_MS })
    await one.getByText('This is not a readable Parquet file:').waitFor()
    await one.getByText('What was sent has been deleted.').waitFor()
    assert.equal(await one.getByRole('button', { name: /Retry/ }).count(), 0)
    await page.reload()
    // One line: whoever was there has read it.
    await page.getByRole('heading', { name: '1 failed upload' }).waitFor()
    assert.equal(await one.getByRole('heading', { name: 'Inferring failed' }).isVisible(), false)
    await page.locator('summary', { hasText: 'visitors_export.parquet' }).click()
    await one.getByRole('heading', { name: 'Inferring failed' }).waitFor()
    await one.getByRole('button', { name: 'Clear' }).click()
    await page.getByText('visitors_export.parquet cleared from the list').waitFor()
    await page.reload()
    await page.getByText('Drop Parquet, CSV, JSON or Excel files here').waitFor()
    await sleep(300)
    assert.equal(await one.count(), 0)
  })

  test('without scripts the page names the command that does the same', async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState() })
    const bare = await plain.newPage()
    await bare.goto(here)
    await bare.getByText('Uploading on this page needs scripts. A command does the same.').waitFor()
    await bare.getByText(`--orgid ${ORGANIZATION} --collection-id visitors`).waitFor()
    await plain.close()
  })

  let block: string | undefined

  /** Something stands in the way of the dataset's folder: the server tries again and again. */
  async function blocked(dataset: string): Promise<void> {
    block = join(root, 'org', ORGANIZATION, 'datasets', dataset)
    mkdirSync(dirname(block), { recursive: true })
    writeFileSync(block, 'in the way')
  }

  function unblock(): void {
    rmSync(block as string)
  }

  async function smallVisits(): Promise<Buffer> {
    const path = join(folder, 'small.parquet')
    await writeParquet(path, 'SELECT range AS visit, random() AS seconds FROM range(100)')
    return readFileSync(path)
  }
})
