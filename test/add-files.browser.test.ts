import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { CHROMIUM, launchBrowser, lookAt } from './support/browser.ts'
import { createToken, type RunningHoldall, runHoldall, startHoldall } from './support/holdall.ts'
import { writeParquet } from './support/parquet.ts'

const skip = CHROMIUM === undefined ? 'HOLDALL_TEST_CHROMIUM names no Chromium' : false
const ORGANIZATION = '550e8400-e29b-41d4-a716-446655440000'
const PATIENCE_MS = 20_000

describe('files are added to a dataset, in a browser', { skip }, () => {
  let folder: string
  let holdall: RunningHoldall
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let here: string
  const troubles: string[] = []

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-add-files-'))
    const data = join(folder, 'data')
    const config = join(folder, 'holdall.json')
    const settings = {
      sources: { media: { storage: 'filesystem', config: { root: join(folder, 'objects') } } },
      collections: [{ organization: ORGANIZATION, id: 'visitors', label: 'Visitors', source: 'media' }],
    }
    writeFileSync(config, JSON.stringify(settings))
    ;[holdall, browser] = await Promise.all([startHoldall({ data, config }), launchBrowser()])
    const visits = "SELECT i AS visit_id, DATE '2026-01-01' + (i % 90)::INTEGER AS day, 'Ship models' AS gallery"
    const rows = (from: number, to: number) => `FROM range(${from}, ${to}) t(i)`
    await Promise.all([
      writeParquet(join(folder, 'gallery_visits.parquet'), `${visits} ${rows(0, 500)}`),
      writeParquet(join(folder, 'march.parquet'), `${visits} ${rows(500, 620)}`),
      writeParquet(
        join(folder, 'april.parquet'),
        `SELECT *, 20.5 AS temperature_c, true AS is_member FROM (${visits} ${rows(620, 700)})`,
      ),
      writeParquet(
        join(folder, 'may.parquet'),
        `SELECT visit_id::INTEGER AS visit_id, day FROM (${visits} ${rows(700, 800)})`,
      ),
      writeParquet(join(folder, 'wrong.parquet'), "SELECT 'seven' AS visit_id"),
      writeParquet(join(folder, 'whole_year.parquet'), `${visits} ${rows(0, 2000)}`),
    ])
    const token = await createToken(data, 'root')
    const made = await runHoldall([
      ...['upload-parquet', '--file', join(folder, 'gallery_visits.parquet'), '--api-base-url', holdall.url],
      ...['--orgid', ORGANIZATION, '--collection-id', 'visitors', '--token', token],
    ])
    assert.equal(made.code, 0, made.stderr)
    here = `${holdall.url}/-/datasets/${ORGANIZATION}/visitors/${/id=(\S+)/.exec(made.stdout)?.[1]}`
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' })
    page = await context.newPage()
    page.setDefaultTimeout(PATIENCE_MS)
    page.on('pageerror', (error) => troubles.push(error.message))
    page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) troubles.push(message.text())
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

  async function choose(...names: string[]): Promise<void> {
    const chooser = page.waitForEvent('filechooser')
    await page
      .getByRole('button', { name: /^(Choose files|browse|Browse|Choose)/ })
      .first()
      .click()
    await (await chooser).setFiles(names.map((name) => join(folder, name)))
  }

  const card = (name: string) => page.locator('.upload-card', { hasText: name })

  async function facts(): Promise<string> {
    await page.goto(here)
    return (await page.locator('.facts-line').allInnerTexts()).join(' ').replace(/\s+/g, ' ')
  }

  test('the same columns are added as soon as they are here', async () => {
    await page.goto(here)
    await page.getByRole('link', { name: 'Add files' }).click()
    await page.getByRole('heading', { level: 1, name: 'Add files to gallery_visits' }).waitFor()
    await choose('march.parquet')
    await card('march.parquet').getByText('Ready').waitFor()
    assert.match(await facts(), /620 rows 3 columns .* in 2 files version 1/)
  })

  test('what differs stands there, also for whoever comes back, and is added by a press', async () => {
    await page.goto(`${here}/-/add`)
    await choose('april.parquet', 'may.parquet')
    await card('april.parquet').getByText('Waits for you').waitFor()
    const review = page.getByRole('region', { name: '2 files for gallery_visits' })
    await review.getByText('Rows that are there read NULL').first().waitFor()
    assert.deepEqual(await lookAt(context, `${here}/-/add`, 'dataset-add-files'), [])
    await page.reload()
    const cells = async (name: string) => {
      const line = review.locator('tr', { has: page.locator('th', { hasText: name }) }).first()
      return (await line.allInnerTexts()).join(' ')
    }
    assert.match(await cells('temperature_c'), /New\s+none\s+DECIMAL\(3,1\)\s+Rows that are there read NULL/)
    assert.match(await cells('visit_id'), /BIGINT\s+INTEGER\s+BIGINT holds both/)
    assert.match(await cells('gallery'), /Missing\s+VARCHAR\s+none\s+Rows of the file read NULL/)
    await card('may.parquet').getByText('Waits for you').waitFor()
    assert.match(await facts(), /620 rows 3 columns/)
    await page.getByText('2 files wait for you.').waitFor()
    await page.getByRole('link', { name: 'See what differs' }).click()
    await page.waitForURL(`${here}/-/add#waiting`)
    await review.getByRole('button', { name: 'Add 2 files' }).click()
    await page.getByText('2 files on the way into gallery_visits').waitFor()
    await page.locator('.lede', { hasText: '5 columns, 800 rows' }).waitFor()
    await page.getByRole('heading', { name: 'Nothing waits' }).waitFor()
    let now = ''
    for (const until = Date.now() + PATIENCE_MS; !/800 rows/.test(now) && Date.now() < until; ) now = await facts()
    assert.match(now, /800 rows 5 columns .* in 4 files version 1/)
    await page.goto(
      `${here}?${new URLSearchParams({ tab: 'query', sql: `SELECT count(*) AS a, count(temperature_c) AS b, count(gallery) AS c, sum(visit_id)::BIGINT AS d FROM ${await tableName()}` })}`,
    )
    const [answer = ''] = await page.locator('table').first().locator('tbody tr').first().allInnerTexts()
    assert.deepEqual(
      answer
        .split(/\s+/)
        .filter((word) => /^[\d,]+$/.test(word))
        .map((word) => word.replaceAll(',', ''))
        .slice(-4),
      ['800', '80', '700', '319600'],
    )
  })

  async function tableName(): Promise<string> {
    const answer = await context.request.get(`${here}.json`)
    return (await answer.json()).dataset.table_name
  }

  test('a file that cannot be added says why, and the others go on without it', async () => {
    await page.goto(`${here}/-/add`)
    await choose('wrong.parquet', 'whole_year.parquet')
    const why = '“visit_id” is BIGINT in the dataset and VARCHAR in this file'
    // It is said aloud as well.
    await page.locator('#waiting').getByText(why).waitFor()
    await card('whole_year.parquet').getByText('Waits for the files that it came with').waitFor()
    assert.equal(await card('wrong.parquet').count(), 0, 'there is one place that says so')
    await page.reload()
    await page.getByText('wrong.parquet is not added.').waitFor()
    await page.getByText('Nothing of them is in gallery_visits, which is as it was: 800 rows, version 1.').waitFor()
    await page.getByRole('button', { name: 'Go on without it' }).waitFor()
    assert.deepEqual(await lookAt(context, `${here}/-/add`, 'dataset-add-files-refused'), [])
    await page.getByRole('button', { name: 'Discard 2 files' }).click()
    await page.getByText('2 files discarded').waitFor()
    await page.getByRole('heading', { name: 'Nothing waits' }).waitFor()
    assert.match(await facts(), /800 rows/)

    await page.goto(`${here}/-/add`)
    await choose('wrong.parquet')
    await page.getByRole('heading', { name: 'wrong.parquet was not added' }).waitFor()
    assert.deepEqual(await lookAt(context, `${here}/-/add`, 'dataset-add-file-failed'), [])
    await page.goto(here)
    await page.getByText('1 file was not added.').waitFor()
    await page.getByRole('link', { name: 'See why' }).click()
    await page.getByText('Nothing of it is in gallery_visits, which is as it was: 800 rows, version 1.').waitFor()
    assert.equal(await page.getByRole('button', { name: /Discard/ }).count(), 1)
    await page.getByRole('button', { name: 'Discard 1 file' }).click()
    await page.getByText('1 file discarded').waitFor()
  })

  test('a new version replaces it, and the one before can be had back', async () => {
    await page.goto(here)
    await page.getByLabel('Dataset actions').click()
    await page.getByRole('link', { name: 'Replace with a new version' }).click()
    await choose('whole_year.parquet')
    await card('whole_year.parquet').getByText('Waits for you').waitFor()
    const review = page.getByRole('region', { name: '1 file for gallery_visits' })
    const line = review.locator('tr', { has: page.locator('th', { hasText: 'temperature_c' }) })
    assert.match((await line.allInnerTexts()).join(' '), /Goes\s+DECIMAL\(3,1\)\s+none\s+The column is gone/)
    assert.deepEqual(await lookAt(context, `${here}/-/replace`, 'dataset-replace-waits'), [])
    await review.getByRole('button', { name: 'Replace with 1 file' }).click()
    await page.getByText('1 file on the way into gallery_visits').waitFor()
    let now = ''
    for (const until = Date.now() + PATIENCE_MS; !/2,000 rows/.test(now) && Date.now() < until; ) now = await facts()
    assert.match(now, /2,000 rows 3 columns .* in 1 file version 2/)
    await page.goto(`${here}?tab=files`)
    await page.getByRole('heading', { name: 'Versions', exact: true }).waitFor()
    assert.deepEqual(await lookAt(context, `${here}?tab=files`, 'dataset-versions'), [])
    await page.getByRole('button', { name: 'Make version 1 current' }).click()
    await page.getByText('Version 1 is current').waitFor()
    await page
      .getByRole('row', { name: /Version 1, with 3 files added Current Made current again .* by root/ })
      .waitFor()
    await page
      .getByRole('row', { name: /Version 1, with 3 files added 2 files added .* by root 800 \+180 4 \+2/ })
      .waitFor()
    assert.match(await facts(), /800 rows 5 columns .* in 4 files version 1/)
  })
})
