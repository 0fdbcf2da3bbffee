import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { answerJson, type Gallery, startGallery } from 'holdall/testing'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { CHROMIUM, LOOKS, launchBrowser, look } from './support/browser.ts'
import { failed, registered, type Sessions, serveSessions, session } from './support/parquet-sessions.ts'

const skip = CHROMIUM === undefined ? 'HOLDALL_TEST_CHROMIUM names no Chromium' : false
const MANY =
  'This Parquet file is past a limit: it has 112,406 row groups; at most 100,000 are read here (parquet_limits.row_groups). Write it with less, or have the limit raised.'
const BROKEN =
  'This is not a readable Parquet file: its last 4 bytes are not “PAR1”. Write it again and upload that one.'

describe('<parquet-upload>', { skip }, () => {
  let gallery: Gallery
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let served: Sessions
  let troubles: string[]

  before(async () => {
    ;[gallery, browser] = await Promise.all([startGallery(), launchBrowser()])
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' })
  })
  after(async () => {
    await browser?.close()
    await gallery?.close()
  })
  beforeEach(async () => {
    gallery.received.length = 0
    served = serveSessions(gallery)
    troubles = []
    page = await context.newPage()
    page.on('pageerror', (error) => troubles.push(error.message))
  })
  afterEach(async () => {
    await page.close()
    assert.deepEqual(troubles, [])
  })

  async function open(...first: Parameters<typeof serveSessions>[1] & object): Promise<void> {
    served = serveSessions(gallery, first)
    await page.goto(`${gallery.url}/collection`)
    await page.evaluate(() => {
      const said: string[] = []
      Object.assign(globalThis, { said })
      const listen = () => said.push(document.querySelector('[data-announcer]')?.textContent ?? '')
      new MutationObserver(listen).observe(document.body, { subtree: true, childList: true, characterData: true })
      for (const type of ['dataset-registered', 'upload-error']) {
        document.addEventListener(type, ({ detail }: CustomEventInit & Event) =>
          said.push(`${type} ${detail.dataset?.filename ?? detail.error}`),
        )
      }
    })
  }

  const card = (name: string) => page.getByRole('region', { name, exact: true })
  const said = () => page.evaluate(() => (globalThis as unknown as { said: string[] }).said)
  const asked = (method: string) => gallery.received.filter((one) => one.method === method).map(({ path }) => path)

  /** As a drop does it: what begins and ends like Parquet, with zeros in between. */
  async function give(name: string, size: number): Promise<void> {
    await page.locator('parquet-upload').evaluate(
      (element, [filename, bytes]) => {
        const file = new File(['PAR1', new Uint8Array(bytes - 8), 'PAR1'], filename)
        ;(element as unknown as { add(files: File[]): void }).add([file])
      },
      [name, size] as const,
    )
  }

  /** Parts after `most` never arrive. */
  function stopAfter(most: number): void {
    let arrived = 0
    served.refuse = ({ method }, response) => {
      if (method !== 'PUT') return false
      arrived += 1
      if (arrived <= most) response.writeHead(200, { etag: `"${arrived}"` }).end()
      return true
    }
  }

  test('what runs is followed to its end, whoever sent it; the page hears of the dataset', async () => {
    await open(session('gallery_visits', { is_own: false }))
    const one = card('gallery_visits.parquet')
    await one.getByText('1.2 GB · sent by somebody else').waitFor()
    await one.getByRole('heading', { name: 'Combined' }).waitFor()
    assert.deepEqual(
      await one
        .locator('time')
        .allTextContents()
        .then((times) => times.slice(0, 2)),
      ['1:38', '0:06'],
    )
    assert.match(
      (await one.getByRole('listitem').nth(2).textContent()) ?? '',
      /^Inferring\d+:\d\dReading the columns from the file$/,
    )
    assert.equal(await one.locator('[aria-current=step]').count(), 1)
    served.refuse = ({ path }, response) => path.endsWith('/gallery_visits') && Boolean(response.destroy())
    await one.getByText(/^Holdall does not answer\. Trying again since \d\d:\d\d:\d\d …$/).waitFor()
    await one.getByText('No answer', { exact: true }).waitFor()
    assert.equal(await one.locator('[aria-current=step], .spinner').count(), 0, 'nothing looks as if it went on')
    served.refuse = null
    await one.getByText('Reading the columns from the file').waitFor()
    assert.equal(await one.getByText('Holdall does not answer').count(), 0)
    await page.waitForFunction(() =>
      (globalThis as unknown as { said: string[] }).said.includes('Holdall answers again'),
    )
    served.sessions.set('gallery_visits', registered(session('gallery_visits')))
    await one.getByText('8 columns, 48,219,604 rows').waitFor()
    const link = one.getByRole('link', { name: 'Open dataset' })
    assert.equal(
      await link.getAttribute('href'),
      '/museum/-/datasets/550e8400-e29b-41d4-a716-446655440000/visitors/7c1e90ab-4444-5555-8888-999999999999',
    )
    await page.waitForFunction(() =>
      (globalThis as unknown as { said: string[] }).said.some((one) => one.startsWith('gallery')),
    )
    assert.deepEqual(await said().then((all) => [...new Set(all)].filter((one) => one !== '')), [
      'Holdall does not answer. Trying again',
      'Holdall answers again',
      'dataset-registered gallery_visits.parquet',
      'gallery_visits.parquet is a dataset now',
    ])
  })

  test('a failed step says why in place; it is only tried again where the server can go on', async () => {
    await open(
      failed('sensor_readings', 'infer', MANY, { retryable: true }),
      failed('visitors_export', 'infer', BROKEN),
      failed('half', 'combine', 'Not all parts are there: 3, 4. Send them, then complete again.', { retryable: true }),
      failed('last_year', 'infer', BROKEN, { updated_at: '2025-01-01T00:00:00.000Z' }),
    )
    // What had failed before is a line each.
    for (const line of await page.locator('parquet-upload details > summary').all()) await line.click()
    const one = card('sensor_readings.parquet')
    assert.equal(await one.locator('.reason strong').textContent(), 'This Parquet file is past a limit:')
    await one.getByText('Nothing has to be sent again: the file is kept.').waitFor()
    assert.equal(await card('visitors_export.parquet').getByRole('button', { name: /Retry/ }).count(), 0)
    await card('half.parquet').getByRole('button', { name: 'Choose the same file' }).waitFor()
    assert.equal(await card('last_year.parquet').count(), 0, 'what failed long ago is no news')
    // The card says so before the server has heard of it.
    const retried = page.waitForResponse((answer) => answer.url().endsWith('/sensor_readings/retry'))
    await one.getByRole('button', { name: 'Retry from inferring' }).press('Enter')
    await one.getByText('Running').waitFor()
    await retried
    assert.equal(asked('POST').length, 1)
    assert.ok(await one.evaluate((element) => element.contains(document.activeElement)), 'focus is not lost')
    served.sessions.set('sensor_readings', registered(session('sensor_readings')))
    await one.getByText('Ready').waitFor()

    // Somebody else has retried it meanwhile, and it has failed for good.
    served.refuse = ({ path }, response) =>
      path.endsWith('/retry') && Boolean(answerJson(response, 409, { ok: false, error: 'Nothing to go on with.' }))
    served.sessions.set('half', failed('half', 'infer', BROKEN))
    const half = card('half.parquet')
    await half.getByRole('button', { name: 'Retry from combining' }).click()
    await half.getByText('its last 4 bytes are not “PAR1”').waitFor()
    assert.equal(await half.getByRole('button', { name: /Retry/ }).count(), 0)
    assert.equal(await half.getByRole('alert').count(), 0)
  })

  test('the server is asked to stop; what it says is believed, also when it is too late', async () => {
    await open(session('first'), session('second'))
    await card('first.parquet').getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('first.parquet cancelled').waitFor()
    assert.equal(await card('first.parquet').count(), 0)
    served.refuse = ({ method }, response) => {
      if (method !== 'DELETE') return false
      served.refuse = null
      served.sessions.set('second', registered(session('second')))
      return Boolean(
        answerJson(response, 409, {
          ok: false,
          error: 'This upload is a dataset already.',
          code: 'multipart_registered',
        }),
      )
    }
    await card('second.parquet').getByRole('button', { name: 'Cancel' }).click()
    await card('second.parquet').getByText('Ready').waitFor()
  })

  test('a server that refuses what is asked of it is quoted in place', async () => {
    await open(session('first'))
    served.refuse = ({ method }, response) =>
      method === 'DELETE' &&
      Boolean(answerJson(response, 403, { ok: false, error: 'You may not do this.', code: 'forbidden' }))
    await card('first.parquet').getByRole('button', { name: 'Cancel' }).click()
    await card('first.parquet').getByRole('alert').getByText('You may not do this.').waitFor()
    await card('first.parquet').getByRole('button', { name: 'Cancel' }).waitFor()
  })

  test('what cannot be sent stays, with the reason; Retry begins it again', async () => {
    await open()
    served.refuse = ({ path }, response) =>
      path.endsWith('/init') &&
      Boolean(
        answerJson(response, 409, {
          ok: false,
          error: 'Visitors has 1,000 open uploads. Finish some.',
          code: 'too_many_open_uploads',
        }),
      )
    await give('receipts.parquet', 1_000)
    const one = card('receipts.parquet')
    await one.getByRole('heading', { name: 'Sending failed' }).waitFor()
    assert.equal(await one.locator('.reason strong').textContent(), 'Visitors has 1,000 open uploads.')
    await page.waitForFunction(() =>
      (globalThis as unknown as { said: string[] }).said.some((text) => text.includes('receipts.parquet failed')),
    )
    stopAfter(1)
    await one.getByRole('button', { name: 'Retry' }).click()
    await one.getByText('Putting the parts together').waitFor()
    served.sessions.set('sent-0', registered(served.sessions.get('sent-0') ?? {}))
    await one.getByText('Ready').waitFor()
    assert.deepEqual(
      (await said()).filter((text) => text.startsWith('dataset')),
      ['dataset-registered receipts.parquet'],
    )
  })

  test('what was left open is offered to whoever began it, and can be given up and had back', async () => {
    const open_ = { status: 'initiated', completion_status: null, bytes_received: 400_000_000 }
    await open(
      session('mine', open_),
      session('theirs', { ...open_, is_own: false }),
      session('nothing', { ...open_, bytes_received: 0 }),
    )
    const empty = page.locator('.left-open').filter({ hasText: 'nothing' })
    await empty.getByText('Nothing of it has arrived yet · Choose the same file to send it').waitFor()
    assert.equal(await page.locator('.left-open').count(), 2)
    const line = page.locator('.left-open').filter({ hasText: 'mine' })
    await line.getByText('400 MB of 1.2 GB sent · Choose the same file to go on').waitFor()
    assert.equal(await line.count(), 1)
    const chooser = page.waitForEvent('filechooser')
    await line.getByRole('button', { name: 'Choose file mine.parquet' }).click()
    await (await chooser).setFiles({ name: 'other.parquet', mimeType: '', buffer: Buffer.from('PAR1PAR1') })
    await line.getByText('other.parquet is another file. To go on, choose mine.parquet of 1.2 GB.').waitFor()
    await line.getByRole('button', { name: 'Discard mine.parquet' }).click()
    await page.getByRole('button', { name: 'Undo' }).click()
    await line.getByRole('button', { name: 'Discard mine.parquet' }).click()
    await page.getByRole('button', { name: 'Dismiss' }).click()
    await line.waitFor({ state: 'detached' })
    assert.deepEqual(
      asked('DELETE').map((path) => path.slice(-5)),
      ['/mine'],
    )
  })

  test('every state, in both themes and two widths', async () => {
    const findings: string[] = []
    await open(
      session('gallery_visits_2009-2025'),
      failed('sensor_readings_all', 'infer', MANY, { retryable: true }),
      session('tide_gauge_1911-2025', { filename: 'tide_gauge_1911-2025.parquet' }),
      failed('visitors_export', 'infer', BROKEN, { total_size: 48_000_000 }),
      session('oral_history', { status: 'initiated', completion_status: null, bytes_received: 400_000_000 }),
    )
    await card('tide_gauge_1911-2025.parquet').waitFor()
    served.sessions.set('tide_gauge_1911-2025', registered(session('tide_gauge_1911-2025')))
    await card('tide_gauge_1911-2025.parquet').getByText('Ready').waitFor()
    stopAfter(7)
    await give('till_receipts_2024.parquet', 61_200_000)
    await card('till_receipts_2024.parquet').getByText('of 61.2 MB').waitFor()
    for (const how of LOOKS) {
      await page.setViewportSize({ width: how.width, height: how.height })
      await page.emulateMedia({ colorScheme: how.colorScheme, reducedMotion: 'reduce' })
      findings.push(...(await look(page, 'parquet-upload', how)))
    }
    assert.deepEqual(findings, [])
  })
})
