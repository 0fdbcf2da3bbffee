import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import { fileURLToPath } from 'node:url'
import type axe from 'axe-core'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

const SCREENSHOTS = fileURLToPath(new URL('../screenshots/', import.meta.url))
/** Less than half of what the package calls its source, and it is sent to each page that is looked at. */
const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const QUIET_MS = 100
const SETTLED_LIMIT_MS = 5_000
/** A picture of a long page is drawn by the processor; beside a busy test it took longer than Playwright's half a minute. */
const PICTURE_LIMIT_MS = 90_000

/** A way in which a page is looked at. */
export interface Look {
  readonly name: string
  readonly colorScheme: 'light' | 'dark'
  readonly width: number
  readonly height: number
}

const ALL_LOOKS: readonly Look[] = [
  { name: 'light-wide', colorScheme: 'light', width: 1280, height: 900 },
  { name: 'dark-wide', colorScheme: 'dark', width: 1280, height: 900 },
  { name: 'light-narrow', colorScheme: 'light', width: 360, height: 740 },
  { name: 'dark-narrow', colorScheme: 'dark', width: 360, height: 740 },
]

/** The ways in which every page is looked at: each theme and each width once, and all four in the long form. */
export const LOOKS = process.env.HOLDALL_TEST_LONG
  ? ALL_LOOKS
  : ALL_LOOKS.filter(({ name }) => name === 'light-wide' || name === 'dark-narrow')

/** The path of a Chromium, or undefined where there is none (the test runner says so and, in CI, fails). */
export const CHROMIUM = process.env.HOLDALL_TEST_CHROMIUM
/** The same engine for half the work. */
const SHELL = process.env.HOLDALL_TEST_CHROMIUM_SHELL

const launched: Promise<Browser>[] = []

// Where what is started beside a browser fails, nobody has the browser, and the file would never end.
after(async () => {
  for (const browser of await Promise.allSettled(launched)) {
    if (browser.status === 'fulfilled') await browser.value.close()
  }
})

/** @param program the whole browser, where its headless shell has not what a test looks at: a viewer of PDFs */
export function launchBrowser(program: string | undefined = SHELL ?? CHROMIUM): Promise<Browser> {
  const browser = chromium.launch({ executablePath: program ?? '/usr/bin/chromium', args: FLAGS, headless: true })
  launched.push(browser)
  return browser
}

/** What Playwright keeps for itself: the session over which the browser reports a page's requests. */
interface Inside {
  readonly _connection: { toImpl(page: Page): { delegate: { _mainFrameSession: { _client: ReportingSession } } } }
}
interface ReportingSession {
  send(method: 'Network.enable', options: { maxPostDataSize: number }): Promise<unknown>
}

/**
 * Without this the browser reports to Playwright the body of every request that the page sends, as JSON on the page's own
 * thread: half a second for 8 MiB, which is then measured as if it were ours.
 */
export async function leaveBodiesAlone(page: Page): Promise<void> {
  const { delegate } = (page as unknown as Inside)._connection.toImpl(page)
  await delegate._mainFrameSession._client.send('Network.enable', { maxPostDataSize: 1 })
}

/** Opens the address in each look, keeps a screenshot of the whole page, and returns what is wrong, by look. */
export async function lookAt(context: BrowserContext, url: string, name: string): Promise<string[]> {
  const findings: string[] = []
  const page = await context.newPage()
  let width: number | undefined
  for (const how of LOOKS) {
    await page.emulateMedia({ colorScheme: how.colorScheme, reducedMotion: 'reduce' })
    // A theme changes under the page's feet, as it does in the evening; another width is another visit.
    if (how.width !== width) {
      width = how.width
      await page.setViewportSize({ width: how.width, height: how.height })
      await page.goto(url)
      await settled(page)
    }
    findings.push(...(await look(page, name, how)))
  }
  await page.close()
  return findings
}

/**
 * The page is drawn: its fonts and pictures are there, its components too, and nothing more has come for a moment. The
 * browser's own "network idle" is half a second of silence on each page.
 */
async function settled(page: Page): Promise<void> {
  await page.evaluate(
    async ({ quietMs, limitMs }) => {
      await document.fonts.ready
      let came = -1
      for (const deadline = performance.now() + limitMs; performance.now() < deadline; ) {
        const count = performance.getEntriesByType('resource').length
        const waits =
          document.querySelector(':not(:defined)') !== null ||
          [...document.images].some(({ complete, loading }) => !complete && loading !== 'lazy')
        if (!waits && count === came) return
        came = count
        await new Promise((resolve) => setTimeout(resolve, quietMs))
      }
    },
    { quietMs: QUIET_MS, limitMs: SETTLED_LIMIT_MS },
  )
}

/** The same for a page as it stands, which is as wide and coloured as `how` says. */
export async function look(page: Page, name: string, how: Look): Promise<string[]> {
  mkdirSync(SCREENSHOTS, { recursive: true })
  // As tall as the page, so that what sticks to an edge stands where it belongs.
  const tall = await page.evaluate(() => document.documentElement.scrollHeight)
  await page.setViewportSize({ width: how.width, height: Math.max(how.height, tall) })
  const path = join(SCREENSHOTS, `${name}-${how.name}.png`)
  await page.screenshot({ path, fullPage: true, timeout: PICTURE_LIMIT_MS })
  const findings = (await accessibility(page)).map((finding) => `${name} ${how.name}: ${finding}`)
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  if (overflow > 0) findings.push(`${name} ${how.name}: the page scrolls sideways by ${overflow} px`)
  return findings
}

/** What axe finds wrong on the page as it stands. */
export async function accessibility(page: Page): Promise<string[]> {
  // Evaluated as text: the page's own policy forbids scripts that are added to it.
  await page.evaluate(AXE)
  return await page.evaluate(async () => {
    const injected = (globalThis as unknown as { axe: typeof axe }).axe
    const { violations } = await injected.run(document)
    return violations.map(
      ({ id, nodes }) =>
        `${id}: ${nodes
          .map((node) => node.html)
          .join(' | ')
          .slice(0, 400)}`,
    )
  })
}
