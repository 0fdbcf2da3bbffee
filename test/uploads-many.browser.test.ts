// Runs alone: how long the page's script holds it up is measured.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { CHROMIUM, launchBrowser } from './support/browser.ts'
import { type RunningHoldall, startHoldall } from './support/holdall.ts'

const LONG = process.env.HOLDALL_TEST_LONG !== undefined
const MANY = LONG ? 10_000 : 1_000
const LIMIT_MS = LONG ? 1_800_000 : 280_000
/** What is longer is felt by somebody who scrolls; with room for machines that do other things as well. */
const LONGEST_TASK_MS = 500
/** Seconds that the page's thread may work for each file: to send it, to draw it, and to report it to the test. */
const MOST_SECONDS = 0.05
/** Bytes that a file which has been sent may leave behind in the page. */
const MOST_BYTES = 20_000

let folder: string
let holdall: RunningHoldall
let browser: Browser
let page: Page
let session: CDPSession

const skip = CHROMIUM === undefined ? 'HOLDALL_TEST_CHROMIUM names no Chromium' : false

describe('many small files in one drop', { skip }, () => {
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-many-'))
    const config = join(folder, 'holdall.json')
    const root = join(folder, 'media')
    writeFileSync(
      config,
      JSON.stringify({ sources: { media: { label: 'Media', storage: 'filesystem', config: { root } } } }),
    )
    ;[holdall, browser] = await Promise.all([startHoldall({ data: join(folder, 'data'), config }), launchBrowser()])
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    await page.goto(holdall.signInLink)
    await page.getByRole('button', { name: 'Sign in as root' }).click()
    await page.waitForURL(`${holdall.url}/`)
    await page.goto(`${holdall.url}/-/files/upload/media`)
    await page.getByText('Drop or paste files here').waitFor()
    session = await page.context().newCDPSession(page)
    // Of the processor, so that other work on the same machine is not measured.
    await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  })

  after(async () => {
    await browser?.close()
    await holdall?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  test(`${MANY} small files stay smooth`, async (t) => {
    // Making so many takes longer than anything that is measured here.
    await page.evaluate((count) => {
      const files = Array.from(
        { length: count },
        (_, at) => new File([`small file ${at} `.repeat(200)], `${at}.txt`, { type: 'text/plain' }),
      )
      Object.assign(globalThis, { files })
    }, MANY)
    await page.evaluate(measure)
    const busyBefore = await metric('TaskDuration')
    const heapBefore = await heap()
    const began = performance.now()
    await page.locator('file-upload').evaluate((element) => {
      const { files } = globalThis as unknown as { files: File[] }
      ;(element as unknown as { add(files: File[]): void }).add(files)
    })
    const lines = await page.locator('.upload-queue li').count()
    assert.ok(lines > 10 && lines <= 60, `${lines} lines are drawn`)
    await page
      .getByText(`${MANY.toLocaleString('en-US')} of ${MANY.toLocaleString('en-US')}`)
      .waitFor({ timeout: LIMIT_MS })
    const seconds = (performance.now() - began) / 1_000
    const busy = (await metric('TaskDuration')) - busyBefore
    const grown = (await heap()) - heapBefore
    const { longest, gap, completed } = await page.evaluate(
      () => (globalThis as unknown as { measured: Measured }).measured,
    )
    t.diagnostic(
      `${MANY} files in ${seconds.toFixed(1)} s; the page's thread worked ${((busy * 1_000) / MANY).toFixed(1)} ms and kept ${Math.round(grown / MANY)} bytes a file; longest task ${Math.round(longest)} ms, longest gap between frames ${Math.round(gap)} ms`,
    )
    assert.equal(completed, 1)
    assert.ok(longest < LONGEST_TASK_MS, `the page stood still for ${longest} ms`)
    assert.ok(busy / MANY < MOST_SECONDS, `${busy} s of the page's thread`)
    assert.ok(grown / MANY < MOST_BYTES, `${grown} bytes are kept`)
  })
})

interface Measured {
  longest: number
  gap: number
  completed: number
}

/** Runs in the page: how long its script held it up. */
function measure(): void {
  const measured: Measured = { longest: 0, gap: 0, completed: 0 }
  Object.assign(globalThis, { measured })
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) measured.longest = Math.max(measured.longest, duration)
  }).observe({ entryTypes: ['longtask'] })
  document.addEventListener('all-complete', () => {
    measured.completed += 1
  })
  let last = performance.now()
  requestAnimationFrame(function frame(at) {
    measured.gap = Math.max(measured.gap, at - last)
    last = at
    requestAnimationFrame(frame)
  })
}

async function metric(wanted: string): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics')
  return metrics.find(({ name }) => name === wanted)?.value ?? 0
}

/** Bytes of the page's script that are in use. */
async function heap(): Promise<number> {
  await session.send('HeapProfiler.collectGarbage')
  return await metric('JSHeapUsedSize')
}
