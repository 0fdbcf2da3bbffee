import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { answerJson, GALLERY_PAGES, type Gallery, startGallery } from 'holdall/testing'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { CHROMIUM, LOOKS, launchBrowser, look, lookAt } from './support/browser.ts'

const skip = CHROMIUM === undefined ? 'HOLDALL_TEST_CHROMIUM names no Chromium' : false

let gallery: Gallery
let browser: Browser
let context: BrowserContext

before(async () => {
  if (skip) return
  ;[gallery, browser] = await Promise.all([startGallery(), launchBrowser()])
  context = await browser.newContext()
})

after(async () => {
  await browser?.close()
  await gallery?.close()
})

describe('every part in its states, in both themes and two widths', { skip }, () => {
  for (const name of GALLERY_PAGES) {
    test(`${name} has no accessibility violation and does not scroll sideways`, async () => {
      assert.deepEqual(await lookAt(context, `${gallery.url}/${name}`, `gallery-${name}`), [])
    })
  }
})

/** Gives files to a component, as a drop does: name and size; the content is zeros. */
async function give(page: Page, selector: string, files: Record<string, number>): Promise<void> {
  await page
    .locator(selector)
    .first()
    .evaluate((element, sizes) => {
      const made = Object.entries(sizes).map(([name, size]) => {
        const type = name.endsWith('.txt') ? 'text/plain' : 'image/tiff'
        return new File([new Uint8Array(size)], name, { type })
      })
      ;(element as unknown as { add(files: File[]): void }).add(made)
    }, files)
}

async function slowDown(page: Page, bytesPerSecond: number): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: bytesPerSecond,
  })
}

describe('parts that move, in the middle of it', { skip }, () => {
  const stages: Record<string, { path: string; act: (page: Page) => Promise<void> }> = {
    'table-busy': {
      path: 'table',
      async act(page) {
        await slowDown(page, 400_000)
        await give(page, 'file-cell[row-url$="2009~2E301~2E5"][column=image]', { 'lantern_lit_studio.tif': 3_000_000 })
        await give(page, 'file-cell[row-url$="2009~2E301~2E5"][column=photos]', { 'inventory.txt': 1000 })
        await page
          .locator('file-cell[row-url$="2009~2E301~2E5"][column=report]')
          .evaluate((cell) => cell.toggleAttribute('held'))
        await page.locator('summary', { hasText: 'Table actions' }).click()
        await page.getByText('% · ').first().waitFor()
      },
    },
    'row-busy': {
      path: 'row',
      async act(page) {
        await slowDown(page, 400_000)
        await give(page, 'file-column-input[name=image]', { '1998-214-7_front_relit.tif': 3_000_000 })
        await give(page, 'file-column-input[name=photos]', { 'inventory.txt': 1000 })
        await page.getByText(' left').first().waitFor()
      },
    },
    picker: {
      path: 'row',
      async act(page) {
        await page.getByRole('button', { name: 'Pick from library' }).nth(1).click()
        await page.getByRole('checkbox', { name: '1998-214-7_front.jpg' }).check()
        await page.getByRole('checkbox', { name: '1998-214-7_side.jpg' }).check()
      },
    },
    queue: {
      path: 'library',
      async act(page) {
        gallery.intercept = (call, response) => {
          if (call.query.get('filename') !== 'sail-plan_solveig.tif') return false
          answerJson(response, 507, {
            ok: false,
            error: 'The storage has no room left for this file.',
            errors: [],
            status: 507,
            code: 'storage_full',
          })
          return true
        }
        await give(page, 'file-upload', { 'crew_of_the_solveig.tif': 10_000, 'sail-plan_solveig.tif': 20_000 })
        await page.locator('.why').waitFor()
        await page.getByText('Done').first().waitFor()
        await slowDown(page, 400_000)
        await give(page, 'file-upload', {
          'chart_sound_1880.tif': 3_000_000,
          'b.tif': 3_000_000,
          'c.tif': 3_000_000,
          'moth_drawer_15.tif': 12_400_000,
        })
        await page.locator('.overall', { hasText: ' left' }).waitFor()
      },
    },
    account: {
      path: 'file',
      act: (page) => page.locator('.site-header summary').click(),
    },
  }
  for (const [name, { path, act }] of Object.entries(stages)) {
    test(`${name}`, async () => {
      const findings: string[] = []
      for (const how of LOOKS) {
        const page = await context.newPage()
        await page.setViewportSize({ width: how.width, height: how.height })
        await page.emulateMedia({ colorScheme: how.colorScheme, reducedMotion: 'reduce' })
        await page.goto(`${gallery.url}/${path}`)
        await act(page)
        findings.push(...(await look(page, `gallery-${name}`, how)))
        await page.close()
        gallery.intercept = null
      }
      assert.deepEqual(findings, [])
    })
  }
})
