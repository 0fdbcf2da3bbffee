import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { accessibility, CHROMIUM, launchBrowser, lookAt } from './support/browser.ts'
import { createToken, type RunningHoldall, runHoldall, startHoldall } from './support/holdall.ts'
import { writeParquet } from './support/parquet.ts'

const skip = CHROMIUM === undefined ? 'HOLDALL_TEST_CHROMIUM names no Chromium' : false
const LONG = process.env.HOLDALL_TEST_LONG !== undefined
const ROWS = 60_000
const VISITS = `SELECT range + 1 AS visit_id,
    TIMESTAMP '2009-01-02 10:00:00' + INTERVAL (range * 137) MINUTE AS visited_at,
    ['Harbour life', 'Ship models', 'Photographs', 'Ceramics', 'Whaling', 'Textiles'][1 + (range * 7 % 43 % 6)::INT] AS gallery,
    CASE WHEN range % 500 = 0 THEN NULL ELSE ['adult', 'child', 'school', 'senior'][1 + (range % 7 % 4)::INT] END AS ticket_type,
    CASE WHEN range % 8 = 0 THEN NULL ELSE ['0–12', '13–17', '18–29', '30–64', '65+'][1 + (range % 5)::INT] END AS age_band,
    (range * 7919 % 14385 + 4)::INTEGER AS "dwell (s)",
    11.25 + (range % 67) / 4.0 AS temperature_c,
    CASE WHEN range % 12 = 0 THEN 'A bit cold in the room with the boats' END AS feedback
  FROM range(${ROWS})`

describe('datasets in a browser', { skip }, () => {
  let folder: string
  let holdall: RunningHoldall
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let collection: string
  let table: string
  let here: string
  const troubles: string[] = []

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-datasets-'))
    const data = join(folder, 'data')
    ;[holdall, browser] = await Promise.all([startHoldall({ data }), launchBrowser()])
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

  async function upload(): Promise<void> {
    const file = join(folder, 'gallery_visits.parquet')
    await writeParquet(file, VISITS, 'ROW_GROUP_SIZE 6144')
    const [, organization = '', id = ''] = /datasets\/([^/]+)\/([^/]+)$/.exec(collection) ?? []
    const { code, stderr } = await runHoldall([
      ...['upload-parquet', '--file', file, '--api-base-url', holdall.url],
      ...['--orgid', organization, '--collection-id', id, '--token', await createToken(holdall.data, 'root')],
    ])
    assert.equal(code, 0, stderr)
  }

  test('the first collection is made from the empty state, and says how to fill it', async () => {
    await page.getByRole('link', { name: 'Datasets' }).click()
    await page.getByRole('heading', { name: 'No collection yet' }).waitFor()
    const findings = await lookAt(context, `${holdall.url}/-/datasets`, 'datasets-none')
    await page.getByRole('link', { name: 'Make a collection' }).click()
    findings.push(...(await lookAt(context, `${holdall.url}/-/collections/create`, 'collection-create')))
    await page.getByLabel('Name', { exact: true }).fill('Visitors')
    assert.equal(await page.getByLabel('Id', { exact: true }).inputValue(), 'visitors', 'suggested from the name')
    await page.getByLabel('Id', { exact: true }).fill('not an id')
    await page.getByRole('button', { name: 'Make collection' }).click()
    await page
      .getByText(/Use up to 100 letters/)
      .first()
      .waitFor()
    assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Visitors', 'every value is kept')
    await page.getByLabel('Id', { exact: true }).fill('visitors')
    await page.getByText('They see no rows.').waitFor()
    await page.getByLabel('Who may view the datasets', { exact: true }).selectOption('people')
    await page.getByLabel('Who may view the datasets: names').fill('jonas, ines')
    // A refused form is a 400, which the browser notes.
    troubles.splice(0)
    await page.getByRole('button', { name: 'Make collection' }).click()
    await page.getByText('Visitors made').waitFor()
    collection = page.url()
    await page.getByRole('heading', { name: 'No datasets yet' }).waitFor()
    if (LONG) findings.push(...(await lookAt(context, collection, 'collection-empty')))
    assert.deepEqual(findings, [])
  })

  test('its datasets are listed, each with how much it is', async () => {
    await upload()
    await page.goto(`${holdall.url}/-/datasets`)
    await page.getByText(/1 dataset · 60,000 rows/).waitFor()
    const findings = LONG ? await lookAt(context, `${holdall.url}/-/datasets`, 'datasets') : []
    await page.getByRole('link', { name: 'Visitors' }).click()
    findings.push(...(await lookAt(context, collection, 'collection')))
    await page.getByRole('link', { name: 'gallery_visits' }).click()
    await page.getByRole('heading', { level: 1, name: 'gallery_visits' }).waitFor()
    here = page.url()
    table = /^t_\w+$/m.exec((await page.locator('.run-bar code').textContent()) ?? '')?.[0] ?? ''
    assert.deepEqual(findings, [])
  })

  test('a dataset shows its columns, its first rows, its row groups, its files', async () => {
    await page.goto(here)
    assert.equal(await page.getByRole('row').count(), 9)
    const row = page.getByRole('row', { name: /age_band/ })
    // They come by themselves as they are computed.
    await page.locator('.distribution-link').nth(7).waitFor()
    assert.match((await row.textContent()) ?? '', /VARCHAR\s*12\.5%\s*0–12\s*65\+/)
    const findings = await lookAt(context, here, 'dataset')
    await page.getByRole('link', { name: /^Distribution of dwell \(s\)/ }).click()
    findings.push(...(await lookAt(context, page.url(), 'dataset-column')))
    await page.getByRole('link', { name: /^5000 to 5999\s+4,1\d\d\s+rows$/ }).click()
    await page.getByText(/^4,1\d\d of 60,000 rows match 2 filters$/).waitFor()
    for (const tab of ['row-groups', 'files']) {
      findings.push(...(await lookAt(context, `${here}?tab=${tab}`, `dataset-${tab}`)))
    }
    assert.deepEqual(findings, [])
  })

  test('its rows are filtered, sorted, counted and paged as those of a table', async () => {
    await page.goto(here)
    await page.getByRole('link', { name: /^Rows/ }).click()
    await page.getByText('Rows 1–100 of 60,000').waitFor()
    assert.equal(await page.getByRole('row').count(), 101)
    await page.getByText('Add filter').click()
    await page.locator('[name=_filter_column]').selectOption('dwell (s)')
    await page.locator('[name=_filter_op_number]').selectOption('gt')
    await page.locator('[name=_filter_value]').fill('14000')
    await page.getByRole('button', { name: 'Filter rows' }).click()
    await page.getByText(/^1,[0-9]{3} of 60,000 rows match 1 filter$/).waitFor()
    await page.getByRole('link', { name: 'dwell (s)', exact: true }).click()
    await page.locator('th[aria-sort="ascending"]').waitFor()
    await page.locator('summary', { hasText: 'Facets' }).click()
    await page.locator('details[open]').getByRole('link', { name: 'gallery', exact: true }).click()
    await page.getByRole('heading', { level: 2, name: /^gallery/ }).waitFor()
    const findings = await lookAt(context, page.url(), 'dataset-rows')
    await page.getByRole('region', { name: 'Facets' }).getByRole('link', { name: 'Whaling' }).click()
    await page.getByText(/rows match 2 filters$/).waitFor()
    assert.deepEqual(findings, [])
  })

  test('it is asked with SQL; what fails is said beside it, and what was written stays', async () => {
    await page.goto(`${here}?tab=query`)
    await page.locator('.sql-view').waitFor()
    const sql = `select gallery,\n       count(*) as visits,\n       round(avg("dwell (s)") / 60, 1) as minutes\nfrom ${table}\nwhere ticket_type <> 'school'\ngroup by gallery order by visits desc`
    await page.getByRole('textbox', { name: 'SQL' }).fill(sql)
    await page.getByRole('button', { name: 'Run' }).click()
    await page.getByText(/^6 rows in /).waitFor()
    assert.equal(await page.locator('[name=sql]').inputValue(), sql)
    assert.match((await page.getByRole('row').nth(1).textContent()) ?? '', /^[A-Z][a-z ]+\d{4}\d+(\.\d)?$/)
    const findings = await lookAt(context, page.url(), 'dataset-query')
    for (const [label, name] of [
      ['CSV', 'gallery_visits-answer.csv'],
      ['NDJSON', 'gallery_visits-answer.ndjson'],
      ['Parquet', 'gallery_visits-answer.parquet'],
    ] as const) {
      const saved = page.waitForEvent('download')
      const menu = page.locator('.query-panel details', { hasText: 'Save all rows' })
      if ((await menu.getAttribute('open')) === null) await menu.locator('summary').click()
      await menu.getByRole('link', { name: label }).click()
      assert.equal((await saved).suggestedFilename(), name)
      await page.locator('.export-state', { hasText: `${name} is ready (` }).waitFor()
    }

    await page.getByRole('textbox', { name: 'SQL' }).fill(`select nothing from ${table}`)
    await page.getByRole('button', { name: 'Run' }).click()
    await page
      .getByRole('alert')
      .filter({ hasText: /nothing/ })
      .waitFor()
    assert.equal(await page.locator('[name=sql]').inputValue(), `select nothing from ${table}`)
    findings.push(...(await lookAt(context, page.url(), 'dataset-query-failed')))
    troubles.splice(0)
    assert.deepEqual(findings, [])
  })

  test('a query that runs says how far it is and is stopped; the statement is kept, and the next one answered', async () => {
    await page.goto(here)
    await page.locator('.sql-view').waitFor()
    const editor = page.getByRole('textbox', { name: 'SQL' })
    const heavy = `select count(*) from ${table} a, ${table} b, ${table} c where hash(a.visit_id + b.visit_id + c.visit_id) % 97 = 1`
    await editor.fill(heavy)
    await page.getByRole('button', { name: 'Run' }).click()
    // What DuckDB says of it stands still.
    await page.locator('progress[aria-label="How far the query is"]:not([hidden]):not([value])').waitFor()
    await page.getByText(/^Running$/).waitFor()
    const findings = await accessibility(page)
    // Axe itself tries what our policy forbids.
    troubles.splice(0)
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByText(/^Stopped after \d+ s\. The statement is kept/).waitFor()
    assert.equal(await page.locator('[name=sql]').inputValue(), heavy)
    assert.equal(page.url(), here)
    await editor.fill('select 1 as one')
    await page.keyboard.press('Control+Enter')
    await page.getByText(/^1 row in /).waitFor()
    // What answered it is the tab of queries, as if the form had led there.
    assert.equal(await page.locator('nav.tabs [aria-current]').textContent(), 'Query')
    assert.equal(new URL(page.url()).searchParams.get('sql'), 'select 1 as one')
    await page.goBack()
    await page.locator('.dataset-columns').waitFor()
    assert.deepEqual(findings, [])
  })

  test('the editor offers columns, tables and functions; what was asked is listed, asked again, forgotten', async () => {
    await page.goto(`${here}?tab=query`)
    await page.locator('.sql-view').waitFor()
    const editor = page.getByRole('textbox', { name: 'SQL' })
    await editor.fill('')
    await editor.pressSequentially('select dwe')
    await page.getByRole('option', { name: /^dwell \(s\)\s*INTEGER$/ }).click()
    await editor.pressSequentially(', approx_quan')
    await page.getByRole('option', { name: /approx_quantile/ }).click()
    await editor.pressSequentially('tempe')
    await page.getByRole('option', { name: /^temperature_c/ }).waitFor()
    // What has only just come up is not taken yet: a key that was meant for the text.
    await page.waitForTimeout(100)
    await page.keyboard.press('Tab')
    await page.keyboard.insertText(', 0.5) from')
    // The tables come by themselves.
    await page.keyboard.type(' ')
    await page.getByRole('option', { name: new RegExp(`^${table}\\s*gallery_visits$`) }).waitFor()
    await page.keyboard.press('Escape')
    assert.equal(await page.getByRole('option').count(), 0)
    await page.keyboard.type(table.slice(0, 6))
    await page.getByRole('option', { name: table }).waitFor()
    await page.waitForTimeout(100)
    await page.keyboard.press('Enter')
    await page.keyboard.insertText(' group by 1 limit 2')
    const sql = `select "dwell (s)", approx_quantile(temperature_c, 0.5) from ${table} group by 1 limit 2`
    assert.equal(await page.locator('[name=sql]').inputValue(), sql)
    await page.keyboard.press('Control+Enter')
    await page.getByText(/^2 rows in /).waitFor()
    const findings = LONG ? await lookAt(context, page.url(), 'dataset-editor') : []

    await page.goto(`${here}?tab=query`)
    await page.locator('.query-history > summary').click()
    // What failed is not among them.
    assert.equal(await page.locator('.query-history li a').count(), 4)
    await page.getByRole('link', { name: /approx_quantile/ }).click()
    await page.getByText(/^2 rows in /).waitFor()
    assert.equal(await page.locator('[name=sql]').inputValue(), sql)
    await page.locator('.query-history > summary').click()
    await page.getByRole('button', { name: 'Clear history' }).click()
    await page.goto(`${here}?tab=query`)
    assert.equal(await page.locator('.query-history').isVisible(), false)
    assert.deepEqual(findings, [])
  })

  test('without scripts all of it works as well', async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState() })
    const scriptless = await plain.newPage()
    await scriptless.goto(here)
    await scriptless.getByLabel('SQL').fill(`select max(visit_id) as most from ${table}`)
    await scriptless.getByRole('button', { name: 'Run' }).click()
    await scriptless.getByRole('cell', { name: '60000', exact: true }).waitFor()
    await plain.close()
  })

  test('whoever may only look sees no way to ask or to change', async () => {
    const token = await createToken(holdall.data, 'jonas')
    const asJonas = (path: string) =>
      fetch(path, { headers: { Authorization: `Bearer ${token}`, Accept: 'text/html' } })
    const looked = await asJonas(here)
    assert.equal(looked.status, 200)
    const html = await looked.text()
    assert.match(html, /You may view this dataset, but not its rows\..*whoever manages the collection Visitors/s)
    assert.doesNotMatch(html, /name="sql"|>Rows<|\/-\/delete|\/-\/export/)
    assert.equal((await asJonas(`${here}/-/export`)).status, 403)
  })

  test('deleting can be undone at once, and from the trash', async () => {
    await page.goto(here)
    await page.getByLabel('Dataset actions').click()
    await page.getByRole('button', { name: 'Move to trash' }).click()
    await page.getByText('gallery_visits moved to trash').waitFor()
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByText('gallery_visits restored').waitFor()
    await page.goto(here)
    await page.getByLabel('Dataset actions').click()
    await page.getByRole('button', { name: 'Move to trash' }).click()
    await page.getByRole('link', { name: 'Trash' }).click()
    const findings = await lookAt(context, page.url(), 'collection-trash')
    if (LONG) findings.push(...(await lookAt(context, here, 'dataset-trashed')))
    await page.getByRole('button', { name: 'Restore gallery_visits' }).click()
    await page.waitForURL(here)
    assert.deepEqual(findings, [])
  })

  test('it is deleted for good after a question, and its trash says since when it is gone', async () => {
    await page.goto(here)
    await page.getByLabel('Dataset actions').click()
    await page.getByRole('button', { name: 'Move to trash' }).click()
    await page.getByRole('link', { name: 'Trash' }).click()
    await page.getByRole('link', { name: 'Delete for good… gallery_visits' }).click()
    await page.getByRole('heading', { name: 'Delete gallery_visits for good?' }).waitFor()
    const findings = await lookAt(context, page.url(), 'dataset-purge')
    await page.getByRole('button', { name: 'Delete for good' }).click()
    await page.getByText('gallery_visits deleted for good').waitFor()
    await page.getByText('Nothing is left of it').waitFor()
    assert.equal(await page.getByRole('button', { name: /^Restore/ }).count(), 0)
    assert.equal(await page.getByRole('link', { name: /for good… / }).count(), 0)
    findings.push(...(await lookAt(context, page.url(), 'collection-trash-gone')))
    assert.deepEqual(findings, [])
  })
})
